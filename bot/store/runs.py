"""Runs: each occurrence of a schedule, with its state; and the heartbeats of the workers that hold them.

Nothing else writes a run. It is created and changed only by the transitions in `bot/schedules/runs.py`. A transition is
saved by one statement, which changes nothing if lease or progress aren't any more as they were read (`Run.fence`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Update,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, add, add_all, upsert
from bot.store.models import DueSchedule, QueryKey, Run, RunState, Schedule, ScheduleState
from bot.store.schedules import COLUMNS as SCHEDULE
from bot.store.schedules import advance, pause_all
from bot.store.tables import ANSWERS, HEARTBEATS, SCHEDULES
from bot.store.tables import RUNS as TABLE

STORED_OPEN = "open"  # the state of all runs without an outcome: their lease and marker say the rest
COLUMN_BY_FIELD = {
    "outcome": "state",
    "offer_at": "again_at",
    "leased_by": "taken_by",
    "leased_until": "taken_until",
}
FIELDS = [name for name in Run.__slots__ if name != "message"]
COLUMN_NAMES = [COLUMN_BY_FIELD.get(name, name) for name in FIELDS]
COLUMNS = [TABLE.c[name] for name in COLUMN_NAMES]
OUTCOME = FIELDS.index("outcome")
GROWING = ("offered", "attempt", "log")  # these are added to, since offers aren't fenced
IS_OPEN = TABLE.c.state == STORED_OPEN


def _same_query(runs: FromClause) -> ColumnElement[bool]:
    return and_(*(runs.c[name] == ANSWERS.c[name] for name in QueryKey.__slots__))


RUNS_WITH_ANSWERS = TABLE.join(ANSWERS, _same_query(TABLE), isouter=True)

# NULLs equal nothing, so the fence has values in their place.
NEVER, NO_MESSAGE = datetime.fromtimestamp(0, UTC), -1
FENCE = (
    TABLE.c.schedule,
    TABLE.c.at,
    TABLE.c.taken_by,
    func.coalesce(TABLE.c.taken_until, bindparam("never", NEVER, type_=TABLE.c.taken_until.type)),
    TABLE.c.attempt,
    TABLE.c.posted,
    func.coalesce(TABLE.c.posting, NO_MESSAGE),
)

# The statements of each delivery are built once: building one costs as much as sending it.
SELECT_ANSWER = select(ANSWERS.c.said, ANSWERS.c.quiet).where(
    *(ANSWERS.c[name] == bindparam(name) for name in QueryKey.__slots__)
)
THIS_RUN = TABLE.alias("this_run")
EARLIER_RUNS = (TABLE.c.schedule == bindparam("of"), TABLE.c.at < bindparam("moment"))
LAST_DELIVERED_AT = (
    select(func.max(TABLE.c.at))
    .where(*EARLIER_RUNS, TABLE.c.state.in_((RunState.DELIVERED, RunState.QUIET)))
    .scalar_subquery()
)
MISSED_RUNS = and_(
    *EARLIER_RUNS,
    TABLE.c.state.in_((RunState.SKIPPED, RunState.FAILED)),
    or_(LAST_DELIVERED_AT.is_(None), TABLE.c.at > LAST_DELIVERED_AT),
)
SELECT_TO_DELIVER = (
    select(*(THIS_RUN.c[name] for name in (*COLUMN_NAMES, "said")), *SCHEDULE, ANSWERS.c.asked_at, TABLE.c.at)
    .select_from(
        THIS_RUN.join(SCHEDULES)
        .join(ANSWERS, _same_query(THIS_RUN), isouter=True)
        .join(TABLE, MISSED_RUNS, isouter=True)
    )
    .where(THIS_RUN.c.schedule == bindparam("of"), THIS_RUN.c.at == bindparam("moment"))
    .order_by(TABLE.c.at.desc())
    .limit(bindparam("most"))
)

THIS_WORKER = (HEARTBEATS.c.team == bindparam("of"), HEARTBEATS.c.worker == bindparam("who"))
THIS_HEARTBEAT = (*THIS_WORKER, HEARTBEATS.c.beat_at == bindparam("seen"))
RECORD_HEARTBEAT = update(HEARTBEATS).where(*THIS_WORKER).values(beat_at=bindparam("at"))
CLAIM_HEARTBEAT = update(HEARTBEATS).where(*THIS_HEARTBEAT).values(beat_at=bindparam("at"))
DELETE_HEARTBEAT = delete(HEARTBEATS).where(*THIS_HEARTBEAT)
SELECT_OTHER_HEARTBEATS = select(HEARTBEATS.c.worker, HEARTBEATS.c.beat_at).where(
    HEARTBEATS.c.team == bindparam("of"), HEARTBEATS.c.worker != bindparam("who")
)

RunChange = tuple[Run, Run]  # a run before a transition, and after it


class RunToDeliver(NamedTuple):
    """A run with its message, its schedule, when it was asked, and when runs were missed since the last delivery."""

    run: Run
    schedule: Schedule
    asked_at: datetime | None
    missed_at: list[datetime]


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
            await insert_runs(connection, [run for entry in advanced for run in entry.runs])
        return len(advanced)

    async def add(self, run: Run) -> bool:
        """Add a run; return whether it is new."""
        async with self._database.transaction() as connection:
            return await add(connection, TABLE, **run_row(run))

    async def save(self, changes: Iterable[RunChange]) -> list[Run]:
        """Save transitions, those that change the same in one statement; return the runs whose fence held."""
        return await self._save(changes, FENCE)

    async def offer(self, changes: Iterable[RunChange]) -> list[Run]:
        """Save offers of runs that weren't leased, released or offered since they were read."""
        return await self._save(changes, (*FENCE, TABLE.c.offered))

    async def _save(self, changes: Iterable[RunChange], fence: tuple[ColumnElement[Any], ...]) -> list[Run]:
        saved = list[Run]()
        for values, group in _group_by_values(changes):
            statement, params = _fenced_update(fence, values, group)
            keys = {(row[0], row[1]) for row in (await self._database.execute(statement, **params)).rows}
            saved += [after for _, after in group if (after.schedule, after.at) in keys]
        return saved

    async def save_and_pause(self, change: RunChange, channel: str, why: str, at: datetime) -> list[Schedule] | None:
        """Save a transition and pause the active schedules of its channel; return these, or None if it wasn't saved."""
        [(values, group)] = _group_by_values([change])
        async with self._database.transaction() as connection:
            if not (await connection.execute(*_fenced_update(FENCE, values, group))).all():
                return None
            return await pause_all(connection, change[0].team, channel, why, at)

    async def list_open(self, team: str, now: datetime, limit: int) -> list[tuple[Run, bool]]:
        """Return the open runs to offer by now, oldest first, and whether each has its answer already."""
        statement = (
            select(*COLUMNS, ANSWERS.c.asked_at.is_not(None) | TABLE.c.said.is_not(None))
            .select_from(RUNS_WITH_ANSWERS)
            .where(TABLE.c.team == team, IS_OPEN, TABLE.c.again_at <= now)
            .order_by(TABLE.c.at, TABLE.c.schedule)
            .limit(limit)
        )
        return [(_to_run(row), bool(row[-1])) for row in await self._database.fetch_all(statement)]

    async def list_awaiting(self, query_key: QueryKey) -> list[Run]:
        """Return the open runs that wait for the answer to a question."""
        return await self._select(IS_OPEN, *_matches_query(query_key))

    async def list_leased(self, team: str, worker: str) -> list[Run]:
        """Return the open runs whose last lease a worker holds."""
        has_index = TABLE.c.again_at.is_not(None)  # true of each open run
        return await self._select(TABLE.c.team == team, IS_OPEN, has_index, TABLE.c.taken_by == worker)

    async def list_at(self, schedule_ids: Collection[str], at: datetime) -> list[Run]:
        """Return the runs of some schedules at one moment."""
        return await self._select(TABLE.c.schedule.in_(schedule_ids), TABLE.c.at == at)

    async def get(self, schedule_id: str, at: datetime) -> Run | None:
        return next(iter(await self.list_at([schedule_id], at)), None)

    async def history(self, schedule_ids: Sequence[str], limit: int) -> list[Run]:
        """Return the last runs of some schedules, latest first."""
        return await self._select(TABLE.c.schedule.in_(schedule_ids), order_by=TABLE.c.at.desc(), limit=limit)

    async def last_delivered_at(self, team: str) -> datetime | None:
        """Return when a run of a workspace was last delivered."""
        delivered = (TABLE.c.team == team, TABLE.c.state.in_((RunState.DELIVERED, RunState.QUIET)))
        row = await self._database.fetch_one(select(func.max(TABLE.c.closed_at)).where(*delivered))
        return row[0] if row else None

    async def count_open(self, team: str) -> tuple[int, datetime | None]:
        """Count the open runs of a workspace, and return when the oldest was due."""
        statement = select(func.count(), func.min(TABLE.c.at)).where(TABLE.c.team == team, IS_OPEN)
        row = await self._database.fetch_one(statement.where(TABLE.c.again_at.is_not(None)))  # which has an index
        return (row[0], row[1]) if row else (0, None)

    async def count_alerts(self, schedule_id: str, since: datetime) -> int:
        """Count the runs of a watch since then, without replies."""
        alerts = (TABLE.c.schedule == schedule_id, TABLE.c.at > since, TABLE.c.reply_to.is_(None))
        row = await self._database.fetch_one(select(func.count()).select_from(TABLE).where(*alerts))
        return row[0] if row else 0

    async def to_deliver(self, schedule_id: str, at: datetime, limit: int) -> RunToDeliver | None:
        """Return a run, with what its delivery needs."""
        rows = await self._database.fetch_all(SELECT_TO_DELIVER, of=schedule_id, moment=at, most=limit)
        if not rows:
            return None
        run, schedule = _to_run(rows[0], rows[0][len(COLUMNS)]), Schedule(*rows[0][len(COLUMNS) + 1 : -2])
        return RunToDeliver(run, schedule, rows[0][-2], [row[-1] for row in rows if row[-1]])

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
            await connection.execute(delete(TABLE).where(~IS_OPEN, TABLE.c.at < runs_before))
            stopped = (SCHEDULES.c.state == ScheduleState.STOPPED, SCHEDULES.c.changed_at < runs_before)
            await connection.execute(delete(SCHEDULES).where(*stopped))

    async def _select(
        self, *where: ColumnElement[bool], order_by: Any = TABLE.c.schedule, limit: int | None = None
    ) -> list[Run]:
        statement = select(*COLUMNS).where(*where).order_by(order_by).limit(limit)
        return [_to_run(row) for row in await self._database.fetch_all(statement)]


