"""Why an answer failed or came back empty, as far as its keys explain that."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import TRANSIENT_FAILURES, Failure, UnknownKey
from bot.lines.params import Params
from bot.messages import humanize
from bot.questions.catalog import Catalog
from bot.questions.catalog.correction import KeyCheck, SuspectKeys, check_keys, suspect_keys

LineWriter = Callable[[Any], str]  # a query ─► the line that asks it


async def correct_or_raise(params: Params, failure: Failure, catalog: Catalog, write_line: LineWriter) -> Params:
    """The query to ask instead, where only capitals were wrong. Else raises what is wrong: a key that LaunchDarkly
    doesn't know, or the failure itself."""
    try:
        checked = await _check_or_raise(params, suspect_keys(params, failure), catalog, write_line)
    except TRANSIENT_FAILURES:
        raise failure from None
    if checked.params != params:
        return checked.params
    todo = " ".join([failure.todo, *checked.unlistable])
    raise type(failure)(failure.summary, todo, server_message=failure.server_message, param_names=failure.param_names)


async def confirm_keys(
    params: Params, suspects: SuspectKeys, catalog: Catalog, write_line: LineWriter
) -> tuple[Params, str]:
    """The query with the right capitals, and what to add to an answer that has nothing for the keys in doubt. Raises
    UnknownKey where LaunchDarkly doesn't know one of them."""
    try:
        checked = await _check_or_raise(params, suspects, catalog, write_line)
    except TRANSIENT_FAILURES:
        return params, ""
    if checked.unlistable:
        return checked.params, " ".join(checked.unlistable)
    return checked.params, _existence_note(suspects.get("app") or ())


def _existence_note(apps: Sequence[str]) -> str:
    """What tells an application without data from an unknown one."""
    if len(apps) == 1:
        return f"The application {apps[0]} exists; there's just nothing here for it."
    return f"The applications {humanize.join_with_and(apps)} exist; there's just nothing here for them." if apps else ""


async def _check_or_raise(params: Params, suspects: SuspectKeys, catalog: Catalog, write_line: LineWriter) -> KeyCheck:
    checked = await check_keys(params, suspects, catalog)
    if problem := checked.problem:
        raise UnknownKey(problem.text, corrected=write_line(problem.corrected) if problem.corrected else "")
    return checked
