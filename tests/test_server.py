"""`insights-bot run` as a separate process: HTTP and Socket Mode, startup, and graceful shutdown."""

import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector as LaunchDarklyFaults
from bot.sandbox.slack import Fault, Slack
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.command_line import invoke
from tests.databases import Postgres
from tests.processes import Process, running_bot, running_process, slack_tokens


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_shutdown_finishes_ten_answers_in_progress(mode: str, tmp_path: Path) -> None:
    faults, slack = LaunchDarklyFaults(delay=0.5), Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api, serving(launchdarkly(lambda: datetime.now(UTC), faults=faults)) as api_host:
        variables = {
            "SLACK_API_URL": api,
            "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN,
            "LAUNCHDARKLY_API_HOST": api_host,
            "PORT": "0",
        }
        async with running_bot(tmp_path, **slack_tokens(mode), **variables) as bot:
            url = await bot.wait_until_listening()
            slack.request_url = f"{url}/slack/events"
            await assert_ready(url)
            acknowledgements = [await slack.type(f"/insights events web/production limit={n + 1}") for n in range(10)]
            assert not [one.error for one in acknowledgements if one.error]
            bot.running.send_signal(signal.SIGTERM)
            assert await bot.wait() == 0
    answers = [one.response_url.messages[-1].text for one in acknowledgements if one.response_url]
    assert len(answers) == 10
    assert all("with large impact in web/production" in text for text in answers)
    log = "".join(bot.log)
    assert '"question": "events web/production limit=10"' in log
    assert '"outcome": "answered"' in log
    assert not [secret for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, TOKEN) if secret in log]
    assert "Traceback" not in log


async def assert_ready(url: str) -> None:
    """Check that /readyz reports ready; both modes serve it at the same address."""
    async with httpx.AsyncClient(base_url=url) as http:
        response = await http.get("/readyz")
    assert response.text == "store: ready\nslack: ready\n"


@dataclass
class StartingBot:
    """A workspace, and a bot that starts in it."""

    slack: Slack
    bot: Process


@asynccontextmanager
async def starting_bot(folder: Path, mode: str = "http", **variables: str) -> AsyncIterator[StartingBot]:
    """Start a bot in a workspace."""
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api:
        tokens = slack_tokens(mode) | {"LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "SLACK_API_URL": api}
        async with running_bot(folder, **tokens | {"PORT": "0"} | variables) as bot:
            yield StartingBot(slack, bot)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_bot_that_listens_is_ready_and_logs_no_warning(mode: str, tmp_path: Path) -> None:
    async with starting_bot(tmp_path, mode) as start:
        url = await start.bot.wait_until_listening()
        start.slack.request_url = f"{url}/slack/events"
        await assert_ready(url)
        assert "flags" in (await start.slack.answer(await start.slack.type("/insights help"))).text
        assert await start.bot.stop() == 0
    assert [line for line in start.bot.log if '"level": "info"' not in line] == []


async def test_store_failure_during_startup_stops_with_its_message(tmp_path: Path) -> None:
    async with starting_bot(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/none/bot.db") as start:
        assert await start.bot.wait() == 1
    [message] = start.bot.log
    assert message.startswith(f"Can't open and write the database {tmp_path}/none/bot.db")


async def test_port_in_use_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with starting_bot(tmp_path, PORT=port) as start:
            assert await start.bot.wait() == 1
    assert start.bot.log == [f"Can't listen on port {port} (Address already in use). Set PORT to another one.\n"]


REVOKED = {"SLACK_BOT_TOKEN": "xoxb-revoked"}
MODE = "Set SLACK_APP_TOKEN or SLACK_SIGNING_SECRET."


@pytest.mark.parametrize(
    ("options", "variables", "expected"),
    [
        ((), {}, ["LAUNCHDARKLY_ACCESS_TOKEN isn't set.", "SLACK_BOT_TOKEN isn't set.", MODE]),
        ((), {"LAUNCHDARKLY_ACCESS_TOKEN": "api-x", "SLACK_BOT_TOKEN": "xoxb-x"}, [MODE]),
        (
            (),
            {
                "LAUNCHDARKLY_ACCESS_TOKEN": "sdk-x",
                "SLACK_APP_TOKEN": "xapp-x",
                "DEFAULT_PROJECT": "web",
                "DATABASE_URL": "mysql://x",
            },
            [
                "LAUNCHDARKLY_ACCESS_TOKEN must be an access token, not an SDK key.",
                "SLACK_BOT_TOKEN isn't set.",
                "DEFAULT_PROJECT must look like project/environment, for example web/production.",
                "DATABASE_URL must start with sqlite:/// or postgresql://.",
            ],
        ),
        (
            ("--only", "worker"),
            {"SLACK_BOT_TOKEN": "xoxb-x"},
            ["LAUNCHDARKLY_ACCESS_TOKEN isn't set.", "DATABASE_URL must be postgresql://… for --only worker."],
        ),
    ],
)
def test_all_missing_or_invalid_settings_stop_the_start(
    options: tuple[str, ...], variables: dict[str, str], expected: list[str]
) -> None:
    started = invoke("run", *options, **variables)
    assert started.returncode == 1
    lines = started.stderr.splitlines()
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True))


