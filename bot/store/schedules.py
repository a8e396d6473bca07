"""Saved questions: what is asked, on which cadence, for which channel. A channel calls its schedules by number."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.connections import Connections
from bot.store.records import Schedule
from bot.store.tables import SCHEDULES as TABLE

ACTIVE, PAUSED, STOPPED = "active", "paused", "stopped"
COLUMNS = [column for column in TABLE.c if column.name not in ("made_at", "changed_at")]
RACES = 5  # as often may somebody else take the same number first


class Schedules:
    """The schedules of all channels."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, new: Schedule, at: datetime) -> Schedule:
        """Keep a schedule, under the next number of its channel."""
        for _ in range(RACES - 1):
            try:
                return await self._add(new, at)
            except IntegrityError:
                continue
        return await self._add(new, at)

    async def _add(self, new: Schedule, at: datetime) -> Schedule:
        row: dict[str, Any] = {column.name: getattr(new, column.name) for column in COLUMNS}
        row |= {"id": uuid.uuid4().hex, "made_at": at, "changed_at": at}
        async with self._connections.writing() as connection:
            last = await connection.scalar(select(func.max(TABLE.c.number)).where(*_in(new.team, new.channel)))
            row["number"] = (last or 0) + 1
            await connection.execute(TABLE.insert().values(row))
        return _schedule(row)

    async def of(self, team: str, channel: str) -> list[Schedule]:
        """The schedules of a channel that are not stopped, by number."""
        return await self._select(*_in(team, channel), TABLE.c.state != STOPPED)

    async def watching(self, team: str, line: str, cadence: str) -> list[Schedule]:
        """The active schedules of a workspace that watch a question in a zone."""
        mine = (TABLE.c.team == team, TABLE.c.line == line, TABLE.c.cadence == cadence)
        return await self._select(*mine, TABLE.c.state == ACTIVE)

    async def ever(self, team: str, channel: str) -> list[Schedule]:
        """The schedules of a channel, stopped ones too, by number."""
        return await self._select(*_in(team, channel))

    async def everywhere(self) -> list[Schedule]:
        """All schedules that are not stopped, of all workspaces."""
        return await self._select(TABLE.c.state != STOPPED)

    async def find(self, team: str, channel: str, number: int) -> Schedule | None:
        """A schedule by its number, also when it is stopped."""
        return next(iter(await self._select(*_in(team, channel), TABLE.c.number == number)), None)

    async def get(self, schedule: str) -> Schedule | None:
        return next(iter(await self._select(TABLE.c.id == schedule)), None)

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
        """Change what is said of a schedule."""
        async with self._connections.writing() as connection:
            await connection.execute(update(TABLE).where(TABLE.c.id == schedule).values({**columns, "changed_at": at}))

    async def pause(self, schedule: str, why: str, at: datetime) -> bool:
        """Pause it for a reason; whether it was not so already."""
        return await self._turn(ACTIVE, schedule, at, state=PAUSED, why=why, next_at=None)

    async def resume(self, schedule: str, next_at: datetime, at: datetime) -> bool:
        """Let it go on; whether it was paused."""
        return await self._turn(PAUSED, schedule, at, state=ACTIVE, why="", next_at=next_at)

    async def _turn(self, expected: str, schedule: str, at: datetime, **columns: Any) -> bool:
        chosen = update(TABLE).where(TABLE.c.id == schedule, TABLE.c.state == expected)
        async with self._connections.writing() as connection:
            changed = await connection.execute(chosen.values({**columns, "changed_at": at}))
        return bool(changed.rowcount)

    async def _select(
        self,
        *where: ColumnElement[bool],
        order: tuple[Any, ...] = (TABLE.c.team, TABLE.c.channel, TABLE.c.number),
        most: int | None = None,
    ) -> list[Schedule]:
        chosen = select(*COLUMNS).where(*where).order_by(*order).limit(most)
        async with self._connections.reading() as connection:
            return [_read(row) for row in await connection.execute(chosen)]


async def advance(connection: AsyncConnection, schedule: Schedule, next_at: datetime | None) -> bool:
    """Set when a schedule is due next, in a transaction of somebody else; whether nobody did so before."""
    mine = (TABLE.c.id == schedule.id, TABLE.c.next_at == schedule.next_at)
    return bool((await connection.execute(update(TABLE).where(*mine).values(next_at=next_at))).rowcount)


def _in(team: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.team == team, TABLE.c.channel == channel


def _read(row: Row[Any]) -> Schedule:
    return _schedule(dict(row._mapping))


def _schedule(row: dict[str, Any]) -> Schedule:
    return Schedule(**{column.name: row[column.name] for column in COLUMNS})
