"""What watches have seen and told: for each channel that watches, each thing in its last state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from bot.store.database import Connections
from bot.store.models import Schedule, Told
from bot.store.runs import slot_row
from bot.store.tables import SCHEDULES, SLOTS
from bot.store.tables import TOLD as TABLE
from bot.store.upsert import add, upsert

COLUMNS = select(TABLE.c.schedule, TABLE.c.thing, TABLE.c.state, TABLE.c.says, TABLE.c.happened)


class Tellings:
    """What all watches have told."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def of(self, watches: Sequence[Schedule]) -> dict[str, dict[str, Told]]:
        """What each of some watches has told, by thing."""
        told: dict[str, dict[str, Told]] = {watch.id: {} for watch in watches}
        for watch, thing, *state in await self._connections.rows(COLUMNS.where(TABLE.c.schedule.in_(told))):
            told[watch][thing] = Told(*state)
        return told

    async def looked(
        self, schedule: Schedule, kept: Mapping[str, Told], at: datetime, zone: str, said: dict[str, Any] | None
    ) -> bool:
        """A watch has looked: what it keeps from now on, and what is to be *said*, all of it or nothing; unless another
        has looked meanwhile."""
        unchanged = SCHEDULES.c.looked_at.is_not_distinct_from(schedule.looked_at)
        mine = update(SCHEDULES).where(SCHEDULES.c.id == schedule.id, unchanged).values(looked_at=at)
        if not kept and said is None:
            return bool((await self._connections.write(mine)).changed)
        async with self._connections.writing() as connection:
            if not (await connection.execute(mine)).rowcount:
                return False
            for thing, told in kept.items():
                row = {"state": told.state, "says": told.says, "happened": told.happened, "seen_at": at}
                await upsert(connection, TABLE, schedule=schedule.id, thing=thing, **row)
            if said is not None:
                await add(connection, SLOTS, **slot_row(schedule, zone, at, "") | {"said": said})
        return True

    async def forget(self, before: datetime) -> None:
        """Delete what happened and was seen before then; what lasts stays."""
        async with self._connections.writing() as connection:
            await connection.execute(delete(TABLE).where(TABLE.c.happened.is_not(None), TABLE.c.seen_at < before))
