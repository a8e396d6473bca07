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

from bot.store.database import Database
from bot.store.models import DueSchedule, QueryKey, Run, Schedule
from bot.store.schedules import COLUMNS as SCHEDULE
from bot.store.schedules import advance
from bot.store.tables import ANSWERS, SCHEDULES
from bot.store.tables import RUNS as TABLE
from bot.store.upsert import add, add_all

STATE_OPEN, STATE_SKIPPED, STATE_FAILED = "open", "skipped", "failed"
RUNS_WITH_ANSWERS = TABLE.join(
    ANSWERS,
    (TABLE.c.team == ANSWERS.c.team)
    & (TABLE.c.line == ANSWERS.c.line)
    & (TABLE.c.zone == ANSWERS.c.zone)
    & (TABLE.c.at == ANSWERS.c.at),
    isouter=True,
)
COLUMNS = [TABLE.c[name] for name in Run.__slots__ if name != "said"]

# What each delivery says is made once: to put a statement together costs as much as to send it. What is set is named
# where it is run, and so these have other names for what they look for.
THIS_RUN = (TABLE.c.schedule == bindparam("of"), TABLE.c.at == bindparam("moment"))
UPDATE_LEASED = update(TABLE).where(*THIS_RUN, TABLE.c.taken_by == bindparam("mine"), TABLE.c.state == STATE_OPEN)
UNLEASED = or_(TABLE.c.taken_until.is_(None), TABLE.c.taken_until <= bindparam("now"))
LEASABLE = or_(UNLEASED, TABLE.c.taken_by == bindparam("me"))
LEASE = update(TABLE).where(*THIS_RUN, TABLE.c.state == STATE_OPEN, LEASABLE).values(offered=TABLE.c.offered + 1)
LEASE_RETURNING = LEASE.returning(*COLUMNS, TABLE.c.said)
SELECT_ANSWER = select(ANSWERS.c.said, ANSWERS.c.quiet).where(
    *(ANSWERS.c[name] == bindparam(name) for name in QueryKey.__slots__)
)
EARLIER_RUNS = (TABLE.c.schedule == bindparam("of"), TABLE.c.at < bindparam("moment"))
LAST_DELIVERED_AT = (
    select(func.max(TABLE.c.at)).where(*EARLIER_RUNS, TABLE.c.state.in_(("delivered", "quiet"))).scalar_subquery()
)
MISSED_RUNS = and_(
    *EARLIER_RUNS,
    TABLE.c.state.in_((STATE_SKIPPED, STATE_FAILED)),
    or_(LAST_DELIVERED_AT.is_(None), TABLE.c.at > LAST_DELIVERED_AT),
)
SELECT_SCHEDULE_AND_MISSED = (
    select(*SCHEDULE, TABLE.c.at)
    .select_from(SCHEDULES.join(TABLE, MISSED_RUNS, isouter=True))
    .where(SCHEDULES.c.id == bindparam("of"))
    .order_by(TABLE.c.at.desc())
    .limit(bindparam("most"))
)


