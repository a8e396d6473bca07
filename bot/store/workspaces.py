"""What the bot keeps for each workspace: whether it supports charts, and how many deliveries it may start per minute.

Slack rolls charts out gradually, so a refusal counts for a while only.

A delivery quota limits how many runs start per minute, across all processes of a workspace. It is a token bucket
(GCRA): a row holds the second until which the capacity is spent, and each run moves it ahead. It may be up to
BURST_SECONDS ahead of now; beyond that, the caller must retry later.
"""

from datetime import datetime

from sqlalchemy import bindparam, case, or_, select, update

from bot.store.database import Database, add, upsert
from bot.store.tables import RATE_LIMITS
from bot.store.tables import WORKSPACES as TABLE

SELECT_CHARTS_REFUSED_AT = select(TABLE.c.charts_refused_at).where(TABLE.c.team == bindparam("team"))

BURST_SECONDS = 10.0
WINDOW_SECONDS = 60.0 + BURST_SECONDS  # so that a burst and the minute after it stay within the limit of a minute
MAX_AHEAD_SECONDS = 2 * BURST_SECONDS + WINDOW_SECONDS  # further ahead means that the clock was set back: start over
MIN_RETRY_SECONDS = 0.05  # retrying sooner would only cost statements

THIS_TEAM = RATE_LIMITS.c.team == bindparam("of")
SELECT_SPENT = select(RATE_LIMITS.c.spent).where(THIS_TEAM)
SPENT_OR_NOW = case(
    (RATE_LIMITS.c.spent.between(bindparam("now"), bindparam("far")), RATE_LIMITS.c.spent), else_=bindparam("now")
)
HAS_CAPACITY = or_(RATE_LIMITS.c.spent <= bindparam("latest"), RATE_LIMITS.c.spent > bindparam("far"))
SPEND = update(RATE_LIMITS).where(THIS_TEAM, HAS_CAPACITY).values(spent=SPENT_OR_NOW + bindparam("span"))


class Workspaces:
    """What the bot remembers about each workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def charts_unsupported(self, team: str, since: datetime) -> bool:
        """Return whether a workspace has refused charts since then."""
        row = await self._database.fetch_one(SELECT_CHARTS_REFUSED_AT, team=team)
        return row is not None and row[0] is not None and since < row[0]

    async def record_charts_refusal(self, team: str, at: datetime) -> None:
        """Record that a workspace has refused charts."""
        async with self._database.transaction() as connection:
            await upsert(connection, TABLE, team=team, charts_refused_at=at)


def max_batch_size(per_minute: int) -> int:
    """Return how many runs one call may acquire."""
    return max(1, int(per_minute * BURST_SECONDS / WINDOW_SECONDS))


class DeliveryQuotas:
    """The rate limits of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, team: str, count: int, per_minute: int, at: datetime) -> float:
        """Acquire capacity for *count* runs; return 0, or the seconds after which to retry."""
        now, span = at.timestamp(), WINDOW_SECONDS * count / per_minute
        latest = now + max(0.0, BURST_SECONDS - span)
        params = {"now": now, "latest": latest, "far": now + MAX_AHEAD_SECONDS, "span": span}
        if (await self._database.execute(SPEND, of=team, **params)).rowcount:
            return 0.0
        if spent := await self._database.fetch_one(SELECT_SPENT, of=team):
            return max(MIN_RETRY_SECONDS, float(spent[0]) - latest)
        await self._add_team(team)
        return await self.acquire(team, count, per_minute, at)

    async def _add_team(self, team: str) -> None:
        async with self._database.transaction() as connection:
            await add(connection, RATE_LIMITS, team=team, spent=0.0)
