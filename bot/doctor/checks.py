"""Check an installation. The checks are isolated from each other, time out, and leave secrets out of the output.

A check returns a sentence, or raises the failure that the bot itself would run into. The checks call LaunchDarkly and
Slack through the bot's own clients.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from bot import manifest
from bot.core import Clock, open_launchdarkly
from bot.errors import Failure, Misconfigured, TokenRejected, TryLater
from bot.launchdarkly import LaunchDarkly, Version
from bot.messages.humanize import timestamp
from bot.questions.base import AppUrls, QuestionContext
from bot.questions.scores import QUESTION as SCORES
from bot.settings import GROUPS, Settings, SettingsGroup, missing_slack_mode, parse_zone, try_read_settings
from bot.slack import diagnostics
from bot.slack.health import IDENTITY_PATH, CallerIdentity
from bot.store.inspection import inspect

MAX_CLOCK_SKEW_SECONDS = 60
MAX_REQUEST_AGE_SECONDS = 300  # the age from which the bot refuses Slack's requests
ACCESS_HINT = (
    "Set LAUNCHDARKLY_ACCESS_TOKEN to a valid token (LaunchDarkly ─► Settings ─► Authorization; Reader is enough)."
)
REINSTALL = "Update the app with the manifest that `insights-bot manifest` prints, then reinstall it."


class CheckStatus(StrEnum):
    """The result of a check."""

    OK = "ok"
    FAILED = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """A line of the doctor's output."""

    name: str
    status: CheckStatus
    message: str


class CheckSkipped(Failure):
    """There was nothing to check."""


@dataclass(frozen=True)
class Check:
    """A check, and the settings that must be valid to run it."""

    name: str
    required_settings: tuple[str, ...]
    run: Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Checks:
    """All checks. Each call to a server times out after some *seconds*."""

    settings: Settings
    now: Clock
    seconds: float

    async def run(self, invalid_settings: Mapping[str, Failure]) -> list[Finding]:
        """Run all checks; each missing or invalid setting has a finding of its own."""
        timeout_seconds = self.seconds + 1  # the calls to servers time out first
        findings = await run_all(self._checks(), self.settings, invalid_settings, timeout_seconds)
        return [*settings_findings(self.settings, invalid_settings), *findings]

    def _checks(self) -> tuple[Check, ...]:
        launchdarkly, slack = (
            ("launchdarkly_access_token", "launchdarkly_api_host"),
            ("slack_bot_token", "slack_api_url"),
        )
        return (
            Check("Time zone", ("time_zone",), self._zone),
            Check("Mode", ("slack_app_token", "slack_signing_secret", "port"), self._mode),
            Check("LaunchDarkly", launchdarkly, self._launchdarkly),
            Check("Insights", (*launchdarkly, "default_project", "time_zone"), self._insights),
            Check("Slack", slack, self._slack),
            Check("Scopes", slack, self._scopes),
            Check("Socket", ("slack_app_token", "slack_api_url"), self._socket),
            Check("Clock", ("slack_api_url",), self._clock),
            Check("Database", ("database_url",), self._store),
        )

    async def _zone(self) -> str:
        local = timestamp(self.now().timestamp() * 1000, parse_zone(self.settings.time_zone))
        return f"{self.settings.time_zone}, now {local.fallback}."

    async def _mode(self) -> str:
        if self.settings.socket_mode:
            return "Socket Mode (SLACK_APP_TOKEN is set)."
        if not self.settings.secret("slack_signing_secret"):
            raise missing_slack_mode()
        return f"HTTP (SLACK_APP_TOKEN isn't set): {manifest.EVENTS_PATH} on port {self.settings.port}."

    async def _launchdarkly(self) -> str:
        async with self._open_launchdarkly() as launchdarkly:
            identity = await launchdarkly.get(CallerIdentity, IDENTITY_PATH, version=Version.CURRENT)
        kind = "a service token" if identity.service else "a person's token" if identity.service is False else "a token"
        return f"LaunchDarkly accepts {kind}{f' ({identity.name})' if identity.name else ''}."

    def _open_launchdarkly(self) -> AbstractAsyncContextManager[LaunchDarkly]:
        timeout_seconds = min(self.settings.answer_timeout_seconds, self.seconds)
        settings = self.settings.model_copy(update={"answer_timeout_seconds": timeout_seconds})
        return open_launchdarkly(settings, self.now)

    async def _insights(self) -> str:
        project_env, defaults = self.settings.default_project, self.settings.defaults
        if not project_env:
            raise CheckSkipped(
                "DEFAULT_PROJECT isn't set.", "Set it to check that its scores can be read, for example web/production."
            )
        async with self._open_launchdarkly() as launchdarkly:
            urls, timezone = AppUrls(self.settings.launchdarkly_api_host), parse_zone(self.settings.time_zone)
            await SCORES.fetch(SCORES.params(**defaults), QuestionContext(launchdarkly, urls, self.now(), timezone))
        return f"Can read the scores of {project_env}."

    async def _slack(self) -> str:
        identity = await diagnostics.identity(self.settings, self.seconds)
        return f"The bot is {identity.name} in {identity.team}."

    async def _scopes(self) -> str:
        purposes = manifest.optional_scopes()
        needed = manifest.scopes().keys() | (manifest.UNFURL_SCOPES if self.settings.unfurl_host else set())
        optional = purposes.keys() - needed
        try:
            granted = (await diagnostics.identity(self.settings, self.seconds)).scopes
        except Failure:
            raise CheckSkipped("Fix the bot token first.", "") from None
        if granted is None:
            raise CheckSkipped("Slack doesn't report the bot's scopes.", "")
        if missing := needed - granted:
            raise Misconfigured(f"Missing: {_join(missing)}.", REINSTALL)
        extra = f"; not needed: {_join(unneeded)}" if (unneeded := granted - needed - optional) else ""
        declined = [f"{scope} ({purposes[scope]})" for scope in sorted(optional - granted)]
        declined_note = f" Not granted, so off: {', '.join(declined)}." if declined else ""
        return f"{_join(granted & (needed | optional))}{extra}.{declined_note}"

    async def _socket(self) -> str:
        if not self.settings.socket_mode:
            raise CheckSkipped("SLACK_APP_TOKEN isn't set; HTTP doesn't need it.", "")
        await diagnostics.check_socket_mode(self.settings, self.seconds)
        return "Slack accepts the app token."

    async def _clock(self) -> str:
        slack_time = await diagnostics.server_time(self.settings, self.seconds)
        if slack_time is None:
            raise CheckSkipped("Slack doesn't report its time.", "")
        skew = (self.now() - slack_time).total_seconds()
        difference = f"The clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Slack's."
        if abs(skew) > MAX_CLOCK_SKEW_SECONDS:
            raise Misconfigured(
                difference, f"Fix the clock: from {MAX_REQUEST_AGE_SECONDS} s on, Slack requests will be rejected."
            )
        return difference

    async def _store(self) -> str:
        inspection = await inspect(self.settings.database_url, int(self.seconds * 1000))
        name = str(inspection.address.file) if inspection.address.is_file else "PostgreSQL"
        if not inspection.exists:
            return f"{name} doesn't exist yet. `insights-bot run` creates it."
        if inspection.revision is None:
            return f"{name} is reachable and empty. `insights-bot run` creates its tables."
        if inspection.revision != inspection.latest:
            return (
                f"{name} is at revision {inspection.revision}. `insights-bot run` migrates it to {inspection.latest}."
            )
        return f"{name} is reachable and up to date."


