"""One process at a time runs the schedules of a SQLite file; commands that only read them need no lock."""

from pathlib import Path

import pytest

from bot.errors import Misconfigured
from bot.store.database_url import parse_database_url
from bot.store.sqlite_file import process_lock
from bot.store.store import open_store
from tests.processes import read_all, running_process


async def test_lock_covers_every_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "other.db").symlink_to(tmp_path / "bot.db")
    async with process_lock(parse_database_url(f"sqlite:///{tmp_path / 'bot.db'}"), 0):
        with pytest.raises(Misconfigured, match="Another process is already running the bot"):
            await process_lock(parse_database_url(f"sqlite:///{tmp_path / 'other.db'}"), 0.01).__aenter__()
    async with process_lock(parse_database_url(f"sqlite:///{tmp_path / 'other.db'}"), 0):
        pass


@pytest.mark.parametrize("command", [["schedules", "--export"], ["doctor"]])
async def test_commands_that_run_no_schedules_need_no_lock(command: list[str], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    async with (
        open_store(url),
        process_lock(parse_database_url(url), 0),
        running_process(tmp_path, ["bot", *command], {"DATABASE_URL": url}) as process,
    ):
        printed, complaints = await read_all(process)
    assert "schedules: []" in printed or "Database" in printed
    assert "Another process" not in printed + complaints
