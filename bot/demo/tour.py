"""Play the demo in a terminal: what a person would do on the first days, with the bot's answers."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing

from bot.core import build_registry
from bot.demo.environment import RELEASES_CHANNEL, Demo, cancelled_by_signal, type_line, wait_for_answer
from bot.demo.time_controls import ALERT_SENTENCE
from bot.messages.message import Message
from bot.sandbox.slack.workspace import Message as Posted

CHANNEL = "C1"
WATCHED_LINE = "events web/production"
Step = tuple[str, Message]  # an action and the bot's answer


async def run_tour(
    demo_manager: AbstractAsyncContextManager[Demo], echo: Callable[[str], None], show: Callable[[str, Message], None]
) -> None:
    """Play all steps and show each one."""
    async with cancelled_by_signal(demo_manager) as demo:
        echo(f"{demo.notice} Slack is simulated, too.\n")
        for chapter in (_question_steps(demo), _digest_steps(demo), _watch_steps(demo)):
            async with aclosing(chapter) as steps:
                async for action, message in steps:
                    show(action, message)


async def _question_steps(demo: Demo) -> AsyncGenerator[Step, None]:
    """Ask every question, and press a button."""
    for line in ("", "use web/production"):
        yield await _line_step(demo, line)
    for name, spec in build_registry().items():
        if spec.is_question:
            line = "scores" if name == "scores" else spec.examples[0]
            posted = await type_line(demo.slack, line, CHANNEL)
            yield f"/insights {line}", _to_message(posted)
            if name == "scores":
                acknowledgement = await demo.slack.press(posted, "Why?")
                yield "[Why?]", _to_message(await wait_for_answer(demo.slack, acknowledgement))


async def _digest_steps(demo: Demo) -> AsyncGenerator[Step, None]:
    """Skip to a scheduled digest."""
    sentences = [sentence async for sentence in demo.skip_to_next_run()]
    digest = _last_post(demo, RELEASES_CHANNEL)
    thread = [
        _to_message(posted) for posted in _scheduled_messages(demo, RELEASES_CHANNEL) if posted.thread_ts == digest.ts
    ]
    yield sentences[-1], Message(digest.text, tuple(digest.blocks), tuple(thread))


async def _watch_steps(demo: Demo) -> AsyncGenerator[Step, None]:
    """Start a watch, and skip to its first alert."""
    yield await _line_step(demo, f"watch on {WATCHED_LINE}")
    alert = ALERT_SENTENCE.format(where=f"#{demo.slack.channels[CHANNEL].name}", what=WATCHED_LINE)
    async with aclosing(demo.time_controls.skip_week()) as week:
        async for sentence in week:
            if sentence.endswith(alert):
                yield sentence, _to_message(_last_post(demo, CHANNEL))
                break


async def _line_step(demo: Demo, line: str) -> Step:
    return f"/insights {line}".strip(), _to_message(await type_line(demo.slack, line, CHANNEL))


def _last_post(demo: Demo, channel: str) -> Posted:
    """Return the last scheduled message that isn't a reply: an alert may have one already."""
    return [posted for posted in _scheduled_messages(demo, channel) if posted.thread_ts is None][-1]


def _scheduled_messages(demo: Demo, channel: str) -> list[Posted]:
    """Return the messages of schedules and watches: their metadata holds a key."""
    return [message for message in demo.slack.channels[channel].messages if message.metadata]


def _to_message(message: Posted) -> Message:
    return Message(message.text, tuple(message.blocks))
