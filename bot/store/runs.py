"""The slots of schedules: each moment at which one was due, and what became of it.

An open slot is offered until it is closed. Whoever works on one takes it for a while, so that two who were offered the
same do not both; and who has stood still for so long that somebody else took it changes nothing any more. Before a
message is posted that is written down, and after it as well: what is found in between may stand in the channel or not.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select, tuple_, update

from bot.store.database import Connections
from bot.store.models import Asking, Begun, Schedule, Slot
from bot.store.schedules import COLUMNS as SCHEDULE
from bot.store.schedules import advance
from bot.store.tables import ASKED, SCHEDULES
from bot.store.tables import SLOTS as TABLE
from bot.store.upsert import add, add_all

OPEN, SKIPPED, FAILED = "open", "skipped", "failed"
ASKED_FOR = TABLE.join(
    ASKED,
    (TABLE.c.team == ASKED.c.team)
    & (TABLE.c.line == ASKED.c.line)
    & (TABLE.c.zone == ASKED.c.zone)
    & (TABLE.c.at == ASKED.c.at),
    isouter=True,
)
COLUMNS = [TABLE.c[name] for name in Slot.__slots__ if name != "said"]

# What each delivery says is made once: to put a statement together costs as much as to send it. What is set is named
# where it is run, and so these have other names for what they look for.
THIS = (TABLE.c.schedule == bindparam("of"), TABLE.c.at == bindparam("moment"))
MINE = update(TABLE).where(*THIS, TABLE.c.taken_by == bindparam("mine"), TABLE.c.state == OPEN)
UNTAKEN = or_(TABLE.c.taken_until.is_(None), TABLE.c.taken_until <= bindparam("now"))
FREE = or_(UNTAKEN, TABLE.c.taken_by == bindparam("me"))
TAKE = update(TABLE).where(*THIS, TABLE.c.state == OPEN, FREE).values(offered=TABLE.c.offered + 1)
TAKEN = TAKE.returning(*COLUMNS, TABLE.c.said)
ANSWERED = select(ASKED.c.said, ASKED.c.quiet).where(*(ASKED.c[name] == bindparam(name) for name in Asking.__slots__))
EARLIER = (TABLE.c.schedule == bindparam("of"), TABLE.c.at < bindparam("moment"))
DELIVERED = select(func.max(TABLE.c.at)).where(*EARLIER, TABLE.c.state.in_(("delivered", "quiet"))).scalar_subquery()
LOST = and_(*EARLIER, TABLE.c.state.in_((SKIPPED, FAILED)), or_(DELIVERED.is_(None), TABLE.c.at > DELIVERED))
WANTED = (
    select(*SCHEDULE, TABLE.c.at)
    .select_from(SCHEDULES.join(TABLE, LOST, isouter=True))
    .where(SCHEDULES.c.id == bindparam("of"))
    .order_by(TABLE.c.at.desc())
    .limit(bindparam("most"))
)


class Slots:
    """The slots of all schedules."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def begin(self, due: Sequence[Begun]) -> int:
        """The slots of schedules that are due, and when each is due next: all of a schedule, unless somebody else does
        so. It says how many were one's own. All of them are one transaction, which is quicker than one for each."""
        if not due:
            return 0
        async with self._connections.writing() as connection:
            mine = await advance(connection, due)
            rows = [slot_row(begun.schedule, begun.zone, at, why) for begun in mine for at, why in begun.slots]
            if rows:
                await add_all(connection, TABLE, rows)
        return len(mine)

    async def ask_for(self, schedule: Schedule, zone: str, at: datetime, by: str) -> None:
        """A slot of its own, because somebody wants it at once."""
        async with self._connections.writing() as connection:
            await add(connection, TABLE, **slot_row(schedule, zone, at, "") | {"by": by})

    async def add_failed(self, schedule: Schedule, zone: str, at: datetime, why: str) -> bool:
        """A slot that failed before anybody could take it; whether it is new."""
        row = slot_row(schedule, zone, at, "") | {"state": FAILED, "why": why, "again_at": None, "closed_at": at}
        async with self._connections.writing() as connection:
            return await add(connection, TABLE, **row)

    async def open(self, team: str, now: datetime, most: int) -> list[tuple[Slot, bool]]:
        """Open slots that are to be offered by now, the oldest first, and whether they are answered."""
        chosen = (
            select(*COLUMNS, ASKED.c.asked_at.is_not(None) | TABLE.c.said.is_not(None))
            .select_from(ASKED_FOR)
            .where(TABLE.c.team == team, TABLE.c.state == OPEN, TABLE.c.again_at <= now)
            .order_by(TABLE.c.at, TABLE.c.schedule)
            .limit(most)
        )
        return [(_slot(row), bool(row[-1])) for row in await self._connections.rows(chosen)]

    async def of(self, asking: Asking) -> list[Slot]:
        """The open slots that want the answer to a question."""
        return await self._select(TABLE.c.state == OPEN, *_wants(asking))

    async def get(self, schedule: str, at: datetime) -> Slot | None:
        return next(iter(await self._select(TABLE.c.schedule == schedule, TABLE.c.at == at)), None)

    async def history(self, schedules: Sequence[str], most: int) -> list[Slot]:
        """The last slots of some schedules, the latest first."""
        return await self._select(TABLE.c.schedule.in_(schedules), order=TABLE.c.at.desc(), most=most)

    async def hold_back(self, slots: Sequence[Slot], until: datetime) -> None:
        """Open slots of one moment that somebody works on, who may be lost: they are offered again only then, or when
        whoever has taken one, or let it go, has said since."""
        await self._change(slots, "offered", again_at=until)

    async def again(self, slots: Sequence[Slot], at: datetime) -> None:
        """Open slots of one moment with which somebody was not lucky are free again, and offered at that moment."""
        await self._change(slots, "taken_by", again_at=at, taken_by="", taken_until=None, attempt=TABLE.c.attempt + 1)

    async def put_back(self, schedules: Collection[str], at: datetime, now: datetime) -> None:
        """Open slots of one moment that nobody has taken are offered again at once."""
        chosen = update(TABLE).where(TABLE.c.schedule.in_(schedules), TABLE.c.at == at, TABLE.c.state == OPEN, UNTAKEN)
        await self._connections.write(chosen.values(again_at=now, offered=TABLE.c.offered + 1), now=now)

    async def _change(self, slots: Sequence[Slot], same: str, **values: Any) -> None:
        """Offer open slots of one moment anew, as far as this column still says what was read."""
        read = tuple_(TABLE.c.schedule, TABLE.c[same]).in_([(slot.schedule, getattr(slot, same)) for slot in slots])
        chosen = update(TABLE).where(read, TABLE.c.at == slots[0].at, TABLE.c.state == OPEN)
        await self._connections.write(chosen.values(values | {"offered": TABLE.c.offered + 1}))

    async def take(self, schedule: str, at: datetime, by: str, now: datetime, until: datetime) -> Slot | None:
        """Take an open slot for a while, unless somebody else has it."""
        given: dict[str, Any] = {"taken_by": by, "taken_until": until, "again_at": until}
        taken = await self._connections.write(TAKEN, of=schedule, moment=at, now=now, me=by, **given)
        return next((Slot(*row) for row in taken.rows), None)

    # Each of these says whether the slot was still one's own to change.

    async def _set(self, slot: Slot, **values: Any) -> bool:
        mine = {"of": slot.schedule, "moment": slot.at, "mine": slot.taken_by}
        return bool((await self._connections.write(MINE, **mine, **values)).changed)

    async def mark(self, slot: Slot, part: int | None, at: datetime) -> bool:
        """Somebody is about to post a message of it; or nobody is any more, since Slack did not take it."""
        return await self._set(slot, posting=part, posting_at=at)

    async def keep(self, slot: Slot, part: int, ts: str) -> bool:
        """A message of it stands in the channel."""
        return await self._set(slot, **_stands(part, ts))

    async def close(self, slot: Slot, state: str, why: str, at: datetime, last: tuple[int, str] | None = None) -> bool:
        """It is done with, well or not; what was to be said in it is not needed any more. The *last* message of it that
        stands in the channel may be kept with that."""
        gone: dict[str, Any] = {"again_at": None, "taken_until": None, "said": None}
        kept = _stands(*last) if last else {}
        return await self._set(slot, state=state, why=why, closed_at=at, **gone, **kept)

    async def wanted(self, slot: Slot, most: int) -> tuple[Schedule, list[datetime]] | None:
        """Whose slot it is, and when something was skipped or failed since something was delivered last, before it; the
        latest first."""
        rows = await self._connections.rows(WANTED, of=slot.schedule, moment=slot.at, most=most)
        return (Schedule(*rows[0][:-1]), [row[-1] for row in rows if row[-1]]) if rows else None

    async def answered(self, asking: Asking) -> tuple[dict[str, Any], bool] | None:
        """What was answered to a question, and whether that says that there is nothing to say."""
        row = await self._connections.row(ANSWERED, **asdict(asking))
        return (row[0], row[1]) if row else None

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
        chosen = select(*COLUMNS).where(*where).order_by(order).limit(most)
        return [_slot(row) for row in await self._connections.rows(chosen)]


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


def _stands(part: int, ts: str) -> dict[str, Any]:
    first = {"ts": ts} if part == 0 else {}
    return {"posted": part + 1, "posting": None, "posting_at": None, **first}


def _wants(asking: Asking) -> list[ColumnElement[bool]]:
    return [TABLE.c[name] == value for name, value in asdict(asking).items()]


def _slot(row: Any) -> Slot:
    return Slot(*row[: len(COLUMNS)])