async def test_refused_bot_token_stops_the_server_with_its_message(tmp_path: Path) -> None:
    async with starting_bot(tmp_path, **REVOKED) as start:
        assert await start.bot.wait() == 1
    [message] = start.bot.log
    assert message.startswith("Slack rejected SLACK_BOT_TOKEN: invalid_auth. Copy the bot token")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(error="invalid_auth"), "Slack rejected SLACK_APP_TOKEN. Create an app-level token"),
        (Fault(reset=True), "Slack can't be reached. Check the network"),
    ],
    ids=["refused", "away"],
)
async def test_socket_that_cannot_open_stops_the_start(fault: Fault, expected: str, tmp_path: Path) -> None:
    slack = Slack(lambda: datetime.now(UTC))
    slack.faults["apps.connections.open"] = fault
    async with slack.serving() as api:
        tokens = slack_tokens("socket") | {"LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "SLACK_API_URL": api}
        async with running_bot(tmp_path, **tokens, PORT="0") as bot:
            assert await bot.wait() == 1
    assert bot.log[-1].startswith(expected)
    assert not [line for line in bot.log if "Traceback" in line or "Unclosed" in line]


# ------------------------------------------------------------------------------------------------- --only web or worker


def test_separate_worker_on_sqlite_is_refused_with_one_line() -> None:
    started = invoke("run", "--only", "worker", **slack_tokens("http"), LAUNCHDARKLY_ACCESS_TOKEN=TOKEN)
    assert started.returncode == 1
    [line] = started.stderr.splitlines()
    assert line.startswith("DATABASE_URL must be postgresql://… for --only worker. Or run everything in one process")


@pytest.mark.parametrize(("options", "imports_engine"), [((), True), (("--only", "web"), False)], ids=["all", "web"])
async def test_web_process_does_not_import_the_engine(
    options: tuple[str, ...], imports_engine: bool, tmp_path: Path
) -> None:
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api:
        variables = {"SLACK_API_URL": api, "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "PORT": "0", **slack_tokens("http")}
        profiled = {**variables, "PYTHONPROFILEIMPORTTIME": "1"}
        async with running_process(tmp_path, ["bot", "run", *options], profiled, fresh=True) as running:
            bot = Process(running)
            slack.request_url = f"{await bot.wait_until_listening()}/slack/events"
            assert "flags" in (await slack.answer(await slack.type("/insights help"))).text
            assert await bot.stop() == 0
    assert ("dbos" in {line.rpartition("|")[2].strip() for line in bot.log}) is imports_engine


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_separate_worker_reports_health_and_receives_nothing(
    mode: str, tmp_path: Path, postgres: Postgres
) -> None:
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api:
        variables = {"SLACK_API_URL": api, "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "PORT": "0"}
        variables |= {**slack_tokens(mode), "DATABASE_URL": postgres.new_schema()}
        async with running_bot(tmp_path, "--only", "worker", **variables) as bot:
            url = await bot.wait_until_listening()
            await assert_ready(url)
            async with httpx.AsyncClient(base_url=url) as http:
                assert (await http.get("/healthz")).text == "alive\n"
                assert "insights_" in (await http.get("/metrics")).text
            slack.request_url = f"{url}/slack/events"
            assert (await slack.type("/insights help")).error
            assert await bot.stop() == 0
    assert not [call for call in slack.calls if call.method == "apps.connections.open"]
    assert "Traceback" not in "".join(bot.log)
