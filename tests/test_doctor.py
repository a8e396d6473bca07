"""The doctor reports each check's result, and what to do. Both sandboxes serve real HTTP."""

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
from bot.doctor import Checks, CheckStatus, Finding
from bot.doctor.checks import Check, run_all
from bot.errors import Misconfigured
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.sandbox.slack import Fault as Sky
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.settings import Settings
from bot.store.migrate import MIGRATIONS_DIR, latest_revision
from bot.store.store import open_store
from tests.conversation import settings
from tests.processes import run

SECRETS = (TOKEN, BOT_TOKEN, APP_TOKEN, SIGNING_SECRET)
NOWHERE = "http://127.0.0.1:9/"


@dataclass
class DoctorHarness:
    """A sandboxed LaunchDarkly and Slack, and the settings that point to them."""

    settings: Settings
    faults: FaultInjector
    slack: Slack
    clock_offset: timedelta = timedelta()
    seconds: float = 5
    wrong: dict[str, Misconfigured] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_offset

    def set(self, **overrides: Any) -> None:
        secret = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "launchdarkly_access_token")
        held = {name: SecretStr(value) if name in secret and value else value for name, value in overrides.items()}
        self.settings = self.settings.model_copy(update=held)

    async def run_checks(self) -> dict[str, Finding]:
        looks = Checks(self.settings, self.now, self.seconds)
        found = await looks.run(self.wrong)
        assert not [secret for secret in SECRETS for finding in found if secret in finding.message]
        assert not [finding for finding in found if "\n" in finding.message]
        return {finding.name: finding for finding in found}


@pytest.fixture
async def surgery(tmp_path: Path) -> AsyncIterator[DoctorHarness]:
    async with stand_ins() as (weather, slack, url):
        chosen = settings(
            launchdarkly_api_host=url,
            slack_api_url=slack.api,
            slack_bot_token=SecretStr(BOT_TOKEN),
            slack_app_token=SecretStr(APP_TOKEN),
            database_url=f"sqlite:///{tmp_path}/insights.db",
            default_project="web/production",
        )
        yield DoctorHarness(chosen, weather, slack)


@asynccontextmanager
async def stand_ins() -> AsyncIterator[tuple[FaultInjector, Slack, str]]:
    weather, slack = FaultInjector(), Slack(lambda: datetime.now(UTC))
    async with serving(launchdarkly(lambda: datetime.now(UTC), faults=weather)) as url, slack.serving():
        yield weather, slack, url


def wrong(checks: dict[str, Finding]) -> set[str]:
    return {name for name, finding in checks.items() if finding.status is CheckStatus.FAILED}


# --------------------------------------------------------------------------------------------------------- as a process


async def test_healthy_setup_reports_ok_on_every_line(surgery: DoctorHarness) -> None:
    chosen = surgery.settings
    asked = await doctor(
        LAUNCHDARKLY_ACCESS_TOKEN=TOKEN,
        LAUNCHDARKLY_API_HOST=chosen.launchdarkly_api_host,
        SLACK_API_URL=chosen.slack_api_url,
        SLACK_BOT_TOKEN=BOT_TOKEN,
        SLACK_APP_TOKEN=APP_TOKEN,
        DATABASE_URL=chosen.database_url,
        DEFAULT_PROJECT=chosen.default_project,
    )
    assert "insights.db doesn't exist yet" in asked.stdout
    assert "insights.db doesn't exist yet" in (await surgery.run_checks())["Database"].message
    lines = asked.stdout.splitlines()
    assert asked.returncode == 0, asked.stdout
    assert asked.stderr == ""
    assert len(lines) == 12
    assert all(line.startswith("ok ") for line in lines)
    assert not [secret for secret in SECRETS if secret in asked.stdout]


async def test_missing_settings_are_listed_with_what_to_do(tmp_path: Path) -> None:
    asked = await doctor(SLACK_API_URL=NOWHERE, DATABASE_URL=f"sqlite:///{tmp_path}/insights.db")
    assert asked.returncode == 1
    assert asked.stderr == ""
    assert [line.partition(".")[0] for line in asked.stdout.splitlines()[:5]] == [
        "error    Required       LAUNCHDARKLY_ACCESS_TOKEN isn't set",
        "error    Required       SLACK_BOT_TOKEN isn't set",
        "error    Required       Set SLACK_APP_TOKEN or SLACK_SIGNING_SECRET",
        "ok       Who may use it All defaults",
        "ok       Tuning         Set: SLACK_API_URL, DATABASE_URL",
    ]


async def test_invalid_settings_are_listed_and_other_checks_still_run(tmp_path: Path) -> None:
    asked = await doctor(
        TIME_ZONE="Mars/Olympus",
        LAUNCHDARKLY_ACCESS_TOKEN="sdk-secret",  # noqa: S106
        SLACK_API_URL=NOWHERE,
        DATABASE_URL=f"sqlite:///{tmp_path}/insights.db",
    )
    assert asked.returncode == 1
    lines = asked.stdout.splitlines()
    assert [line.split()[:3] for line in lines if "must" in line] == [
        ["error", "Required", "LAUNCHDARKLY_ACCESS_TOKEN"],
        ["error", "Tuning", "TIME_ZONE"],
    ]
    assert "skipped  Insights       Fix LAUNCHDARKLY_ACCESS_TOKEN and TIME_ZONE first." in lines
    assert lines[-1].startswith("ok       Database")
    assert "sdk-secret" not in asked.stdout


