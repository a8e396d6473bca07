"""Two weeks of fifty channels in several zones, through a change of the clock: each gets what it wants on time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.sandbox.slack.workspace import Channel
from bot.schedules.next_run import next_after
from bot.schedules.recurrence import RECURRENCE
from bot.store import Schedule
from tests.scheduler_harness import SchedulerHarness, open_scheduler

START = datetime(2026, 10, 19, tzinfo=UTC)  # Berlin's clock goes back on the 25th, New York's on the 1st of November
END = START + timedelta(days=14)
CHANNELS = 50
WANTED = (
    ("monday 9:00", "digest web/production"),
    ("weekday 9:00", "scores web/production"),
    ("sunday 2:30", "status web/production"),
    ("friday 17:30", "deploys web/production"),
    ("first monday 9:00", "digest web/production"),
    ("day 23:59", "events web/production"),
)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")


async def test_two_weeks_of_fifty_channels(tmp_path: Path) -> None:
    async with open_scheduler(f"sqlite:///{tmp_path / 'bot.db'}", START, deliveries_at_once=20) as week:
        schedules = [await _wanted(week, number) for number in range(CHANNELS)]
        for moment in sorted({at for schedule in schedules for at in _moments(schedule)}):
            await week.advance_to(moment)
        history = await week.ctx.store.runs.history([schedule.id for schedule in schedules], 10_000)
    assert {slot.state for slot in history} <= {"delivered", "quiet"}
    for schedule in schedules:
        due = [slot.at for slot in reversed(history) if slot.schedule == schedule.id]
        assert due == list(_moments(schedule))
        assert _hours(schedule, due) == {str(RECURRENCE.read(schedule.cadence).at)[:5]}
        assert len(week.posted(schedule.channel)) == len(due)


def _hours(schedule: Schedule, due: list[datetime]) -> set[str]:
    """What the wall showed."""
    zone = ZoneInfo(RECURRENCE.read(schedule.cadence).zone)
    return {at.astimezone(zone).strftime("%H:%M") for at in due} or {str(RECURRENCE.read(schedule.cadence).at)[:5]}


async def _wanted(week: SchedulerHarness, number: int) -> Schedule:
    """A schedule in a channel of its own."""
    channel = f"C9{number:02d}"
    week.workspace.slack.channels[channel] = Channel(channel, f"team-{number}", is_member=True)
    when, line = WANTED[number % len(WANTED)]
    cadence = f"{when} {ZONES[number % len(ZONES)]}"
    new = Schedule("", week.ctx.team, channel, 0, "U1", cadence, line, "active", "", _first(cadence))
    return await week.ctx.store.schedules.add(new, START)


def _first(cadence: str) -> datetime:
    return next_after(RECURRENCE.read(cadence), START)


def _moments(schedule: Schedule) -> Iterator[datetime]:
    at = _first(schedule.cadence)
    while at <= END:
        yield at
        at = next_after(RECURRENCE.read(schedule.cadence), at)
