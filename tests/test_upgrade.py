"""A database that an earlier version wrote keeps working."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.scheduler_harness import open_scheduler
from tests.workspace import visible_text

# Schedules 1, 2 (a watch), 3 (paused) and 4 of channel C1, with runs delivered on 23 November, and those of 30 November
# open after a first attempt: Slack limited it, so nothing was posted.
EARLIER = Path(__file__).parent / "data" / "earlier.db.gz"
RESTART = datetime(2026, 11, 30, 8, 20, tzinfo=UTC)


async def test_database_of_an_earlier_version_keeps_working(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    file.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    async with open_scheduler(f"sqlite:///{file}", now=RESTART) as scheduler:
        assert "web/production" in await scheduler.send("use")
        assert "Paused" in await scheduler.send("schedules")
        await scheduler.advance_to(RESTART)
        posts = [visible_text(message) for message in scheduler.posted()]
        assert [sum(line in post for post in posts) for line in ("`digest web/", "`scores web/", "`events web/")] == [
            1
        ] * 3
        await scheduler.advance_to(RESTART + timedelta(minutes=5))
        assert (await scheduler.send("history limit=20")).count(
            "30 Nov 2026, 09:00"
        ) == 4  # two runs, in text and blocks
        before = len(scheduler.posted())
        await scheduler.advance_to(RESTART + timedelta(days=7))
        assert len(scheduler.posted()) >= before + 2
        assert "❌" not in await scheduler.send("history")
