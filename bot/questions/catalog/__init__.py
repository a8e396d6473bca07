"""Catalog: the projects, environments, flags and applications in LaunchDarkly, by key and name. Cached for 15 minutes.

    lists.py       the decoded fields of LaunchDarkly's lists, fetched page by page, up to a cap
    correction.py  checks the keys of a question against the lists; explains an answer by the keys that don't exist

Only projects that the settings allow are shown. They are filtered after the cache, so that all callers share one list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.launchdarkly import LaunchDarkly, Version
from bot.questions.catalog.lists import CatalogItem as CatalogItem
from bot.questions.catalog.lists import ChangedFlag as ChangedFlag
from bot.questions.catalog.lists import EnvironmentState as EnvironmentState
from bot.questions.catalog.lists import Flag as Flag
from bot.questions.catalog.lists import Listing as Listing
from bot.questions.catalog.lists import Source, fetch_changed_flags, fetch_flags, fetch_names

FlagsByKey = Mapping[str, ChangedFlag]
ProjectFilter = Callable[[str | None], bool]  # whether a project may be shown; None asks about all projects

PROJECTS = Source("/api/v2/projects")
APPLICATIONS = Source("/api/v2/applications", Version.BETA)


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
        listing = await fetch_names(self.launchdarkly, PROJECTS)
        return replace(listing, items=tuple(project for project in listing.items if self.allows(project.key)))

    async def environments(self, project: str) -> Listing[CatalogItem]:
        """Return the environments of a project."""
        if not self.allows(project):
            return Listing()
        return await fetch_names(self.launchdarkly, Source(f"/api/v2/projects/{quote(project, safe='')}/environments"))

    async def flags(self, project: str) -> Listing[Flag]:
        """Return the flags of a project that aren't archived, the newest first."""
        if not self.allows(project):
            return Listing()
        return await fetch_flags(self.launchdarkly, Source(_flags_path(project), sort="-creationDate"))

    async def recently_changed(self, project: str, environment: str) -> FlagsByKey:
        """Return the 100 flags whose targeting in an environment was changed last. Costs one request."""
        if not self.allows(project):
            return {}
        flags = await fetch_changed_flags(self.launchdarkly, _flags_path(project), environment)
        return {flag.key: flag for flag in flags}

    async def applications(self) -> Listing[CatalogItem]:
        """Return the account's applications. They belong to no project, so none are shown if the settings allow only
        some projects."""
        return await fetch_names(self.launchdarkly, APPLICATIONS) if self.allows(None) else Listing()

    async def knows_application(self, key: str) -> bool:
        """Return whether an application with exactly this key exists, regardless of the settings.

        Also true if the list is capped and so can't tell."""
        listing = await fetch_names(self.launchdarkly, APPLICATIONS)
        return listing.capped or any(application.key == key for application in listing.items)


def _flags_path(project: str) -> str:
    return f"/api/v2/flags/{quote(project, safe='')}"
