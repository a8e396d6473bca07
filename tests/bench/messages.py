"""A message: from a view to its blocks, and into a channel.

Rendering 18 blocks is compared with Python written by hand, and with the models of Slack's SDK; posting them by the
bot's publisher with Slack's own client with its defaults.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Caller
from bot.answers import AnswerFooter
from bot.core import open_answers
from bot.lines.parser import parse
from bot.lines.timespec import to_milliseconds
from bot.messages.humanize import timestamp
from bot.messages.message import Message
from bot.messages.mrkdwn import Timestamp
from bot.messages.renderer import Renderer, open_bytecode_cache
from bot.questions import discover
from bot.questions.events import EventsView
from bot.questions.events.stories import FlagStoriesView, StoryView
from bot.sandbox.slack.credentials import BOT_TOKEN
from bot.slack.block_fallback import BlockFallback
from bot.slack.client import authenticate, open_session, web_client
from bot.slack.publisher import SlackPublisher
from bot.store.store import open_store
from tests.bench.comparison import Row, Tasks, at_least, at_most, every, race
from tests.bench.payloads import bodies
from tests.bench.processes import CannedTransport, stub_servers
from tests.conversation import UTC_ZONE, question_context, settings

LINE = "events web/production impact=any since=4w limit=60"
BLOCKS = 18
Block = dict[str, Any]
DETAILS = "Details"
HEADING = "Flag events"
POSTED_LINE = "events web/production"
CONCURRENT_CHANNELS = 50
API_VARIABLE = "BENCH_SLACK_API"
_EXIT_STACK = AsyncExitStack()
PostMessage = Callable[[str], Coroutine[Any, Any, object]]


# ------------------------------------------------------------------------------------------------------------ rendering


def render_rows() -> Iterator[Row]:
    """Measure warm templates, then a cold start."""
    with race(ours=ours, hand=hand, ready=ready, sdk=sdk) as contenders:
        laps = contenders.run("message", "ours", "hand", "ready", "sdk", repeats=21)
        labels = (f"render: {BLOCKS} blocks", "Renderer.render")
        yield Row(*labels, "dicts by hand, json.dumps", laps.ratio("ours", "hand", "cpu"), "the time", at_most(3))
        yield Row(*labels, "json.dumps of ready dicts", laps.ratio("ours", "ready", "cpu"), "the time")
        yield Row(*labels, "slack_sdk models, json.dumps", laps.ratio("sdk", "ours", "cpu"), "faster", at_least(10))
        laps = contenders.relay({"warm": ("ours", "first, warm"), "cold": ("ours", "first, cold")})
        faster = laps.ratio("cold", "warm", "cpu")
        yield Row("render: first message of a process", "templates compiled before", "compiled then", faster, "faster")


def ours() -> Tasks:
    """Render as the bot does."""
    view, answer_footer = _view()
    renderer = Renderer()
    written = json.loads(dict_message(view, answer_footer))
    _check(renderer.render("events", view=view, asked=answer_footer).payload(), written)
    return {
        "message": every(lambda: renderer.render("events", view=view, asked=answer_footer)),
        "first, warm": every(
            lambda: Renderer(cache=open_bytecode_cache()).render("events", view=view, asked=answer_footer)
        ),
        "first, cold": every(lambda: Renderer().render("events", view=view, asked=answer_footer)),
    }


def hand() -> Tasks:
    """Build dicts in Python."""
    view, answer_footer = _view()
    return {"message": every(lambda: dict_message(view, answer_footer))}


def ready() -> Tasks:
    """Serialize prebuilt dicts."""
    payload = dict_payload(*_view())
    return {"message": every(lambda: json.dumps(payload))}


def sdk() -> Tasks:
    """Build the SDK's models."""
    view, answer_footer = _view()
    message = sdk_writer()
    _check(json.loads(message(view, answer_footer)), dict_payload(view, answer_footer))
    return {"message": every(lambda: message(view, answer_footer))}


def _check(built: dict[str, object], written: dict[str, object]) -> None:
    """Check that all build the same message. Its wording may differ a little; its blocks and length may not."""
    (types, length), (others, other) = _shape(built), _shape(written)
    assert types == others, f"the contenders build other blocks than the template: {types}, {others}"
    assert len(types) == BLOCKS, f"the message has {len(types)} blocks"
    assert abs(length - other) < 0.05 * other, "the contenders build a message of another length than the template"


def _shape(payload: dict[str, object]) -> tuple[list[str], int]:
    blocks = payload["blocks"]
    assert isinstance(blocks, list)
    return [block["type"] for block in blocks], len(json.dumps(payload))


