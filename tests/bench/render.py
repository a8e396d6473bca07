"""From a view to a message of twenty blocks: against Python written by hand, and against the models of Slack's SDK."""

import asyncio
import json
from collections.abc import Iterator

from bot.answers import AnswerFooter
from bot.lines.parser import parse
from bot.lines.timespec import to_milliseconds
from bot.messages.humanize import timestamp
from bot.messages.renderer import Renderer, open_bytecode_cache
from bot.questions import discover
from bot.questions.events import EventsView
from tests.bench import baseline_dicts, by_sdk
from tests.bench.race import Tasks, every, race
from tests.bench.table import Row, at_least, at_most
from tests.conversation import question_context

LINE = "events web/production impact=any since=4w limit=16"
BLOCKS = 20


def rows() -> Iterator[Row]:
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
    written = json.loads(baseline_dicts.message(view, answer_footer))
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
    return {"message": every(lambda: baseline_dicts.message(view, answer_footer))}


def ready() -> Tasks:
    """Serialize prebuilt dicts."""
    payload = baseline_dicts.payload(*_view())
    return {"message": every(lambda: json.dumps(payload))}


def sdk() -> Tasks:
    """Build the SDK's models."""
    view, answer_footer = _view()
    message = by_sdk.writer()
    _check(json.loads(message(view, answer_footer)), baseline_dicts.payload(view, answer_footer))
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
