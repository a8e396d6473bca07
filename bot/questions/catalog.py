"""Catalog: the projects, environments, flags and applications in LaunchDarkly. The lists are cached for 15 minutes.

A list's first page tells how many follow, and those are fetched concurrently, up to a cap. Only fields that may be
shown are decoded: environments contain SDK keys and people have email addresses.

Only projects that the settings allow are shown. They are filtered after the cache, so that all callers share one list.
"""

import re
from asyncio import gather
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote

from bot.launchdarkly import Float64, Int64, LaunchDarkly, Reply, Version, field
from bot.lines.param_types import is_key
from bot.lines.plain_words import without_accents
from bot.messages import humanize

CACHE_LIFETIME = timedelta(minutes=15)
MAX_ITEMS = 2000
MAX_MENU_PROJECTS = 20  # a menu has room for a hundred environments, and each project costs a request
PAGE_SIZE = 100  # LaunchDarkly's maximum for flags
STALE_STATUSES = ("launched", "inactive")
MAIN_ENVIRONMENT = "production"  # preferred until the channel has a default


class CatalogItem(Reply):
    """A project, an environment or an application."""

    key: str
    name: str | None = None


class Person(Reply):
    first: str | None = field(name="firstName", default=None)
    last: str | None = field(name="lastName", default=None)


class Team(Reply):
    key: str | None = None
    name: str | None = None


class Stale(Reply):
    """LaunchDarkly's verdict on whether a flag can be removed from the code or archived."""

    code: bool | None = field(name="readyForCodeRemoval", default=None)
    archive: bool | None = field(name="readyToArchive", default=None)


class Flag(CatalogItem):
    """A flag. Without a verdict from LaunchDarkly, `stale` is None, which means unknown, not no."""

    created: Float64 | None = field(name="creationDate", default=None)
    tags: list[str] | None = None
    temporary: bool | None = None
    archived: bool | None = None
    deprecated: bool | None = None
    stale: Stale | None = None
    person: Person | None = field(name="_maintainer", default=None)
    crew: Team | None = field(name="_maintainerTeam", default=None)
    team_key: str | None = field(name="maintainerTeamKey", default=None)

    @property
    def maintainer(self) -> str:
        """The maintainer's name, if any."""
        return humanize.person_name(self.person.first, self.person.last) if self.person else ""

    @property
    def team(self) -> str:
        """The name of the maintaining team, else its key, if any."""
        return (self.crew and (self.crew.name or self.crew.key)) or self.team_key or ""

    @property
    def owner(self) -> str:
        """The name of the team, else of the person who maintains the flag, if any."""
        return humanize.truncate_text(self.team or self.maintainer, 60)


class Variation(Reply):
    value: Any = None
    name: str | None = None
    description: str | None = None


class VariationSummary(Reply):
    rollout: Float64 | None = None  # the share of everyone in thousandths of a percent, unless one variation has all


class EnvironmentSummary(Reply):
    variations: dict[str, VariationSummary | None] | None = None


class EnvironmentState(Reply):
    """Whether a flag is on in an environment, what it serves, and when its targeting there was changed last."""

    on: bool | None = None
    modified: Float64 | None = field(name="lastModified", default=None)
    summary: EnvironmentSummary | None = field(name="_summary", default=None)

    @property
    def rollout(self) -> tuple[float, ...]:
        """The percentages of a rollout over several variations; empty if there is none, or it isn't known."""
        variations = (self.summary and self.summary.variations) or {}
        return tuple(one.rollout / 1000 for one in variations.values() if one and one.rollout is not None)


class ChangedFlag(Flag):
    """A flag with its variations, and its state in the requested environment."""

    variations: list[Variation] | None = None
    environments: dict[str, EnvironmentState | None] | None = None


class CatalogLink(Reply):
    href: str | None = None


class CatalogPage(Reply, kw_only=True):
    """A page of keys and names, with the total if LaunchDarkly sends it."""

    items: Sequence[CatalogItem]
    total: Int64 | None = field(name="totalCount", default=None)
    links: dict[str, CatalogLink | None] | None = field(name="_links", default=None)

    @property
    def has_next(self) -> bool:
        """Whether LaunchDarkly links to a next page."""
        return bool((self.links or {}).get("next"))


