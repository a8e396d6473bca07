"""`insights-bot schedules`: what is asked by the clock, for operators; out of one database, and into another."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.endpoints import discover
from bot.errors import Misconfigured
from bot.question import parse
from bot.schedules.listing import LARGEST, imported, read
from bot.store import Schedule
from bot.store.store import opened
from tests.databases import Database
from tests.test_cli import run

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FIRST = Schedule("", "T1", "C1", 0, "U1", "monday 9:00 Europe/Berlin", "scores web/production", "active", "", NOW)
PAUSED = replace(FIRST, channel="C2", line="digest web/staging", state="paused", why="not_in_channel", next_at=None)
STOPPED = replace(FIRST, line="status web/production", state="stopped", next_at=None)
GOOD = {"team": "T1", "channel": "C1", "owner": "U1", "every": "monday 9:00 UTC", "asks": "scores web/production"}


@pytest.fixture(name="url")
def a_url(database: Database) -> str:
    """A database that holds some schedules."""
    asyncio.run(_filled(database.url))
    return database.url


async def _filled(url: str) -> None:
    async with opened(url) as store:
        for schedule in (FIRST, PAUSED, STOPPED):
            await store.schedules.add(schedule, NOW)


def test_each_schedule_is_a_line(url: str) -> None:
    listed = run("schedules", DATABASE_URL=url)
    assert listed.returncode == 0
    lines = listed.stdout.replace("┃", "│").splitlines()
    told = [tuple(cell.strip() for cell in line.split("│")[1:-1]) for line in lines if "│" in line]
    assert told == [
        ("workspace", "channel", "number", "cadence", "question", "state", "next"),
        ("T1", "C1", "1", FIRST.cadence, FIRST.line, "active", "Mon 23 Nov 2026, 09:00 CET"),
        ("T1", "C2", "1", PAUSED.cadence, PAUSED.line, "paused (not_in_channel)", "–"),
    ]


def test_what_is_exported_is_imported_elsewhere_and_only_once(url: str, tmp_path: Path) -> None:
    exported = run("schedules", "--export", DATABASE_URL=url)
    assert exported.returncode == 0
    file = tmp_path / "schedules.yml"
    file.write_text(exported.stdout)
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert run("schedules", "--import", str(file), DATABASE_URL=elsewhere).stdout == "2 added, 0 there already.\n"
    assert run("schedules", "--export", DATABASE_URL=elsewhere).stdout == exported.stdout
    assert run("schedules", "--import", str(file), DATABASE_URL=elsewhere).stdout == "0 added, 2 there already.\n"
    assert run("schedules", "--import", str(file), DATABASE_URL=url).stdout == "0 added, 2 there already.\n"


def _file(*schedules: Any) -> bytes:
    return yaml.safe_dump({"schedules": list(schedules)}).encode()


NAMES = "abcdefghi"
BOMB = "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise(NAMES))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "is not UTF-8 text."),
        (b"#" * (LARGEST + 1), "is too large. It may have 1,000,000 bytes."),
        (b"schedules: [", "The file is no YAML:"),
        (b"[" * 100_000, "The file holds what cannot be read."),
        (b"schedules: 2026-13-45", "The file holds what cannot be read."),
        (f"{BOMB}schedules: *i".encode(), "The file is wrong:"),
        (b"schedules: !!python/object/apply:os.system [false]", "The file is no YAML:"),
        (b"", "The file holds no schedules."),
        (b"schedules:", "The file holds no schedules."),
        (b"- 1", "The file holds no schedules."),
        (_file("monday"), "The file is wrong:"),
        (_file(GOOD | {"every": "sometimes UTC"}), "The file is wrong at “sometimes UTC scores web/production”:"),
        (_file(GOOD | {"every": "monday 9:00"}), "The file is wrong at “monday 9:00”: it names no time zone."),
        (_file(GOOD | {"asks": "scroes web/production"}), "did you mean scores?"),
        (_file(GOOD | {"asks": "stop 1"}), "The file is wrong at “monday 9:00 UTC stop 1”:"),
        (_file(GOOD | {"asks": "scores a\0b/production"}), "The file is wrong: asks:"),
        (_file(GOOD | {"owner": "lena\0"}), "The file is wrong: owner:"),
        (_file(GOOD | {"colour": "red"}), "The file is wrong: colour:"),
        (b'schedules: [{team: "\\ud800"}]', "The file is wrong:"),
    ],
)  # fmt: skip
async def test_a_file_that_is_none_of_ours_is_said_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_bytes(content)
    async with opened(f"sqlite:///{tmp_path / 'bot.db'}") as store:
        with pytest.raises(Misconfigured) as wrong:
            await imported(store, read(str(tmp_path / "wrong.yml")), _understood, NOW)
    assert said in f"{wrong.value.what} {wrong.value.todo}"
    assert "\n" not in f"{wrong.value.what} {wrong.value.todo}"


def _understood(line: str) -> str:
    return parse(line, discover()).canonical


def test_of_a_file_with_one_wrong_schedule_none_is_added(tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_bytes(_file(GOOD, GOOD | {"asks": "stop 1"}))
    variables = {"DATABASE_URL": f"sqlite:///{tmp_path / 'bot.db'}"}
    ended = run("schedules", "--import", str(tmp_path / "wrong.yml"), **variables)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("The file is wrong at “monday 9:00 UTC stop 1”: ")
    assert ended.stderr.count("\n") == 1
    assert run("schedules", "--export", **variables).stdout == "schedules: []\n"


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    for name in ("none.yml", "."):
        ended = run("schedules", "--import", str(tmp_path / name), DATABASE_URL=f"sqlite:///{tmp_path / 'bot.db'}")
        assert ended.returncode == 1
        assert "cannot be read (" in ended.stderr
        assert ended.stderr.count("\n") == 1


def test_where_nothing_is_asked_by_the_clock_that_is_said(tmp_path: Path) -> None:
    listed = run("schedules", DATABASE_URL=f"sqlite:///{tmp_path / 'bot.db'}")
    assert listed.stdout.startswith("Nothing is asked by the clock.")
