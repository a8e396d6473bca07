"""Limit how many runs start per minute, across all processes of a workspace.

A token bucket (GCRA): a row holds the second until which the capacity is spent, and each run moves it ahead. It may be
up to BURST_SECONDS ahead of now; beyond that, the caller must retry later.
"""

from datetime import datetime

from sqlalchemy import bindparam, case, or_, select, update

from bot.store.database import Database
from bot.store.statements import add
from bot.store.tables import RATE_LIMITS as TABLE

BURST_SECONDS = 10.0
WINDOW_SECONDS = 60.0 + BURST_SECONDS  # so that a burst and the minute after it stay within the limit of a minute
MAX_AHEAD_SECONDS = 2 * BURST_SECONDS + WINDOW_SECONDS  # further ahead means that the clock was set back: start over
MIN_RETRY_SECONDS = 0.05  # retrying sooner would only cost statements

THIS_TEAM = TABLE.c.team == bindparam("of")
SELECT_SPENT = select(TABLE.c.spent).where(THIS_TEAM)
SPENT_OR_NOW = case((TABLE.c.spent.between(bindparam("now"), bindparam("far")), TABLE.c.spent), else_=bindparam("now"))
HAS_CAPACITY = or_(TABLE.c.spent <= bindparam("latest"), TABLE.c.spent > bindparam("far"))
SPEND = update(TABLE).where(THIS_TEAM, HAS_CAPACITY).values(spent=SPENT_OR_NOW + bindparam("span"))


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
            await add(connection, TABLE, team=team, spent=0.0)
