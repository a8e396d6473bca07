"""Flag statuses: each flag's status in one environment and its last evaluation, all in one request."""

from datetime import datetime
from urllib.parse import quote, unquote

from bot.launchdarkly import Reply, Version, field
from bot.questions.base import QuestionContext
from bot.questions.catalog import CatalogLink

STALE_STATUSES = ("launched", "inactive")


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


async def fetch_flag_statuses(project: str, env: str, ctx: QuestionContext) -> FlagStatuses:
    """Fetch the statuses of all flags in an environment."""
    path = f"/api/v2/flag-statuses/{quote(project, safe='')}/{quote(env, safe='')}"
    return await ctx.launchdarkly.get(FlagStatuses, path, version=Version.CURRENT)
