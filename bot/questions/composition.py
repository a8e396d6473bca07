"""Helpers for a question that asks others: its parts run concurrently, and each failure is shown in place of its part.

Such a question builds the params of the others and awaits each `fetch` in `result_or_failure`; its reply is a record of
replies and failures. A question that is asked this way asks no others, so there are no cycles; a test checks that."""

from collections.abc import Awaitable
from typing import TypeVar

from bot.errors import TRANSIENT_FAILURES, Failure, InvalidLine, NotAllowed, NotFound, Rejected
from bot.messages import humanize

T = TypeVar("T")

ACTIONABLE = (InvalidLine, NotAllowed, NotFound, Rejected)  # what the caller can fix, the most specific first


async def result_or_failure(awaitable: Awaitable[T]) -> T | Failure:
    """Return the result, or the Failure. Any other exception is a bug and propagates."""
    try:
        return await awaitable
    except Failure as failure:
        return failure


def failure_text(result: object) -> str:
    """Describe a failure in one line, with LaunchDarkly's own message; empty for anything else."""
    if not isinstance(result, Failure):
        return ""
    server_message = (
        f"LaunchDarkly says: {humanize.truncate_text(result.server_message, 200).rstrip('.')}."
        if result.server_message
        else ""
    )
    return " ".join(sentence for sentence in (result.summary, server_message, result.todo) if sentence)


def any_transient(*results: object) -> bool:
    """Return whether any part failed in a way that a retry may fix."""
    return any(isinstance(result, TRANSIENT_FAILURES) for result in results)


def raise_if_all_failed(*results: object) -> None:
    """If every part failed, raise the failure that the caller can act on best."""
    failures = [result for result in results if isinstance(result, Failure)]
    if len(failures) == len(results):
        raise min(failures, key=_actionability)


def _actionability(failure: Failure) -> int:
    return next((n for n, kind in enumerate(ACTIONABLE) if isinstance(failure, kind)), len(ACTIONABLE))
