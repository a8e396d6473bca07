"""What it costs to post a message: the bot's publisher, against Slack's own client with its defaults."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Caller
from bot.core import open_answers
from bot.messages.message import Message
from bot.sandbox.slack.credentials import BOT_TOKEN
from bot.slack.block_fallback import BlockFallback
from bot.slack.client import authenticate, open_session, web_client
from bot.slack.publisher import SlackPublisher
from bot.store.store import open_store
from tests.bench.payloads import bodies
from tests.bench.race import Tasks, race
from tests.bench.running_bot import CannedTransport
from tests.bench.servers import stub_servers
from tests.bench.table import Row, at_most
from tests.conversation import UTC_ZONE, settings

LINE = "events web/production"
CONCURRENT_CHANNELS = 50
API_VARIABLE = "BENCH_SLACK_API"
_EXIT_STACK = AsyncExitStack()
PostMessage = Callable[[str], Coroutine[Any, Any, object]]


def posting_rows() -> Iterator[Row]:
    """Measure the same message with both."""
    with stub_servers() as stubs:
        os.environ[API_VARIABLE] = stubs.slack
        with race(ours=ours, plain=plain) as racers:
            result = racers.run("post", "ours", "plain", seconds=0.6, min_times=CONCURRENT_CHANNELS)
    ratio = result.ratio("ours", "plain", "cpu")
    yield Row("posting: a message", "the bot", "slack_sdk, as it comes", ratio, "the CPU", at_most(0.65))


def ours() -> Tasks:
    """Post as schedules do: in turn, with a key, with a fallback for refused blocks."""
    return _post_concurrently(_ours)


def plain() -> Tasks:
    """Post with the plain client."""
    return _post_concurrently(_plain)


async def _ours() -> PostMessage:
    http_session = open_session()
    slack = web_client(_settings(), http_session, [])
    message, store = await _message()
    publisher = SlackPublisher(slack, await authenticate(slack), BlockFallback(store, _now), 0)

    async def post(channel: str) -> object:
        async with publisher.throttle(channel):
            return await publisher.post(channel, message, "key")

    return post


async def _plain() -> PostMessage:
    slack = AsyncWebClient(token=BOT_TOKEN, base_url=os.environ[API_VARIABLE])
    message, _ = await _message()

    async def post(channel: str) -> object:
        return await slack.chat_postMessage(channel=channel, text=message.text, blocks=list(message.blocks))

    return post


async def _message() -> tuple[Message, Any]:
    """An answer of some twenty blocks, and a store that stays open as long as the process."""
    folder = await _EXIT_STACK.enter_async_context(_folder())
    bot_settings = settings(database_url=f"sqlite:///{folder}/bot.db")
    store = await _EXIT_STACK.enter_async_context(open_store(bot_settings.database_url))
    answers = await _EXIT_STACK.enter_async_context(open_answers(bot_settings, _now, CannedTransport(bodies())))
    return (await answers.answer(LINE, Caller(UTC_ZONE))).message, store


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
