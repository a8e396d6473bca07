"""The engine and the store in one database, as they are in earnest."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from tests.databases import Database
from tests.rounds import desk

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


async def test_what_was_delivered_before_a_restart_is_not_delivered_after_it(database: Database) -> None:
    async with desk(database.url) as before:
        await before.say("every monday 9:00 scores web/production")
        await before.come(MONDAY)
        assert len(before.posted()) == 1
    async with desk(database.url, MONDAY) as after:
        await after.wait(seconds=30)
        assert after.posted() == []
        assert "delivered" in await after.say("history")


async def test_deliveries_begin_no_sooner_than_they_may(tmp_path: Path) -> None:
    async with desk(f"sqlite:///{tmp_path / 'bot.db'}", MONDAY - timedelta(hours=1)) as there:
        await there.say("every monday 9:00 scores web/production")
        before = monotonic()
        await there.rounds.store.allowances.take(there.rounds.team, 115, 700, datetime.now(UTC))  # 11.5 s, ten ahead
        await there.come(MONDAY)
        assert monotonic() - before > 1.5
        assert len(there.posted()) == 1
