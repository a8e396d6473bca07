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


class Mark(StrEnum):
    """What comes of a look."""

    OK = "ok"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """A line of what the doctor says."""

    name: str
    mark: Mark
    says: str


class Skipped(Failure):
    """There was nothing to look at."""


@dataclass(frozen=True)
class Look:
    """One thing to look at, and the settings that must be right for that."""

    name: str
    needs: tuple[str, ...]
    at: Callable[[], Awaitable[str]]


def readable(wrong: Collection[Failure]) -> list[Finding]:
    """What is to be said of the settings themselves."""
    lines = [Finding("Settings", Mark.WRONG, sentence(failure)) for failure in wrong]
    return lines or [Finding("Settings", Mark.OK, "All can be read.")]


async def all_made(looks: Iterable[Look], settings: Settings, wrong: Collection[str], seconds: float) -> list[Finding]:
    """What comes of all looks, made at once. What needs a *wrong* setting is not looked at."""
    secrets = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]

    async def finding(look: Look) -> Finding:
        mark, says = await _found(look, wrong, seconds)
        return Finding(look.name, mark, _hushed(says, secrets))

    return await asyncio.gather(*map(finding, looks))


async def _found(look: Look, wrong: Collection[str], seconds: float) -> tuple[Mark, str]:
    try:
        return Mark.OK, await _look(look, wrong, seconds)
    except Skipped as skipped:
        return Mark.SKIPPED, sentence(skipped)
    except Failure as failure:
        return Mark.WRONG, sentence(failure)
    except Exception as broken:  # one look that breaks is no reason to make no other
        return Mark.WRONG, f"This could not be looked at ({type(broken).__name__}). That is a fault of the bot."


async def _look(look: Look, wrong: Collection[str], seconds: float) -> str:
    if hindering := [name.upper() for name in look.needs if name in wrong]:
        raise Skipped(f"Not looked at, because of {' and '.join(hindering)}.", "")
    try:
        async with asyncio.timeout(seconds):
            return await look.at()
    except TimeoutError:
        raise TryLater(f"That took more than {seconds:g} seconds.", "Try again in a minute.") from None


def sentence(failure: Failure) -> str:
    """What happened, what the other side said of it, and what to do."""
    said = f"It said: {failure.said}" if failure.said else ""
    return " ".join(filter(None, (failure.what, said, failure.todo)))


def _hushed(text: str, secrets: Iterable[str]) -> str:
    """On one line, whatever others told, and without any secret that they may have repeated."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "•••")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
