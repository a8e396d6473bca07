"""Runs: each occurrence of a schedule, with its state.

An open run is offered to workers until it is closed. A worker leases it, so that only one works on it; when another
worker has taken over an expired lease, the first one's updates change nothing. `posting` is written before a message
is posted and cleared after it: a message that is still marked may be in the channel or not.

A quota limits how many runs start per minute, across all processes of a workspace. It is a token bucket (GCRA): a row
holds the second until which the capacity is spent, and each run moves it ahead. It may be up to BURST_SECONDS ahead of
now; beyond that, the caller must retry later.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, func, or_, select, tuple_, update

from bot.store.database import Database
from bot.store.models import DueSchedule, QueryKey, Run, Schedule
from bot.store.schedules import COLUMNS as SCHEDULE
from bot.store.schedules import advance
from bot.store.statements import add, add_all
from bot.store.tables import ANSWERS, RATE_LIMITS, SCHEDULES
from bot.store.tables import RUNS as TABLE

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

# The statements of each delivery are built once: building one costs as much as sending it. The values to set are named
# after their columns at execution, so the bind parameters of the conditions have other names.
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
    """The runs of all schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_due(self, due: Sequence[DueSchedule]) -> int:
        """Create the runs of due schedules and set when each is due next; return how many schedules were advanced.

        Schedules that another process advances are skipped. One transaction for all is faster than one for each.
        """
        if not due:
            return 0
        async with self._database.transaction() as connection:
            advanced = await advance(connection, due)
            rows = [run_row(entry.schedule, entry.zone, at, why) for entry in advanced for at, why in entry.runs]
            if rows:
                await add_all(connection, TABLE, rows)
        return len(advanced)

    async def add_manual(self, schedule: Schedule, zone: str, at: datetime, by: str) -> None:
        """Add a run that somebody requested."""
        async with self._database.transaction() as connection:
            await add(connection, TABLE, **run_row(schedule, zone, at, "") | {"by": by})

    async def add_failed(self, schedule: Schedule, zone: str, at: datetime, why: str) -> bool:
        """Add a run that failed before it could be leased; return whether it is new."""
        row = run_row(schedule, zone, at, "") | {"state": STATE_FAILED, "why": why, "again_at": None, "closed_at": at}
        async with self._database.transaction() as connection:
            return await add(connection, TABLE, **row)

    async def list_open(self, team: str, now: datetime, limit: int) -> list[tuple[Run, bool]]:
        """Return the open runs to offer by now, oldest first, and whether each has its answer already."""
        statement = (
            select(*COLUMNS, ANSWERS.c.asked_at.is_not(None) | TABLE.c.said.is_not(None))
            .select_from(RUNS_WITH_ANSWERS)
            .where(TABLE.c.team == team, TABLE.c.state == STATE_OPEN, TABLE.c.again_at <= now)
            .order_by(TABLE.c.at, TABLE.c.schedule)
            .limit(limit)
        )
        return [(_to_run(row), bool(row[-1])) for row in await self._database.fetch_all(statement)]

    async def list_awaiting(self, query_key: QueryKey) -> list[Run]:
        """Return the open runs that wait for the answer to a question."""
        return await self._select(TABLE.c.state == STATE_OPEN, *_matches_query(query_key))

    async def get(self, schedule_id: str, at: datetime) -> Run | None:
        return next(iter(await self._select(TABLE.c.schedule == schedule_id, TABLE.c.at == at)), None)

    async def history(self, schedule_ids: Sequence[str], limit: int) -> list[Run]:
        """Return the last runs of some schedules, latest first."""
        return await self._select(TABLE.c.schedule.in_(schedule_ids), order_by=TABLE.c.at.desc(), limit=limit)

    async def defer(self, runs: Sequence[Run], until: datetime) -> None:
        """Offer open runs of one moment, which a worker has just been offered, again at *until* in case it is lost.

        A run that was leased or released since it was read keeps the time that was set then.
        """
        await self._reoffer(runs, "offered", again_at=until)

    async def retry_at(self, runs: Sequence[Run], at: datetime) -> None:
        """Release open runs of one moment after a failed attempt, and offer them again at *at*."""
        await self._reoffer(runs, "taken_by", again_at=at, taken_by="", taken_until=None, attempt=TABLE.c.attempt + 1)

    async def requeue(self, schedule_ids: Collection[str], at: datetime, now: datetime) -> None:
        """Offer open runs of one moment again at once, except leased ones."""
        statement = update(TABLE).where(
            TABLE.c.schedule.in_(schedule_ids), TABLE.c.at == at, TABLE.c.state == STATE_OPEN, UNLEASED
        )
        await self._database.execute(statement.values(again_at=now, offered=TABLE.c.offered + 1), now=now)

    async def _reoffer(self, runs: Sequence[Run], unchanged_column: str, **values: Any) -> None:
        """Offer open runs of one moment again, if this column still has the value that was read."""
        unchanged = tuple_(TABLE.c.schedule, TABLE.c[unchanged_column]).in_(
            [(run.schedule, getattr(run, unchanged_column)) for run in runs]
        )
        statement = update(TABLE).where(unchanged, TABLE.c.at == runs[0].at, TABLE.c.state == STATE_OPEN)
        await self._database.execute(statement.values(values | {"offered": TABLE.c.offered + 1}))

    async def lease(self, schedule_id: str, at: datetime, by: str, now: datetime, until: datetime) -> Run | None:
        """Lease an open run until then, unless another worker holds it."""
        values: dict[str, Any] = {"taken_by": by, "taken_until": until, "again_at": until}
        result = await self._database.execute(LEASE_RETURNING, of=schedule_id, moment=at, now=now, me=by, **values)
        return next((Run(*row) for row in result.rows), None)

    # Each of these returns whether the lease was still valid.

    async def _update_leased(self, run: Run, **values: Any) -> bool:
        lease = {"of": run.schedule, "moment": run.at, "mine": run.taken_by}
        return bool((await self._database.execute(UPDATE_LEASED, **lease, **values)).rowcount)

    async def mark_posting(self, run: Run, index: int | None, at: datetime) -> bool:
        """Record which message is about to be posted; None if Slack has refused it."""
        return await self._update_leased(run, posting=index, posting_at=at)

    async def mark_posted(self, run: Run, index: int, ts: str) -> bool:
        """Record that a message is in the channel."""
        return await self._update_leased(run, **_posted_columns(index, ts))

    async def close(
        self, run: Run, state: str, why: str, at: datetime, last_message: tuple[int, str] | None = None
    ) -> bool:
        """Close a run and delete its own message. *last_message* also records the last message that was posted."""
        cleared: dict[str, Any] = {"again_at": None, "taken_until": None, "said": None}
        posted = _posted_columns(*last_message) if last_message else {}
        return await self._update_leased(run, state=state, why=why, closed_at=at, **cleared, **posted)

    async def schedule_and_missed(self, run: Run, limit: int) -> tuple[Schedule, list[datetime]] | None:
        """Return a run's schedule, and when runs before it were skipped or failed since a delivery, latest first."""
        rows = await self._database.fetch_all(SELECT_SCHEDULE_AND_MISSED, of=run.schedule, moment=run.at, most=limit)
        return (Schedule(*rows[0][:-1]), [row[-1] for row in rows if row[-1]]) if rows else None

    async def get_answer(self, query_key: QueryKey) -> tuple[dict[str, Any], bool] | None:
        """Return the saved answer to a question, and whether it is quiet."""
        row = await self._database.fetch_one(SELECT_ANSWER, **asdict(query_key))
        return (row[0], row[1]) if row else None

    async def save_answer(self, query_key: QueryKey, message: dict[str, Any], at: datetime, *, quiet: bool) -> None:
        """Save the answer to a question for all runs that share it; the first answer wins."""
        async with self._database.transaction() as connection:
            await add(connection, ANSWERS, **asdict(query_key), said=message, quiet=quiet, asked_at=at)

    async def prune(self, answers_before: datetime, runs_before: datetime) -> None:
        """Delete answers, and closed runs and stopped schedules, that are older than these moments."""
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


