"""What the store keeps survives, on SQLite and on PostgreSQL alike, and whatever happens to them has a sentence."""

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
from bot.store.channel_defaults import ChannelDefaults
from bot.store.database import Database
from bot.store.database_url import parse_database_url
from bot.store.migrate import MIGRATIONS_DIR, TAKE_ADVISORY_LOCK
from bot.store.sqlite import enable_wal
from bot.store.store import Store, open_store
from bot.store.tables import CHANNEL_DEFAULTS, METADATA
from bot.store.write_probe import WriteProbe
from tests.databases import Postgres, SqliteDatabase, TemporaryDatabase, simulate_full_disk

HOUSE = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=7)
WEB = {"project": "web", "env": "production", "app": "storefront"}
OTHER = {"project": "mobile", "env": "test"}
PASSWORD = "hunter2"  # noqa: S105 - it opens nothing
AWAY = "The bot's own memory cannot be reached just now."


# What is kept


async def test_defaults_survive_with_who_gave_them_and_when(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == {}
        assert await store.channel_defaults.last_change("T1", "C1") is None
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert await store.channel_defaults.last_change("T1", "C1") == DefaultsChange(WEB, "U1", NOW)


async def test_defaults_are_of_one_channel_of_one_workspace(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        await store.channel_defaults.put("T1", "C2", OTHER, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert await store.channel_defaults.get("T1", "C2") == OTHER
        assert await store.channel_defaults.get("T2", "C1") == {}


async def test_new_defaults_take_the_place_of_all_old_ones(database: TemporaryDatabase) -> None:
    later = NOW + timedelta(days=1)
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        await store.channel_defaults.put("T1", "C1", OTHER, "U2", later)
        assert await store.channel_defaults.last_change("T1", "C1") == DefaultsChange(OTHER, "U2", later)


async def test_forgotten_defaults_are_gone_but_not_who_took_them_back(database: TemporaryDatabase) -> None:
    later = NOW + timedelta(days=1)
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        await store.channel_defaults.put("T1", "C2", WEB, "U1", NOW)
        await store.channel_defaults.clear("T1", "C1", "U2", later)
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == {}
        assert await store.channel_defaults.last_change("T1", "C1") == DefaultsChange({}, "U2", later)
        assert await store.channel_defaults.get("T1", "C2") == WEB


async def test_a_refusal_of_charts_is_remembered_with_its_moment(database: TemporaryDatabase) -> None:
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


async def test_a_moment_is_the_same_in_any_zone_and_none_without(database: TemporaryDatabase) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", there)
        change = await store.channel_defaults.last_change("T1", "C1")
        assert change == DefaultsChange(WEB, "U1", NOW)
        assert change.at.utcoffset() == timedelta(0)
        with pytest.raises(StatementError, match="a moment needs its zone"):
            await store.channel_defaults.put("T1", "C1", OTHER, "U2", datetime(2026, 11, 20))
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_a_moment_is_the_same_where_postgresql_lives_in_another_zone(postgres: Postgres) -> None:
    async with open_store(f"{postgres.new_schema()}%20-cTimeZone%3DAsia/Kolkata") as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        change = await store.channel_defaults.last_change("T1", "C1")
    assert change == DefaultsChange(WEB, "U1", NOW)
    assert change.at.utcoffset() == timedelta(0)


# Many at once


async def test_what_one_replica_writes_the_next_read_of_another_sees(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as one, open_store(database.url) as other:
        for given in (WEB, OTHER, {}):
            await one.channel_defaults.put("T1", "C1", given, "U1", NOW)
            assert await other.channel_defaults.get("T1", "C1") == given
            assert await one.channel_defaults.get("T1", "C1") == given
        await other.workspaces.record_charts_refusal("T1", NOW)
        assert await one.workspaces.charts_unsupported("T1", BEFORE)


async def test_a_write_that_breaks_off_is_taken_back_also_where_rows_were_read(database: TemporaryDatabase) -> None:
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


async def test_two_hundred_at_once_lose_nothing(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store, open_store(database.url) as other:
        puts = (
            (store, other)[n % 2].channel_defaults.put("T1", f"C{n}", {"env": str(n)}, "U1", NOW) for n in range(200)
        )
        await asyncio.gather(*puts)
        found = await asyncio.gather(*(other.channel_defaults.get("T1", f"C{n}") for n in range(200)))
    assert found == [{"env": str(n)} for n in range(200)]


async def test_who_writes_to_sqlite_stands_in_a_queue(tmp_path: Path) -> None:
    served: list[int] = []

    async def put(n: int) -> None:
        await store.channel_defaults.put("T1", f"C{n}", WEB, "U1", NOW)
        served.append(n)

    async with open_store(f"sqlite:///{tmp_path}/insights.db") as store:
        await asyncio.gather(*(put(n) for n in range(40)))
    assert served == list(range(40))


async def test_of_many_who_change_the_same_one_is_the_last(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        puts = (store.channel_defaults.put("T1", "C1", {"env": str(n)}, f"U{n}", NOW) for n in range(40))
        await asyncio.gather(*puts)
        change = await store.channel_defaults.last_change("T1", "C1")
    assert change in [DefaultsChange({"env": str(n)}, f"U{n}", NOW) for n in range(40)]


@pytest.mark.parametrize("openers", [2, 8])
async def test_an_empty_database_may_be_opened_by_several_at_once(database: TemporaryDatabase, openers: int) -> None:
    async with AsyncExitStack() as stack:
        stores = await asyncio.gather(*(stack.enter_async_context(open_store(database.url)) for _ in range(openers)))
        await asyncio.gather(
            *(store.channel_defaults.put("T1", f"C{n}", WEB, "U1", NOW) for n, store in enumerate(stores))
        )
        assert [await stores[0].channel_defaults.get("T1", f"C{n}") for n in range(openers)] == [WEB] * openers


OPENS = """
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


def test_an_empty_database_may_be_opened_by_several_processes_at_once(database: TemporaryDatabase) -> None:
    command = [sys.executable, "-W", "error", "-c", OPENS, database.url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    openers = [subprocess.Popen(command, cwd=HOUSE, text=True, **pipes) for _ in range(2)]
    for opener in openers:
        assert opener.stdout
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin
        opener.stdin.write("go\n")
        opener.stdin.flush()
    ends = [(*opener.communicate(), opener.returncode) for opener in openers]
    assert ends == [("", "", 0)] * 2


# The tables are brought up to date


def steps(folder: Path, *bodies: str) -> Path:
    """The bot's own steps, and some after them."""
    shutil.copytree(MIGRATIONS_DIR, folder, ignore=shutil.ignore_patterns("__pycache__"))
    last = max(path.name[:4] for path in (folder / "versions").iterdir())
    for body in bodies:
        step = f"{int(last) + 1:04}"
        source = f'import os\nfrom alembic import op\nrevision = "{step}"\ndown_revision = "{last}"\n'
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        (folder / "versions" / f"{step}_test.py").write_text(f"{source}\ndef upgrade():\n{lines}")
        last = step
    return folder


MAKES = 'op.execute("CREATE TABLE half (id INTEGER)")\nop.execute("INSERT INTO half VALUES (1)")'


async def test_a_newer_bot_brings_an_older_database_up_to_date(database: TemporaryDatabase, tmp_path: Path) -> None:
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    async with open_store(database.url, migrations_dir=steps(tmp_path / "50% newer", MAKES)) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_a_database_of_a_newer_bot_is_refused_and_left_alone(database: TemporaryDatabase, tmp_path: Path) -> None:
    newer = steps(tmp_path / "newer", MAKES)
    async with open_store(database.url, migrations_dir=newer) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    with pytest.raises(Misconfigured, match=r"written by a newer version of the bot \(revision \d+; ") as refused:
        await open_store(database.url).__aenter__()
    assert "Install that version or a later one" in refused.value.todo
    async with open_store(database.url, migrations_dir=newer) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_a_step_that_fails_takes_all_back(database: TemporaryDatabase, tmp_path: Path) -> None:
    async with open_store(database.url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
    fails = 'op.execute("DROP TABLE workspaces")\nop.execute("SELECT * FROM nothing_of_that_name")'
    with pytest.raises(DBAPIError, match="nothing_of_that_name"):
        await open_store(database.url, migrations_dir=steps(tmp_path / "fails", MAKES, fails)).__aenter__()
    async with open_store(database.url) as store:
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert not await store.workspaces.charts_unsupported("T1", BEFORE)
    async with open_store(database.url, migrations_dir=steps(tmp_path / "mended", MAKES)) as store:
        assert await store.ping()


def test_who_is_killed_while_at_it_leaves_nothing_half_done(database: TemporaryDatabase, tmp_path: Path) -> None:
    dies = f"{MAKES}\nos.kill(os.getpid(), {signal.SIGKILL:d})"
    script = (
        "import asyncio, pathlib, sys; from bot.store.store import open_store; "
        "asyncio.run(open_store(sys.argv[1], migrations_dir=pathlib.Path(sys.argv[2])).__aenter__())"
    )
    command = [sys.executable, "-c", script, database.url, str(steps(tmp_path / "dies", dies))]
    assert subprocess.run(command, cwd=HOUSE, check=False).returncode == -signal.SIGKILL
    assert asyncio.run(_opens(database.url, steps(tmp_path / "lives", MAKES)))


async def _opens(url: str, tried: Path) -> bool:
    async with open_store(url, migrations_dir=tried) as store:
        return await store.ping()


async def test_a_table_that_is_made_anew_keeps_what_refers_to_it(database: TemporaryDatabase, tmp_path: Path) -> None:
    makes = """
op.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR)")
op.execute("CREATE TABLE child (id INTEGER REFERENCES parent ON DELETE CASCADE)")
op.execute("INSERT INTO parent VALUES (1, 'one')")
op.execute("INSERT INTO child VALUES (1)")"""
    changes = """
with op.batch_alter_table("parent") as batch:
    batch.alter_column("name", nullable=False)
op.execute("INSERT INTO workspaces (team) SELECT 'T' || id FROM child")"""
    async with open_store(database.url, migrations_dir=steps(tmp_path / "steps", makes, changes)):
        assert await run(database, lambda connection: connection.scalar(text("SELECT team FROM workspaces"))) == "T1"


async def test_a_payload_is_the_first_of_its_key_once_and_is_forgotten_after_a_day(database: TemporaryDatabase) -> None:
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    async with open_store(database.url) as store, open_store(database.url) as other:
        at_once = await asyncio.gather(*(each.payloads.record("v0=1", now) for each in (store, other) * 5))
        assert at_once.count(True) == 1
        assert await other.payloads.record("v0=2", now)
        await store.prune(now + timedelta(hours=23))
        assert not await store.payloads.record("v0=1", now)
        await store.prune(now + timedelta(hours=25))
        assert await store.payloads.record("v0=1", now)


async def test_the_tables_are_what_the_steps_make(database: TemporaryDatabase) -> None:
    async with open_store(database.url):
        assert await run(database, lambda found: compare_metadata(MigrationContext.configure(found), METADATA)) == []


def test_the_names_of_the_steps_are_in_the_order_in_which_they_are_taken() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIR))
    taken = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert taken == sorted((path.name[:4] for path in (MIGRATIONS_DIR / "versions").glob("*.py")), reverse=True)


def test_alembic_is_loaded_only_where_there_is_something_to_do(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "insights.db")
    assert asyncio.run(_opens(database.url, MIGRATIONS_DIR))
    script = (
        "import asyncio, sys; from bot.store.store import open_store; "
        "asyncio.run(open_store(sys.argv[1]).__aenter__()); assert 'sqlalchemy' in sys.modules; "
        "sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, database.url]
    assert subprocess.run(command, cwd=HOUSE, check=False, stderr=subprocess.DEVNULL).returncode == 0


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    """Connections like the store's own."""
    connections = Database(parse_database_url(url), 5)
    try:
        yield connections
    finally:
        await connections.close()


async def run(database: TemporaryDatabase, what: Any) -> Any:
    """What comes out of *what* on a connection like the store's own."""
    async with connected(database.url) as connections, connections.read_transaction() as connection:
        return await connection.run_sync(what)


# What is wrong from the beginning


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "cannot be read as a URL"),
        ("insights.db", "cannot be read as a URL"),
        (f"mysql://bot:{PASSWORD}@host/name", "begins with neither sqlite:/// nor postgresql://"),
        (f"postgresql+asyncpg://bot:{PASSWORD}@host/name", "begins with neither"),
        (f"postgresql://bot:{PASSWORD}@host:port/name", "cannot be read as a URL"),
        (f"postgresql://bot:p@{PASSWORD}@host/name", "one @ too many"),
        (f"postgres://bot:p@{PASSWORD}/@host/name", "one @ too many"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "a path and nothing else"),
        ("sqlite://data/insights.db", "a path and nothing else"),
    ],
)
async def test_a_wrong_url_is_said_without_its_password(url: str, said: str) -> None:
    with pytest.raises(Misconfigured) as wrong:
        await open_store(url).__aenter__()
    assert wrong.value.summary.startswith("DATABASE_URL is wrong: ")
    assert said in wrong.value.summary
    assert "sqlite:///" in wrong.value.todo or "%40" in wrong.value.todo
    assert PASSWORD not in "".join(traceback.format_exception(wrong.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
async def test_postgresql_has_two_names(postgres: Postgres, scheme: str) -> None:
    url = postgres.new_schema()
    async with open_store(f" {scheme}://{url.partition('://')[2]}\n") as store:
        assert await store.ping()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql://bot:{PASSWORD}@127.0.0.1:9/name", "Connection refused"),
        (f"postgresql://bot:{PASSWORD}@127.0.0.1:9/name?nonsense=1", 'invalid connection option "nonsense"'),
        (f"postgresql://bot:{PASSWORD}@127.0.0.1:9/name?sslmode={PASSWORD}", 'invalid sslmode value: "•••"'),
        (f"postgresql://bot:{PASSWORD}@/name?host=/nowhere/{PASSWORD}", "/nowhere/•••/"),
        (f"postgresql://bot@/name?host=/nowhere/{PASSWORD}&password={PASSWORD}", "/nowhere/•••/"),
    ],
)
async def test_a_postgresql_that_cannot_be_reached_is_said_without_its_password(url: str, said: str) -> None:
    with pytest.raises(Misconfigured) as wrong:
        await open_store(url).__aenter__()
    assert wrong.value.summary.startswith("PostgreSQL cannot be reached or does not let the bot in (")
    assert said in wrong.value.summary
    assert "DATABASE_URL" in wrong.value.todo
    assert PASSWORD not in "".join(traceback.format_exception(wrong.value))


async def test_a_postgresql_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "postgresql://bot@{}:{}/name".format(*silent.getsockname())
        with pytest.raises(Misconfigured) as wrong:
            await open_store(url, timeout_ms=100).__aenter__()
    assert wrong.value.summary == "PostgreSQL cannot be reached or does not let the bot in (no answer in time)."


async def test_a_postgresql_whose_database_is_not_there(postgres: Postgres) -> None:
    with pytest.raises(Misconfigured, match='database "absent" does not exist'):
        await open_store(postgres.server.get_uri("absent")).__aenter__()


@pytest.mark.parametrize(
    ("may", "said"), [("USAGE", "permission denied for schema"), ("CREATE", "no schema has been selected")]
)
async def test_a_postgresql_in_which_the_bot_may_make_nothing(postgres: Postgres, may: str, said: str) -> None:
    url = postgres.new_schema()
    with psycopg.connect(url, autocommit=True) as connection:
        place = sql.Identifier(url.rpartition("%3D")[2])
        connection.execute(f"CREATE ROLE may_{may} LOGIN".encode())
        connection.execute(sql.SQL(f"GRANT {may} ON SCHEMA {{}} TO may_{may}").format(place))
    with pytest.raises(Misconfigured, match=rf"does not let the bot make its tables \({said}") as wrong:
        await open_store(url.replace("postgres:@", f"may_{may}@".lower())).__aenter__()
    assert "grant it CREATE" in wrong.value.todo


async def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    readonly = Path("/proc") if os.geteuid() == 0 else tmp_path / "readonly"  # root may write where nobody may
    readonly.mkdir(0o500, exist_ok=True)
    for folder in (tmp_path / "missing", tmp_path / "a file", readonly):
        with pytest.raises(Misconfigured) as wrong:
            await open_store(f"sqlite:///{folder}/insights.db").__aenter__()
        assert wrong.value.summary == (
            f"The database {folder}/insights.db cannot be opened and written (unable to open database file)."
        )
        assert "that its folder exists and that the bot may write there" in wrong.value.todo


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ada,\n" * 1000)
    with pytest.raises(Misconfigured, match=r"letter\.txt is no SQLite database that can be read"):
        await open_store(f"sqlite:///{path}").__aenter__()
    assert path.read_text() == "Dear Ada,\n" * 1000


# What goes wrong later


async def test_a_store_that_is_held_by_another_is_tried_later(database: TemporaryDatabase) -> None:
    async with open_store(database.url, timeout_ms=300) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        with database.locked():
            puts = (store.channel_defaults.put("T1", f"C{n}", OTHER, "U1", NOW) for n in range(4))
            ends = await asyncio.gather(*puts, return_exceptions=True)
            assert [str(end) for end in ends if isinstance(end, TryLater)] == [AWAY] * 4
            assert await store.channel_defaults.get("T1", "C1") == WEB
            assert await store.ping()
        await store.channel_defaults.put("T1", "C1", OTHER, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == OTHER


async def test_a_start_on_sqlite_waits_for_another_and_not_for_ever(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "insights.db")
    await enable_wal(database.path, 5)
    with database.locked(), pytest.raises(TryLater, match=AWAY):
        await open_store(database.url, migration_timeout_ms=200).__aenter__()
    async with open_store(database.url) as store:
        assert await store.ping()


async def test_a_start_on_postgresql_waits_for_another_and_not_for_ever(postgres: Postgres) -> None:
    url = postgres.new_schema()
    with psycopg.connect(url) as connection:
        connection.execute(str(TAKE_ADVISORY_LOCK).encode())
        with pytest.raises(TryLater, match=AWAY):
            await open_store(url, migration_timeout_ms=200).__aenter__()
    async with open_store(url) as store:
        assert await store.ping()


async def test_a_postgresql_that_stops_and_starts_is_missed_only_in_between(postgres: Postgres) -> None:
    async with open_store(postgres.new_schema()) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        with postgres.stopped():
            assert not await store.ping()
            with pytest.raises(TryLater, match=AWAY):
                await store.channel_defaults.get("T1", "C1")
            with pytest.raises(TryLater, match=AWAY):
                await store.workspaces.record_charts_refusal("T1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB
        assert await store.ping()


async def test_a_postgresql_that_started_anew_meanwhile_is_not_missed_at_all(postgres: Postgres) -> None:
    async with open_store(postgres.new_schema()) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        with postgres.stopped():
            pass
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_whoever_stands_still_in_a_transaction_on_postgresql_is_made_to_let_go(postgres: Postgres) -> None:
    url, said = postgres.new_schema(), text("SHOW idle_in_transaction_session_timeout")
    async with open_store(url), connected(url) as connections, connections.transaction() as ours:
        assert await ours.scalar(said) == "15s"
        engine = create_engine(parse_database_url(url).url)  # as the engine that works by the clock makes its own
        with engine.connect() as another:
            assert another.scalar(said) == "15s"
        engine.dispose()


async def test_a_fault_of_ours_is_not_blamed_on_the_database(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        with pytest.raises(DBAPIError):
            await store.channel_defaults.get(object(), "C1")  # type: ignore[arg-type]  # that is the point
        assert await store.ping()


async def test_a_full_disk_below_sqlite_is_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/insights.db"
    async with open_store(url) as store, connected(url) as connections:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        async with connections.read_transaction() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1"))  # no more than there are
        with pytest.raises(TryLater, match=r"The bot's own memory is full\.") as full:
            await ChannelDefaults(connections).put("T1", "C1", {"env": "a" * 100_000}, "U1", NOW)
        assert "make room on the disk" in full.value.todo
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_a_full_disk_below_postgresql_is_said(postgres: Postgres) -> None:
    url = postgres.new_schema()
    async with open_store(url) as store:
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        simulate_full_disk(url)
        with pytest.raises(TryLater, match=r"The bot's own memory is full\."):
            await store.channel_defaults.put("T1", "C1", OTHER, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB


async def test_a_full_sqlite_is_not_ready_until_there_is_room(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/insights.db"
    async with open_store(url), connected(url) as connections:
        store, probe = Store(connections), WriteProbe(connections, interval=0)
        async with connections.read_transaction() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1"))  # no more than there are
        assert await store.ping()
        assert not await store.ready()
        assert not await probe.succeeds(5)
        async with connections.read_transaction() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1000000"))
        assert await probe.succeeds(5)


async def test_a_full_postgresql_is_not_ready(postgres: Postgres) -> None:
    url = postgres.new_schema()
    async with open_store(url) as store:
        simulate_full_disk(url)
        assert await store.ping()
        assert not await store.ready()


async def test_the_write_probe_leaves_nothing_behind(database: TemporaryDatabase) -> None:
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
    """How many pages an SQLite file has."""
    [row] = await connections.fetch_all(text("PRAGMA page_count"))
    return int(row[0])


async def test_the_write_probe_writes_once_however_many_ask(database: TemporaryDatabase) -> None:
    async with open_store(database.url), connected(database.url) as connections:
        store, writes = Store(connections), list[object]()
        event.listen(connections._engine.sync_engine, "commit", writes.append)
        assert all(await asyncio.gather(*(store.ready() for _ in range(20))))
        assert len(writes) == 1


async def test_a_database_that_is_only_busy_is_ready(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        with database.locked():
            assert await store.ready()


# A connection that is being opened while whoever wanted it leaves is closed by the garbage collector, here at once.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_who_stops_waiting_leaves_the_store_in_order(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        for turns in range(40):  # of the loop, so that it stops somewhere else each time
            put = asyncio.ensure_future(store.channel_defaults.put("T1", "C1", {"env": str(turns)}, "U1", NOW))
            for _ in range(turns):
                await asyncio.sleep(0)
            put.cancel()
            await asyncio.wait([put])
        await store.channel_defaults.put("T1", "C1", WEB, "U1", NOW)
        assert await store.channel_defaults.get("T1", "C1") == WEB
    gc.collect()


async def test_a_ping_does_not_wait_long(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        assert not await store.ping(timeout_ms=0)
        assert await store.ping()


async def test_a_ping_finds_what_is_no_database_of_ours_any_more(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store, connected(database.url) as connections:
        async with connections.transaction() as connection:
            await connection.execute(text("DROP TABLE alembic_version"))
        assert not await store.ping()


async def test_sqlite_is_set_up_as_it_should(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "insights.db")
    async with open_store(database.url):
        for name, value in {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 4_000}.items():
            pragma = text(f"PRAGMA {name}")
            assert await run(database, lambda connection, pragma=pragma: connection.scalar(pragma)) == value


async def test_a_file_that_somebody_reads_is_switched_once_they_are_done(tmp_path: Path) -> None:
    path = tmp_path / "insights.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE letters (text VARCHAR)")
        other.execute("BEGIN")
        assert other.execute("SELECT * FROM letters").fetchall() == []
        with pytest.raises(TryLater, match=AWAY):
            await enable_wal(path, 0.1)
        with pytest.raises(TryLater, match=AWAY):
            await open_store(f"sqlite:///{path}", migration_timeout_ms=100).__aenter__()
        other.execute("COMMIT")
        async with open_store(f"sqlite:///{path}"):
            assert other.execute("SELECT * FROM letters").fetchall() == []  # it looks at the file again
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_what_the_url_says_of_a_connection_counts(postgres: Postgres) -> None:
    async with (
        connected(f"{postgres.new_schema()}&keepalives_idle=7") as connections,
        connections.read_transaction() as connection,
    ):
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw
        said = raw.info.get_parameters()
    assert said["keepalives_idle"] == "7"
    assert said["tcp_user_timeout"] == "10000"


async def test_no_log_of_sqlalchemy_holds_what_is_kept(
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
