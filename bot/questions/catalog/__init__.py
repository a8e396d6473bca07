"""The catalog: what there is in LaunchDarkly, by key and name. Cached for a quarter of an hour, and asked for once.

reply.py        what LaunchDarkly sends of its lists: neither SDK keys nor e-mail addresses
pages.py        a list page by page, up to a cap
nearest.py      the known keys that a person may have meant
correction.py   the keys of a question against the lists: what is unknown, and what to ask instead
explanation.py  why an answer failed or came back empty, as far as its keys explain that

Only the projects that the settings allow are told of. That is decided after the cache, so that all share one list.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.launchdarkly import LaunchDarkly, Version
from bot.questions.catalog import pages
from bot.questions.catalog.pages import Listing as Listing
from bot.questions.catalog.pages import Source
from bot.questions.catalog.reply import CatalogItem as CatalogItem
from bot.questions.catalog.reply import Flag as Flag

ProjectFilter = Callable[[str | None], bool]  # whether a project may be told of; None stands for all of them

PROJECTS = Source("/api/v2/projects")
APPLICATIONS = Source("/api/v2/applications", Version.BETA)


def allow_all(_: str | None) -> bool:
    """Where the settings restrict nothing."""
    return True


@dataclass(frozen=True)
class Catalog:
    """The lists of one account, for one caller. Each method may raise any failure of LaunchDarkly's."""

    launchdarkly: LaunchDarkly
    allows: ProjectFilter = allow_all

    async def projects(self) -> Listing[CatalogItem]:
        """The projects that may be told of."""
        listing = await pages.fetch_names(self.launchdarkly, PROJECTS)
        return replace(listing, items=tuple(project for project in listing.items if self.allows(project.key)))

    async def environments(self, project: str) -> Listing[CatalogItem]:
        """The environments of a project."""
        if not self.allows(project):
            return Listing()
        return await pages.fetch_names(
            self.launchdarkly, Source(f"/api/v2/projects/{quote(project, safe='')}/environments")
        )

    async def flags(self, project: str) -> Listing[Flag]:
        """The flags of a project that are not archived, the newest first."""
        if not self.allows(project):
            return Listing()
        source = Source(f"/api/v2/flags/{quote(project, safe='')}", sort="-creationDate")
        return await pages.fetch_flags(self.launchdarkly, source)

    async def applications(self) -> Listing[CatalogItem]:
        """The applications of the account. As they belong to no project, there are none to tell of where the settings
        allow only some."""
        return await pages.fetch_names(self.launchdarkly, APPLICATIONS) if self.allows(None) else Listing()

    async def knows_application(self, key: str) -> bool:
        """Whether there is an application of just this key, whatever may be told of the others; also where there are
        too many of them to know."""
        listing = await pages.fetch_names(self.launchdarkly, APPLICATIONS)
        return listing.capped or any(application.key == key for application in listing.items)