class FlagPage(CatalogPage, kw_only=True):
    """A page of flags."""

    items: Sequence[Flag]


class ChangedFlagPage(CatalogPage, kw_only=True):
    """A page of flags with their state in one environment."""

    items: Sequence[ChangedFlag]


class FlagStatus(Reply):
    """A flag's status in an environment, and when it was last evaluated there, in ISO 8601."""

    name: str | None = None
    requested: str | None = field(name="lastRequested", default=None)
    links: dict[str, CatalogLink | None] | None = field(name="_links", default=None)

    @property
    def flag(self) -> str:
        """The key of the flag, which only the links contain."""
        link = (self.links or {}).get("self") or (self.links or {}).get("parent")
        return unquote(((link and link.href) or "").rpartition("/")[2])

    @property
    def is_stale(self) -> bool:
        """Whether everyone gets one variation of the flag, or nobody evaluates it."""
        return (self.name or "").lower() in STALE_STATUSES

    @property
    def evaluated(self) -> float | None:
        """When the flag was last evaluated, in epoch milliseconds."""
        try:
            return datetime.fromisoformat(self.requested).timestamp() * 1000 if self.requested else None
        except (ValueError, OverflowError):
            return None


class FlagStatuses(Reply):
    items: list[FlagStatus] | None = None

    def by_flag(self) -> dict[str, FlagStatus]:
        return {status.flag: status for status in self.items or () if status.flag}


N = TypeVar("N", bound=CatalogItem)
P = TypeVar("P", bound=CatalogPage)


@dataclass(frozen=True)
class Listing(Generic[N]):
    """A list without duplicate keys. `capped` means that it was cut to the first `MAX_ITEMS`."""

    items: tuple[N, ...] = ()
    capped: bool = False


@dataclass(frozen=True)
class Source:
    """One of LaunchDarkly's lists: its path, API version, sort order and filter."""

    path: str
    version: Version = Version.CURRENT
    sort: str = ""
    filter: str = ""


PROJECTS = Source("/api/v2/projects")
APPLICATIONS = Source("/api/v2/applications", Version.BETA)

FlagsByKey = Mapping[str, ChangedFlag]
ProjectFilter = Callable[[str | None], bool]  # whether a project may be shown; None asks about all projects


def allow_all(_: str | None) -> bool:
    """Allow every project; the filter for settings without restrictions."""
    return True


@dataclass(frozen=True)
class Catalog:
    """The lists of one account, for one caller. Each method may raise any of LaunchDarkly's failures."""

    launchdarkly: LaunchDarkly
    allows: ProjectFilter = allow_all

    async def projects(self) -> Listing[CatalogItem]:
        """Return the projects that the settings allow."""
        listing = await _fetch_names(self.launchdarkly, PROJECTS)
        return replace(listing, items=tuple(project for project in listing.items if self.allows(project.key)))

    async def environments(self, project: str) -> Listing[CatalogItem]:
        """Return the environments of a project."""
        if not self.allows(project):
            return Listing()
        return await _fetch_names(self.launchdarkly, Source(f"/api/v2/projects/{quote(project, safe='')}/environments"))

    async def project_envs(self) -> tuple[str, ...]:
        """Return the environments of the first projects, as `project/environment`."""
        projects = [project.key for project in (await self.projects()).items if is_key(project.key)]
        listings = await gather(*map(self.environments, projects[:MAX_MENU_PROJECTS]))
        return tuple(
            f"{project}/{env.key}"
            for project, listing in zip(projects, listings, strict=False)
            for env in listing.items
            if is_key(env.key)
        )

    async def flags(self, project: str, apps: Sequence[str] = ()) -> Listing[Flag]:
        """Return the flags of a project that aren't archived, or those that some applications use, the newest first."""
        if not self.allows(project):
            return Listing()
        used = [f"applicationEvaluated:{app}" for app in apps] or [""]
        sources = [Source(_flags_path(project), sort="-creationDate", filter=one) for one in used]
        listings = await gather(*(_fetch_flags(self.launchdarkly, source) for source in sources))
        flags = [flag for listing in listings for flag in listing.items]
        return _listing(flags, capped=any(listing.capped for listing in listings))

    async def search_flags(self, project: str, text: str) -> Listing[Flag]:
        """Return up to 100 flags whose key or name contains a text. Costs one request."""
        if not self.allows(project):
            return Listing()
        word = re.sub(r"[^\w.-]", " ", text)  # a comma or colon would begin another filter
        page = await _fetch_page(self.launchdarkly, FlagPage, Source(_flags_path(project), filter=f"query:{word}"), 0)
        return _listing(page.items, capped=False)

    async def recently_changed(self, project: str, environment: str) -> FlagsByKey:
        """Return the 100 flags whose targeting in an environment was changed last. Costs one request."""
        if not self.allows(project):
            return {}
        flags = await _fetch_changed_flags(self.launchdarkly, _flags_path(project), environment)
        return {flag.key: flag for flag in flags}

    async def statuses(self, project: str, environment: str) -> FlagStatuses:
        """Return the status and last evaluation of each flag in an environment. Costs one request."""
        if not self.allows(project):
            return FlagStatuses()
        path = f"/api/v2/flag-statuses/{quote(project, safe='')}/{quote(environment, safe='')}"
        return await self.launchdarkly.get(FlagStatuses, path, version=Version.CURRENT)

    async def applications(self) -> Listing[CatalogItem]:
        """Return the account's applications. They belong to no project, so none are shown if the settings allow only
        some projects."""
        return await _fetch_names(self.launchdarkly, APPLICATIONS) if self.allows(None) else Listing()

    async def knows_application(self, key: str) -> bool:
        """Return whether an application with exactly this key exists, regardless of the settings.

        Also true if the list is capped and so can't tell."""
        listing = await _fetch_names(self.launchdarkly, APPLICATIONS)
        return listing.capped or any(application.key == key for application in listing.items)


