"""The engine and the store in one database, as they are in earnest."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from bot.store import Begun
from tests.databases import Database
from tests.scheduler_harness import desk

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


async def test_who_wants_what_was_just_asked_in_vain_has_it_asked_again(database: Database) -> None:
    async with desk(database.url, MONDAY - timedelta(hours=1)) as there:
        for channel in ("C1", "C2"):
            await there.say("every monday 9:00 scores web/production", channel=channel)
        store, team = there.rounds.store, there.rounds.team
        [first], [other] = [await store.schedules.of(team, channel) for channel in ("C1", "C2")]
        await store.schedules.change(other.id, MONDAY, next_at=MONDAY + timedelta(minutes=1))  # it is spread so far
        there.office.weather.status = 403
        await there.come(MONDAY)
        [failed] = await store.slots.history([first.id], 1)
        there.office.weather.status = None
        [other] = await store.schedules.of(team, "C2")
        await store.slots.begin([Begun(other, failed.zone, MONDAY + timedelta(weeks=1), ((MONDAY, ""),))])
        await there.wait(seconds=10)
        await there.wait(seconds=10)
        assert (failed.state, len(there.posted("C1")), len(there.posted("C2"))) == ("failed", 0, 1)
