"""A look and what comes of it. It does not know what is looked at.

A look returns a sentence, or raises the failure that the bot itself would meet.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from bot.errors import Failure, TryLater
from bot.settings import Settings


class CheckStatus(StrEnum):
    """What comes of a look."""

    OK = "ok"
    FAILED = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """A line of what the doctor says."""

    name: str
    status: CheckStatus
    message: str


class CheckSkipped(Failure):
    """There was nothing to look at."""


@dataclass(frozen=True)
class Check:
    """One thing to look at, and the settings that must be right for that."""

    name: str
    required_settings: tuple[str, ...]
    run: Callable[[], Awaitable[str]]


def settings_findings(failures: Collection[Failure]) -> list[Finding]:
    """What is to be said of the settings themselves."""
    findings = [Finding("Settings", CheckStatus.FAILED, sentence(failure)) for failure in failures]
    return findings or [Finding("Settings", CheckStatus.OK, "All can be read.")]


async def run_all(
    checks: Iterable[Check], settings: Settings, invalid_settings: Collection[str], timeout_seconds: float
) -> list[Finding]:
    """What comes of all looks, made at once. What needs a *wrong* setting is not looked at."""
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
    except Exception as error:  # one look that breaks is no reason to make no other
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
    """What happened, what the other side said of it, and what to do."""
    detail = f"It said: {failure.server_message}" if failure.server_message else ""
    return " ".join(filter(None, (failure.summary, detail, failure.todo)))


def _redact(text: str, secrets: Iterable[str]) -> str:
    """On one line, whatever others told, and without any secret that they may have repeated."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "•••")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
