"""`insights-bot demo` as people use it: a process, its port, its terminal, its browser, and Ctrl-C."""

import asyncio
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.sandbox.launchdarkly.app import TOKEN
from tests.processes import PATIENCE_SECONDS, ROOT, RunningProcess, read_all, running_process

TRIED = "Type /insights scores there"


class Demo:
    """The process, and its output so far."""

    def __init__(self, running: RunningProcess) -> None:
        self.running = running
        self.lines: list[str] = []

    async def line(self) -> str:
        assert self.running.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            self.lines.append((await self.running.stdout.readline()).decode())
        return self.lines[-1]

    async def address(self) -> str:
        """Return the page's URL from the first line of output."""
        found = re.search(r"http://127\.0\.0\.1:\d+", await self.line())
        assert found
        return found[0]

    async def end(self, how: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """Stop the process; return the rest of its output and errors."""
        self.running.send_signal(how)
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, err = await read_all(self.running)
            await self.running.wait()
        return out, err


@asynccontextmanager
async def demo(folder: Path, *options: str, **variables: str) -> AsyncIterator[Demo]:
    async with running_process(folder, ["bot", "demo", *options], {"TMPDIR": str(folder), **variables}) as running:
        yield Demo(running)


def left(folder: Path) -> list[str]:
    """List the files that it has left there, apart from jinja2's shared cache."""
    return [path.name for path in folder.iterdir() if "jinja2" not in path.name]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_signal_ends_the_demo_and_removes_its_files(how: signal.Signals, tmp_path: Path) -> None:
    async with demo(tmp_path, "--serve", "--port", "0") as found, httpx.AsyncClient() as people:
        address = await found.address()
        assert TRIED in await found.line()
        assert "Ctrl-C" in await found.line()
        assert (await people.get(address)).status_code == 200
        assert left(tmp_path)
        assert await found.end(how) == ("The demo has stopped.\n", "")
        assert found.running.returncode == 0
        assert not left(tmp_path)


async def test_interrupted_terminal_tour_exits_1_and_removes_its_files(tmp_path: Path) -> None:
    async with demo(tmp_path, "--once") as found:
        await found.line()
        out, err = await found.end(signal.SIGTERM)
        assert out.endswith("The demo has stopped.\n")
        assert (err, found.running.returncode) == ("", 1)
        assert not left(tmp_path)


def test_signal_during_setup_ends_the_demo_once() -> None:
    script = """
import asyncio, contextlib, signal
from bot.demo.environment import cancelled_by_signal

@contextlib.asynccontextmanager
async def stage():
    try:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.Event().wait()
        yield
    finally:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0)
        print("struck")

async def show():
    async with cancelled_by_signal(stage()):
        print("shown")

with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(show())
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("struck\n", "")


def test_signal_during_a_timeout_ends_the_demo() -> None:
    """A timeout cancels the task for a moment, as a scope of anyio does while a connection is opened."""
    script = """
import asyncio, contextlib, signal
from bot.demo.environment import cancelled_by_signal

async def show():
    async with cancelled_by_signal(contextlib.nullcontext()):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                try:
                    await asyncio.Event().wait()
                finally:
                    signal.raise_signal(signal.SIGTERM)
                    await asyncio.Event().wait()
        print("went on")

with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(show())
"""
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("", "")


async def test_signal_while_skipping_a_week_ends_the_demo(tmp_path: Path) -> None:
    async with demo(tmp_path, "--serve", "--port", "0") as found, httpx.AsyncClient() as people:
        address = await found.address()
        going = asyncio.create_task(people.post(f"{address}/do/week", json={}))
        async with people.stream("GET", f"{address}/news") as news:
            async for line in news.aiter_lines():
                if "Skipping ahead seven days" in line:
                    break
        assert (await found.end())[1] == ""
        assert (await going).json() == {"error": "The demo has stopped."}


async def test_signal_with_an_open_page_ends_the_demo(tmp_path: Path) -> None:
    async with demo(tmp_path, "--serve", "--port", "0") as found, httpx.AsyncClient() as people:
        async with people.stream("GET", f"{await found.address()}/news") as news:
            assert await anext(news.aiter_lines())
            assert (await found.end())[1] == ""
        assert found.running.returncode == 0


async def test_taken_port_falls_back_to_the_next_free_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        async with demo(tmp_path, "--serve", "--port", str(port)) as found:
            address = await found.address()
            assert found.lines[0].startswith(f"Port {port} is taken: the demo is at ")
            assert 0 < int(address.rpartition(":")[2]) - port < 20


def in_a_terminal(folder: Path, browser: str, path: str) -> tuple[int, str]:
    """Run the demo in a terminal with this browser; return its exit code and output."""
    ours, its = pty.openpty()
    environment = {"PATH": path, "PYTHONPATH": str(ROOT), "BROWSER": browser, "TERM": "dumb"}
    command = [sys.executable, "-m", "bot", "demo", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=its, stdout=its, stderr=its) as running:
        os.close(its)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    return running.returncode, shown.decode()


def _read(terminal: int) -> bytes:
    """Read from a terminal; at its end, the read fails."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_terminal_opens_a_browser(tmp_path: Path) -> None:
    (tmp_path / "opened").touch()
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {tmp_path}/opened\nkill -INT $PPID\n")
    browser.chmod(0o755)
    code, shown = in_a_terminal(tmp_path, f"{browser} %s", os.environ["PATH"])
    assert code == 0
    address = (tmp_path / "opened").read_text().strip()
    assert f"The demo is at {address}." in shown


def test_terminal_without_a_browser_shows_the_tour(tmp_path: Path) -> None:
    code, shown = in_a_terminal(tmp_path, "", "/nowhere")
    assert code == 0
    assert "was posted in #releases." in shown


@pytest.mark.parametrize("options", [["--serve"], []])
async def test_live_demo_requires_a_token(options: list[str], tmp_path: Path) -> None:
    async with demo(tmp_path, "--real-launchdarkly", *options) as found:
        out, err = await read_all(found.running)
        assert await found.running.wait() == 1
    assert out == ""
    assert err.startswith("LAUNCHDARKLY_ACCESS_TOKEN isn't set.")
    assert err.count("\n") == 1


async def test_live_demo_is_not_available_in_the_terminal(tmp_path: Path) -> None:
    async with demo(tmp_path, "--real-launchdarkly", "--once", LAUNCHDARKLY_ACCESS_TOKEN=TOKEN) as found:
        out, err = await read_all(found.running)
        assert await found.running.wait() == 1
    assert out == ""
    assert "insights-bot ask" in err
    assert err.count("\n") == 1
