"""`insights-bot run` as a process of its own: both ways to hear Slack, an early beginning, and an orderly end."""

import asyncio
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
from bot.sandbox.launchdarkly.faults import FaultInjector as LaunchDarklyWeather
from bot.sandbox.slack import Fault, Slack
from bot.sandbox.slack.connection import RawConnection
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.databases import Postgres
from tests.processes import Process, running_bot, slack_tokens


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_ten_answers_under_way_are_finished_before_the_end(way: str, tmp_path: Path) -> None:
    weather, slack = LaunchDarklyWeather(delay=0.5), Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api, serving(launchdarkly(lambda: datetime.now(UTC), faults=weather)) as api_host:
        variables = {
            "SLACK_API_URL": api,
            "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN,
            "LAUNCHDARKLY_API_HOST": api_host,
            "PORT": "0",
        }
        async with running_bot(tmp_path, **slack_tokens(way), **variables) as bot:
            url = await bot.wait_until_listening()
            slack.request_url = f"{url}/slack/events"
            await _ready(url)
            asked = [await slack.type(f"/insights events web/production limit={n + 1}") for n in range(10)]
            assert not [a.error for a in asked if a.error]
            bot.running.send_signal(signal.SIGTERM)
            assert await bot.wait() == 0
    answers = [a.response_url.messages[-1].text for a in asked if a.response_url]
    assert len(answers) == 10
    assert all("with large impact in web/production" in text for text in answers)
    said = "".join(bot.log)
    assert '"question": "events web/production limit=10"' in said
    assert '"outcome": "answered"' in said
    assert not [secret for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, TOKEN) if secret in said]
    assert "Traceback" not in said


async def _ready(url: str) -> None:
    """Health is told in both modes, on the same address."""
    async with asyncio.timeout(10), httpx.AsyncClient(base_url=url) as http:
        while (found := await http.get("/readyz")).status_code == 503:
            assert found.text == "store: NOT READY\nslack: NOT READY\n"
    assert found.text == "store: ready\nslack: ready\n"


