"""A list of LaunchDarkly's, page by page: the first one tells how many follow, and these are fetched in parallel."""

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
PAGE_SIZE = 100  # the most that LaunchDarkly gives of flags

N = TypeVar("N", bound=CatalogItem)
P = TypeVar("P", bound=CatalogPage)


@dataclass(frozen=True)
class Listing(Generic[N]):
    """A list, each key once. *capped* says that there are more of them: the list ends after the first `MAX_ITEMS`."""

    items: tuple[N, ...] = ()
    capped: bool = False


@dataclass(frozen=True)
class Source:
    """A list of LaunchDarkly's."""

    path: str
    version: Version = Version.CURRENT
    sort: str = ""


async def fetch_names(launchdarkly: LaunchDarkly, source: Source) -> Listing[CatalogItem]:
    """All of a list of keys and names."""
    pages = await _fetch_pages(launchdarkly, CatalogPage, source)
    return _listing([item for page in pages for item in page.items], capped=_has_more(pages))


async def fetch_flags(launchdarkly: LaunchDarkly, source: Source) -> Listing[Flag]:
    """All of a list of flags."""
    pages = await _fetch_pages(launchdarkly, FlagPage, source)
    return _listing([item for page in pages for item in page.items], capped=_has_more(pages))


async def _fetch_pages(launchdarkly: LaunchDarkly, kind: type[P], source: Source) -> list[P]:
    """The pages up to the cap. One that the last page links to is fetched even if no total announced it."""
    fetch = partial(_fetch_page, launchdarkly, kind, source)
    first = await fetch(0)
    size = len(first.items)  # which may be less than was asked for
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
    """Whether the list goes on behind the last page."""
    count = sum(len(page.items) for page in pages)
    return count > MAX_ITEMS or bool(pages[-1].items and (pages[-1].has_next or (pages[0].total or 0) > count))


def _listing(items: Sequence[N], *, capped: bool) -> Listing[N]:
    """A list that changes between two pages may send an item twice."""
    unique = tuple({item.key: item for item in items}.values())
    return Listing(unique[:MAX_ITEMS], capped)
