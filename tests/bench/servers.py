"""Servers in separate processes: an app, the sandbox's Slack, and a Slack and a LaunchDarkly with fixed replies."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from socket import socket

import uvicorn
from starlette.types import ASGIApp

from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import BOT_ID, BOT_USER_ID
from bot.sandbox.slack.workspace import HOME_TEAM
from tests.bench.payloads import bodies
from tests.bench.raw_http import StubServer, stub_server

TS = "1795000000.000100"
AppFactory = Callable[[], ASGIApp]  # runs in the app's own process; has to be importable there


@contextmanager
def served_app(make_app: AppFactory) -> Iterator[int]:
    """Serve the app within the block, and return its port."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_serve, args=(theirs, make_app), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, make_app: AppFactory) -> None:
    config = uvicorn.Config(make_app(), "127.0.0.1", 0, log_config=None, lifespan="off", ws="none")
    asyncio.run(_Server(config, pipe).serve())


class _Server(uvicorn.Server):
    """A server that tells its port, and ends when the other end of the pipe is closed."""

    def __init__(self, config: uvicorn.Config, pipe: Connection) -> None:
        super().__init__(config)
        self._pipe = pipe

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._stop)
        self._pipe.send(self.servers[0].sockets[0].getsockname()[1])

    def _stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pipe.fileno())
        self.should_exit = True


@contextmanager
def fake_slack() -> Iterator[str]:
    """Run the sandbox's Slack within the block, for bots that call auth.test, and return its Web API's URL."""
    with served_app(_slack) as port:
        yield f"http://127.0.0.1:{port}/api/"


def _slack() -> ASGIApp:
    return Slack(lambda: datetime.now(UTC))


@contextmanager
def stub_servers() -> Iterator[StubServer]:
    """Run a Slack and a LaunchDarkly without latency, within the block."""
    with stub_server(bodies() | _slack_bodies()) as server:
        yield server


def _slack_bodies() -> dict[str, bytes]:
    bot_identity: dict[str, object] = {
        "team": "Bench",
        "team_id": HOME_TEAM.id,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "url": "https://bench.slack.com/",
    }
    answers: dict[str, dict[str, object]] = {
        "auth.test": bot_identity,
        "chat.postMessage": {"channel": "C1", "ts": TS},
        "users.info": {"user": {"id": "U1", "tz": "Europe/Berlin", "team_id": HOME_TEAM.id}},
        "conversations.info": {"channel": {"id": "C1", "is_member": True}},
        "conversations.history": {"messages": [], "has_more": False},
        "conversations.replies": {"messages": [], "has_more": False},
    }
    return {f"/api/{method}": json.dumps({"ok": True, **answer}).encode() for method, answer in answers.items()}
