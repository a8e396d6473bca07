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
from tests.processes import living
from tests.test_cli import HOUSE, run

TRIED = "Type /insights scores there"


class Demo:
    """The process, and what it has said so far."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self.running = running
        self.lines: list[str] = []

    async def line(self) -> str:
        assert self.running.stdout is not None
        async with asyncio.timeout(30):
            self.lines.append((await self.running.stdout.readline()).decode())
        return self.lines[-1]

    async def address(self) -> str:
        """Where the page is, of which the first line tells."""
        found = re.search(r"http://127\.0\.0\.1:\d+", await self.line())
        assert found
        return found[0]

    async def end(self, how: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """Told to end, it does; what it said last, on both ways."""
        self.running.send_signal(how)
        async with asyncio.timeout(30):
            out, err = await self.running.communicate()
        return out.decode(), err.decode()


@asynccontextmanager
async def demo(place: Path, *options: str) -> AsyncIterator[Demo]:
    said = asyncio.subprocess.PIPE
    async with living(place, ["bot", "demo", *options], {"TMPDIR": str(place)}, said) as running:
        yield Demo(running)


def left(place: Path) -> list[str]:
    """What it has written there. What jinja2 keeps for the next start is everybody's."""
    return [path.name for path in place.iterdir() if "jinja2" not in path.name]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_it_says_in_three_lines_where_it_is_and_ends_leaving_nothing(how: signal.Signals, tmp_path: Path) -> None:
    async with demo(tmp_path, "--serve", "--port", "0") as found, httpx.AsyncClient() as people:
        address = await found.address()
        assert TRIED in await found.line()
        assert "Ctrl-C" in await found.line()
        assert (await people.get(address)).status_code == 200
        assert left(tmp_path)
        assert await found.end(how) == ("The demo has ended.\n", "")
        assert found.running.returncode == 0
        assert not left(tmp_path)


async def test_what_is_cut_off_in_a_terminal_was_not_shown_and_leaves_nothing_either(tmp_path: Path) -> None:
    async with demo(tmp_path, "--once") as found:
        await found.line()
        out, err = await found.end(signal.SIGTERM)
        assert out.endswith("The demo has ended.\n")
        assert (err, found.running.returncode) == ("", 1)
        assert not left(tmp_path)


def test_it_ends_as_well_while_it_is_being_set_up_and_once_only() -> None:
    script = """
import asyncio, contextlib, signal
from bot.demo.shutdown import until_told

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
    async with until_told(stage()):
        print("shown")

with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(show())
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("struck\n", "")


async def test_it_ends_as_well_while_a_week_goes_by(tmp_path: Path) -> None:
    async with demo(tmp_path, "--serve", "--port", "0") as found, httpx.AsyncClient() as people:
        address = await found.address()
        going = asyncio.create_task(people.post(f"{address}/do/week", json={}))
        async with people.stream("GET", f"{address}/news") as news:
            async for line in news.aiter_lines():
                if "Seven days go by" in line:
                    break
        assert (await found.end())[1] == ""
        assert (await going).json() == {"error": "The demo has ended."}


async def test_it_ends_as_well_while_somebody_looks_at_the_page(tmp_path: Path) -> None:
    async with demo(tmp_path, "--serve", "--port", "0") as found, httpx.AsyncClient() as people:
        async with people.stream("GET", f"{await found.address()}/news") as news:
            assert await anext(news.aiter_lines())
            assert (await found.end())[1] == ""
        assert found.running.returncode == 0


async def test_a_taken_port_is_answered_with_the_next_free_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        async with demo(tmp_path, "--serve", "--port", str(port)) as found:
            address = await found.address()
            assert found.lines[0].startswith(f"Port {port} is taken: the demo is at ")
            assert 0 < int(address.rpartition(":")[2]) - port < 20


def in_a_terminal(place: Path, browser: str, path: str) -> tuple[int, str]:
    """The demo in a terminal with this browser: how it ended, and all that it showed."""
    ours, its = pty.openpty()
    environment = {"PATH": path, "PYTHONPATH": str(HOUSE), "BROWSER": browser, "TERM": "dumb"}
    command = [sys.executable, "-m", "bot", "demo", "--port", "0"]
    with subprocess.Popen(command, cwd=place, env=environment, stdin=its, stdout=its, stderr=its) as running:
        os.close(its)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    return running.returncode, shown.decode()


def _read(terminal: int) -> bytes:
    """A terminal that nobody writes to any more cannot be read."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_in_a_terminal_a_browser_is_opened(tmp_path: Path) -> None:
    (tmp_path / "opened").touch()
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {tmp_path}/opened\nkill -INT $PPID\n")
    browser.chmod(0o755)
    code, shown = in_a_terminal(tmp_path, f"{browser} %s", os.environ["PATH"])
    assert code == 0
    address = (tmp_path / "opened").read_text().strip()
    assert f"The demo is at {address}." in shown


def test_in_a_terminal_without_a_browser_it_is_shown_there(tmp_path: Path) -> None:
    code, shown = in_a_terminal(tmp_path, "", "/nowhere")
    assert code == 0
    assert "was delivered in #releases." in shown


@pytest.mark.parametrize("options", [["--serve"], []])
def test_upon_the_real_launchdarkly_a_token_is_needed(options: list[str]) -> None:
    ended = run("demo", "--real-launchdarkly", *options)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("LAUNCHDARKLY_ACCESS_TOKEN is not set.")
    assert ended.stderr.count("\n") == 1


def test_upon_the_real_launchdarkly_it_is_no_play_for_a_terminal() -> None:
    ended = run("demo", "--real-launchdarkly", "--once", LAUNCHDARKLY_ACCESS_TOKEN=TOKEN)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "insights-bot ask" in ended.stderr
    assert ended.stderr.count("\n") == 1
