"""Saved questions: what is asked, on which cadence, for which channel. A channel calls its schedules by number."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Connections
from bot.store.models import Begun, Schedule
from bot.store.tables import SCHEDULES as TABLE

ACTIVE, PAUSED, STOPPED = "active", "paused", "stopped"
COLUMNS = [TABLE.c[name] for name in Schedule.__slots__]
NEXT = update(TABLE).where(TABLE.c.id == bindparam("of"))
GET = select(*COLUMNS).where(TABLE.c.id == bindparam("of"))
UNSTOPPED = TABLE.c.state != STOPPED
RACES = 5  # as often may somebody else take the same number first

Check = Callable[[Sequence[Schedule]], None]  # of the schedules that a channel has


def _always(_: Sequence[Schedule]) -> None:
    pass


class Schedules:
    """The schedules of all channels."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, new: Schedule, at: datetime, check: Check = _always) -> Schedule:
        """Keep a schedule, under the next number of its channel. What *check* raises keeps it out; no other can be
        added between that and this one."""
        for _ in range(RACES - 1):
            try:
                return await self._add(new, at, check)
            except IntegrityError:
                continue
        return await self._add(new, at, check)

    async def _add(self, new: Schedule, at: datetime, check: Check) -> Schedule:
        row: dict[str, Any] = {column.name: getattr(new, column.name) for column in COLUMNS}
        row |= {"id": uuid.uuid4().hex, "made_at": at, "changed_at": at}
        async with self._connections.writing() as connection:
            there = await connection.execute(select(*COLUMNS).where(*_in(new.team, new.channel), UNSTOPPED))
            check([Schedule(*found) for found in there])
            last = await connection.scalar(select(func.max(TABLE.c.number)).where(*_in(new.team, new.channel)))
            row["number"] = (last or 0) + 1
            await connection.execute(TABLE.insert().values(row))
        return Schedule(*(row[column.name] for column in COLUMNS))

    async def of(self, team: str, channel: str) -> list[Schedule]:
        """The schedules of a channel that are not stopped, by number."""
        return await self._select(*_in(team, channel), UNSTOPPED)

    async def watching(self, team: str, line: str, cadence: str) -> list[Schedule]:
        """The active schedules of a workspace that watch a question in a zone."""
        mine = (TABLE.c.team == team, TABLE.c.line == line, TABLE.c.cadence == cadence)
        return await self._select(*mine, TABLE.c.state == ACTIVE)

    async def ever(self, team: str, channel: str) -> list[Schedule]:
        """The schedules of a channel, stopped ones too, by number."""
        return await self._select(*_in(team, channel))

    async def everywhere(self) -> list[Schedule]:
        """All schedules that are not stopped, of all workspaces."""
        return await self._select(UNSTOPPED)

    async def find(self, team: str, channel: str, number: int) -> Schedule | None:
        """A schedule by its number, also when it is stopped."""
        return next(iter(await self._select(*_in(team, channel), TABLE.c.number == number)), None)

    async def get(self, schedule: str) -> Schedule | None:
        row = await self._connections.row(GET, of=schedule)
        return Schedule(*row) if row else None

    async def due(self, team: str, now: datetime, most: int) -> list[Schedule]:
        """What is due by now, the longest first."""
        return await self._select(
            TABLE.c.team == team,
            TABLE.c.state == ACTIVE,
            TABLE.c.next_at <= now,
            order=(TABLE.c.next_at, TABLE.c.id),
            most=most,
        )

    async def change(self, schedule: str, at: datetime, **columns: Any) -> None:
        """Change what is said of a schedule, unless it is stopped: that is its last change, from which on it is kept
        for a while."""
        chosen = update(TABLE).where(TABLE.c.id == schedule, TABLE.c.state != STOPPED)
        await self._connections.write(chosen.values({**columns, "changed_at": at}))

    async def pause(self, schedule: str, why: str, at: datetime) -> bool:
        """Pause it for a reason; whether it was not so already."""
        return await self._turn(ACTIVE, schedule, at, state=PAUSED, why=why, next_at=None)

    async def resume(self, schedule: str, next_at: datetime, at: datetime) -> bool:
        """Let it go on; whether it was paused."""
        return await self._turn(PAUSED, schedule, at, state=ACTIVE, why="", next_at=next_at)

    async def _turn(self, expected: str, schedule: str, at: datetime, **columns: Any) -> bool:
        chosen = update(TABLE).where(TABLE.c.id == schedule, TABLE.c.state == expected)
        return bool((await self._connections.write(chosen.values({**columns, "changed_at": at}))).changed)

    async def _select(
        self,
        *where: ColumnElement[bool],
        order: tuple[Any, ...] = (TABLE.c.team, TABLE.c.channel, TABLE.c.number),
        most: int | None = None,
    ) -> list[Schedule]:
        chosen = select(*COLUMNS).where(*where).order_by(*order).limit(most)
        return [Schedule(*row) for row in await self._connections.rows(chosen)]


async def advance(connection: AsyncConnection, due: Sequence[Begun]) -> list[Begun]:
    """Set when schedules are due next, in a transaction of somebody else: those at which nobody is, or was before. What
    PostgreSQL needs is left out for SQLite, where nobody else can be there."""
    read = tuple_(TABLE.c.id, TABLE.c.next_at).in_([(begun.schedule.id, begun.schedule.next_at) for begun in due])
    free = await connection.scalars(select(TABLE.c.id).where(read).with_for_update(skip_locked=True))
    mine = {*free}
    found = [begun for begun in due if begun.schedule.id in mine]
    if found:
        await connection.execute(NEXT, [{"of": begun.schedule.id, "next_at": begun.next_at} for begun in found])
    return found


def _in(team: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.team == team, TABLE.c.channel == channel
