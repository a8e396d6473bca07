"""What each watch has observed: the last state of each thing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store.database import Database, upsert
from bot.store.models import Run, Schedule, WatchState
from bot.store.runs import insert_runs
from bot.store.tables import SCHEDULES
from bot.store.tables import WATCH_STATES as TABLE

SELECT_STATES = select(TABLE.c.schedule, TABLE.c.thing, TABLE.c.state, TABLE.c.says, TABLE.c.happened, TABLE.c.seen_at)


class WatchStates:
    """The states of all watches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def for_watches(self, watches: Sequence[Schedule]) -> dict[str, dict[str, WatchState]]:
        """Return the states of some watches, by watch and thing."""
        states: dict[str, dict[str, WatchState]] = {watch.id: {} for watch in watches}
        for watch, thing, *state in await self._database.fetch_all(SELECT_STATES.where(TABLE.c.schedule.in_(states))):
            states[watch][thing] = WatchState(*state)
        return states

    async def record(
        self, schedule: Schedule, states: Mapping[str, WatchState], at: datetime, runs: Sequence[Run]
    ) -> bool:
        """Record an observation, its states and the runs that post what is new, in one transaction.

        Return False, and change nothing, if another process has recorded one in the meantime.
        """
        unchanged = SCHEDULES.c.looked_at.is_not_distinct_from(schedule.looked_at)
        claim = update(SCHEDULES).where(SCHEDULES.c.id == schedule.id, unchanged).values(looked_at=at)
        if not states and not runs:
            return bool((await self._database.execute(claim)).rowcount)
        async with self._database.transaction() as connection:
            if not (await connection.execute(claim)).rowcount:
                return False
            for thing, state in states.items():
                row = {"state": state.state, "says": state.says, "happened": state.happened, "seen_at": at}
                await upsert(connection, TABLE, schedule=schedule.id, thing=thing, **row)
            await insert_runs(connection, runs)
        return True

    async def prune(self, before: datetime) -> None:
        """Delete events seen before then; states that aren't events are kept."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(TABLE).where(TABLE.c.happened.is_not(None), TABLE.c.seen_at < before))