def maintainers(flags: Iterable[Flag]) -> tuple[CatalogItem, ...]:
    """Return the people who maintain flags, each with their name."""
    people = {(flag.person.first, flag.person.last): flag for flag in flags if flag.person and not flag.team}
    return tuple(CatalogItem(flag.owner, without_accents(flag.owner)) for flag in people.values())


def _flags_path(project: str) -> str:
    return f"/api/v2/flags/{quote(project, safe='')}"


async def _fetch_names(launchdarkly: LaunchDarkly, source: Source) -> Listing[CatalogItem]:
    """Fetch a list of keys and names."""
    pages = await _fetch_pages(launchdarkly, CatalogPage, source)
    return _listing([item for page in pages for item in page.items], capped=_has_more(pages))


async def _fetch_flags(launchdarkly: LaunchDarkly, source: Source) -> Listing[Flag]:
    """Fetch a list of flags."""
    pages = await _fetch_pages(launchdarkly, FlagPage, source)
    return _listing([item for page in pages for item in page.items], capped=_has_more(pages))


async def _fetch_changed_flags(launchdarkly: LaunchDarkly, path: str, environment: str) -> tuple[ChangedFlag, ...]:
    """Fetch the flags whose targeting in an environment was changed last, in one request.

    It is cached no longer than events are: the flag of the newest event must be in it."""
    parameters = (("env", environment), ("limit", str(PAGE_SIZE)), ("sort", "-targetingModifiedDate"))
    page = await launchdarkly.get(ChangedFlagPage, path, parameters, version=Version.CURRENT)
    return tuple(page.items)


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
    choices = (("sort", source.sort), ("filter", source.filter))
    parameters = (("limit", str(PAGE_SIZE)), ("offset", str(offset)), *(choice for choice in choices if choice[1]))
    return await launchdarkly.get(kind, source.path, parameters, version=source.version, lifetime=CACHE_LIFETIME)


def _has_more(pages: Sequence[CatalogPage]) -> bool:
    """Return whether there are items beyond these pages or the cap."""
    count = sum(len(page.items) for page in pages)
    return count > MAX_ITEMS or bool(pages[-1].items and (pages[-1].has_next or (pages[0].total or 0) > count))


def _listing(items: Sequence[N], *, capped: bool) -> Listing[N]:
    """Build a listing without duplicates, which occur if the list changes between two requests."""
    unique = tuple({item.key: item for item in items}.values())
    return Listing(unique[:MAX_ITEMS], capped or len(unique) > MAX_ITEMS)
