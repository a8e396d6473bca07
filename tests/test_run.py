"""`insights-bot run` as a process of its own: both ways to hear Slack, and an orderly end."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.sandbox.launchdarkly import TOKEN, launchdarkly
from bot.sandbox.serve import serving
from bot.sandbox.slack import Slack, Weather
from bot.sandbox.slack.names import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.sandbox.weather import Weather as LaunchDarklyWeather
from tests.test_cli import HOUSE


class Process:
    """The bot, and what it logs."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self.running = running
        self.log: list[str] = []

    async def line(self, part: str) -> str:
        """The next line of its log that holds this."""
        assert self.running.stderr is not None
        async with asyncio.timeout(30):
            async for line in self.running.stderr:
                self.log.append(line.decode())
                if part in self.log[-1]:
                    return self.log[-1]
        raise AssertionError(self.log)

    async def ended(self) -> int:
        assert self.running.stderr is not None
        async with asyncio.timeout(30):
            self.log += [line.decode() async for line in self.running.stderr]
            return await self.running.wait()


@asynccontextmanager
async def started(place: Path, **variables: str) -> AsyncIterator[Process]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        env={**kept, "PYTHONPATH": str(HOUSE), "DATABASE_URL": f"sqlite:///{place / 'bot.db'}", **variables},
        cwd=place,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(running)
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_ten_answers_under_way_are_finished_before_the_end(way: str, tmp_path: Path) -> None:
    weather, slack, port = LaunchDarklyWeather(delay=0.5), Slack(lambda: datetime.now(UTC)), free_port()
    async with slack.served() as api, serving(launchdarkly(lambda: datetime.now(UTC), weather=weather)) as api_host:
        variables = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_API_URL": api,
            "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN,
            "LAUNCHDARKLY_API_HOST": api_host,
            "PORT": port,
        } | ({"SLACK_APP_TOKEN": APP_TOKEN} if way == "socket" else {"SLACK_SIGNING_SECRET": SIGNING_SECRET})
        async with started(tmp_path, **variables) as bot:
            await bot.line("listening")
            slack.request_url = f"http://127.0.0.1:{port}/slack/events"
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
                await _ready(http)
            asked = [await slack.type(f"/insights events web/production limit={n + 1}") for n in range(10)]
            assert not [a.error for a in asked if a.error]
            bot.running.send_signal(signal.SIGTERM)
            assert await bot.ended() == 0
    answers = [a.chain.said[-1].text for a in asked if a.chain]
    assert len(answers) == 10
    assert all("with large impact in web/production" in text for text in answers)
    said = "".join(bot.log)
    assert '"question": "events web/production limit=10"' in said
    assert '"outcome": "answered"' in said
    assert not [secret for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, TOKEN) if secret in said]
    assert "Traceback" not in said


async def _ready(http: httpx.AsyncClient) -> None:
    """Health is told in both modes, on the same address."""
    async with asyncio.timeout(10):
        while True:
            try:
                assert (await http.get("/readyz")).text == "store: ready\nslack: ready\n"
                return
            except httpx.ConnectError:
                await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "LAUNCHDARKLY_ACCESS_TOKEN is not set."),
        ({"LAUNCHDARKLY_ACCESS_TOKEN": "api-x"}, "SLACK_BOT_TOKEN is not set."),
        ({"LAUNCHDARKLY_ACCESS_TOKEN": "api-x", "SLACK_BOT_TOKEN": "xoxb-x"}, "SLACK_SIGNING_SECRET is not set."),
    ],
)
async def test_without_its_tokens_it_does_not_start(variables: dict[str, str], said: str, tmp_path: Path) -> None:
    async with started(tmp_path, **variables) as bot:
        assert await bot.ended() == 1
    assert bot.log[0].startswith(said)
    assert len(bot.log) == 1


async def test_a_token_that_slack_refuses_stops_the_start_with_one_line(tmp_path: Path) -> None:
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.served() as api:
        slack.weather["auth.test"] = Weather(error="invalid_auth")
        variables = {"SLACK_BOT_TOKEN": "xoxb-x", "SLACK_API_URL": api, "LAUNCHDARKLY_ACCESS_TOKEN": "api-x"}
        variables["SLACK_SIGNING_SECRET"] = SIGNING_SECRET
        async with started(tmp_path, **variables) as bot:
            assert await bot.ended() == 1
    [line] = bot.log
    assert line.startswith("Slack refuses SLACK_BOT_TOKEN: invalid_auth. Copy the bot token")


async def test_a_port_that_is_taken_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        tokens = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET}
        async with started(tmp_path, **tokens, LAUNCHDARKLY_ACCESS_TOKEN=TOKEN, PORT=port) as bot:
            assert await bot.ended() == 1
    assert bot.log == [f"Port {port} cannot be used (Address already in use). Choose another with PORT.\n"]