async def insert_runs(connection: AsyncConnection, runs: Sequence[Run]) -> None:
    """Insert new runs within the caller's transaction."""
    if runs:
        await add_all(connection, TABLE, [run_row(run) for run in runs])


def _group_by_values(changes: Iterable[RunChange]) -> list[tuple[dict[str, Any], list[RunChange]]]:
    """Group transitions by what they change."""
    groups = defaultdict[tuple[tuple[str, Any], ...], list[RunChange]](list)
    for before, after in changes:
        groups[tuple(_changed_values(before, after).items())].append((before, after))
    return [(dict(values), group) for values, group in groups.items()]


def _changed_values(before: Run, after: Run) -> dict[str, Any]:
    """Return the columns that a transition changes, and what it adds to those that grow."""
    values: dict[str, Any] = {}
    for name, column in zip(FIELDS, COLUMN_NAMES, strict=True):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            values[column] = _growth(old, new) if name in GROWING else new
    return values | {"said": None} if after.outcome else values


def _growth(old: Any, new: Any) -> Any:
    """Return what was added: a number, or lines of the log."""
    return new.removeprefix(old) if isinstance(new, str) else new - old


def _fenced_update(
    fence: tuple[ColumnElement[Any], ...], values: dict[str, Any], group: list[RunChange]
) -> tuple[Update, dict[str, Any]]:
    """Return the statement that saves transitions which change the same, and its parameters."""
    fences = [_fence_values(run)[: len(fence)] for run, _ in group]
    if len(group) == 1:
        conditions: dict[str, Any] = {f"fence_{index}": value for index, value in enumerate(fences[0])}
    else:
        conditions = {"schedules": [run.schedule for run, _ in group], "fences": fences}
    return _update(fence, frozenset(values), many=len(group) > 1), conditions | values