class Runs:
    """The slots of all schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_due(self, due: Sequence[DueSchedule]) -> int:
        """The slots of schedules that are due, and when each is due next: all of a schedule, unless somebody else does
        so. It says how many were one's own. All of them are one transaction, which is quicker than one for each."""
        if not due:
            return 0
        async with self._database.transaction() as connection:
            advanced = await advance(connection, due)
            rows = [run_row(entry.schedule, entry.zone, at, why) for entry in advanced for at, why in entry.runs]
            if rows:
                await add_all(connection, TABLE, rows)
        return len(advanced)

    async def add_manual(self, schedule: Schedule, zone: str, at: datetime, by: str) -> None:
        """A slot of its own, because somebody wants it at once."""
        async with self._database.transaction() as connection:
            await add(connection, TABLE, **run_row(schedule, zone, at, "") | {"by": by})

    async def add_failed(self, schedule: Schedule, zone: str, at: datetime, why: str) -> bool:
        """A slot that failed before anybody could take it; whether it is new."""
        row = run_row(schedule, zone, at, "") | {"state": STATE_FAILED, "why": why, "again_at": None, "closed_at": at}
        async with self._database.transaction() as connection:
            return await add(connection, TABLE, **row)

    async def list_open(self, team: str, now: datetime, limit: int) -> list[tuple[Run, bool]]:
        """Open slots that are to be offered by now, the oldest first, and whether they are answered."""
        statement = (
            select(*COLUMNS, ANSWERS.c.asked_at.is_not(None) | TABLE.c.said.is_not(None))
            .select_from(RUNS_WITH_ANSWERS)
            .where(TABLE.c.team == team, TABLE.c.state == STATE_OPEN, TABLE.c.again_at <= now)
            .order_by(TABLE.c.at, TABLE.c.schedule)
            .limit(limit)
        )
        return [(_to_run(row), bool(row[-1])) for row in await self._database.fetch_all(statement)]

    async def list_awaiting(self, query_key: QueryKey) -> list[Run]:
        """The open slots that want the answer to a question."""
        return await self._select(TABLE.c.state == STATE_OPEN, *_matches_query(query_key))

    async def get(self, schedule_id: str, at: datetime) -> Run | None:
        return next(iter(await self._select(TABLE.c.schedule == schedule_id, TABLE.c.at == at)), None)

    async def history(self, schedule_ids: Sequence[str], limit: int) -> list[Run]:
        """The last slots of some schedules, the latest first."""
        return await self._select(TABLE.c.schedule.in_(schedule_ids), order_by=TABLE.c.at.desc(), limit=limit)

    async def defer(self, runs: Sequence[Run], until: datetime) -> None:
        """Open slots of one moment that somebody works on, who may be lost: they are offered again only then, or when
        whoever has taken one, or let it go, has said since."""
        await self._reoffer(runs, "offered", again_at=until)

    async def retry_at(self, runs: Sequence[Run], at: datetime) -> None:
        """Open slots of one moment with which somebody was not lucky are free again, and offered at that moment."""
        await self._reoffer(runs, "taken_by", again_at=at, taken_by="", taken_until=None, attempt=TABLE.c.attempt + 1)

    async def requeue(self, schedule_ids: Collection[str], at: datetime, now: datetime) -> None:
        """Open slots of one moment that nobody has taken are offered again at once."""
        statement = update(TABLE).where(
            TABLE.c.schedule.in_(schedule_ids), TABLE.c.at == at, TABLE.c.state == STATE_OPEN, UNLEASED
        )
        await self._database.execute(statement.values(again_at=now, offered=TABLE.c.offered + 1), now=now)

    async def _reoffer(self, runs: Sequence[Run], unchanged_column: str, **values: Any) -> None:
        """Offer open slots of one moment anew, as far as this column still says what was read."""
        unchanged = tuple_(TABLE.c.schedule, TABLE.c[unchanged_column]).in_(
            [(run.schedule, getattr(run, unchanged_column)) for run in runs]
        )
        statement = update(TABLE).where(unchanged, TABLE.c.at == runs[0].at, TABLE.c.state == STATE_OPEN)
        await self._database.execute(statement.values(values | {"offered": TABLE.c.offered + 1}))

    async def lease(self, schedule_id: str, at: datetime, by: str, now: datetime, until: datetime) -> Run | None:
        """Take an open slot for a while, unless somebody else has it."""
        values: dict[str, Any] = {"taken_by": by, "taken_until": until, "again_at": until}
        result = await self._database.execute(LEASE_RETURNING, of=schedule_id, moment=at, now=now, me=by, **values)
        return next((Run(*row) for row in result.rows), None)

    # Each of these says whether the slot was still one's own to change.

    async def _update_leased(self, run: Run, **values: Any) -> bool:
        lease = {"of": run.schedule, "moment": run.at, "mine": run.taken_by}
        return bool((await self._database.execute(UPDATE_LEASED, **lease, **values)).rowcount)

    async def mark_posting(self, run: Run, index: int | None, at: datetime) -> bool:
        """Somebody is about to post a message of it; or nobody is any more, since Slack did not take it."""
        return await self._update_leased(run, posting=index, posting_at=at)

    async def mark_posted(self, run: Run, index: int, ts: str) -> bool:
        """A message of it stands in the channel."""
        return await self._update_leased(run, **_posted_columns(index, ts))

    async def close(
        self, run: Run, state: str, why: str, at: datetime, last_message: tuple[int, str] | None = None
    ) -> bool:
        """It is done with, well or not; what was to be said in it is not needed any more. The *last* message of it that
        stands in the channel may be kept with that."""
        cleared: dict[str, Any] = {"again_at": None, "taken_until": None, "said": None}
        posted = _posted_columns(*last_message) if last_message else {}
        return await self._update_leased(run, state=state, why=why, closed_at=at, **cleared, **posted)

    async def schedule_and_missed(self, run: Run, limit: int) -> tuple[Schedule, list[datetime]] | None:
        """Whose slot it is, and when something was skipped or failed since something was delivered last, before it; the
        latest first."""
        rows = await self._database.fetch_all(SELECT_SCHEDULE_AND_MISSED, of=run.schedule, moment=run.at, most=limit)
        return (Schedule(*rows[0][:-1]), [row[-1] for row in rows if row[-1]]) if rows else None

    async def get_answer(self, query_key: QueryKey) -> tuple[dict[str, Any], bool] | None:
        """What was answered to a question, and whether that says that there is nothing to say."""
        row = await self._database.fetch_one(SELECT_ANSWER, **asdict(query_key))
        return (row[0], row[1]) if row else None

    async def save_answer(self, query_key: QueryKey, message: dict[str, Any], at: datetime, *, quiet: bool) -> None:
        """Keep what was answered to a question, for all who want it; what was answered first stands."""
        async with self._database.transaction() as connection:
            await add(connection, ANSWERS, **asdict(query_key), said=message, quiet=quiet, asked_at=at)

    async def prune(self, answers_before: datetime, runs_before: datetime) -> None:
        """Delete answers, and closed slots and stopped schedules, that are older than these moments."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(ANSWERS).where(ANSWERS.c.asked_at < answers_before))
            await connection.execute(delete(TABLE).where(TABLE.c.state != STATE_OPEN, TABLE.c.at < runs_before))
            stopped = (SCHEDULES.c.state == "stopped", SCHEDULES.c.changed_at < runs_before)
            await connection.execute(delete(SCHEDULES).where(*stopped))

    async def _select(
        self, *where: ColumnElement[bool], order_by: Any = TABLE.c.schedule, limit: int | None = None
    ) -> list[Run]:
        statement = select(*COLUMNS).where(*where).order_by(order_by).limit(limit)
        return [_to_run(row) for row in await self._database.fetch_all(statement)]


def run_row(schedule: Schedule, zone: str, at: datetime, why: str) -> dict[str, Any]:
    return {
        "schedule": schedule.id,
        "at": at,
        "team": schedule.team,
        "line": schedule.line,
        "zone": zone,
        "by": "",
        "state": STATE_SKIPPED if why else STATE_OPEN,
        "why": why,
        "offered": 0,
        "attempt": 0,
        "again_at": None if why else at,
        "taken_by": "",
        "posted": 0,
        "ts": "",
        "closed_at": at if why else None,
    }


def _posted_columns(index: int, ts: str) -> dict[str, Any]:
    first_ts = {"ts": ts} if index == 0 else {}
    return {"posted": index + 1, "posting": None, "posting_at": None, **first_ts}


def _matches_query(query_key: QueryKey) -> list[ColumnElement[bool]]:
    return [TABLE.c[name] == value for name, value in asdict(query_key).items()]


def _to_run(row: Any) -> Run:
    return Run(*row[: len(COLUMNS)])
