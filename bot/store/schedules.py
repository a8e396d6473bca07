"""Schedules: a question, a trigger and a channel. Within a channel, each has a number."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, upsert
from bot.store.models import ChangedSchedule, DueSchedule, LastChange, Schedule, ScheduleState
from bot.store.tables import LAST_CHANGES
from bot.store.tables import SCHEDULES as TABLE

ACTIVE, PAUSED, STOPPED = ScheduleState
COLUMNS = [TABLE.c[name] for name in Schedule.__slots__]
SET_NEXT_AT = update(TABLE).where(TABLE.c.id == bindparam("of"))
SELECT_BY_ID = select(*COLUMNS).where(TABLE.c.id == bindparam("of"))
NOT_STOPPED = TABLE.c.state != STOPPED
EDITABLE = ("days", "ordinal", "local_time", "zone", "line", "state", "why", "next_at")
SELECT_LAST_CHANGE = select(
    LAST_CHANGES.c.number, LAST_CHANGES.c.by, LAST_CHANGES.c.at, *(LAST_CHANGES.c[name] for name in EDITABLE)
).where(LAST_CHANGES.c.schedule == bindparam("of"))
MAX_INSERT_ATTEMPTS = 5  # another process may insert the same number first

ScheduleCheck = Callable[[Sequence[Schedule]], None]  # gets the channel's schedules, raises to reject a new one
ScheduleEdit = Callable[[Schedule], Schedule]  # gets the schedule as it is, returns it changed or raises to reject


def _accept(_: Sequence[Schedule]) -> None:
    pass


class Schedules:
    """The schedules of all channels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Schedule, at: datetime, check: ScheduleCheck = _accept) -> Schedule:
        """Save a schedule under its channel's next number.

        *check* may raise to reject it. No other schedule can be added between the check and the insert.
        """
        for _ in range(MAX_INSERT_ATTEMPTS - 1):
            try:
                return await self._add(new, at, check)
            except IntegrityError:
                continue
        return await self._add(new, at, check)

    async def _add(self, new: Schedule, at: datetime, check: ScheduleCheck) -> Schedule:
        row: dict[str, Any] = {column.name: getattr(new, column.name) for column in COLUMNS}
        row |= {"id": uuid.uuid4().hex, "made_at": at, "changed_at": at}
        async with self._database.transaction() as connection:
            # One statement: between two, PostgreSQL may show another process's schedule to the second alone.
            records = await connection.execute(select(*COLUMNS).where(*_in_channel(new.team, new.channel)))
            existing = [Schedule(*record) for record in records]
            check([schedule for schedule in existing if schedule.state != STOPPED])
            row["number"] = max((schedule.number for schedule in existing), default=0) + 1
            await connection.execute(TABLE.insert().values(row))
            added = Schedule(*(row[column.name] for column in COLUMNS))
            await _record_change(connection, replace(added, state=STOPPED, next_at=None), 1, added.owner, at)
        return added

    async def edit(self, schedule_id: str, edit: ScheduleEdit, by: str, at: datetime) -> ChangedSchedule:
        """Change a schedule, and keep what it was before."""
        async with self._database.transaction() as connection:
            current, last_number = await _lock(connection, schedule_id)
            return await _save(connection, current, edit(current), last_number + 1, by, at)

    async def undo(self, change: LastChange, by: str, at: datetime) -> ChangedSchedule | None:
        """Restore a schedule as it was before its last change; None if that is no longer the last one."""
        async with self._database.transaction() as connection:
            current, last_number = await _lock(connection, change.before.id)
            if last_number != change.number:
                return None
            return await _save(connection, current, change.before, last_number + 1, by, at)

    async def last_change(self, schedule: Schedule) -> LastChange | None:
        """Return the last change of a schedule; None if an earlier version of the bot made it."""
        row = await self._database.fetch_one(SELECT_LAST_CHANGE, of=schedule.id)
        if row is None:
            return None
        number, by, at, *before = row
        return LastChange(number, by, at, replace(schedule, **dict(zip(EDITABLE, before, strict=True))))

    async def list_for_channel(self, team: str, channel: str) -> list[Schedule]:
        """Return the schedules of a channel that aren't stopped, by number."""
        return await self._select(*_in_channel(team, channel), NOT_STOPPED)

    async def list_watching(self, team: str, line: str, zone: str) -> list[Schedule]:
        """Return the active watches of a workspace with this line and time zone."""
        same_question = (TABLE.c.team == team, TABLE.c.line == line, TABLE.c.zone == zone)
        return await self._select(*same_question, TABLE.c.days == (), TABLE.c.state == ACTIVE)

    async def list_with_stopped(self, team: str, channel: str) -> list[Schedule]:
        """Return the schedules of a channel, including stopped ones, by number."""
        return await self._select(*_in_channel(team, channel))

    async def list_owned(self, team: str, owner: str) -> list[Schedule]:
        """Return a person's schedules in all channels that aren't stopped, by channel and number."""
        return await self._select(TABLE.c.team == team, TABLE.c.owner == owner, NOT_STOPPED)

    async def list_all(self) -> list[Schedule]:
        """Return all schedules of all workspaces that aren't stopped."""
        return await self._select(NOT_STOPPED)

    async def find(self, team: str, channel: str, number: int) -> Schedule | None:
        """Return a schedule by its number, even if it is stopped."""
        return next(iter(await self._select(*_in_channel(team, channel), TABLE.c.number == number)), None)

    async def get(self, schedule_id: str) -> Schedule | None:
        row = await self._database.fetch_one(SELECT_BY_ID, of=schedule_id)
        return Schedule(*row) if row else None

    async def due(self, team: str, now: datetime, limit: int) -> list[Schedule]:
        """Return the schedules due by now, most overdue first."""
        return await self._select(
            TABLE.c.team == team,
            TABLE.c.state == ACTIVE,
            TABLE.c.next_at <= now,
            order_by=(TABLE.c.next_at, TABLE.c.id),
            limit=limit,
        )

    async def change(self, schedule_id: str, at: datetime, **columns: Any) -> None:
        """Change columns of a schedule, unless it is stopped: `changed_at` then tells when it may be pruned."""
        statement = update(TABLE).where(TABLE.c.id == schedule_id, TABLE.c.state != STOPPED)
        await self._database.execute(statement.values({**columns, "changed_at": at}))

    async def pause_channel(self, team: str, channel: str, why: str, at: datetime) -> list[Schedule]:
        """Pause the active schedules of a channel, and return them."""
        async with self._database.transaction() as connection:
            return await pause_all(connection, team, channel, why, at)

    async def resume(self, schedule_id: str, next_at: datetime, at: datetime) -> bool:
        """Resume a schedule; return whether it was paused."""
        statement = update(TABLE).where(TABLE.c.id == schedule_id, TABLE.c.state == PAUSED)
        columns = {"state": ACTIVE, "why": "", "next_at": next_at, "changed_at": at}
        return bool((await self._database.execute(statement.values(columns))).rowcount)

    async def _select(
        self,
        *where: ColumnElement[bool],
        order_by: tuple[Any, ...] = (TABLE.c.team, TABLE.c.channel, TABLE.c.number),
        limit: int | None = None,
    ) -> list[Schedule]:
        statement = select(*COLUMNS).where(*where).order_by(*order_by).limit(limit)
        return [Schedule(*row) for row in await self._database.fetch_all(statement)]


