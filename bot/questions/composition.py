"""How a question asks others: all parts at once, and what fails of one is told in its place.

Such a question takes the others' records, makes their queries, and awaits their `fetch` in a `part` each; what comes
back is a record of replies and failures. Whoever is asked asks nobody in turn, so no question ends up asking itself; a
test holds that."""

from collections.abc import Awaitable
from typing import TypeVar

from bot.errors import PASSING, Failure, Mistyped, NotAllowed, NotFound, Refused
from bot.messages import humanize

P = TypeVar("P")

TELLING = (Mistyped, NotAllowed, NotFound, Refused)  # what the person who asked can mend, the clearest first


async def part(asked: Awaitable[P]) -> P | Failure:
    """What was asked for, or why it cannot be had. Anything but a Failure is a fault of the bot, and stays one."""
    try:
        return await asked
    except Failure as failure:
        return failure


def why(found: object) -> str:
    """A failure in one line, with what LaunchDarkly itself said; nothing of what did not fail."""
    if not isinstance(found, Failure):
        return ""
    said = f"LaunchDarkly says: {humanize.short(found.said, 200).rstrip('.')}." if found.said else ""
    return " ".join(words for words in (found.what, said, found.todo) if words)


def passes(*parts: object) -> bool:
    """Whether any part cannot be had now, and may be later."""
    return any(isinstance(found, PASSING) for found in parts)


def at_least_one(*parts: object) -> None:
    """Where every part failed, so does the whole: with one sentence, the one that tells most."""
    failures = [found for found in parts if isinstance(found, Failure)]
    if len(failures) == len(parts):
        raise min(failures, key=_telling)


def _telling(failure: Failure) -> int:
    return next((n for n, kind in enumerate(TELLING) if isinstance(failure, kind)), len(TELLING))
