"""What runs in processes of its own: apps, a Slack and a LaunchDarkly with fixed replies, the bot, and its workers.

The whole bot has real Bolt, real HTTP, a real database, and canned LaunchDarkly replies.
"""

import asyncio
import gc
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import uvicorn
from sqlalchemy import Engine, create_engine, func, insert, select, update
from starlette.types import ASGIApp

from bot.demo import running_bot, sandbox_settings
from bot.log import configure_logging
from bot.metrics import Metrics
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import BOT_ID, BOT_TOKEN, BOT_USER_ID, SIGNING_SECRET
from bot.sandbox.slack.workspace import HOME_TEAM
from bot.schedules.triggers import Recurrence, Trigger, trigger_fields
from bot.store import ScheduleState
from bot.store.database_url import parse_database_url
from bot.store.tables import RUNS, SCHEDULES
from tests.bench import payloads
from tests.bench.payloads import bodies
from tests.bench.raw_http import StubServer, stub_server
from tests.conversation import NOW, settings

TS = "1795000000.000100"
AppFactory = Callable[[], ASGIApp]  # runs in the app's own process; has to be importable there
_OUTCOME = re.compile(rb'^insights_questions_total\{.*outcome="(\w+)"\}', re.MULTILINE)
ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 900
POLL_SECONDS = 0.1  # seconds between checks
FAST_SETTINGS = {
    "SCHEDULER_POLL_SECONDS": "0.1",
    "QUEUE_POLL_SECONDS": "0.1",
    "SCHEDULE_JITTER_SECONDS": "0",
    "CHANNEL_MESSAGE_INTERVAL_SECONDS": "0",
    "MAX_DELIVERIES_PER_MINUTE": "1000000",
    "MAX_CONCURRENT_DELIVERIES": "25",
    "PORT": "0",
}


# -------------------------------------------------------------------------------------------------------------- servers


@contextmanager
def child_process(target: Callable[..., None], *args: object) -> Iterator[Any]:
    """Run a function in its own process within the block, and return what it sends first.

    Its first argument is a pipe; it ends when the pipe is closed."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=target, args=(theirs, *args), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join()


@contextmanager
def served_app(make_app: AppFactory) -> Iterator[int]:
    """Serve the app within the block, and return its port."""
    with child_process(_serve, make_app) as port:
        yield port


def _serve(pipe: Connection, make_app: AppFactory) -> None:
    config = uvicorn.Config(make_app(), "127.0.0.1", 0, log_config=None, lifespan="off", ws="none")
    asyncio.run(_Server(config, pipe).serve())


class _Server(uvicorn.Server):
    """A server that tells its port, and ends when the other end of the pipe is closed."""

    def __init__(self, config: uvicorn.Config, pipe: Connection) -> None:
        super().__init__(config)
        self._pipe = pipe

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
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


# -------------------------------------------------------------------------------------------------------- the whole bot


@dataclass(frozen=True)
class State:
    """The process's memory in bytes, after garbage collection, and the outcomes of its lines so far."""

    memory: int
    outcomes: frozenset[str]


@dataclass(frozen=True)
class RunningBot:
    """A running bot, at a local port."""

    port: int
    pipe: Connection

    def state(self) -> State:
        """Return its current state."""
        self.pipe.send("?")
        state: State = self.pipe.recv()
        return state


@contextmanager
def bot_process(api: str) -> Iterator[RunningBot]:
    """Run the bot with the Slack at this address, within the block."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_run_process, args=(theirs, api), daemon=True)
    process.start()
    theirs.close()
    try:
        yield RunningBot(ours.recv(), ours)
    finally:
        ours.close()
        process.join()


def _run_process(pipe: Connection, api: str) -> None:
    """Log as in production, and discard the log."""
    with Path(os.devnull).open("w") as devnull:
        with redirect_stderr(devnull):
            configure_logging("INFO")
        asyncio.run(_run_bot(pipe, api))


async def _run_bot(pipe: Connection, api: str) -> None:
    """Run until the other end of the pipe is closed. There is no cache: each answer is fetched and rendered."""
    workspace, stopped = Slack(lambda: NOW), asyncio.Event()
    async with running_bot(
        workspace, sandbox_settings(settings(), api), lambda: NOW, CannedTransport(payloads.bodies())
    ) as bot:
        asyncio.get_running_loop().add_reader(pipe.fileno(), _send_state, pipe, bot.metrics, stopped)
        pipe.send(urlsplit(str(workspace.request_url)).port)
        await stopped.wait()


class CannedTransport(httpx.AsyncBaseTransport):
    """A LaunchDarkly with canned replies."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self._bodies = bodies

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=self._bodies[request.url.path])


