"""Run checks and collect their findings. Nothing here knows what is checked.

A check returns a sentence, or raises the failure that the bot itself would run into.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from bot.errors import Failure, TryLater
from bot.settings import Settings


class CheckStatus(StrEnum):
    """The result of a check."""

    OK = "ok"
    FAILED = "wrong"
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


def settings_findings(failures: Collection[Failure]) -> list[Finding]:
    """Return the findings on the settings themselves."""
    findings = [Finding("Settings", CheckStatus.FAILED, sentence(failure)) for failure in failures]
    return findings or [Finding("Settings", CheckStatus.OK, "All can be read.")]


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
        return CheckStatus.SKIPPED, sentence(skipped)
    except Failure as failure:
        return CheckStatus.FAILED, sentence(failure)
    except Exception as error:  # a bug in one check doesn't stop the others
        return CheckStatus.FAILED, f"This could not be looked at ({type(error).__name__}). That is a fault of the bot."


async def _run_check(check: Check, invalid_settings: Collection[str], timeout_seconds: float) -> str:
    if blockers := [name.upper() for name in check.required_settings if name in invalid_settings]:
        raise CheckSkipped(f"Not looked at, because of {' and '.join(blockers)}.", "")
    try:
        async with asyncio.timeout(timeout_seconds):
            return await check.run()
    except TimeoutError:
        raise TryLater(f"That took more than {timeout_seconds:g} seconds.", "Try again in a minute.") from None


def sentence(failure: Failure) -> str:
    """Describe a failure: what happened, the server's own message, and what to do."""
    detail = f"It said: {failure.server_message}" if failure.server_message else ""
    return " ".join(filter(None, (failure.summary, detail, failure.todo)))


def _redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text on one line, without secrets that a server may have repeated."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "•••")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