@cache
def _update(fence: tuple[ColumnElement[Any], ...], names: frozenset[str], *, many: bool) -> Update:
    """Return the statement that changes these columns of open runs whose fence holds, and returns their keys.

    The values are named after their columns, so the bind parameters of the conditions have other names. A list is
    expanded anew each time, so a single run has a statement without one. The schedules are listed once more for SQLite,
    which finds no index for a tuple.
    """
    values = {name: TABLE.c[name] + bindparam(name) if name in GROWING else bindparam(name) for name in names}
    if many:
        keys = TABLE.c.schedule.in_(bindparam("schedules", expanding=True))
        fenced = and_(keys, tuple_(*fence).in_(bindparam("fences", expanding=True)))
    else:
        fenced = and_(*(column == bindparam(f"fence_{index}") for index, column in enumerate(fence)))
    return update(TABLE).where(fenced, IS_OPEN).values(values).returning(TABLE.c.schedule, TABLE.c.at)


def _fence_values(run: Run) -> tuple[Any, ...]:
    """Return the values that a fence's columns must have, and the run's offers."""
    leased_by, leased_until, attempt, posted, posting = run.fence
    progress = attempt, posted, NO_MESSAGE if posting is None else posting
    return run.schedule, run.at, leased_by, leased_until or NEVER, *progress, run.offered


