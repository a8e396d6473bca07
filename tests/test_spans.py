"""A scheduled digest covers what lies between its runs: a day, a week, a month, or the days since the last run."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.commands.recurrence_parser import RECURRENCE, read_trigger
from bot.questions import discover
from bot.schedules.triggers import (
    follow_trigger,
    next_after,
    previous_day,
    span_of,
    trigger_fields,
    with_since,
    with_span,
)
from bot.store import Schedule, ScheduleState
from tests.form_filling import open_form, save
from tests.scheduler_harness import LOOP, SchedulerHarness
from tests.workspace import visible_text

DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

LINE = "digest web/production"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


def a_schedule(when: str, line: str = LINE) -> Schedule:
    trigger = read_trigger(when)
    fields = trigger_fields(trigger)
    return Schedule("1", "T1", "C1", 1, "U1", **fields, line=line, state=ScheduleState.ACTIVE, why="", next_at=None)


# The span between two runs


@pytest.mark.parametrize(
    ("when", "span"),
    [
        ("day", "day"),
        ("monday", "week"),
        ("first monday", "month"),
        ("last weekday", "month"),
        ("fourth day", "month"),
        ("weekday", None),
        ("weekend", None),
        ("mon,thu", None),
    ],
)
def test_span_fits_the_recurrence(when: str, span: str | None) -> None:
    assert span_of(RECURRENCE.read(f"{when} 9:00 UTC")) == span


def test_watch_has_no_span() -> None:
    assert span_of(read_trigger("watch UTC")) is None


@pytest.mark.parametrize(
    ("when", "at", "previous"),
    [
        ("mon,thu 9:00 Europe/Berlin", "2026-11-26T09:00", "2026-11-23"),
        ("mon,thu 9:00 Europe/Berlin", "2026-11-30T09:00", "2026-11-26"),
        ("mon,thu 9:00 Europe/Berlin", "2026-11-30T18:00", "2026-11-26"),  # on request, after the run of the day
        ("mon,thu 9:00 Europe/Berlin", "2026-11-25T18:00", "2026-11-23"),
        ("weekday 9:00 Europe/Berlin", "2026-11-30T09:00", "2026-11-27"),
        ("first monday 9:00 UTC", "2026-12-07T09:00", "2026-11-02"),
        ("first monday 9:00 UTC", "2027-01-04T09:00", "2026-12-07"),
        ("last day 9:00 UTC", "2027-03-31T09:00", "2027-02-28"),
        ("last day 9:00 UTC", "2028-03-31T09:00", "2028-02-29"),
        ("fourth monday 9:00 UTC", "2026-11-30T09:00", "2026-11-23"),
        # The clock changes: 2:30 is skipped, or occurs twice, on the Sundays.
        ("sat,sun 2:30 Europe/Berlin", "2027-03-28T03:00", "2027-03-27"),
        ("mon,sun 2:30 Europe/Berlin", "2027-03-29T02:30", "2027-03-28"),
        ("mon,sun 2:30 Europe/Berlin", "2026-10-26T02:30", "2026-10-25"),
        # Midnight is skipped in Beirut on 29 March 2026: the run is at 1:00, on the same day.
        ("sun,mon 0:00 Asia/Beirut", "2026-03-30T00:00", "2026-03-29"),
        # The calendar of Samoa skips 30 December 2011: its run is at the start of the 31st.
        ("day 9:00 Pacific/Apia", "2011-12-31T09:00", "2011-12-29"),
        # Near midnight, the local date counts.
        ("mon,thu 0:30 Pacific/Auckland", "2026-11-26T00:30", "2026-11-23"),
        ("mon,thu 23:30 America/Los_Angeles", "2026-11-26T23:30", "2026-11-23"),
    ],
)
def test_previous_day_of_a_recurrence(when: str, at: str, previous: str) -> None:
    recurrence = RECURRENCE.read(when)
    local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(recurrence.zone))
    assert previous_day(recurrence, local.astimezone(UTC)) == date.fromisoformat(previous)


@pytest.mark.parametrize("when", ["mon,thu", "weekday", "weekend", "first monday", "last day", "first weekday", "day"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_runs_leave_no_day_out_and_repeat_none(when: str, zone: str) -> None:
    recurrence, at = RECURRENCE.read(f"{when} 2:30 {zone}"), MONDAY
    last_day = previous_day(recurrence, next_after(recurrence, at))
    for _ in range(120):
        at = next_after(recurrence, at)
        assert previous_day(recurrence, at) == last_day
        last_day = at.astimezone(ZoneInfo(zone)).date()


# The line


@pytest.mark.parametrize(
    ("when", "line", "saved"),
    [
        ("day", LINE, f"{LINE} span=day"),
        ("monday", LINE, f"{LINE} span=week"),
        ("first monday", f"{LINE} quiet=on-change", f"{LINE} span=month quiet=on-change"),
        ("mon,thu", LINE, LINE),
        ("day", f"{LINE} span=week", f"{LINE} span=week"),
        ("day", f"{LINE} since=7d", f"{LINE} since=7d"),
        ("day", f"{LINE} until=today", f"{LINE} span=day until=today"),
        ("day", "events web/production since=1d", "events web/production since=1d"),
        ("day", "digest web/production since=", "digest web/production since="),
    ],
)
def test_span_is_saved_unless_the_line_says_what_to_cover(when: str, line: str, saved: str) -> None:
    assert with_span(line, RECURRENCE.read(f"{when} 9:00 UTC")) == saved


@pytest.mark.parametrize(
    ("before", "after", "line", "saved"),
    [
        ("monday", "day", f"{LINE} span=week", f"{LINE} span=day"),
        ("monday", "mon,thu", f"{LINE} span=week", LINE),
        ("mon,thu", "first monday", LINE, f"{LINE} span=month"),
        ("monday", "tuesday", f"{LINE} span=week", f"{LINE} span=week"),
        ("monday", "day", f"{LINE} span=month", f"{LINE} span=month"),
        ("day", "day", f"{LINE} span=week", f"{LINE} span=week"),
        ("monday", "monday", LINE, f"{LINE} span=week"),
        ("monday", "day", f"{LINE} since=3d", f"{LINE} since=3d"),
        ("monday", "day", "scores web/production", "scores web/production"),
    ],
)
def test_span_follows_a_changed_recurrence(before: str, after: str, line: str, saved: str) -> None:
    triggers = (RECURRENCE.read(f"{when} 9:00 UTC") for when in (before, after))
    assert follow_trigger(line, *triggers) == saved


@pytest.mark.parametrize(
    ("when", "line", "asked"),
    [
        ("mon,thu", LINE, f"{LINE} since=2026-11-26"),
        ("monday", LINE, f"{LINE} since=2026-11-23"),  # saved before spans were
        ("day", LINE, f"{LINE} since=2026-11-29"),
        ("monday", f"{LINE} span=week", f"{LINE} span=week"),
        ("day", f"{LINE} span=day", f"{LINE} span=day"),
        ("fourth monday", f"{LINE} span=month", f"{LINE} span=month since=2026-11-23"),
        ("first monday", f"{LINE} span=month", f"{LINE} span=month since=2026-11-02"),
        ("monday", f"{LINE} span=month", f"{LINE} span=month"),
        ("mon,thu", f"{LINE} since=2d", f"{LINE} since=2d"),
        ("mon,thu", "events web/production", "events web/production"),
        ("watch", "events web/production", "events web/production"),
    ],
)
def test_run_asks_for_the_days_since_the_last(when: str, line: str, asked: str) -> None:
    at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert with_since(a_schedule(f"{when} 9:00 UTC".replace("watch 9:00", "watch"), line), at).line == asked


def test_question_with_a_span_also_takes_since() -> None:
    for question in discover().values():
        names = set(question.params.model_fields)
        assert {*filter(None, [question.span_field]), *question.display_fields} <= names
        assert not question.span_field or "since" in names


# In Slack


@LOOP
@pytest.mark.parametrize(
    ("when", "saved", "run_at", "title"),
    [
        ("day", "span=day", "2026-11-21T09:00", "Daily digest · 20 Nov 2026"),
        ("monday", "span=week", "2026-11-23T09:00", "Weekly digest · 16 – 22 Nov 2026"),
        ("first monday", "span=month", "2026-12-07T09:00", "Monthly digest · 2 Nov – 6 Dec 2026"),
        ("tue,fri", "", "2026-11-24T09:00", "4-day digest · 20 – 23 Nov 2026"),
    ],
)
async def test_first_run_covers_what_the_confirmation_says(
    scheduler: SchedulerHarness, when: str, saved: str, run_at: str, title: str
) -> None:
    assert f"`{LINE}{' ' * bool(saved)}{saved}` here" in await scheduler.send(f"every {when} 9:00 {LINE}")
    await scheduler.advance_to(datetime.fromisoformat(run_at).replace(tzinfo=ZoneInfo("Europe/Berlin")))
    [posted] = scheduler.posted()
    assert title in visible_text(posted)


@LOOP
async def test_runs_cover_each_day_once(scheduler: SchedulerHarness) -> None:
    await scheduler.send(f"every mon,thu 9:00 {LINE}")
    for day in (0, 3, 7):
        await scheduler.advance_to(MONDAY + timedelta(days=day))
    for posted, days in zip(scheduler.posted(), ("19 – 22 Nov", "23 – 25 Nov", "26 – 29 Nov"), strict=True):
        assert f"digest · {days} 2026" in visible_text(posted)


@LOOP
async def test_same_line_at_the_same_time_is_asked_once_for_all_channels(scheduler: SchedulerHarness) -> None:
    for channel in ("C1", "C2"):
        await scheduler.send(f"every mon,thu 9:00 {LINE}", channel=channel)
    scheduler.workspace.faults.requests.clear()
    await scheduler.advance_to(MONDAY)
    assert [len(scheduler.posted(channel)) for channel in ("C1", "C2")] == [1, 1]
    paths = [request.path.rpartition("/")[2] for request in scheduler.workspace.faults.requests]
    assert (paths.count("scores"), paths.count("frequency")) == (1, 1)


@LOOP
async def test_span_follows_a_change_by_line_and_by_form(scheduler: SchedulerHarness) -> None:
    slack, reply = scheduler.workspace.slack, await scheduler.workspace.send(f"every monday 9:00 {LINE}")
    scheduler.workspace.faults.status = 503
    changed = await scheduler.send("change 1 day")
    assert f"`{LINE} span=day`" in changed
    assert "I couldn't check" not in changed
    form = await open_form(slack, reply, "Change", user="U1")
    await save(slack, form, How_often="Every week", Days=["Monday", "Thursday"])
    await slack.until(lambda: f"`{LINE}`, *every Monday and Thursday" in visible_text(reply))
