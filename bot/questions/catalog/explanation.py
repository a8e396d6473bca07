"""Why an answer failed or came back empty, as far as its keys explain that."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import PASSING, Failure, UnknownKey
from bot.lines.params import Query
from bot.messages import humanize
from bot.questions.catalog import Catalog
from bot.questions.catalog.correction import Checked, Doubts, check, doubts

Write = Callable[[Any], str]  # a query ─► the line that asks it


async def explained(query: Query, failure: Failure, catalog: Catalog, write: Write) -> Query:
    """The query to ask instead, where only capitals were wrong. Else raises what is wrong: a key that LaunchDarkly
    doesn't know, or the failure itself."""
    try:
        checked = await _checked(query, doubts(query, failure), catalog, write)
    except PASSING:
        raise failure from None
    if checked.query != query:
        return checked.query
    todo = " ".join([failure.todo, *checked.unlisted])
    raise type(failure)(failure.what, todo, said=failure.said, about=failure.about)


async def confirmed(query: Query, doubted: Doubts, catalog: Catalog, write: Write) -> tuple[Query, str]:
    """The query with the right capitals, and what to add to an answer that has nothing for the keys in doubt. Raises
    UnknownKey where LaunchDarkly doesn't know one of them."""
    try:
        checked = await _checked(query, doubted, catalog, write)
    except PASSING:
        return query, ""
    if checked.unlisted:
        return checked.query, " ".join(checked.unlisted)
    return checked.query, _exist(doubted.get("app") or ())


def _exist(apps: Sequence[str]) -> str:
    """What tells an application without data from an unknown one."""
    if len(apps) == 1:
        return f"The application {apps[0]} exists; there's just nothing here for it."
    return f"The applications {humanize.joined(apps)} exist; there's just nothing here for them." if apps else ""


async def _checked(query: Query, doubted: Doubts, catalog: Catalog, write: Write) -> Checked:
    checked = await check(query, doubted, catalog)
    if unknown := checked.unknown:
        raise UnknownKey(unknown.says, corrected=write(unknown.instead) if unknown.instead else "")
    return checked