BURST_SECONDS = 10.0
WINDOW_SECONDS = 60.0 + BURST_SECONDS  # so that a burst and the minute after it stay within the limit of a minute
MAX_AHEAD_SECONDS = 2 * BURST_SECONDS + WINDOW_SECONDS  # further ahead means that the clock was set back: start over
MIN_RETRY_SECONDS = 0.05  # retrying sooner would only cost statements

THIS_TEAM = RATE_LIMITS.c.team == bindparam("of")
SELECT_SPENT = select(RATE_LIMITS.c.spent).where(THIS_TEAM)
SPENT_OR_NOW = case(
    (RATE_LIMITS.c.spent.between(bindparam("now"), bindparam("far")), RATE_LIMITS.c.spent), else_=bindparam("now")
)
HAS_CAPACITY = or_(RATE_LIMITS.c.spent <= bindparam("latest"), RATE_LIMITS.c.spent > bindparam("far"))
SPEND = update(RATE_LIMITS).where(THIS_TEAM, HAS_CAPACITY).values(spent=SPENT_OR_NOW + bindparam("span"))


def max_batch_size(per_minute: int) -> int:
    """Return how many runs one call may acquire."""
    return max(1, int(per_minute * BURST_SECONDS / WINDOW_SECONDS))


class DeliveryQuotas:
    """The rate limits of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, team: str, count: int, per_minute: int, at: datetime) -> float:
        """Acquire capacity for *count* runs; return 0, or the seconds after which to retry."""
        now, span = at.timestamp(), WINDOW_SECONDS * count / per_minute
        latest = now + max(0.0, BURST_SECONDS - span)
        params = {"now": now, "latest": latest, "far": now + MAX_AHEAD_SECONDS, "span": span}
        if (await self._database.execute(SPEND, of=team, **params)).rowcount:
            return 0.0
        if spent := await self._database.fetch_one(SELECT_SPENT, of=team):
            return max(MIN_RETRY_SECONDS, float(spent[0]) - latest)
        await self._add_team(team)
        return await self.acquire(team, count, per_minute, at)

    async def _add_team(self, team: str) -> None:
        async with self._database.transaction() as connection:
            await add(connection, RATE_LIMITS, team=team, spent=0.0)
