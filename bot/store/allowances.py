"""How much may begin in a minute, for all processes of a workspace together.

Whatever begins spends a part of the minute, and what is spent is made good as time goes by. Some may begin ahead of
that, at once; whoever finds that these have begun already books the next turn, and waits for it.
"""

from datetime import datetime

from sqlalchemy import bindparam, case, update

from bot.store.connections import Connections
from bot.store.tables import ALLOWANCES as TABLE
from bot.store.upsert import add

AHEAD = 10.0  # seconds
WHOLE = 60.0 + AHEAD  # what begins ahead, and in the minute after that, is no more than what may begin in a minute
FAR = 600.0  # so far ahead nobody books: the clock was set back, and what was spent is forgotten

SPENT = case((TABLE.c.spent.between(bindparam("now"), bindparam("far")), TABLE.c.spent), else_=bindparam("now"))
MORE = update(TABLE).where(TABLE.c.team == bindparam("of")).values(spent=SPENT + bindparam("span"))
TAKE = MORE.returning(TABLE.c.spent)


def at_once(a_minute: int) -> int:
    """How many may be taken in one go."""
    return max(1, int(a_minute * AHEAD / WHOLE))


class Allowances:
    """The allowances of all workspaces."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def take(self, team: str, many: int, a_minute: int, at: datetime) -> float:
        """So many begin, of those that may in a minute; how many seconds they are to wait before they do."""
        now, span = at.timestamp(), WHOLE * many / a_minute
        taken = await self._connections.write(TAKE, of=team, now=now, far=now + FAR, span=span)
        if not taken.rows:
            await self._open(team)
            return await self.take(team, many, a_minute, at)
        return max(0.0, float(taken.rows[0][0]) - now - max(span, AHEAD))

    async def _open(self, team: str) -> None:
        async with self._connections.writing() as connection:
            await add(connection, TABLE, team=team, spent=0.0)
