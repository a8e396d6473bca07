"""Two weeks of schedules in two dozen channels and several zones, across clock changes: every run is on time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.commands.recurrence_parser import RECURRENCE
from bot.sandbox.slack.workspace import Channel
from bot.schedules.triggers import Recurrence, next_after, trigger_fields, trigger_of
from bot.store import Schedule, ScheduleState
from tests.scheduler_harness import SchedulerHarness, open_scheduler

START = datetime(2026, 10, 19, tzinfo=UTC)  # Berlin's clock goes back on the 25th, New York's on the 1st of November
END = START + timedelta(days=14)
SCHEDULES = (
    ("monday 9:00", "digest web/production"),
    ("weekday 9:00", "scores web/production"),
    ("sunday 2:30", "status web/production"),
    ("friday 17:30", "deploys web/production"),
    ("first monday 9:00", "digest web/production"),
    ("day 23:59", "events web/production"),
)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


async def test_two_dozen_channels_get_every_run_on_time_for_two_weeks(tmp_path: Path) -> None:
    async with open_scheduler(f"sqlite:///{tmp_path / 'bot.db'}", START, max_concurrent_deliveries=20) as scheduler:
        schedules = [await add_schedule(scheduler, number) for number in range(len(SCHEDULES) * len(ZONES))]
        for at in sorted({at for schedule in schedules for at in expected_runs(schedule)}):
            await scheduler.advance_to(at)
        history = await scheduler.ctx.store.runs.history([schedule.id for schedule in schedules], 10_000)
    assert {run.state for run in history} <= {"delivered", "quiet"}
    for schedule in schedules:
        due = [run.at for run in reversed(history) if run.schedule == schedule.id]
        assert due == list(expected_runs(schedule))
        assert local_times(schedule, due) <= {str(schedule.local_time)[:5]}
        assert len(scheduler.posted(schedule.channel)) == len(due)


def local_times(schedule: Schedule, due: list[datetime]) -> set[str]:
    """Return the local times at which the runs were due."""
    return {at.astimezone(ZoneInfo(schedule.zone)).strftime("%H:%M") for at in due}


async def add_schedule(scheduler: SchedulerHarness, number: int) -> Schedule:
    """Add a schedule in a channel of its own."""
    channel = f"C9{number:02d}"
    scheduler.workspace.slack.channels[channel] = Channel(channel, f"team-{number}", is_member=True)
    when, line = SCHEDULES[number % len(SCHEDULES)]
    recurrence = RECURRENCE.read(f"{when} {ZONES[number // len(SCHEDULES)]}")
    new = Schedule(
        id="",
        team=scheduler.ctx.team,
        channel=channel,
        number=0,
        owner="U1",
        **trigger_fields(recurrence),
        line=line,
        state=ScheduleState.ACTIVE,
        why="",
        next_at=next_after(recurrence, START),
    )
    return await scheduler.ctx.store.schedules.add(new, START)


def expected_runs(schedule: Schedule) -> Iterator[datetime]:
    recurrence = trigger_of(schedule)
    assert isinstance(recurrence, Recurrence)
    at = next_after(recurrence, START)
    while at <= END:
        yield at
        at = next_after(recurrence, at)
