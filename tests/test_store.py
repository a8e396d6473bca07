"""The store keeps its data on SQLite and PostgreSQL, and explains every database failure."""

import asyncio
import gc
import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from bot.errors import Misconfigured, TryLater
from bot.store import DefaultsChange
from bot.store.database import Database
from bot.store.database_url import parse_database_url
from bot.store.migrate import MIGRATIONS_DIR, TAKE_ADVISORY_LOCK
from bot.store.sqlite_file import enable_wal
from bot.store.store import Store, WriteProbe, open_store
from bot.store.tables import CHANNEL_DEFAULTS, METADATA
from bot.store.workspaces import ChannelDefaults
from tests.databases import Postgres, SqliteDatabase, TemporaryDatabase, simulate_full_disk

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=7)
WEB = {"project": "web", "env": "production", "app": "storefront"}
OTHER = {"project": "mobile", "env": "test"}
PASSWORD = "hunter2"  # noqa: S105 - not a real password
UNREACHABLE = "The bot's database is unavailable."


# Stored data


async def test_channel_defaults_survive_a_restart_with_their_author(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == {}
        assert await store.channel_defaults.last_change("T1", "C1") is None
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert await store.channel_defaults.last_change("T1", "C1") == DefaultsChange(WEB, "U1", NOW)


async def test_channel_defaults_are_separate_per_channel_and_team(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        await store.channel_defaults.put("T1", "C2", OTHER, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert await store.channel_defaults.get("T1", "C2") == OTHER
        assert await store.channel_defaults.get("T2", "C1") == {}


async def test_new_channel_defaults_replace_all_old_ones(database: TemporaryDatabase) -> None:
    later = NOW + timedelta(days=1)
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        await store.channel_defaults.put("T1", "C1", OTHER, "U2", later)
        assert await store.channel_defaults.last_change("T1", "C1") == DefaultsChange(OTHER, "U2", later)


async def test_cleared_channel_defaults_record_who_cleared_them(database: TemporaryDatabase) -> None:
    later = NOW + timedelta(days=1)
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        await store.channel_defaults.put("T1", "C2", WEB, "U1", NOW)
        await store.channel_defaults.clear("T1", "C1", "U2", later)
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == {}
        assert await store.channel_defaults.last_change("T1", "C1") == DefaultsChange({}, "U2", later)
        assert await store.channel_defaults.get("T1", "C2") == WEB


async def test_chart_refusal_is_remembered_with_its_time(database: TemporaryDatabase) -> None:
    later = NOW + timedelta(days=7)
    async with open_store(database.url) as store:
        assert not await store.workspaces.charts_unsupported("T1", BEFORE)
        await store.workspaces.record_charts_refusal("T1", NOW)
    async with open_store(database.url) as store:
        assert await store.workspaces.charts_unsupported("T1", BEFORE)
        assert not await store.workspaces.charts_unsupported("T1", NOW)
        assert not await store.workspaces.charts_unsupported("T2", BEFORE)
        await store.workspaces.record_charts_refusal("T1", later)
        assert await store.workspaces.charts_unsupported("T1", NOW)


async def test_datetime_keeps_its_instant_and_needs_a_zone(database: TemporaryDatabase) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", elsewhere)
        change = await store.channel_defaults.last_change("T1", "C1")
        assert change == DefaultsChange(WEB, "U1", NOW)
        assert change.at.utcoffset() == timedelta(0)
        with pytest.raises(StatementError, match="a moment needs its zone"):
            await store.channel_defaults.put("T1", "C1", OTHER, "U2", datetime(2026, 11, 20))
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_datetime_is_independent_of_postgresqls_time_zone(postgres: Postgres) -> None:
    async with open_store(f"{postgres.new_schema()}%20-cTimeZone%3DAsia/Kolkata") as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        change = await store.channel_defaults.last_change("T1", "C1")
    assert change == DefaultsChange(WEB, "U1", NOW)
    assert change.at.utcoffset() == timedelta(0)


# Concurrency


async def test_write_is_visible_to_other_replicas(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as one, open_store(database.url) as other:
        for values in (WEB, OTHER, {}):
            await one.channel_defaults.put("T1", "C1", values, "U1", NOW)
            assert await other.channel_defaults.get("T1", "C1") == values
            assert await one.channel_defaults.get("T1", "C1") == values
        await other.workspaces.record_charts_refusal("T1", NOW)
        assert await one.workspaces.charts_unsupported("T1", BEFORE)


async def test_failed_transaction_is_rolled_back(database: TemporaryDatabase) -> None:
    async def breaks_off() -> None:
        async with connections.transaction() as connection:
            await connection.execute(CHANNEL_DEFAULTS.delete())
            raise KeyError

    async with open_store(database.url) as store, connected(database.url) as connections:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        assert await ChannelDefaults(connections).get("T1", "C1") == WEB
        with pytest.raises(KeyError):
            await breaks_off()
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_two_hundred_concurrent_writes_lose_nothing(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store, open_store(database.url) as other:
        puts = (
            (store, other)[n % 2].channel_defaults.put("T1", f"C{n}", {"env": str(n)}, "U1", NOW) for n in range(200)
        )
        await asyncio.gather(*puts)
        stored = await asyncio.gather(*(other.channel_defaults.get("T1", f"C{n}") for n in range(200)))
    assert stored == [{"env": str(n)} for n in range(200)]


async def test_sqlite_writes_are_served_in_order(tmp_path: Path) -> None:
    served: list[int] = []

    async def put(n: int) -> None:
        await store.channel_defaults.put("T1", f"C{n}", WEB, "U1", NOW)
        served.append(n)

    async with open_store(f"sqlite:///{tmp_path}/insights.db") as store:
        await asyncio.gather(*(put(n) for n in range(40)))
    assert served == list(range(40))


async def test_one_of_many_concurrent_changes_wins(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        puts = (store.channel_defaults.put("T1", "C1", {"env": str(n)}, f"U{n}", NOW) for n in range(40))
        await asyncio.gather(*puts)
        change = await store.channel_defaults.last_change("T1", "C1")
    assert change in [DefaultsChange({"env": str(n)}, f"U{n}", NOW) for n in range(40)]


@pytest.mark.parametrize("openers", [2, 8])
async def test_empty_database_can_be_opened_concurrently(database: TemporaryDatabase, openers: int) -> None:
    async with AsyncExitStack() as stack:
        stores = await asyncio.gather(*(stack.enter_async_context(open_store(database.url)) for _ in range(openers)))
        await asyncio.gather(
            *(store.channel_defaults.put("T1", f"C{n}", WEB, "U1", NOW) for n, store in enumerate(stores))
        )
        assert [await stores[0].channel_defaults.get("T1", f"C{n}") for n in range(openers)] == [WEB] * openers


OPEN_STORE = """
import asyncio, sys
from alembic import command
from bot.store.store import open_store

async def main(url):
    async with open_store(url) as store:
        assert await store.ping()

async def four(url):
    await asyncio.gather(*(main(url) for _ in range(4)))

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(four(sys.argv[1]))
"""


def test_empty_database_can_be_opened_by_two_processes(database: TemporaryDatabase) -> None:
    command = [sys.executable, "-W", "error", "-c", OPEN_STORE, database.url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    openers = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in range(2)]
    for opener in openers:
        assert opener.stdout
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin
        opener.stdin.write("go\n")
        opener.stdin.flush()
    ends = [(*opener.communicate(), opener.returncode) for opener in openers]
    assert ends == [("", "", 0)] * 2


# Migrations


def migrations_with(folder: Path, *bodies: str) -> Path:
    """Return a folder with the bot's migrations, followed by one migration for each body."""
    shutil.copytree(MIGRATIONS_DIR, folder, ignore=shutil.ignore_patterns("__pycache__"))
    last = max(path.name[:4] for path in (folder / "versions").iterdir())
    for body in bodies:
        revision = f"{int(last) + 1:04}"
        source = f'import os\nfrom alembic import op\nrevision = "{revision}"\ndown_revision = "{last}"\n'
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        (folder / "versions" / f"{revision}_test.py").write_text(f"{source}\ndef upgrade():\n{lines}")
        last = revision
    return folder


CREATE_HALF = 'op.execute("CREATE TABLE half (id INTEGER)")\nop.execute("INSERT INTO half VALUES (1)")'


async def test_older_database_is_migrated(database: TemporaryDatabase, tmp_path: Path) -> None:
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    async with open_store(database.url, migrations_dir=migrations_with(tmp_path / "50% newer", CREATE_HALF)) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_database_of_a_newer_version_is_refused_unchanged(database: TemporaryDatabase, tmp_path: Path) -> None:
    newer = migrations_with(tmp_path / "newer", CREATE_HALF)
    async with open_store(database.url, migrations_dir=newer) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    with pytest.raises(Misconfigured, match=r"written by a newer version of the bot \(revision \d+; ") as refused:
        await open_store(database.url).__aenter__()
    assert "Install that version or a later one" in refused.value.todo
    async with open_store(database.url, migrations_dir=newer) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_failing_migration_is_rolled_back(database: TemporaryDatabase, tmp_path: Path) -> None:
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    fails = 'op.execute("DROP TABLE workspaces")\nop.execute("SELECT * FROM nothing_of_that_name")'
    failing = migrations_with(tmp_path / "fails", CREATE_HALF, fails)
    with pytest.raises(DBAPIError, match="nothing_of_that_name"):
        await open_store(database.url, migrations_dir=failing).__aenter__()
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert not await store.workspaces.charts_unsupported("T1", BEFORE)
    async with open_store(database.url, migrations_dir=migrations_with(tmp_path / "mended", CREATE_HALF)) as store:
        assert await store.ping()


def test_killed_migration_is_rolled_back(database: TemporaryDatabase, tmp_path: Path) -> None:
    dies = f"{CREATE_HALF}\nos.kill(os.getpid(), {signal.SIGKILL:d})"
    script = (
        "import asyncio, pathlib, sys; from bot.store.store import open_store; "
        "asyncio.run(open_store(sys.argv[1], migrations_dir=pathlib.Path(sys.argv[2])).__aenter__())"
    )
    command = [sys.executable, "-c", script, database.url, str(migrations_with(tmp_path / "dies", dies))]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert asyncio.run(opens(database.url, migrations_with(tmp_path / "lives", CREATE_HALF)))


async def opens(url: str, folder: Path) -> bool:
    async with open_store(url, migrations_dir=folder) as store:
        return await store.ping()


async def test_recreated_table_keeps_its_references(database: TemporaryDatabase, tmp_path: Path) -> None:
    makes = """
op.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR)")
op.execute("CREATE TABLE child (id INTEGER REFERENCES parent ON DELETE CASCADE)")
op.execute("INSERT INTO parent VALUES (1, 'one')")
op.execute("INSERT INTO child VALUES (1)")"""
    changes = """
with op.batch_alter_table("parent") as batch:
    batch.alter_column("name", nullable=False)
op.execute("INSERT INTO workspaces (team) SELECT 'T' || id FROM child")"""
    async with open_store(database.url, migrations_dir=migrations_with(tmp_path / "steps", makes, changes)):
        assert await run(database, lambda connection: connection.scalar(text("SELECT team FROM workspaces"))) == "T1"


async def test_payload_is_recorded_once_and_pruned_after_a_day(database: TemporaryDatabase) -> None:
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    async with open_store(database.url) as store, open_store(database.url) as other:
        at_once = await asyncio.gather(*(each.payloads.record("v0=1", now) for each in (store, other) * 5))
        assert at_once.count(True) == 1
        assert await other.payloads.record("v0=2", now)
        await store.prune(now + timedelta(hours=23))
        assert not await store.payloads.record("v0=1", now)
        await store.prune(now + timedelta(hours=25))
        assert await store.payloads.record("v0=1", now)


async def test_channel_is_greeted_once_until_it_is_forgotten(database: TemporaryDatabase) -> None:
    now = datetime.now(UTC)
    async with open_store(database.url) as store, open_store(database.url) as other:
        at_once = await asyncio.gather(*(each.greetings.record("T1", "C1", now) for each in (store, other) * 5))
        assert sorted(at_once) == [False] * 9 + [True]
        assert await other.greetings.record("T1", "C2", now)
        assert await other.greetings.record("T2", "C1", now)
        await store.greetings.forget("T1", "C1")
        assert await other.greetings.record("T1", "C1", now)
        assert not await store.greetings.record("T1", "C2", now)


async def test_tables_match_the_migrations(database: TemporaryDatabase) -> None:
    async with open_store(database.url):
        assert await run(database, lambda it: compare_metadata(MigrationContext.configure(it), METADATA)) == []


def test_migrations_are_named_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIR))
    revisions = [migration.revision for migration in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions == sorted((path.name[:4] for path in (MIGRATIONS_DIR / "versions").glob("*.py")), reverse=True)


def test_alembic_is_imported_only_for_pending_migrations(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "insights.db")
    assert asyncio.run(opens(database.url, MIGRATIONS_DIR))
    script = (
        "import asyncio, sys; from bot.store.store import open_store; "
        "asyncio.run(open_store(sys.argv[1]).__aenter__()); assert 'sqlalchemy' in sys.modules; "
        "sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, database.url]
    assert subprocess.run(command, cwd=ROOT, check=False, stderr=subprocess.DEVNULL).returncode == 0


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    """Open a database connection configured like the store's."""
    connections = Database(parse_database_url(url), 5)
    try:
        yield connections
    finally:
        await connections.close()


async def run(database: TemporaryDatabase, function: Any) -> Any:
    """Run a function on a connection configured like the store's."""
    async with connected(database.url) as connections, connections.read_transaction() as connection:
        return await connection.run_sync(function)


# Errors when opening


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "isn't a valid URL"),
        ("insights.db", "isn't a valid URL"),
        (f"mysql://bot:{PASSWORD}@host/name", "must start with sqlite:/// or postgresql://"),
        (f"postgresql+asyncpg://bot:{PASSWORD}@host/name", "must start with sqlite:///"),
        (f"postgresql://bot:{PASSWORD}@host:port/name", "isn't a valid URL"),
        (f"postgresql://bot:p@{PASSWORD}@host/name", "more than one @"),
        (f"postgres://bot:p@{PASSWORD}/@host/name", "more than one @"),
        ("sqlite://", "in-memory"),
        ("sqlite:///:memory:", "in-memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "a path and nothing else"),
        ("sqlite://data/insights.db", "a path and nothing else"),
    ],
)
async def test_invalid_url_error_hides_the_password(url: str, expected: str) -> None:
    with pytest.raises(Misconfigured) as error:
        await open_store(url).__aenter__()
    assert error.value.summary.startswith("DATABASE_URL ")
    assert expected in error.value.summary
    assert "sqlite:///" in error.value.todo or "%40" in error.value.todo
    assert PASSWORD not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
async def test_postgres_and_postgresql_schemes_are_accepted(postgres: Postgres, scheme: str) -> None:
    url = postgres.new_schema()
    async with open_store(f" {scheme}://{url.partition('://')[2]}\n") as store:
        assert await store.ping()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"postgresql://bot:{PASSWORD}@127.0.0.1:9/name", "Connection refused"),
        (f"postgresql://bot:{PASSWORD}@127.0.0.1:9/name?nonsense=1", 'invalid connection option "nonsense"'),
        (f"postgresql://bot:{PASSWORD}@127.0.0.1:9/name?sslmode={PASSWORD}", 'invalid sslmode value: "•••"'),
        (f"postgresql://bot:{PASSWORD}@/name?host=/nowhere/{PASSWORD}", "/nowhere/•••/"),
        (f"postgresql://bot@/name?host=/nowhere/{PASSWORD}&password={PASSWORD}", "/nowhere/•••/"),
    ],
)
async def test_unreachable_postgresql_error_hides_the_password(url: str, expected: str) -> None:
    with pytest.raises(Misconfigured) as error:
        await open_store(url).__aenter__()
    assert error.value.summary.startswith("Can't connect to PostgreSQL (")
    assert expected in error.value.summary
    assert "DATABASE_URL" in error.value.todo
    assert PASSWORD not in "".join(traceback.format_exception(error.value))


async def test_silent_postgresql_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "postgresql://bot@{}:{}/name".format(*silent.getsockname())
        with pytest.raises(Misconfigured) as error:
            await open_store(url, timeout_ms=100).__aenter__()
    assert error.value.summary == "Can't connect to PostgreSQL (no answer in time)."


async def test_missing_postgresql_database_is_reported(postgres: Postgres) -> None:
    with pytest.raises(Misconfigured, match='database "absent" does not exist'):
        await open_store(postgres.server.get_uri("absent")).__aenter__()


@pytest.mark.parametrize(
    ("privilege", "expected"), [("USAGE", "permission denied for schema"), ("CREATE", "no schema has been selected")]
)
async def test_missing_create_permission_is_reported(postgres: Postgres, privilege: str, expected: str) -> None:
    url = postgres.new_schema()
    with psycopg.connect(url, autocommit=True) as connection:
        schema = sql.Identifier(url.rpartition("%3D")[2])
        connection.execute(f"CREATE ROLE may_{privilege} LOGIN".encode())
        connection.execute(sql.SQL(f"GRANT {privilege} ON SCHEMA {{}} TO may_{privilege}").format(schema))
    with pytest.raises(Misconfigured, match=rf"doesn't let the bot create its tables \({expected}") as error:
        await open_store(url.replace("postgres:@", f"may_{privilege}@".lower())).__aenter__()
    assert "grant it CREATE" in error.value.todo


async def test_unwritable_sqlite_path_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    readonly = Path("/proc") if os.geteuid() == 0 else tmp_path / "readonly"  # root may write anywhere else
    readonly.mkdir(0o500, exist_ok=True)
    for folder in (tmp_path / "missing", tmp_path / "a file", readonly):
        with pytest.raises(Misconfigured) as error:
            await open_store(f"sqlite:///{folder}/insights.db").__aenter__()
        assert error.value.summary == (
            f"Can't open and write the database {folder}/insights.db (unable to open database file)."
        )
        assert "its folder exists, and that the bot can write there" in error.value.todo


async def test_file_that_is_no_database_is_left_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ada,\n" * 1000)
    with pytest.raises(Misconfigured, match=r"letter\.txt isn't a readable SQLite database"):
        await open_store(f"sqlite:///{path}").__aenter__()
    assert path.read_text() == "Dear Ada,\n" * 1000


# Errors while running


async def test_locked_database_raises_try_later(database: TemporaryDatabase) -> None:
    async with open_store(database.url, timeout_ms=2000) as store:  # enough for what must succeed on a busy machine
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        with database.locked():
            puts = (store.channel_defaults.put("T1", f"C{n}", OTHER, "U1", NOW) for n in range(4))
            ends = await asyncio.gather(*puts, return_exceptions=True)
            assert [str(end) for end in ends if isinstance(end, TryLater)] == [UNREACHABLE] * 4
            assert await store.channel_defaults.get("T1", "C1") == WEB
            assert await store.ping()
        await store.channel_defaults.put("T1", "C1", OTHER, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == OTHER


async def test_sqlite_migration_waits_for_a_lock_and_times_out(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "insights.db")
    await enable_wal(database.path, 5)
    with database.locked(), pytest.raises(TryLater, match=UNREACHABLE):
        await open_store(database.url, migration_timeout_ms=200).__aenter__()
    async with open_store(database.url) as store:
        assert await store.ping()


async def test_postgresql_migration_waits_for_a_lock_and_times_out(postgres: Postgres) -> None:
    url = postgres.new_schema()
    with psycopg.connect(url) as connection:
        connection.execute(str(TAKE_ADVISORY_LOCK).encode())
        with pytest.raises(TryLater, match=UNREACHABLE):
            await open_store(url, migration_timeout_ms=200).__aenter__()
    async with open_store(url) as store:
        assert await store.ping()


async def test_postgresql_restart_fails_only_during_downtime(postgres: Postgres) -> None:
    async with open_store(postgres.new_schema()) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        with postgres.stopped():
            assert not await store.ping()
            with pytest.raises(TryLater, match=UNREACHABLE):
                await store.channel_defaults.get("T1", "C1")
            with pytest.raises(TryLater, match=UNREACHABLE):
                await store.workspaces.record_charts_refusal("T1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert await store.ping()


async def test_postgresql_restart_between_queries_is_not_noticed(postgres: Postgres) -> None:
    async with open_store(postgres.new_schema()) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        with postgres.stopped():
            pass
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_idle_postgresql_transactions_time_out(postgres: Postgres) -> None:
    url, setting = postgres.new_schema(), text("SHOW idle_in_transaction_session_timeout")
    async with open_store(url), connected(url) as connections, connections.transaction() as ours:
        assert await ours.scalar(setting) == "15s"
        engine = create_engine(parse_database_url(url).url)  # created as DBOS creates its own
        with engine.connect() as another:
            assert another.scalar(setting) == "15s"
        engine.dispose()


async def test_programming_error_is_not_reported_as_an_outage(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        with pytest.raises(DBAPIError):
            await store.channel_defaults.get(object(), "C1")  # type: ignore[arg-type]  # the test needs the error
        assert await store.ping()


async def test_full_disk_on_sqlite_is_reported(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/insights.db"
    async with open_store(url) as store, connected(url) as connections:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        async with connections.read_transaction() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1"))  # no page can be added
        with pytest.raises(TryLater, match=r"The bot's database is full\.") as full:
            await ChannelDefaults(connections).put("T1", "C1", {"env": "a" * 100_000}, "U1", NOW)
        assert "must free disk space" in full.value.todo
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_full_disk_on_postgresql_is_reported(postgres: Postgres) -> None:
    url = postgres.new_schema()
    async with open_store(url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        simulate_full_disk(url)
        with pytest.raises(TryLater, match=r"The bot's database is full\."):
            await store.channel_defaults.put("T1", "C1", OTHER, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_full_sqlite_is_not_ready_until_space_is_freed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/insights.db"
    async with open_store(url), connected(url) as connections:
        store, probe = Store(connections), WriteProbe(connections, interval=0)
        async with connections.read_transaction() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1"))  # no page can be added
        assert await store.ping()
        assert not await store.ready()
        assert not await probe.succeeds(5)
        async with connections.read_transaction() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1000000"))
        assert await probe.succeeds(5)


async def test_full_postgresql_is_not_ready(postgres: Postgres) -> None:
    url = postgres.new_schema()
    async with open_store(url) as store:
        simulate_full_disk(url)
        assert await store.ping()
        assert not await store.ready()


async def test_write_probe_leaves_no_data(database: TemporaryDatabase) -> None:
    async with open_store(database.url), connected(database.url) as connections:
        probe = WriteProbe(connections, interval=0)
        assert await probe.succeeds(5)
        sizes = set()
        for _ in range(5):
            assert await probe.succeeds(5)
            sizes.add(await size(connections) if "sqlite" in database.url else 0)
        assert not await connections.fetch_all(select(CHANNEL_DEFAULTS))
        assert len(sizes) == 1


async def size(connections: Database) -> int:
    """Return the number of pages of an SQLite file."""
    [row] = await connections.fetch_all(text("PRAGMA page_count"))
    return int(row[0])


async def test_concurrent_readiness_checks_write_once(database: TemporaryDatabase) -> None:
    async with open_store(database.url), connected(database.url) as connections:
        store, writes = Store(connections), list[object]()
        event.listen(connections._engine.sync_engine, "commit", writes.append)
        assert all(await asyncio.gather(*(store.ready() for _ in range(20))))
        assert len(writes) == 1


async def test_locked_database_is_ready(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        with database.locked():
            assert await store.ready()


# If a write is cancelled while its connection opens, the garbage collector closes it, and warns: here, at gc.collect().
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_cancelled_write_leaves_the_store_usable(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        for turns in range(40):  # of the event loop: each write is cancelled at another point
            put = asyncio.ensure_future(store.channel_defaults.put("T1", "C1", {"env": str(turns)}, "U1", NOW))
            for _ in range(turns):
                await asyncio.sleep(0)
            put.cancel()
            await asyncio.wait([put])
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB
    gc.collect()


async def test_ping_times_out(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        assert not await store.ping(timeout_ms=0)
        assert await store.ping()


async def test_ping_fails_without_the_version_table(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store, connected(database.url) as connections:
        async with connections.transaction() as connection:
            await connection.execute(text("DROP TABLE alembic_version"))
        assert not await store.ping()


async def test_sqlite_pragmas_are_set(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "insights.db")
    async with open_store(database.url):
        for name, value in {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 4_000}.items():
            pragma = text(f"PRAGMA {name}")
            assert await run(database, lambda connection, pragma=pragma: connection.scalar(pragma)) == value


async def test_wal_is_enabled_once_readers_finish(tmp_path: Path) -> None:
    path = tmp_path / "insights.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE letters (text VARCHAR)")
        other.execute("BEGIN")
        assert other.execute("SELECT * FROM letters").fetchall() == []
        with pytest.raises(TryLater, match=UNREACHABLE):
            await enable_wal(path, 0.1)
        with pytest.raises(TryLater, match=UNREACHABLE):
            await open_store(f"sqlite:///{path}", migration_timeout_ms=100).__aenter__()
        other.execute("COMMIT")
        async with open_store(f"sqlite:///{path}"):
            assert other.execute("SELECT * FROM letters").fetchall() == []  # reopens the file
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_url_parameters_override_connection_options(postgres: Postgres) -> None:
    async with (
        connected(f"{postgres.new_schema()}&keepalives_idle=7") as connections,
        connections.read_transaction() as connection,
    ):
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw
        parameters = raw.info.get_parameters()
    assert parameters["keepalives_idle"] == "7"
    assert parameters["tcp_user_timeout"] == "10000"


async def test_sqlalchemy_logs_hold_no_stored_values(
    database: TemporaryDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U-ADA", NOW)
    assert "INSERT INTO channel_defaults" in caplog.text
    assert "U-ADA" not in caplog.text


async def test_no_log_holds_the_password(postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "psycopg", "alembic"):
        caplog.set_level(logging.DEBUG, name)
    url = postgres.new_schema().replace("postgres:@", f"postgres:{PASSWORD}@")
    async with open_store(url) as store:
        assert await store.ping()
        with postgres.stopped(), pytest.raises(TryLater):
            await store.channel_defaults.get("T1", "C1")
    with postgres.stopped(), pytest.raises(Misconfigured):
        await open_store(url).__aenter__()
    names = {record.name for record in caplog.records}
    assert names >= {"sqlalchemy.engine.Engine", "sqlalchemy.pool.impl.AsyncAdaptedQueuePool", "psycopg"}
    assert PASSWORD not in caplog.text