async def advance(connection: AsyncConnection, due: Sequence[DueSchedule]) -> list[DueSchedule]:
    """Set when schedules are due next, within the caller's transaction; return those that were advanced.

    Schedules that another process has advanced, or is advancing, are skipped; those that a row being added refers to
    aren't (`key_share`). On SQLite, SQLAlchemy omits FOR UPDATE: there the transaction is a lock already.
    """
    unchanged = tuple_(TABLE.c.id, TABLE.c.next_at).in_([(entry.schedule.id, entry.schedule.next_at) for entry in due])
    lock = select(TABLE.c.id).where(unchanged).with_for_update(skip_locked=True, key_share=True)
    locked_ids = {*await connection.scalars(lock)}
    advanced = [entry for entry in due if entry.schedule.id in locked_ids]
    if advanced:
        await connection.execute(
            SET_NEXT_AT, [{"of": entry.schedule.id, "next_at": entry.next_at} for entry in advanced]
        )
    return advanced


async def _lock(connection: AsyncConnection, schedule_id: str) -> tuple[Schedule, int]:
    """Return a schedule, which nobody else can change until the transaction ends, and the number of its last change."""
    row = (await connection.execute(SELECT_BY_ID.with_for_update(key_share=True), {"of": schedule_id})).one()
    last_number = await connection.scalar(select(LAST_CHANGES.c.number).where(LAST_CHANGES.c.schedule == schedule_id))
    return Schedule(*row), last_number or 0


async def _save(
    connection: AsyncConnection, before: Schedule, after: Schedule, number: int, by: str, at: datetime
) -> ChangedSchedule:
    columns = {name: getattr(after, name) for name in EDITABLE}
    if after.line != before.line:
        columns["looked_at"] = None  # a watch's first check of a new question is silent
    await connection.execute(update(TABLE).where(TABLE.c.id == before.id).values({**columns, "changed_at": at}))
    await _record_change(connection, before, number, by, at)
    return ChangedSchedule(after, number)


async def _record_change(connection: AsyncConnection, before: Schedule, number: int, by: str, at: datetime) -> None:
    columns = {name: getattr(before, name) for name in EDITABLE}
    await upsert(connection, LAST_CHANGES, schedule=before.id, number=number, by=by, at=at, **columns)


async def pause_all(connection: AsyncConnection, team: str, channel: str, why: str, at: datetime) -> list[Schedule]:
    """Pause the active schedules of a channel, within the caller's transaction; return them, by number."""
    pause = update(TABLE).where(*_in_channel(team, channel), TABLE.c.state == ACTIVE)
    columns = {"state": PAUSED, "why": why, "next_at": None, "changed_at": at}
    paused = [Schedule(*row) for row in await connection.execute(pause.values(columns).returning(*COLUMNS))]
    return sorted(paused, key=lambda schedule: schedule.number)


def _in_channel(team: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.team == team, TABLE.c.channel == channel