async def doctor(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run the doctor in a thread, so that this process can respond to it."""
    return await asyncio.to_thread(run, "doctor", **variables)


# --------------------------------------------------------------------------------------------------------- LaunchDarkly


async def test_launchdarkly_token_owner_is_shown(surgery: DoctorHarness) -> None:
    found = await surgery.run_checks()
    assert found["LaunchDarkly"] == Finding(
        "LaunchDarkly", CheckStatus.OK, "LaunchDarkly accepts a service token (insights-bot)."
    )
    seen = {one.path: one.headers["ld-api-version"] for one in surgery.faults.requests}
    assert seen["/api/v2/caller-identity"] == "20240415"


async def test_rejected_launchdarkly_token_fails(surgery: DoctorHarness) -> None:
    surgery.set(launchdarkly_access_token="api-other")  # noqa: S106
    found = await surgery.run_checks()
    assert wrong(found) == {"LaunchDarkly", "Insights"}
    assert "Set LAUNCHDARKLY_ACCESS_TOKEN to a valid token" in found["LaunchDarkly"].message
    assert "api-other" not in found["LaunchDarkly"].message


async def test_plan_without_insights_fails(surgery: DoctorHarness) -> None:
    surgery.faults.status, surgery.faults.path_contains = 403, "scores"
    found = await surgery.run_checks()
    assert wrong(found) == {"Insights"}
    assert "beta that only some LaunchDarkly plans include" in found["Insights"].message


async def test_insights_are_checked_only_with_a_default_project(surgery: DoctorHarness) -> None:
    assert (await surgery.run_checks())["Insights"].message == "Can read the scores of web/production."
    surgery.set(default_project="")
    found = await surgery.run_checks()
    assert found["Insights"].status is CheckStatus.SKIPPED
    assert "for example web/production" in found["Insights"].message


async def test_unresponsive_services_time_out(surgery: DoctorHarness) -> None:
    surgery.faults.delay = 30
    surgery.slack.faults["*"] = Sky(delay=30)
    surgery.seconds = 0.2
    surgery.set(answer_timeout_seconds=0.2)
    async with asyncio.timeout(20):
        found = await surgery.run_checks()
    assert wrong(found) == {"LaunchDarkly", "Insights", "Slack", "Socket", "Clock"}
    assert found["Database"].status is CheckStatus.OK


async def test_external_text_is_one_line_and_redacted(surgery: DoctorHarness) -> None:
    surgery.faults.path_contains = "caller-identity"
    surgery.faults.body = json.dumps({"tokenName": f"a\n\x1b[31m{BOT_TOKEN}"}).encode()
    found = await surgery.run_checks()
    assert found["LaunchDarkly"].message == "LaunchDarkly accepts a token (a [31m•••)."


# ---------------------------------------------------------------------------------------------------------------- Slack


async def test_bot_name_and_scopes_are_shown(surgery: DoctorHarness) -> None:
    surgery.slack.scopes = {*manifest.scopes(), *manifest.optional_scopes()}
    found = await surgery.run_checks()
    assert found["Slack"].message == "The bot is insights in Harbour Goods."
    assert found["Scopes"].message == f"{', '.join(sorted(surgery.slack.scopes))}."
    surgery.slack.scopes.add("im:write")
    assert (await surgery.run_checks())["Scopes"].message.endswith("; not needed: im:write.")


async def test_declined_optional_scope_is_not_a_failure(surgery: DoctorHarness) -> None:
    surgery.slack.scopes -= {"app_mentions:read", "im:history"}
    found = await surgery.run_checks()
    assert wrong(found) == set()
    assert found["Scopes"].message.endswith(
        " Not granted, so off: app_mentions:read (answers mentions of the bot in channels and threads),"
        " im:history (answers direct messages to the bot)."
    )


async def test_missing_scope_fails(surgery: DoctorHarness) -> None:
    surgery.slack.scopes -= {"users:read"}
    found = await surgery.run_checks()
    assert wrong(found) == {"Scopes"}
    assert found["Scopes"].message.startswith("Missing: users:read.")
    assert "insights-bot manifest" in found["Scopes"].message


async def test_unfurling_needs_its_scopes(surgery: DoctorHarness) -> None:
    surgery.slack.scopes -= {"links:write"}
    assert "links:write (shows a flag's state" in (await surgery.run_checks())["Scopes"].message
    surgery.set(unfurl_host="app.launchdarkly.com")
    found = await surgery.run_checks()
    assert wrong(found) == {"Scopes"}
    assert found["Scopes"].message.startswith("Missing: links:write.")


async def test_rejected_bot_token_fails_once(surgery: DoctorHarness) -> None:
    surgery.set(slack_bot_token="xoxb-other")  # noqa: S106
    found = await surgery.run_checks()
    assert wrong(found) == {"Slack"}
    assert found["Slack"].message.startswith(
        "Slack rejected SLACK_BOT_TOKEN: invalid_auth. Copy the bot token (xoxb-…)"
    )
    assert found["Scopes"].status is CheckStatus.SKIPPED


async def test_rejected_app_token_fails(surgery: DoctorHarness) -> None:
    surgery.set(slack_app_token=BOT_TOKEN)
    found = await surgery.run_checks()
    assert wrong(found) == {"Socket"}
    assert found["Socket"].message.startswith("Slack rejected SLACK_APP_TOKEN: not_allowed_token_type.")


async def test_http_mode_requires_a_signing_secret_and_no_socket(surgery: DoctorHarness) -> None:
    surgery.set(slack_app_token=None)
    found = await surgery.run_checks()
    assert wrong(found) == {"Mode"}
    assert found["Socket"].status is CheckStatus.SKIPPED
    surgery.set(slack_signing_secret=SIGNING_SECRET)
    found = await surgery.run_checks()
    assert found["Mode"].status is CheckStatus.OK
    assert found["Mode"].message.startswith("HTTP")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Sky(status=429, retry_after=30), "Slack isn't answering (ratelimited)."),
        (Sky(status=503), "Slack isn't answering (service_unavailable)."),
        (Sky(status=404, body="<html>not here</html>"), "The server at Slack's address isn't Slack."),
        (Sky(body="hello"), "The server at Slack's address isn't Slack."),
        (Sky(reset=True), "Slack can't be reached."),
    ],
)
async def test_slack_outage_is_reported(surgery: DoctorHarness, fault: Sky, message: str) -> None:
    surgery.slack.faults["*"] = fault
    found = await surgery.run_checks()
    assert wrong(found) == {"Slack", "Socket", "Clock"}
    assert {found[name].message.startswith(message) for name in wrong(found)} == {True}


@pytest.mark.parametrize(
    ("apart", "mark"), [(0, CheckStatus.OK), (30, CheckStatus.OK), (90, CheckStatus.FAILED), (-600, CheckStatus.FAILED)]
)
async def test_clock_more_than_a_minute_off_fails(surgery: DoctorHarness, apart: int, mark: CheckStatus) -> None:
    surgery.clock_offset = timedelta(seconds=apart)
    found = (await surgery.run_checks())["Clock"]
    assert found.status is mark
    assert ("behind" if apart < 0 else "ahead of") in found.message


# --------------------------------------------------------------------------------------------------------- other checks


async def test_store_is_left_untouched_and_pending_migration_shown(surgery: DoctorHarness, tmp_path: Path) -> None:
    found = (await surgery.run_checks())["Database"]
    file = tmp_path / "insights.db"
    assert found == Finding("Database", CheckStatus.OK, f"{file} doesn't exist yet. `insights-bot run` creates it.")
    assert not file.exists()
    file.touch()
    assert (await surgery.run_checks())["Database"].message.endswith(
        "is reachable and empty. `insights-bot run` creates its tables."
    )
    assert file.stat().st_size == 0
    steps = shutil.copytree(
        MIGRATIONS_DIR, tmp_path / "older", ignore=shutil.ignore_patterns(f"{latest_revision(MIGRATIONS_DIR)}_*")
    )
    async with open_store(surgery.settings.database_url, migrations_dir=Path(steps)):
        pass
    older = (await surgery.run_checks())["Database"].message
    was, newest = latest_revision(Path(steps)), latest_revision(MIGRATIONS_DIR)
    assert older == f"{file} is at revision {was}. `insights-bot run` migrates it to {newest}."
    assert (await surgery.run_checks())["Database"].message == older
    async with open_store(surgery.settings.database_url):
        pass
    assert (await surgery.run_checks())["Database"].message == f"{file} is reachable and up to date."


async def test_unopenable_store_fails(surgery: DoctorHarness, tmp_path: Path) -> None:
    surgery.set(database_url=f"sqlite:///{tmp_path}/no/such/folder/insights.db")
    found = await surgery.run_checks()
    assert wrong(found) == {"Database"}
    assert "DATABASE_URL" in found["Database"].message


async def test_database_password_is_not_shown(surgery: DoctorHarness) -> None:
    surgery.set(database_url="postgresql://bot:opensesame@127.0.0.1:9/insights")
    found = await surgery.run_checks()
    assert wrong(found) == {"Database"}
    assert "opensesame" not in found["Database"].message


async def test_failing_check_does_not_affect_others() -> None:
    async def broken() -> str:
        raise ZeroDivisionError("api-secret")

    async def well() -> str:
        return "All is well."

    looks = [Check("One", (), broken), Check("Other", (), well), Check("Third", ("port",), well)]
    found = await run_all(looks, settings(), {"port"}, 1)
    assert [finding.status for finding in found] == [CheckStatus.FAILED, CheckStatus.OK, CheckStatus.SKIPPED]
    assert found[0].message == "The check failed (ZeroDivisionError). This is a bug in the bot."
