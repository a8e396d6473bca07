"""How much may begin in a minute, for all processes of a workspace together.

Whatever begins spends a part of the minute, and what is spent is made good as time goes by. Some may begin ahead of
that, at once; whoever finds that these have begun already comes again.
"""

from datetime import datetime

from sqlalchemy import bindparam, case, or_, select, update

from bot.store.database import Connections
from bot.store.tables import ALLOWANCES as TABLE
from bot.store.upsert import add

AHEAD = 10.0  # seconds
WHOLE = 60.0 + AHEAD  # what begins ahead, and in the minute after that, is no more than what may begin in a minute
FAR = 2 * AHEAD + WHOLE  # ahead nobody spends: the clock was set back, and what was spent is forgotten
SOON = 0.05  # seconds; whoever comes again still sooner only asks more often

TEAM = TABLE.c.team == bindparam("of")
SPENT = select(TABLE.c.spent).where(TEAM)
STANDS = case((TABLE.c.spent.between(bindparam("now"), bindparam("far")), TABLE.c.spent), else_=bindparam("now"))
FREE = or_(TABLE.c.spent <= bindparam("latest"), TABLE.c.spent > bindparam("far"))
TAKE = update(TABLE).where(TEAM, FREE).values(spent=STANDS + bindparam("span"))


def in_one_go(a_minute: int) -> int:
    """How many may be taken in one go."""
    return max(1, int(a_minute * AHEAD / WHOLE))


class Allowances:
    """The allowances of all workspaces."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def take(self, team: str, many: int, a_minute: int, at: datetime) -> float:
        """In how many seconds to come again; if in none, so many begin, of those that may in a minute."""
        now, span = at.timestamp(), WHOLE * many / a_minute
        latest = now + max(0.0, AHEAD - span)
        given = {"now": now, "latest": latest, "far": now + FAR, "span": span}
        if (await self._connections.write(TAKE, of=team, **given)).changed:
            return 0.0
        if spent := await self._connections.row(SPENT, of=team):
            return max(SOON, float(spent[0]) - latest)
        await self._open(team)
        return await self.take(team, many, a_minute, at)

    async def _open(self, team: str) -> None:
        async with self._connections.writing() as connection:
            await add(connection, TABLE, team=team, spent=0.0)