def _view() -> tuple[EventsView, AnswerFooter]:
    return asyncio.run(_build_view())


async def _build_view() -> tuple[EventsView, AnswerFooter]:
    """Return the view that the template gets."""
    ctx, line, question = question_context(), parse(LINE, discover()), discover()["events"]
    view = question.build_view(line.params, await question.fetch(line.params, ctx), ctx)
    return view, AnswerFooter(line.canonical, timestamp(to_milliseconds(ctx.now), ctx.zone))


def dict_message(view: EventsView, answer_footer: AnswerFooter) -> str:
    """Return the message as it is sent."""
    return json.dumps(dict_payload(view, answer_footer))


def dict_payload(view: EventsView, answer_footer: AnswerFooter) -> dict[str, Any]:
    """Return the message as dicts."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": HEADING, "emoji": False}},
        _section(summary(view)),
        *(_section(flag_text(flag)) | accessory(flag) for flag in view.flags),
        *(
            [{"type": "actions", "elements": [_button("turn", *page) for page in page_buttons(view)]}]
            if page_buttons(view)
            else []
        ),
        {"type": "context", "elements": [_mrkdwn(footer(view, answer_footer))]},
    ]
    return {"text": plain_text(view, answer_footer), "blocks": blocks}


def summary(view: EventsView) -> str:
    """How many there are."""
    impact = f" with {view.impact.lower()} impact" if view.impact else ""
    still = f"⚠️ *{_escaped(view.still)}.*\n" if view.still else ""
    total, scope = _escaped(view.total), _escaped(view.scope)
    return f"{still}*{total}*{impact} in {scope}, {_date(view.start)} – {_date(view.end)}"


def flag_text(flag: FlagStoriesView) -> str:
    """One flag."""
    owner = f" · owned by {_escaped(flag.owner)}" if flag.owner else ""
    lines = [f"{flag.mark} *{_link(flag.url, flag.flag)}*{owner}", *map(story_text, flag.stories)]
    return "\n".join([*lines, f"… and {flag.more}"] if flag.more else lines)


def story_text(story: StoryView) -> str:
    """One change of a flag, or an incident."""
    joint = " since " if story.lasts else " · "
    lines = [f"*{_escaped(story.what)}*{joint}{_date(story.when)} · {_escaped(story.who)}", _escaped(story.impact)]
    if story.shifts:
        more = f" · and {story.more_shifts} more variations" if story.more_shifts else ""
        lines[-1] += f" · {' · '.join(map(_escaped, story.shifts))}{more}"
    if story.experiments:
        lines[-1] += f" · 🧪 {_escaped(story.experiments)}"
    return "\n".join([*lines, f"_{_escaped(' → '.join(story.comments))}_"] if story.comments else lines)


def accessory(flag: FlagStoriesView) -> Block:
    """The button beside a flag."""
    return {"accessory": _button("ask", DETAILS, flag.details)} if flag.details else {}


def page_buttons(view: EventsView) -> list[tuple[str, str]]:
    """The buttons, and the lines that they ask."""
    return [(label, line) for label, line in (("Newer", view.newer), ("Older", view.older)) if line]


def footer(view: EventsView, answer_footer: AnswerFooter) -> str:
    """The last line."""
    link = _link(view.url, "Open in LaunchDarkly")
    return f"`{_escaped(answer_footer.line)}` · as of {_date(answer_footer.at)} · {link}"


def plain_text(view: EventsView, answer_footer: AnswerFooter) -> str:
    """The whole message in lines."""
    lines = [
        f"{view.total} with {view.impact.lower() or 'any'} impact in {view.scope}, {view.start} – {view.end}",
        HEADING,
        *(line for flag in view.flags for line in _flag_lines(flag)),
        f"{answer_footer.line}, as of {answer_footer.at}, Open in LaunchDarkly",
    ]
    text = "\n".join(map(_escaped, lines))
    return text if len(text) <= 4000 else f"{text[: text.rfind(chr(10), 0, 3970)]}\n… This text is cut off here."


def _flag_lines(flag: FlagStoriesView) -> Iterator[str]:
    yield f"{flag.flag}, owned by {flag.owner}" if flag.owner else flag.flag
    for story in flag.stories:
        yield f"{story.what}, {story.when}, {story.who}"
        yield ", ".join([story.impact, *story.shifts])
        yield from [" → ".join(story.comments)] if story.comments else []


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _button(action: str, label: str, line: str) -> Block:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": f"{action}:{label.lower()}", "text": text, "value": line}


def _link(url: str, label: str) -> str:
    return f"<{_escaped(url)}|{_escaped(label)}>"


def _date(stamp: Timestamp) -> str:
    return f"<!date^{stamp.unix}^{stamp.tokens}|{_escaped(stamp.fallback)}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def sdk_writer() -> Callable[[EventsView, AnswerFooter], str]:
    """Return a function that renders the message in the models of Slack's SDK, as its users would."""
    slack = import_module("slack_sdk.models.blocks")

    def plain(words: str) -> object:
        return slack.PlainTextObject(text=words, emoji=False)

    def mrkdwn(words: str) -> object:
        return slack.MarkdownTextObject(text=words, verbatim=True)

    def button(action: str, label: str, line: str) -> object:
        return slack.ButtonElement(action_id=f"{action}:{label.lower()}", text=plain(label), value=line)

    def section(flag: FlagStoriesView) -> object:
        accessory = button("ask", DETAILS, flag.details) if flag.details else None
        return slack.SectionBlock(text=mrkdwn(flag_text(flag)), accessory=accessory)

    def message(view: EventsView, answer_footer: AnswerFooter) -> str:
        blocks = [
            slack.HeaderBlock(text=plain(HEADING)),
            slack.SectionBlock(text=mrkdwn(summary(view))),
            *map(section, view.flags),
            slack.ActionsBlock(elements=[button("turn", *page) for page in page_buttons(view)]),
            slack.ContextBlock(elements=[mrkdwn(footer(view, answer_footer))]),
        ]
        return json.dumps({"text": plain_text(view, answer_footer), "blocks": [block.to_dict() for block in blocks]})

    return message


