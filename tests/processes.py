"""The bot in separate processes: any of its programs, and `insights-bot run` with its log."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

ROOT = Path(__file__).parent.parent


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


class Process:
    """A bot process and its log."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self.running = running
        self.log: list[str] = []

    async def wait_for_log(self, text: str) -> str:
        """Wait for the next log line that contains this text, and return it."""
        assert self.running.stderr is not None
        async with asyncio.timeout(30):
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
        async with asyncio.timeout(30):
            self.log += [line.decode() async for line in self.running.stderr]
            return await self.running.wait()


@asynccontextmanager
async def running_process(
    folder: Path, program: Sequence[str], variables: Mapping[str, str], stdout: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process with only these environment variables; kill it at the end if it still runs."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *program),
        env={**inherited, "PYTHONPATH": str(ROOT), **variables},
        cwd=folder,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


@asynccontextmanager
async def running_bot(
    folder: Path, *options: str, program: Sequence[str] = ("bot", "run"), **variables: str
) -> AsyncIterator[Process]:
    """Run the bot, or a module that runs it under other conditions."""
    database = {"DATABASE_URL": f"sqlite:///{folder / 'bot.db'}"}
    async with running_process(folder, [*program, *options], {**database, **variables}) as running:
        yield Process(running)


def slack_tokens(mode: str) -> dict[str, str]:
    """Return the environment variables that connect to Slack."""
    mode_tokens = {"SLACK_APP_TOKEN": APP_TOKEN} if mode == "socket" else {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
    return {"SLACK_BOT_TOKEN": BOT_TOKEN, **mode_tokens}
