"""What it costs to post a message: the bot's way into channels, against Slack's own client as it comes."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.answers import Asker
from bot.app import answering
from bot.messages.message import Message
from bot.sandbox.slack.credentials import BOT_TOKEN
from bot.slack.block_fallback import Forms
from bot.slack.client import client, identity, session
from bot.slack.publisher import Posting
from tests.bench.at_work import Canned, bodies
from tests.bench.race import Tasks, race
from tests.bench.stub_servers import stand_ins
from tests.bench.table import Row, at_most
from tests.conversation import UTC_ZONE, settings

LINE = "events web/production"
AT_ONCE = 50
API = "BENCH_SLACK_API"
_BEHIND = AsyncExitStack()
Post = Callable[[str], Coroutine[Any, Any, object]]


def rows() -> Iterator[Row]:
    """The same message, by both."""
    with stand_ins() as there:
        os.environ[API] = there.slack
        with race(ours=ours, plain=plain) as racers:
            result = racers.run("post", "ours", "plain", seconds=0.6, least=AT_ONCE)
    ratio = result.ratio("ours", "plain", "cpu")
    yield Row("posting: a message", "the bot", "slack_sdk, as it comes", ratio, "the CPU", at_most(0.65))


def ours() -> Tasks:
    """As schedules post: in turn, with a key, in the best form that Slack takes."""
    return _repeated(_ours)


def plain() -> Tasks:
    """As one would."""
    return _repeated(_plain)


async def _ours() -> Post:
    calls = session()
    slack = client(_settings(), calls, [])
    message, store = await _message()
    posting = Posting(slack, await identity(slack), Forms(store, _now), 0)

    async def post(channel: str) -> object:
        async with posting.turn(channel):
            return await posting.post(channel, message, "key")

    return post


async def _plain() -> Post:
    slack = AsyncWebClient(token=BOT_TOKEN, base_url=os.environ[API])
    message, _ = await _message()

    async def post(channel: str) -> object:
        return await slack.chat_postMessage(channel=channel, text=message.text, blocks=list(message.blocks))

    return post


async def _message() -> tuple[Message, Any]:
    """An answer of some twenty blocks, and a store that stays open as long as the process."""
    folder = await _BEHIND.enter_async_context(_folder())
    chosen = settings(database_url=f"sqlite:///{folder}/bot.db")
    answers, store = await _BEHIND.enter_async_context(answering(chosen, _now, Canned(bodies())))
    return (await answers.answer(LINE, Asker(UTC_ZONE))).message, store


@asynccontextmanager
async def _folder() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def _repeated(made: Callable[[], Coroutine[Any, Any, Post]]) -> Tasks:
    """Many channels at once, in each one after the other."""
    loop = asyncio.new_event_loop()
    post = loop.run_until_complete(made())

    async def many(times: int) -> None:
        left = iter(range(times))

        async def some(channel: str) -> None:
            for _ in left:
                await post(channel)

        await asyncio.gather(*(some(f"C{n}") for n in range(min(times, AT_ONCE))))

    return {"post": lambda times: loop.run_until_complete(many(times))}


def _settings() -> Any:
    return settings(slack_api_url=os.environ[API], slack_bot_token=None)


def _now() -> datetime:
    return datetime.now(UTC)
