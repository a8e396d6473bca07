"""The demo in a terminal, from beginning to end: what somebody does on the first days, and what the bot says to it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing

from bot.app import register
from bot.demo.environment import RELEASES, Demo
from bot.demo.shutdown import until_told
from bot.demo.typing_client import answer, said
from bot.messages.message import Message
from bot.sandbox.slack.message import Message as Posted

HERE = "C1"
WATCHED = "events web/production"
Shown = tuple[str, Message]  # what was done, and what was said to it


async def once(
    stage: AbstractAsyncContextManager[Demo], say: Callable[[str], None], show: Callable[[str, Message], None]
) -> None:
    async with until_told(stage) as demo:
        say(f"{demo.notice} Slack is embedded, too.\n")
        for part in (_asked(demo), _digested(demo), _watched(demo)):
            async with aclosing(part) as shown:
                async for done, message in shown:
                    show(done, message)


async def _asked(demo: Demo) -> AsyncGenerator[Shown, None]:
    """All that can be asked, and a button pressed."""
    for line in ("", "use web/production"):
        yield await _line(demo, line)
    for name, spoken in register().items():
        if spoken.is_question:
            line = "scores" if name == "scores" else spoken.examples[0]
            answered = await said(demo.slack, line, HERE)
            yield f"/insights {line}", _drawable(answered)
            if name == "scores":
                pressed = await demo.slack.press(answered, "Why?")
                yield "[Why?]", _drawable(await answer(demo.slack, pressed))


async def _digested(demo: Demo) -> AsyncGenerator[Shown, None]:
    """A digest that comes by the clock."""
    happened = [sentence async for sentence in demo.next_slot()]
    digest = [posted for posted in _posted(demo, RELEASES) if posted.thread_ts is None][-1]
    below = [_drawable(posted) for posted in _posted(demo, RELEASES) if posted.thread_ts == digest.ts]
    yield happened[-1], Message(digest.text, tuple(digest.blocks), tuple(below))


async def _watched(demo: Demo) -> AsyncGenerator[Shown, None]:
    """A watch that speaks, as soon as there is something new."""
    yield await _line(demo, f"watch on {WATCHED}")
    async with aclosing(demo.travel.week()) as week:
        async for happened in week:
            if happened.endswith(f"told it in #{demo.slack.channels[HERE].name}."):
                yield happened, _drawable(_posted(demo, HERE)[-1])
                break


async def _line(demo: Demo, line: str) -> Shown:
    return f"/insights {line}".strip(), _drawable(await said(demo.slack, line, HERE))


def _posted(demo: Demo, channel: str) -> list[Posted]:
    """What came by the clock: it bears a key."""
    return [message for message in demo.slack.channels[channel].messages if message.metadata]


def _drawable(message: Posted) -> Message:
    return Message(message.text, tuple(message.blocks))
