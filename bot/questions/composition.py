"""How a question asks others: all parts at once, and what fails of one is told in its place.

Such a question takes the others' records, makes their queries, and awaits their `fetch` in a `part` each; what comes
back is a record of replies and failures. Whoever is asked asks nobody in turn, so no question ends up asking itself; a
test holds that."""

from collections.abc import Awaitable
from typing import TypeVar

from bot.errors import TRANSIENT_FAILURES, Failure, InvalidLine, NotAllowed, NotFound, Rejected
from bot.messages import humanize

T = TypeVar("T")

ACTIONABLE = (InvalidLine, NotAllowed, NotFound, Rejected)  # what the person who asked can mend, the clearest first


async def result_or_failure(awaitable: Awaitable[T]) -> T | Failure:
    """What was asked for, or why it cannot be had. Anything but a Failure is a fault of the bot, and stays one."""
    try:
        return await awaitable
    except Failure as failure:
        return failure


def failure_text(result: object) -> str:
    """A failure in one line, with what LaunchDarkly itself said; nothing of what did not fail."""
    if not isinstance(result, Failure):
        return ""
    server_message = (
        f"LaunchDarkly says: {humanize.truncate_text(result.server_message, 200).rstrip('.')}."
        if result.server_message
        else ""
    )
    return " ".join(sentence for sentence in (result.summary, server_message, result.todo) if sentence)


def any_transient(*results: object) -> bool:
    """Whether any part cannot be had now, and may be later."""
    return any(isinstance(result, TRANSIENT_FAILURES) for result in results)


def raise_if_all_failed(*results: object) -> None:
    """Where every part failed, so does the whole: with one sentence, the one that tells most."""
    failures = [result for result in results if isinstance(result, Failure)]
    if len(failures) == len(results):
        raise min(failures, key=_actionability)


def _actionability(failure: Failure) -> int:
    return next((n for n, kind in enumerate(ACTIONABLE) if isinstance(failure, kind)), len(ACTIONABLE))