async def run_checks(now: Clock, timeout_seconds: float = 5) -> list[Finding]:
    """Run all checks once, with the current settings."""
    settings, invalid_settings = try_read_settings()
    return await Checks(settings, now, timeout_seconds).run(settings.missing() | invalid_settings)


def _join(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def settings_findings(settings: Settings, problems: Mapping[str, Failure]) -> list[Finding]:
    """Return the findings on the settings: for each group, what is wrong, or else which of them are set."""
    findings = []
    for group in GROUPS:
        failures = [problems[name] for name in group.model_fields if name in problems]
        findings += [Finding(group.title, CheckStatus.FAILED, failure.describe()) for failure in failures]
        if not failures:
            findings.append(Finding(group.title, CheckStatus.OK, _changed_settings(settings, group)))
    return findings


def _changed_settings(settings: Settings, group: type[SettingsGroup]) -> str:
    fields = group.model_fields.items()
    changed = [name.upper() for name, info in fields if getattr(settings, name) != info.default]
    return f"Set: {', '.join(changed)}." if changed else "All defaults."


async def run_all(
    checks: Iterable[Check], settings: Settings, invalid_settings: Collection[str], timeout_seconds: float
) -> list[Finding]:
    """Run all checks at once. Those that need an invalid setting are skipped."""
    secrets = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]

    async def run_one(check: Check) -> Finding:
        status, message = await _run_guarded(check, invalid_settings, timeout_seconds)
        return Finding(check.name, status, _redact(message, secrets))

    return await asyncio.gather(*map(run_one, checks))


async def _run_guarded(
    check: Check, invalid_settings: Collection[str], timeout_seconds: float
) -> tuple[CheckStatus, str]:
    try:
        return CheckStatus.OK, await _run_check(check, invalid_settings, timeout_seconds)
    except CheckSkipped as skipped:
        return CheckStatus.SKIPPED, skipped.describe()
    except TokenRejected as failure:
        return CheckStatus.FAILED, f"{failure.summary} {ACCESS_HINT}"
    except Failure as failure:
        return CheckStatus.FAILED, failure.describe()
    except Exception as error:  # a bug in one check doesn't stop the others
        return CheckStatus.FAILED, f"The check failed ({type(error).__name__}). This is a bug in the bot."


async def _run_check(check: Check, invalid_settings: Collection[str], timeout_seconds: float) -> str:
    if blockers := [name.upper() for name in check.required_settings if name in invalid_settings]:
        raise CheckSkipped(f"Fix {' and '.join(blockers)} first.", "")
    try:
        async with asyncio.timeout(timeout_seconds):
            return await check.run()
    except TimeoutError:
        raise TryLater(f"Took more than {timeout_seconds:g} seconds.", "Try again in a minute.") from None


def _redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text on one line, without secrets that a server may have repeated."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "•••")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