def run_row(run: Run) -> dict[str, Any]:
    """Return the columns of a new run."""
    row = {column: getattr(run, name) for name, column in zip(FIELDS, COLUMN_NAMES, strict=True)}
    return row | {"state": run.outcome or STORED_OPEN, "said": run.message}


def _to_run(row: Sequence[Any], message: dict[str, Any] | None = None) -> Run:
    """Return a run from its columns; what follows them in the row is ignored."""
    values = [*row[: len(COLUMNS)], message]
    values[OUTCOME] = None if values[OUTCOME] == STORED_OPEN else RunState(values[OUTCOME])
    return Run(*values)


def _matches_query(query_key: QueryKey) -> list[ColumnElement[bool]]:
    return [TABLE.c[name] == value for name, value in asdict(query_key).items()]


class Heartbeats:
    """The last heartbeat of each worker that works, or did until it was lost.

    Clocks differ, so nobody compares a heartbeat's time with another clock's; what counts is that it changes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, team: str, worker: str, at: datetime) -> None:
        """Store a worker's heartbeat."""
        if not (await self._database.execute(RECORD_HEARTBEAT, of=team, who=worker, at=at)).rowcount:
            async with self._database.transaction() as connection:
                await upsert(connection, HEARTBEATS, team=team, worker=worker, beat_at=at)

    async def list_others(self, team: str, worker: str) -> dict[str, datetime]:
        """Return the time of each other worker's last heartbeat."""
        return {row[0]: row[1] for row in await self._database.fetch_all(SELECT_OTHER_HEARTBEATS, of=team, who=worker)}

    async def claim(self, team: str, worker: str, seen: datetime, at: datetime) -> bool:
        """Replace a lost worker's last heartbeat; return False if there is another one since, or another claim."""
        return bool((await self._database.execute(CLAIM_HEARTBEAT, of=team, who=worker, seen=seen, at=at)).rowcount)

    async def remove(self, team: str, worker: str, seen: datetime) -> None:
        """Remove a worker's heartbeat, unless there is another one since."""
        await self._database.execute(DELETE_HEARTBEAT, of=team, who=worker, seen=seen)
