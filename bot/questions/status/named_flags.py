"""The flags behind the numbers: each flag's status, with its owner and age from the catalog."""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import Failure
from bot.questions.base import QuestionContext, result_or_failure
from bot.questions.catalog import Flag
from bot.questions.flag_statuses import STALE_STATUSES, FlagStatus, fetch_flag_statuses


@dataclass(frozen=True)
class NamedFlag:
    """A flag with its status. Without the catalog, only its key is known."""

    key: str
    status: FlagStatus
    flag: Flag | None = None

    @property
    def status_name(self) -> str:
        return (self.status.name or "").lower()

    @property
    def verdict(self) -> str:
        """LaunchDarkly's verdict on a launched or inactive flag; empty if it sends none."""
        stale = self.flag and self.flag.stale
        if not stale or self.status_name not in STALE_STATUSES:
            return ""
        return "ready to archive" if stale.archive else "ready to remove from code" if stale.code else ""

    @property
    def urgency(self) -> tuple[bool, bool, float]:
        """Sorts by what to deal with first: ready to go, temporary, old. Of the flags in use, the newest come first."""
        created = (self.flag and self.flag.created) or 0
        if not self.flag or self.status_name not in STALE_STATUSES:
            return False, False, -created
        return not self.verdict, not self.flag.temporary, created


@dataclass(frozen=True)
class NamedFlags:
    """The flags that aren't archived, and why the catalog couldn't be read, if so."""

    flags: tuple[NamedFlag, ...]
    catalog_failure: Failure | None = None

    def with_status(self, name: str) -> list[NamedFlag]:
        """Return the flags with this status, the most urgent first."""
        return sorted((flag for flag in self.flags if flag.status_name == name.lower()), key=lambda flag: flag.urgency)


async def fetch_named_flags(project: str, env: str, apps: Sequence[str], ctx: QuestionContext) -> NamedFlags:
    """Fetch the status of each flag in an environment: one request, besides the catalog's."""
    reply, catalog = await gather(
        fetch_flag_statuses(project, env, ctx), result_or_failure(_fetch_catalog(project, apps, ctx))
    )
    statuses = reply.by_flag()
    if not isinstance(catalog, Failure):
        return NamedFlags(
            tuple(NamedFlag(key, statuses[key], flag) for key, flag in catalog.items() if key in statuses)
        )
    if apps:
        raise catalog  # only the catalog knows which flags an application evaluates
    return NamedFlags(tuple(NamedFlag(key, status) for key, status in statuses.items()), catalog)


async def _fetch_catalog(project: str, apps: Sequence[str], ctx: QuestionContext) -> dict[str, Flag]:
    """Fetch a project's flags, or only those that these applications evaluate."""
    listings = await gather(*(ctx.catalog.flags(project, app) for app in apps or ("",)))
    return {flag.key: flag for listing in listings for flag in listing.items}