# -------------------------------------------------------------------------------------------------------------- posting


def posting_rows() -> Iterator[Row]:
    """Measure the same message with both."""
    with stub_servers() as stubs:
        os.environ[API_VARIABLE] = stubs.slack
        with race(ours=bot_publisher, plain=slack_sdk_client) as racers:
            result = racers.run("post", "ours", "plain", seconds=0.6, min_times=CONCURRENT_CHANNELS)
    ratio = result.ratio("ours", "plain", "cpu")
    yield Row("posting: a message", "the bot", "slack_sdk, as it comes", ratio, "the CPU", at_most(0.65))


def bot_publisher() -> Tasks:
    """Post as schedules do: in turn, with a key, with a fallback for refused blocks."""
    return _post_concurrently(_publisher)


def slack_sdk_client() -> Tasks:
    """Post with the plain client."""
    return _post_concurrently(_slack_sdk)


async def _publisher() -> PostMessage:
    http_session = open_session()
    slack = web_client(_settings(), http_session, [])
    message, store = await _posted_message()
    publisher = SlackPublisher(slack, await authenticate(slack), BlockFallback(store, _now), 0)

    async def post(channel: str) -> object:
        async with publisher.throttle(channel):
            return await publisher.post(channel, message, "key")

    return post


async def _slack_sdk() -> PostMessage:
    slack = AsyncWebClient(token=BOT_TOKEN, base_url=os.environ[API_VARIABLE])
    message, _ = await _posted_message()

    async def post(channel: str) -> object:
        return await slack.chat_postMessage(channel=channel, text=message.text, blocks=list(message.blocks))

    return post


async def _posted_message() -> tuple[Message, Any]:
    """An answer of some twenty blocks, and a store that stays open as long as the process."""
    folder = await _EXIT_STACK.enter_async_context(_folder())
    bot_settings = settings(database_url=f"sqlite:///{folder}/bot.db")
    store = await _EXIT_STACK.enter_async_context(open_store(bot_settings.database_url))
    answers = await _EXIT_STACK.enter_async_context(open_answers(bot_settings, _now, CannedTransport(bodies())))
    return (await answers.answer(POSTED_LINE, Caller(UTC_ZONE))).message, store


@asynccontextmanager
async def _folder() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def _post_concurrently(make_post: Callable[[], Coroutine[Any, Any, PostMessage]]) -> Tasks:
    """Post to many channels at once, one message after the other in each."""
    loop = asyncio.new_event_loop()
    post = loop.run_until_complete(make_post())

    async def post_all(times: int) -> None:
        remaining = iter(range(times))

        async def post_in_channel(channel: str) -> None:
            for _ in remaining:
                await post(channel)

        await asyncio.gather(*(post_in_channel(f"C{n}") for n in range(min(times, CONCURRENT_CHANNELS))))

    return {"post": lambda times: loop.run_until_complete(post_all(times))}


def _settings() -> Any:
    return settings(slack_api_url=os.environ[API_VARIABLE], slack_bot_token=None)


def _now() -> datetime:
    return datetime.now(UTC)
