"""Offset pagination: a page of a list, and links to the other pages."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from pydantic import Field

from bot.sandbox.launchdarkly.context import Json
from bot.sandbox.launchdarkly.errors import invalid_request
from bot.sandbox.launchdarkly.params import Query as AnyQuery


class PageQuery(AnyQuery):
    """The parameters of a list. Only flags have a documented maximum page size; it applies to every list here."""

    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0)
    filter: str = ""

    def filters(self, *known: str) -> dict[str, str]:
        """Parse the filter's fields. An unknown field is an error rather than ignored."""
        filters = dict(part.partition(":")[::2] for part in self.filter.split(",") if part)
        if not filters.keys() <= set(known):
            raise invalid_request({"filter": "is invalid"})
        return filters


def page(path: str, items: Sequence[Any], query: PageQuery) -> tuple[Sequence[Any], Json]:
    """Return the items of a page, and the fields around them."""
    last = max(len(items) - 1, 0) // query.limit * query.limit
    offsets = {"self": query.offset}
    if query.offset:
        offsets |= {"first": 0, "prev": max(query.offset - query.limit, 0)}
    if query.offset + query.limit < len(items):
        offsets |= {"next": query.offset + query.limit, "last": last}
    links = {name: _link(path, query.limit, offset) for name, offset in offsets.items()}
    return items[query.offset : query.offset + query.limit], {"totalCount": len(items), "_links": links}


def _link(path: str, limit: int, offset: int) -> Json:
    return {"href": f"{path}?{urlencode({'limit': limit, 'offset': offset})}", "type": "application/json"}


def matches(query: str, *texts: str) -> bool:
    """Return whether any text contains the query, case-insensitively."""
    return any(query.lower() in text.lower() for text in texts)
