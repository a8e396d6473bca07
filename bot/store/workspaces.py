"""What the bot keeps for each workspace: charts supported, channels greeted and their defaults, payloads handled,
deliveries started, and the metrics of past weeks.

Slack rolls charts out gradually, so a refusal counts for a while only.

A delivery quota limits how many runs start per minute, across all processes of a workspace. It is a token bucket
(GCRA): a row holds the second until which the capacity is spent, and each run moves it ahead. It may be up to
BURST_SECONDS ahead of now; beyond that, the caller must retry later.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import String, bindparam, case, delete, or_, select, text, update

from bot.store.database import Database, UtcDateTime, add, upsert
from bot.store.models import DefaultsChange, Snapshot
from bot.store.tables import CHANNEL_DEFAULTS, GREETINGS, PAYLOADS, RATE_LIMITS, SNAPSHOTS, WORKSPACES

SELECT_CHARTS_REFUSED_AT = select(WORKSPACES.c.charts_refused_at).where(WORKSPACES.c.team == bindparam("team"))
SELECT_LAST_CHANGE = select(
    CHANNEL_DEFAULTS.c.given, CHANNEL_DEFAULTS.c.changed_by, CHANNEL_DEFAULTS.c.changed_at
).where(CHANNEL_DEFAULTS.c.team == bindparam("team"), CHANNEL_DEFAULTS.c.channel == bindparam("channel"))
# Both databases accept this, and a single statement costs a fifth of a transaction.
INSERT_NEW = text(
    "INSERT INTO payloads (key, heard_at) VALUES (:of, :at) ON CONFLICT DO NOTHING RETURNING key"
).bindparams(bindparam("of", type_=String), bindparam("at", type_=UtcDateTime))

INSERT_GREETING = text(
    "INSERT INTO greetings (team, channel, greeted_at) VALUES (:of, :where, :at) ON CONFLICT DO NOTHING RETURNING team"
).bindparams(bindparam("of", type_=String), bindparam("where", type_=String), bindparam("at", type_=UtcDateTime))

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

SNAPSHOT_COLUMNS = [SNAPSHOTS.c[name] for name in Snapshot.__slots__]
SELECT_SNAPSHOTS = (
    select(*SNAPSHOT_COLUMNS)
    .where(
        SNAPSHOTS.c.team == bindparam("team"),
        SNAPSHOTS.c.place == bindparam("place"),
        SNAPSHOTS.c.day >= bindparam("since"),
    )
    .order_by(SNAPSHOTS.c.day.desc(), SNAPSHOTS.c.span)
)


class Workspaces:
    """What the bot remembers about each workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def charts_unsupported(self, team: str, since: datetime) -> bool:
        """Return whether a workspace has refused charts since then."""
        row = await self._database.fetch_one(SELECT_CHARTS_REFUSED_AT, team=team)
        return row is not None and row[0] is not None and since < row[0]

    async def record_charts_refusal(self, team: str, at: datetime) -> None:
        """Record that a workspace has refused charts."""
        async with self._database.transaction() as connection:
            await upsert(connection, WORKSPACES, team=team, charts_refused_at=at)


class ChannelDefaults:
    """The defaults of all channels, by the names that people type, and who set them when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, team: str, channel: str) -> dict[str, str]:
        """Return a channel's defaults; empty if it has none."""
        change = await self.last_change(team, channel)
        return change.values if change else {}

    async def last_change(self, team: str, channel: str) -> DefaultsChange | None:
        """Return the last change of a channel's defaults."""
        row = await self._database.fetch_one(SELECT_LAST_CHANGE, team=team, channel=channel)
        return DefaultsChange(*row) if row else None

    async def put(self, team: str, channel: str, values: Mapping[str, str], by: str, at: datetime) -> None:
        """Replace a channel's defaults."""
        async with self._database.transaction() as connection:
            await upsert(
                connection,
                CHANNEL_DEFAULTS,
                team=team,
                channel=channel,
                given=dict(values),
                changed_by=by,
                changed_at=at,
            )

    async def clear(self, team: str, channel: str, by: str, at: datetime) -> None:
        """Remove a channel's defaults, and record who did."""
        await self.put(team, channel, {}, by, at)


class Greetings:
    """The channels that need no greeting any more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, team: str, channel: str, at: datetime) -> bool:
        """Record that a channel needs no greeting; return whether it needed one until now."""
        return bool((await self._database.execute(INSERT_GREETING, of=team, where=channel, at=at)).rows)

    async def forget(self, team: str, channel: str) -> None:
        """Forget a greeting that could not be posted, so that the next invitation brings one."""
        await self._database.execute(delete(GREETINGS).where(GREETINGS.c.team == team, GREETINGS.c.channel == channel))


class Payloads:
    """The keys of recent payloads, so that no process handles one again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, key: str, at: datetime) -> bool:
        """Record a payload; return whether it is the first with its key."""
        return bool((await self._database.execute(INSERT_NEW, of=key, at=at)).rows)

    async def prune(self, before: datetime) -> None:
        """Delete keys that are too old for Slack to retry or for anybody to replay."""
        await self._database.execute(delete(PAYLOADS).where(PAYLOADS.c.heard_at < before))


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


class Snapshots:
    """The metrics of each project and environment: one row for each day with a delivered answer, and each span."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, team: str, snapshot: Snapshot) -> None:
        """Save a snapshot, unless the day has one of its span already: several channels may get the same answer."""
        row = {column.name: getattr(snapshot, column.name) for column in SNAPSHOT_COLUMNS}
        async with self._database.transaction() as connection:
            await add(connection, SNAPSHOTS, team=team, **row)

    async def list_since(self, team: str, project_env: str, since: date) -> list[Snapshot]:
        """Return the snapshots of all spans from that day on, latest first."""
        return [
            Snapshot(*row)
            for row in await self._database.fetch_all(SELECT_SNAPSHOTS, team=team, place=project_env, since=since)
        ]

    async def prune(self, before: date) -> None:
        """Delete snapshots from before that day."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(SNAPSHOTS).where(SNAPSHOTS.c.day < before))
