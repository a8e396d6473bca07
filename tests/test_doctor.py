"""The doctor says of each thing whether it is in place, and what to do. Both stand-ins answer over real HTTP."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import manifest
from bot.doctor import Finding, Looks, Mark
from bot.doctor.check import Look, all_made
from bot.errors import Misconfigured
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import Weather
from bot.sandbox.slack import Slack
from bot.sandbox.slack import Weather as Sky
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.settings import Settings
from bot.store.migrate import STEPS, newest
from bot.store.store import opened
from tests.conversation import settings
from tests.test_cli import run

SECRETS = (TOKEN, BOT_TOKEN, APP_TOKEN, SIGNING_SECRET)
NOWHERE = "http://127.0.0.1:9/"


@dataclass
class Surgery:
    """Where somebody asks the doctor: a LaunchDarkly, a Slack, and the settings that lead there."""

    settings: Settings
    weather: Weather
    slack: Slack
    apart: timedelta = timedelta()
    seconds: float = 5
    wrong: dict[str, Misconfigured] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.apart

    def set(self, **given: Any) -> None:
        secret = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "launchdarkly_access_token")
        held = {name: SecretStr(value) if name in secret and value else value for name, value in given.items()}
        self.settings = self.settings.model_copy(update=held)

    async def ask(self) -> dict[str, Finding]:
        looks = Looks(self.settings, self.now, self.seconds)
        found = await looks.findings(self.wrong)
        assert not [secret for secret in SECRETS for finding in found if secret in finding.says]
        assert not [finding for finding in found if "\n" in finding.says]
        return {finding.name: finding for finding in found}


@pytest.fixture
async def surgery(tmp_path: Path) -> AsyncIterator[Surgery]:
    async with stand_ins() as (weather, slack, url):
        chosen = settings(
            launchdarkly_api_host=url,
            slack_api_url=slack.api,
            slack_bot_token=SecretStr(BOT_TOKEN),
            slack_app_token=SecretStr(APP_TOKEN),
            database_url=f"sqlite:///{tmp_path}/insights.db",
            default_place="web/production",
        )
        yield Surgery(chosen, weather, slack)


@asynccontextmanager
async def stand_ins() -> AsyncIterator[tuple[Weather, Slack, str]]:
    weather, slack = Weather(), Slack(lambda: datetime.now(UTC))
    async with serving(launchdarkly(lambda: datetime.now(UTC), weather=weather)) as url, slack.served():
        yield weather, slack, url


def wrong(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if finding.mark is Mark.WRONG}


# ------------------------------------------------------------------------------------------------------- as a process


async def test_where_all_is_in_place_each_line_says_so(surgery: Surgery) -> None:
    chosen = surgery.settings
    asked = await doctor(
        LAUNCHDARKLY_ACCESS_TOKEN=TOKEN,
        LAUNCHDARKLY_API_HOST=chosen.launchdarkly_api_host,
        SLACK_API_URL=chosen.slack_api_url,
        SLACK_BOT_TOKEN=BOT_TOKEN,
        SLACK_APP_TOKEN=APP_TOKEN,
        DATABASE_URL=chosen.database_url,
        DEFAULT_PLACE=chosen.default_place,
    )
    assert "insights.db doesn't exist yet" in asked.stdout
    assert "insights.db doesn't exist yet" in (await surgery.ask())["Store"].says
    lines = asked.stdout.splitlines()
    assert asked.returncode == 0, asked.stdout
    assert asked.stderr == ""
    assert len(lines) == 10
    assert all(line.startswith("ok ") for line in lines)
    assert not [secret for secret in SECRETS if secret in asked.stdout]


async def test_where_nothing_is_set_each_line_says_what_to_do(tmp_path: Path) -> None:
    asked = await doctor(SLACK_API_URL=NOWHERE, DATABASE_URL=f"sqlite:///{tmp_path}/insights.db")
    assert asked.returncode == 1
    assert asked.stderr == ""
    for needed in ("LAUNCHDARKLY_ACCESS_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DEFAULT_PLACE"):
        assert f"{needed} " in asked.stdout


async def test_wrong_settings_are_said_each_in_its_line_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    asked = await doctor(
        TIME_ZONE="Mars/Olympus",
        LAUNCHDARKLY_ACCESS_TOKEN="sdk-secret",  # noqa: S106
        SLACK_API_URL=NOWHERE,
        DATABASE_URL=f"sqlite:///{tmp_path}/insights.db",
    )
    assert asked.returncode == 1
    lines = asked.stdout.splitlines()
    assert [line.split()[:3] for line in lines[:2]] == [
        ["wrong", "Settings", "LAUNCHDARKLY_ACCESS_TOKEN"],
        ["wrong", "Settings", "TIME_ZONE"],
    ]
    assert "skipped  Insights      Not looked at, because of LAUNCHDARKLY_ACCESS_TOKEN and TIME_ZONE." in lines
    assert lines[-1].startswith("ok       Store")
    assert "sdk-secret" not in asked.stdout


async def doctor(**variables: str) -> subprocess.CompletedProcess[str]:
    """A run that does not keep this process from answering it."""
    return await asyncio.to_thread(run, "doctor", **variables)


# -------------------------------------------------------------------------------------------------------- LaunchDarkly


async def test_it_says_whose_token_launchdarkly_sees(surgery: Surgery) -> None:
    found = await surgery.ask()
    assert found["LaunchDarkly"] == Finding("LaunchDarkly", Mark.OK, "It takes a service token, insights-bot.")
    seen = {one.path: one.headers["ld-api-version"] for one in surgery.weather.requests}
    assert seen["/api/v2/caller-identity"] == "20240415"


async def test_a_token_that_launchdarkly_refuses_is_wrong(surgery: Surgery) -> None:
    surgery.set(launchdarkly_access_token="api-other")  # noqa: S106
    found = await surgery.ask()
    assert wrong(found) == {"LaunchDarkly", "Insights"}
    assert "Set LAUNCHDARKLY_ACCESS_TOKEN to a valid token" in found["LaunchDarkly"].says
    assert "api-other" not in found["LaunchDarkly"].says


async def test_a_plan_without_insights_is_said(surgery: Surgery) -> None:
    surgery.weather.status, surgery.weather.only = 403, "scores"
    found = await surgery.ask()
    assert wrong(found) == {"Insights"}
    assert "beta that only some LaunchDarkly plans hold" in found["Insights"].says


async def test_insights_are_asked_about_where_a_place_is_known(surgery: Surgery) -> None:
    assert (await surgery.ask())["Insights"].says == "The scores of web/production can be read."
    surgery.set(default_place="")
    found = await surgery.ask()
    assert found["Insights"].mark is Mark.SKIPPED
    assert "Set it (web/production, say)" in found["Insights"].says


async def test_who_never_answers_is_not_waited_for(surgery: Surgery) -> None:
    surgery.weather.delay = 30
    surgery.slack.weather["*"] = Sky(delay=30)
    surgery.seconds = 0.2
    surgery.set(answer_seconds=0.2)
    async with asyncio.timeout(4):
        found = await surgery.ask()
    assert wrong(found) == {"LaunchDarkly", "Insights", "Slack", "Socket", "Clock"}
    assert found["Store"].mark is Mark.OK


async def test_what_others_tell_stays_on_its_line_and_holds_no_secret(surgery: Surgery) -> None:
    surgery.weather.only = "caller-identity"
    surgery.weather.body = json.dumps({"tokenName": f"a\n\x1b[31m{BOT_TOKEN}"}).encode()
    found = await surgery.ask()
    assert found["LaunchDarkly"].says == "It takes a token, a [31m•••."


# --------------------------------------------------------------------------------------------------------------- Slack


async def test_it_says_who_the_bot_is_and_what_it_may_do(surgery: Surgery) -> None:
    surgery.slack.scopes = {*manifest.scopes(), *manifest.optional_scopes()}
    found = await surgery.ask()
    assert found["Slack"].says == "The bot is insights in Harbour Goods."
    assert found["Scopes"].says == f"{', '.join(sorted(surgery.slack.scopes))}."
    surgery.slack.scopes.add("im:history")
    assert (await surgery.ask())["Scopes"].says.endswith("; beyond what it needs: im:history.")


async def test_an_optional_scope_that_was_declined_is_said_and_not_wrong(surgery: Surgery) -> None:
    surgery.slack.scopes -= {"channels:history"}
    found = await surgery.ask()
    assert wrong(found) == set()
    assert found["Scopes"].says.endswith(" It goes without channels:history, which is optional.")


async def test_a_missing_scope_is_wrong(surgery: Surgery) -> None:
    surgery.slack.scopes -= {"users:read"}
    found = await surgery.ask()
    assert wrong(found) == {"Scopes"}
    assert found["Scopes"].says.startswith("The bot lacks users:read.")
    assert "insights-bot manifest" in found["Scopes"].says


async def test_a_bot_token_that_slack_refuses_is_wrong_once(surgery: Surgery) -> None:
    surgery.set(slack_bot_token="xoxb-other")  # noqa: S106
    found = await surgery.ask()
    assert wrong(found) == {"Slack"}
    assert found["Slack"].says.startswith("Slack refuses SLACK_BOT_TOKEN: invalid_auth. The bot token (xoxb-…)")
    assert found["Scopes"].mark is Mark.SKIPPED


async def test_an_app_token_that_slack_refuses_is_wrong(surgery: Surgery) -> None:
    surgery.set(slack_app_token=BOT_TOKEN)
    found = await surgery.ask()
    assert wrong(found) == {"Socket"}
    assert found["Socket"].says.startswith("Slack refuses SLACK_APP_TOKEN: not_allowed_token_type.")


async def test_over_http_the_signing_secret_is_needed_and_no_socket(surgery: Surgery) -> None:
    surgery.set(slack_app_token=None)
    found = await surgery.ask()
    assert wrong(found) == {"Mode"}
    assert found["Socket"].mark is Mark.SKIPPED
    surgery.set(slack_signing_secret=SIGNING_SECRET)
    found = await surgery.ask()
    assert found["Mode"].mark is Mark.OK
    assert found["Mode"].says.startswith("HTTP")


@pytest.mark.parametrize(
    ("sky", "said"),
    [
        (Sky(status=429, retry_after=30), "Slack does not answer just now (ratelimited)."),
        (Sky(status=503), "Slack does not answer just now (service_unavailable)."),
        (Sky(status=404, body="<html>not here</html>"), "What answers in Slack's place is not Slack."),
        (Sky(body="hello"), "What answers in Slack's place is not Slack."),
        (Sky(reset=True), "Slack cannot be reached."),
    ],
)
async def test_a_slack_in_trouble_is_said_as_such(surgery: Surgery, sky: Sky, said: str) -> None:
    surgery.slack.weather["*"] = sky
    found = await surgery.ask()
    assert wrong(found) == {"Slack", "Socket", "Clock"}
    assert {found[name].says.startswith(said) for name in wrong(found)} == {True}


@pytest.mark.parametrize(("apart", "mark"), [(0, Mark.OK), (30, Mark.OK), (90, Mark.WRONG), (-600, Mark.WRONG)])
async def test_a_clock_that_is_more_than_a_minute_off_is_wrong(surgery: Surgery, apart: int, mark: Mark) -> None:
    surgery.apart = timedelta(seconds=apart)
    found = (await surgery.ask())["Clock"]
    assert found.mark is mark
    assert ("behind" if apart < 0 else "ahead of") in found.says


# --------------------------------------------------------------------------------------------------------- and the rest


async def test_the_store_is_left_as_it_is_and_what_run_does_is_said(surgery: Surgery, tmp_path: Path) -> None:
    found = (await surgery.ask())["Store"]
    file = tmp_path / "insights.db"
    assert found == Finding("Store", Mark.OK, f"{file} doesn't exist yet. `insights-bot run` creates it.")
    assert not file.exists()
    file.touch()
    assert (await surgery.ask())["Store"].says.endswith("has no tables yet. `insights-bot run` creates them.")
    assert file.stat().st_size == 0
    steps = shutil.copytree(STEPS, tmp_path / "older", ignore=shutil.ignore_patterns(f"{newest(STEPS)}_*"))
    async with opened(surgery.settings.database_url, steps=Path(steps)):
        pass
    older = (await surgery.ask())["Store"].says
    assert older == f"{file} is at revision {newest(Path(steps))}. `insights-bot run` migrates it to {newest(STEPS)}."
    assert (await surgery.ask())["Store"].says == older
    async with opened(surgery.settings.database_url):
        pass
    assert (await surgery.ask())["Store"].says == f"{file} is up to date, and answers."


async def test_a_store_that_cannot_be_opened_is_wrong(surgery: Surgery, tmp_path: Path) -> None:
    surgery.set(database_url=f"sqlite:///{tmp_path}/no/such/folder/insights.db")
    found = await surgery.ask()
    assert wrong(found) == {"Store"}
    assert "DATABASE_URL" in found["Store"].says


async def test_a_password_in_the_address_of_the_store_is_not_said(surgery: Surgery) -> None:
    surgery.set(database_url="postgresql://bot:opensesame@127.0.0.1:9/insights")
    found = await surgery.ask()
    assert wrong(found) == {"Store"}
    assert "opensesame" not in found["Store"].says


async def test_a_look_that_breaks_spoils_no_other() -> None:
    async def broken() -> str:
        raise ZeroDivisionError("api-secret")

    async def well() -> str:
        return "All is well."

    looks = [Look("One", (), broken), Look("Other", (), well), Look("Third", ("port",), well)]
    found = await all_made(looks, settings(), {"port"}, 1)
    assert [finding.mark for finding in found] == [Mark.WRONG, Mark.OK, Mark.SKIPPED]
    assert found[0].says == "This could not be looked at (ZeroDivisionError). That is a fault of the bot."
