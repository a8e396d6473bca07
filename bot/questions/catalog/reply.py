"""The decoded fields of LaunchDarkly's lists, limited to what may be shown.

Environments contain SDK keys and people have email addresses: neither is decoded."""

from collections.abc import Sequence

from bot.launchdarkly import Float64, Int64, Reply, field
from bot.messages import humanize


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
    """A flag. Without a verdict from LaunchDarkly, `stale` is None: unknown, which isn't the same as no."""

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
        """The name of the maintainer; empty if there is none."""
        return humanize.person_name(self.person.first, self.person.last) if self.person else ""

    @property
    def team(self) -> str:
        """The name of the maintaining team, else its key; empty if there is none."""
        return (self.crew and (self.crew.name or self.crew.key)) or self.team_key or ""


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
