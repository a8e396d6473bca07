"""The slots of schedules: each moment at which one was due, and what became of it.

An open slot is offered until it is closed. Whoever works on one takes it for a while, so that two who were offered the
same do not both; and who has stood still for so long that somebody else took it changes nothing any more. Before a
message is posted that is written down, and after it as well: what is found in between may stand in the channel or not.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, null, or_, select, tuple_, update
from sqlalchemy.sql.dml import Update

from bot.store.connections import Connections
from bot.store.records import Asking, Begun, Schedule, Slot
from bot.store.schedules import advance
from bot.store.tables import ASKED, SCHEDULES
from bot.store.tables import SLOTS as TABLE
from bot.store.upsert import add

OPEN, SKIPPED = "open", "skipped"
ASKED_FOR = TABLE.join(
    ASKED,
    (TABLE.c.team == ASKED.c.team)
    & (TABLE.c.line == ASKED.c.line)
    & (TABLE.c.zone == ASKED.c.zone)
    & (TABLE.c.at == ASKED.c.at),
    isouter=True,
)


COLUMNS = [TABLE.c[name] for name in Slot.__slots__]


class Slots:
    """The slots of all schedules."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def begin(self, due: Sequence[Begun]) -> int:
        """The slots of schedules that are due, and when each is due next: all of a schedule, unless somebody else did
        so. It says how many were one's own. All of them are one transaction, which is quicker than one for each."""
        mine = 0
        async with self._connections.writing() as connection:
            for begun in due:
                if await advance(connection, begun.schedule, begun.next_at):
                    mine += 1
                    for at, why in begun.slots:
                        await add(connection, TABLE, **slot_row(begun.schedule, begun.zone, at, why))
        return mine

    async def ask_for(self, schedule: Schedule, zone: str, at: datetime, by: str) -> None:
        """A slot of its own, because somebody wants it at once."""
        async with self._connections.writing() as connection:
            await add(connection, TABLE, **slot_row(schedule, zone, at, "") | {"by": by})

    async def open(self, team: str, now: datetime, most: int) -> list[tuple[Slot, bool]]:
        """Open slots that are to be offered by now, the oldest first, and whether they are answered."""
        chosen = (
            select(*COLUMNS, or_(ASKED.c.asked_at.is_not(None), TABLE.c.said.is_not(null())))
            .select_from(ASKED_FOR)
            .where(TABLE.c.team == team, TABLE.c.state == OPEN, TABLE.c.again_at <= now)
            .order_by(TABLE.c.at, TABLE.c.schedule)
            .limit(most)
        )
        async with self._connections.reading() as connection:
            return [(_slot(row), bool(row[-1])) for row in await connection.execute(chosen)]

    async def of(self, asking: Asking) -> list[Slot]:
        """The open slots that want the answer to a question."""
        return await self._select(TABLE.c.state == OPEN, *_wants(asking, TABLE))

    async def get(self, schedule: str, at: datetime) -> Slot | None:
        return next(iter(await self._select(*_is(schedule, at))), None)

    async def history(self, schedules: Sequence[str], most: int) -> list[Slot]:
        """The last slots of some schedules, the latest first."""
        return await self._select(TABLE.c.schedule.in_(schedules), order=TABLE.c.at.desc(), most=most)

    async def hold_back(self, slots: Sequence[Slot], until: datetime) -> None:
        """Open slots of one moment that somebody works on, who may be lost: they are offered again only then, or when
        whoever has taken one, or let it go, has said since."""
        await self._change(slots, "offered", again_at=until, offered=TABLE.c.offered + 1)

    async def again(self, slots: Sequence[Slot], at: datetime) -> None:
        """Open slots of one moment with which somebody was not lucky are free again, and offered at that moment."""
        more: dict[str, Any] = {"attempt": TABLE.c.attempt + 1, "offered": TABLE.c.offered + 1}
        await self._change(slots, again_at=at, taken_by="", taken_until=None, **more)

    async def _change(self, slots: Sequence[Slot], /, same: str = "taken_by", **values: Any) -> bool:
        """Change open slots of one moment, as far as this column still says what was read; whether there were any."""
        read = tuple_(TABLE.c.schedule, TABLE.c[same]).in_([(slot.schedule, getattr(slot, same)) for slot in slots])
        chosen = update(TABLE).where(read, TABLE.c.at == slots[0].at, TABLE.c.state == OPEN)
        async with self._connections.writing() as connection:
            return bool((await connection.execute(chosen.values(values))).rowcount)

    async def take(self, schedule: str, at: datetime, by: str, now: datetime, until: datetime) -> Slot | None:
        """Take an open slot for a while, unless somebody else has it."""
        free = or_(TABLE.c.taken_until.is_(None), TABLE.c.taken_until <= now, TABLE.c.taken_by == by)
        values = {"taken_by": by, "taken_until": until, "again_at": until, "offered": TABLE.c.offered + 1}
        mine = _open(schedule, at).where(free).values(values)
        async with self._connections.writing() as connection:
            row = (await connection.execute(mine.returning(*COLUMNS))).one_or_none()
        return _slot(row) if row else None

    # Each of these says whether the slot was still one's own to change.

    async def mark(self, slot: Slot, part: int | None, at: datetime) -> bool:
        """Somebody is about to post a message of it; or nobody is any more, since Slack did not take it."""
        return await self._change([slot], posting=part, posting_at=at)

    async def keep(self, slot: Slot, part: int, ts: str) -> bool:
        """A message of it stands in the channel."""
        first = {"ts": ts} if part == 0 else {}
        return await self._change([slot], posted=part + 1, posting=None, posting_at=None, **first)

    async def close(self, slot: Slot, state: str, why: str, at: datetime) -> bool:
        """It is done with, well or not; what was to be said in it is not needed any more."""
        gone: dict[str, Any] = {"again_at": None, "taken_until": None, "said": null()}
        return await self._change([slot], state=state, why=why, closed_at=at, **gone)

    async def answered(self, asking: Asking) -> tuple[dict[str, Any], bool] | None:
        """What was answered to a question, and whether that says that there is nothing to say."""
        chosen = select(ASKED.c.said, ASKED.c.quiet).where(*_wants(asking, ASKED))
        row = await self._connections.row(chosen)
        return (row[0], row[1]) if row else None

    async def own(self, slot: Slot) -> dict[str, Any] | None:
        """What is to be said in this slot alone, where it is not the answer for all."""
        row = await self._connections.row(select(TABLE.c.said).where(*_is(slot.schedule, slot.at)))
        return row[0] if row else None

    async def answer(self, asking: Asking, said: dict[str, Any], at: datetime, *, quiet: bool) -> None:
        """Keep what was answered to a question, for all who want it; what was answered first stands."""
        async with self._connections.writing() as connection:
            await add(connection, ASKED, **asdict(asking), said=said, quiet=quiet, asked_at=at)

    async def forget(self, answers: datetime, slots: datetime) -> None:
        """Delete answers, and closed slots and stopped schedules, that are older than these moments."""
        async with self._connections.writing() as connection:
            await connection.execute(delete(ASKED).where(ASKED.c.asked_at < answers))
            await connection.execute(delete(TABLE).where(TABLE.c.state != OPEN, TABLE.c.at < slots))
            ended = (SCHEDULES.c.state == "stopped", SCHEDULES.c.changed_at < slots)
            await connection.execute(delete(SCHEDULES).where(*ended))

    async def _select(
        self, *where: ColumnElement[bool], order: Any = TABLE.c.schedule, most: int | None = None
    ) -> list[Slot]:
        async with self._connections.reading() as connection:
            found = await connection.execute(select(*COLUMNS).where(*where).order_by(order).limit(most))
            return [_slot(row) for row in found]


def slot_row(schedule: Schedule, zone: str, at: datetime, why: str) -> dict[str, Any]:
    return {
        "schedule": schedule.id,
        "at": at,
        "team": schedule.team,
        "line": schedule.line,
        "zone": zone,
        "by": "",
        "state": SKIPPED if why else OPEN,
        "why": why,
        "offered": 0,
        "attempt": 0,
        "again_at": None if why else at,
        "taken_by": "",
        "posted": 0,
        "ts": "",
        "closed_at": at if why else None,
    }


def _is(schedule: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.schedule == schedule, TABLE.c.at == at


def _wants(asking: Asking, table: Table) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in asdict(asking).items()]


def _open(schedule: str, at: datetime) -> Update:
    return update(TABLE).where(*_is(schedule, at), TABLE.c.state == OPEN)


def _slot(row: Any) -> Slot:
    return Slot(*row[: len(COLUMNS)])