class Held(Fault):
    """Slack thinks about an answer until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def before(self, connection: RawConnection) -> None:
        await self.let_go.wait()


@dataclass
class Starting:
    """A workspace, and the bot that is about to ask it who it is."""

    slack: Slack
    bot: Process
    url: str
    held: Held


@asynccontextmanager
async def starting(place: Path, way: str = "http", **variables: str) -> AsyncIterator[Starting]:
    """The bot listens, and has not begun with what takes it longer."""
    slack, held = Slack(lambda: datetime.now(UTC)), Held()
    slack.faults["auth.test"] = held
    async with slack.serving() as api:
        given = slack_tokens(way) | {"LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "SLACK_API_URL": api}
        async with running_bot(place, **given, PORT="0", **variables) as bot:
            url = await bot.wait_until_listening()
            slack.request_url = f"{url}/slack/events"
            yield Starting(slack, bot, url, held)
            held.let_go.set()


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_a_command_is_acknowledged_before_the_bot_can_answer_and_answered_then(way: str, tmp_path: Path) -> None:
    async with starting(tmp_path, way) as new, httpx.AsyncClient(base_url=new.url) as http:
        asked = await new.slack.type("/insights help")
        assert not asked.error
        assert asked.response_url
        assert asked.response_url.messages == []
        assert (await http.get("/healthz")).text == "alive\n"
        assert (await http.get("/readyz")).status_code == 503
        new.held.let_go.set()
        assert "scores" in (await new.slack.answer(asked)).text
        await _ready(new.url)


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_a_start_that_goes_well_logs_no_warning(way: str, tmp_path: Path) -> None:
    async with starting(tmp_path, way) as new:
        new.held.let_go.set()
        await new.bot.wait_for_log("answering")
        assert await new.bot.stop() == 0
    assert [line for line in new.bot.log if '"level": "info"' not in line] == []


async def test_nothing_is_imported_before_it_listens_that_only_answers(tmp_path: Path) -> None:
    async with starting(tmp_path, PYTHONPROFILEIMPORTTIME="1") as new:
        imported = {line.rpartition("|")[2].strip() for line in new.bot.log if line.startswith("import time:")}
    assert "slack_bolt" in imported
    answering = {"httpx", "rich", "sqlalchemy", "jinja2", "msgspec", "bot.answers", "bot.questions", "bot.store"}
    assert not answering & imported


async def test_a_store_that_cannot_be_opened_ends_what_listened_with_its_sentence(tmp_path: Path) -> None:
    async with starting(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/none/bot.db") as new:
        asked = await new.slack.type("/insights help")
        new.held.let_go.set()
        assert "Ask again in a moment." in (await new.slack.answer(asked)).text
        assert await new.bot.wait() == 1
    assert new.bot.log[-1].startswith(f"The database {tmp_path}/none/bot.db cannot be opened and written")
    assert not [line for line in new.bot.log if "Traceback" in line or '"level": "error"' in line]


async def test_told_to_end_while_it_starts_it_leaves_nobody_in_silence(tmp_path: Path) -> None:
    async with starting(tmp_path, DRAIN_SECONDS="0.01") as new:
        asked = await new.slack.type("/insights help")
        new.bot.running.send_signal(signal.SIGTERM)
        assert "Ask again in a moment." in (await new.slack.answer(asked)).text
        assert await new.bot.wait() == 0
    assert "Traceback" not in "".join(new.bot.log)


async def test_a_port_that_is_taken_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with running_bot(tmp_path, **slack_tokens("http"), LAUNCHDARKLY_ACCESS_TOKEN=TOKEN, PORT=port) as bot:
            assert await bot.wait() == 1
    assert bot.log == [f"Port {port} cannot be used (Address already in use). Choose another with PORT.\n"]


MODE = "Neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set."


@pytest.mark.parametrize(
    ("options", "variables", "said"),
    [
        ((), {}, ["LAUNCHDARKLY_ACCESS_TOKEN is not set.", "SLACK_BOT_TOKEN is not set.", MODE]),
        ((), {"LAUNCHDARKLY_ACCESS_TOKEN": "api-x", "SLACK_BOT_TOKEN": "xoxb-x"}, [MODE]),
        (
            (),
            {
                "LAUNCHDARKLY_ACCESS_TOKEN": "sdk-x",
                "SLACK_APP_TOKEN": "xapp-x",
                "DEFAULT_PLACE": "web",
                "DATABASE_URL": "mysql://x",
            },
            [
                "LAUNCHDARKLY_ACCESS_TOKEN must be an access token, not an SDK key.",
                "SLACK_BOT_TOKEN is not set.",
                "DEFAULT_PLACE must look like project/environment, for example web/production.",
                "DATABASE_URL is wrong: it begins with neither sqlite:/// nor postgresql://.",
            ],
        ),
        (
            ("--only", "worker"),
            {"SLACK_BOT_TOKEN": "xoxb-x"},
            ["LAUNCHDARKLY_ACCESS_TOKEN is not set.", "A worker of its own needs PostgreSQL."],
        ),
    ],
)
async def test_all_that_is_missing_or_wrong_stops_the_start_at_once(
    options: tuple[str, ...], variables: dict[str, str], said: list[str], tmp_path: Path
) -> None:
    async with running_bot(tmp_path, *options, **variables) as bot:
        assert await bot.wait() == 1
    assert len(bot.log) == len(said)
    assert all(line.startswith(start) for line, start in zip(bot.log, said, strict=True))


async def test_a_token_that_slack_refuses_ends_what_listened_with_its_sentence(tmp_path: Path) -> None:
    async with starting(tmp_path) as new:
        new.slack.faults["auth.test"] = Fault(error="invalid_auth")
        new.held.let_go.set()
        assert await new.bot.wait() == 1
    assert new.bot.log[-1].startswith("Slack refuses SLACK_BOT_TOKEN: invalid_auth. Copy the bot token")
    assert "Traceback" not in "".join(new.bot.log)


@pytest.mark.parametrize(
    ("weather", "said"),
    [
        (Fault(error="invalid_auth"), "Slack refuses SLACK_APP_TOKEN. Create an app-level token"),
        (Fault(reset=True), "Slack cannot be reached. Check the network"),
    ],
    ids=["refused", "away"],
)
async def test_a_socket_that_cannot_be_opened_stops_the_start(weather: Fault, said: str, tmp_path: Path) -> None:
    slack = Slack(lambda: datetime.now(UTC))
    slack.faults["apps.connections.open"] = weather
    async with slack.serving() as api:
        given = slack_tokens("socket") | {"LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "SLACK_API_URL": api}
        async with running_bot(tmp_path, **given, PORT="0") as bot:
            assert await bot.wait() == 1
    assert bot.log[-1].startswith(said)
    assert not [line for line in bot.log if "Traceback" in line or "Unclosed" in line]


# ------------------------------------------------------------------------------------------------- a part of the work


async def test_a_worker_of_its_own_is_refused_on_sqlite_with_one_line(tmp_path: Path) -> None:
    async with running_bot(
        tmp_path, "--only", "worker", **slack_tokens("http"), LAUNCHDARKLY_ACCESS_TOKEN=TOKEN
    ) as bot:
        assert await bot.wait() == 1
    assert bot.log == [
        "A worker of its own needs PostgreSQL. Let DATABASE_URL name one, or do all in one process: insights-bot run.\n"
    ]


@pytest.mark.parametrize(("options", "works"), [((), True), (("--only", "web"), False)], ids=["all", "web"])
async def test_who_only_serves_slack_does_not_know_the_engine(
    options: tuple[str, ...], works: bool, tmp_path: Path
) -> None:
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api:
        variables = {"SLACK_API_URL": api, "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "PORT": "0"}
        profiled = {**slack_tokens("http"), **variables, "PYTHONPROFILEIMPORTTIME": "1"}
        async with running_bot(tmp_path, *options, **profiled) as bot:
            slack.request_url = f"{await bot.wait_until_listening()}/slack/events"
            await bot.wait_for_log("answering")
            assert "scores" in (await slack.answer(await slack.type("/insights help"))).text
            assert await bot.stop() == 0
    assert ("dbos" in {line.rpartition("|")[2].strip() for line in bot.log}) is works


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_a_worker_of_its_own_tells_how_it_is_and_hears_nobody(
    way: str, tmp_path: Path, postgres: Postgres
) -> None:
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api:
        variables = {"SLACK_API_URL": api, "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "PORT": "0"}
        variables |= {**slack_tokens(way), "DATABASE_URL": postgres.new_schema()}
        async with running_bot(tmp_path, "--only", "worker", **variables) as bot:
            url = await bot.wait_until_listening()
            await _ready(url)
            async with httpx.AsyncClient(base_url=url) as http:
                assert (await http.get("/healthz")).text == "alive\n"
                assert "insights_" in (await http.get("/metrics")).text
            slack.request_url = f"{url}/slack/events"
            assert (await slack.type("/insights help")).error
            assert await bot.stop() == 0
    assert not [call for call in slack.calls if call.method == "apps.connections.open"]
    assert "Traceback" not in "".join(bot.log)
