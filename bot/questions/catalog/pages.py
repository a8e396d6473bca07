"""Fetches LaunchDarkly's lists: the first page tells how many follow, and those are fetched concurrently."""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

from bot.launchdarkly import LaunchDarkly, Version
from bot.questions.catalog.reply import CatalogItem, CatalogPage, Flag, FlagPage

CACHE_LIFETIME = timedelta(minutes=15)
MAX_ITEMS = 2000
PAGE_SIZE = 100  # LaunchDarkly's maximum for flags

N = TypeVar("N", bound=CatalogItem)
P = TypeVar("P", bound=CatalogPage)


@dataclass(frozen=True)
class Listing(Generic[N]):
    """A list without duplicate keys. `capped` means that it was cut to the first `MAX_ITEMS`."""

    items: tuple[N, ...] = ()
    capped: bool = False


@dataclass(frozen=True)
class Source:
    """One of LaunchDarkly's lists: its path, API version and sort order."""

    path: str
    version: Version = Version.CURRENT
    sort: str = ""


async def fetch_names(launchdarkly: LaunchDarkly, source: Source) -> Listing[CatalogItem]:
    """Fetch a list of keys and names."""
    pages = await _fetch_pages(launchdarkly, CatalogPage, source)
    return _listing([item for page in pages for item in page.items], capped=_has_more(pages))


async def fetch_flags(launchdarkly: LaunchDarkly, source: Source) -> Listing[Flag]:
    """Fetch a list of flags."""
    pages = await _fetch_pages(launchdarkly, FlagPage, source)
    return _listing([item for page in pages for item in page.items], capped=_has_more(pages))


async def _fetch_pages(launchdarkly: LaunchDarkly, kind: type[P], source: Source) -> list[P]:
    """Fetch the pages up to the cap, and any further page that the last one links to."""
    fetch = partial(_fetch_page, launchdarkly, kind, source)
    first = await fetch(0)
    size = len(first.items)  # may be less than the requested limit
    if not size:
        return [first]
    announced = range(size, min(first.total or 0, MAX_ITEMS), size)
    pages = [first, *await gather(*map(fetch, announced))]
    while pages[-1].items and pages[-1].has_next and len(pages) * size < MAX_ITEMS:
        pages.append(await fetch(len(pages) * size))
    return pages


async def _fetch_page(launchdarkly: LaunchDarkly, kind: type[P], source: Source, offset: int) -> P:
    sort = (("sort", source.sort),) if source.sort else ()
    parameters = (("limit", str(PAGE_SIZE)), ("offset", str(offset)), *sort)
    return await launchdarkly.get(kind, source.path, parameters, version=source.version, lifetime=CACHE_LIFETIME)


def _has_more(pages: Sequence[CatalogPage]) -> bool:
    """Return whether there are items beyond these pages or the cap."""
    count = sum(len(page.items) for page in pages)
    return count > MAX_ITEMS or bool(pages[-1].items and (pages[-1].has_next or (pages[0].total or 0) > count))


def _listing(items: Sequence[N], *, capped: bool) -> Listing[N]:
    """Build a listing without duplicates, which occur if the list changes between two requests."""
    unique = tuple({item.key: item for item in items}.values())
    return Listing(unique[:MAX_ITEMS], capped)
