"""The bot in separate processes: any of its programs, and `insights-bot run` with its log."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.forked_process import start_forked

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 30


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the bot to its end in a process of its own, with only these variables set."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env={**inherited, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100", **variables},
        cwd=ROOT / "tests",  # where no .env lies
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class RunningProcess(Protocol):
    """What tests use of a process."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    @property
    def stderr(self) -> asyncio.StreamReader | None: ...
    def send_signal(self, signal: int) -> None: ...
    def kill(self) -> None: ...
    async def wait(self) -> int: ...


class Process:
    """A bot process and its log."""

    def __init__(self, running: RunningProcess) -> None:
        self.running = running
        self.log: list[str] = []

    async def wait_for_log(self, text: str) -> str:
        """Wait for the next log line that contains this text, and return it."""
        assert self.running.stderr is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                async for line in self.running.stderr:
                    self.log.append(line.decode())
                    if text in self.log[-1]:
                        return self.log[-1]
        raise AssertionError(self.log)

    async def wait_until_listening(self) -> str:
        """Wait until the bot listens, and return its URL."""
        return f"http://127.0.0.1:{json.loads(await self.wait_for_log('listening'))['port']}"

    async def kill(self) -> None:
        """Kill the process; what it has logged can still be read."""
        if self.running.returncode is None:
            self.running.kill()
        await self.wait()

    async def stop(self) -> int:
        """Stop the process gracefully, and return its exit code."""
        self.running.send_signal(signal.SIGTERM)
        return await self.wait()

    async def wait(self) -> int:
        assert self.running.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            self.log += [line.decode() async for line in self.running.stderr]
            return await self.running.wait()


@asynccontextmanager
async def running_process(
    folder: Path, program: Sequence[str], variables: Mapping[str, str], *, fresh: bool = False
) -> AsyncIterator[RunningProcess]:
    """Run a module with only these environment variables; kill it at the end if it still runs.

    A *fresh* process imports everything itself.
    """
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    start = _start_fresh if fresh else start_forked
    running = await start(folder, program, {**inherited, "PYTHONPATH": str(ROOT), **variables})
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def read_all(running: RunningProcess) -> tuple[str, str]:
    """Return all output and errors, once the process has closed both."""
    assert running.stdout
    assert running.stderr
    out, err = await asyncio.gather(running.stdout.read(), running.stderr.read())
    return out.decode(), err.decode()


async def _start_fresh(folder: Path, program: Sequence[str], variables: Mapping[str, str]) -> RunningProcess:
    command, pipe = (sys.executable, "-m", *program), asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, env=variables, cwd=folder, stdout=pipe, stderr=pipe)


@asynccontextmanager
async def running_bot(folder: Path, *options: str, **variables: str) -> AsyncIterator[Process]:
    """Run the bot, on a SQLite file unless another database is given."""
    database = {"DATABASE_URL": f"sqlite:///{folder / 'bot.db'}"}
    async with running_process(folder, ["bot", "run", *options], {**database, **variables}) as running:
        yield Process(running)


def slack_tokens(mode: str) -> dict[str, str]:
    """Return the environment variables that connect to Slack."""
    mode_tokens = {"SLACK_APP_TOKEN": APP_TOKEN} if mode == "socket" else {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
    return {"SLACK_BOT_TOKEN": BOT_TOKEN, **mode_tokens}
