"""Connections are limited in number and time, so that signed commands get through a flood."""

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.sandbox.launchdarkly.app import TOKEN
from bot.sandbox.slack import Slack
from bot.slack.server import server_config
from tests.processes import running_bot, slack_tokens

GET = b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: 4\r\n\r\n"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body or b"nothing")(scope, receive, send)


@asynccontextmanager
async def served(max_connections: int = 100, seconds: float = 30) -> AsyncIterator[Callable[[], Awaitable[Stream]]]:
    """Start a server with limits, and return a function that connects to it."""
    config = server_config(echo, max_connections, seconds)
    config.host, config.port = "127.0.0.1", 0
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    running = asyncio.create_task(server.main_loop())
    async with AsyncExitStack() as connections:

        async def connect() -> Stream:
            reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
            connections.callback(writer.close)
            return reader, writer

        yield connect
    server.should_exit = True
    await running
    await server.shutdown()


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Return what is received before the connection closes."""
    async with asyncio.timeout(10):
        with suppress(ConnectionError):
            return await reader.read()
    return b""


async def answer(stream: Stream, request: bytes) -> bytes:
    reader, writer = stream
    writer.write(request)
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head.partition(b" ")[2][:3] + b" " + await reader.readexactly(length)


@pytest.mark.parametrize("sent", [b"", b"GET", GET[:-2], POST, POST + b"abc", GET + GET[:-2]])
async def test_slow_request_closes_the_connection(sent: bytes) -> None:
    async with served(seconds=0.05) as connect:
        reader, writer = await connect()
        writer.write(sent)
        await closed(reader)


async def test_request_timeout_is_not_reset_by_each_byte() -> None:
    async with served(seconds=0.05) as connect:
        reader, writer = await connect()
        writer.write(GET[:-2] + b"X: ")

        async def drip() -> None:
            with suppress(ConnectionError):
                while not writer.is_closing():
                    writer.write(b"x")
                    await asyncio.sleep(0)

        dripping = asyncio.create_task(drip())
        await closed(reader)
        dripping.cancel()


async def test_longest_idle_connection_is_closed_at_the_limit() -> None:
    async with served(max_connections=3) as connect:
        first, second, third = [await connect() for _ in range(3)]
        for stream in (first, second, third, first):
            assert await answer(stream, GET) == b"200 nothing"
        fourth = await connect()
        assert await answer(fourth, GET) == b"200 nothing"
        assert await closed(second[0]) == b""
        for stream in (third, first, fourth):
            assert await answer(stream, POST + b"body") == b"200 body"


async def test_a_thousand_idle_connections_do_not_block_commands(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # this process needs more than the bot's limit
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api, AsyncExitStack() as connections:
        variables = {"SLACK_API_URL": api, "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "PORT": "0"}
        async with running_bot(tmp_path, "--only", "web", **slack_tokens("http"), **variables) as bot:
            resource.prlimit(bot.running.pid, resource.RLIMIT_NOFILE, (1024, 1024))
            url = await bot.wait_until_listening()
            slack.request_url = f"{url}/slack/events"
            for _ in range(1100):
                _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
                connections.callback(writer.close)
            assert "flags" in (await slack.answer(await slack.type("/insights help"))).text
            assert await bot.stop() == 0
    assert [line for line in bot.log if '"level": "info"' not in line] == []
