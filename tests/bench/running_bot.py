"""The whole bot in a separate process: real Bolt, real HTTP, a real database, and canned LaunchDarkly replies."""

import asyncio
import gc
import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bot.demo import running_bot, sandbox_settings
from bot.log import configure_logging
from bot.metrics import Metrics
from bot.sandbox.slack import Slack
from tests.bench import payloads
from tests.conversation import NOW, settings

_OUTCOME = re.compile(rb'^insights_questions_total\{.*outcome="(\w+)"\}', re.MULTILINE)


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
