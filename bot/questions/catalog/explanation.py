"""Explains an answer that failed or is empty, if its keys are the reason."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import TRANSIENT_FAILURES, Failure, UnknownKey
from bot.lines.params import Params
from bot.messages import humanize
from bot.questions.catalog import Catalog
from bot.questions.catalog.correction import KeyCheck, SuspectKeys, check_keys, suspect_keys

LineWriter = Callable[[Any], str]  # params ─► the line that asks for them


async def correct_or_raise(params: Params, failure: Failure, catalog: Catalog, write_line: LineWriter) -> Params:
    """Return the params to ask for instead, if only the case of keys was wrong.

    Otherwise raises UnknownKey if LaunchDarkly doesn't know a key, else the failure."""
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
    """Return the params with the case of keys corrected, and a note to add to the empty answer.

    Raises UnknownKey if LaunchDarkly doesn't know one of the suspects."""
    try:
        checked = await _check_or_raise(params, suspects, catalog, write_line)
    except TRANSIENT_FAILURES:
        return params, ""
    if checked.unlistable:
        return checked.params, " ".join(checked.unlistable)
    return checked.params, _existence_note(suspects.get("app") or ())


def _existence_note(apps: Sequence[str]) -> str:
    """Say that the applications exist, so that one without data isn't mistaken for an unknown one."""
    if len(apps) == 1:
        return f"The application {apps[0]} exists; there's just nothing here for it."
    return f"The applications {humanize.join_with_and(apps)} exist; there's just nothing here for them." if apps else ""


async def _check_or_raise(params: Params, suspects: SuspectKeys, catalog: Catalog, write_line: LineWriter) -> KeyCheck:
    checked = await check_keys(params, suspects, catalog)
    if problem := checked.problem:
        raise UnknownKey(problem.text, corrected=write_line(problem.corrected) if problem.corrected else "")
    return checked