def _send_state(pipe: Connection, metrics: Metrics, stopped: asyncio.Event) -> None:
    try:
        pipe.recv()
    except EOFError:
        asyncio.get_running_loop().remove_reader(pipe.fileno())
        stopped.set()
    else:
        gc.collect()
        outcomes = frozenset(name.decode() for name in _OUTCOME.findall(metrics.exposition()))
        pipe.send(State(_resident(), outcomes))


def _resident() -> int:
    """Return the process's resident memory, as Linux reports it."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


# ------------------------------------------------------------------------------------------ workers and their schedules


@dataclass(frozen=True)
class Program:
    """A process, and a folder with its log."""

    process: "subprocess.Popen[bytes]"
    log_file: Path

    def wait_for_log(self, text: str) -> None:
        """Wait until its log contains this text."""
        wait_until(lambda: text in self.log_file.read_text() or self.process.poll() is not None)
        assert text in self.log_file.read_text(), self.log_file.read_text()

    def peak(self) -> int:
        """Return its peak memory, in kB."""
        return self._status("VmHWM")

    def memory(self) -> int:
        """Return its current memory, in kB."""
        return self._status("VmRSS")

    def cpu(self) -> float:
        """Return its CPU time, in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0])


@contextmanager
def running_program(module: Sequence[str], folder: Path, variables: dict[str, str]) -> Iterator[Program]:
    """Run a module of this repository in a separate process, within the block."""
    log_file = folder / f"{uuid4().hex}.log"
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(folder), **variables}
    with log_file.open("wb") as log:
        process = subprocess.Popen((sys.executable, "-m", *module), cwd=folder, env=env, stderr=log)
    try:
        yield Program(process, log_file)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def bot_environment(database: str, url: str) -> dict[str, str]:
    """Return the environment of a bot that uses the stub servers at this address."""
    return {
        "LAUNCHDARKLY_ACCESS_TOKEN": "api-bench",
        "LAUNCHDARKLY_API_HOST": url,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{url}/api/",
        "DATABASE_URL": database,
        "SHUTDOWN_GRACE_SECONDS": "0",
    }


@dataclass(frozen=True)
class BotDatabase:
    """The bot's database, seen from outside."""

    engine: Engine

    @classmethod
    def connect(cls, url: str) -> "BotDatabase":
        database_url = parse_database_url(url).url
        return cls(create_engine(database_url.set(drivername=database_url.drivername.replace("+aiosqlite", ""))))

    def add_schedules(
        self, lines: Sequence[str], channels: int, at: datetime, trigger: Trigger | None = None, first: int = 0
    ) -> None:
        """Add a schedule for each channel, with one of the lines, due at this time. Channels are numbered
        from `first` on."""
        trigger = trigger or Recurrence(((at + timedelta(days=3)).weekday(),), 0, time(12), "UTC")
        shared = trigger_fields(trigger) | {
            "team": HOME_TEAM.id,
            "number": 1,
            "owner": "U1",
            "state": ScheduleState.ACTIVE,
            "why": "",
        }
        rows = [
            shared
            | {"id": uuid4().hex, "channel": f"C{first + n:06d}", "line": lines[n % len(lines)]}
            | {"next_at": at, "made_at": at, "changed_at": at}
            for n in range(channels)
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(SCHEDULES), rows)

    def spread(self, per_second: int) -> None:
        """Spread schedules due at one time, with a number of them each second."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(SCHEDULES.c.id, SCHEDULES.c.next_at).order_by(SCHEDULES.c.id)).all()
            for number, (schedule, at) in enumerate(rows):
                next_at = at + timedelta(seconds=number // per_second)
                connection.execute(update(SCHEDULES).where(SCHEDULES.c.id == schedule).values(next_at=next_at))

    def delivered(self, lines: Sequence[str]) -> int:
        """Count the delivered runs with one of these lines."""
        conditions = (RUNS.c.state == "delivered", RUNS.c.line.in_(lines))
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).where(*conditions)) or 0


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def wait_until(condition: Callable[[], bool], timeout: float = TIMEOUT_SECONDS) -> None:
    """Wait until a condition holds."""
    deadline = perf_counter() + timeout
    while not condition():
        assert perf_counter() < deadline, "it takes too long"
        pause(POLL_SECONDS)


def pause(seconds: float) -> None:
    Event().wait(seconds)


def right_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
