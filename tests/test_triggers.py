"""When a recurrence runs, in every time zone and across every DST change from 2020 to 2030."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.recurrence_parser import RecurrenceType
from bot.schedules.triggers import EVERY_DAY, MAX_MISSED, DueRun, Recurrence, due, next_after

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
WINDOW = 2 * HOUR


def read(line: str) -> Recurrence:
    return RecurrenceType().read(line)


def runs_between(recurrence: Recurrence, after: datetime, until: datetime) -> list[datetime]:
    """The runs after one time and before another."""
    runs = [next_after(recurrence, after)]
    while runs[-1] < until:
        runs.append(next_after(recurrence, runs[-1]))
    return runs[:-1]


def local_runs(line: str, after: str, number: int) -> list[str]:
    """The first runs of a recurrence after a local time, in local time."""
    recurrence = read(line)
    zone = ZoneInfo(recurrence.zone)
    at, runs = datetime.fromisoformat(after).replace(tzinfo=zone), []
    for _ in range(number):
        at = next_after(recurrence, at)
        assert at.tzinfo is UTC
        runs.append(at.astimezone(zone).isoformat(" ", "minutes"))
    return runs


# DST changes, found without the code under test


@dataclass(frozen=True)
class Change:
    """A change of a time zone's UTC offset."""

    at: datetime
    before: timedelta
    after: timedelta

    def instant(self, local_time: datetime) -> datetime:
        """The first instant with this local time; the change itself, if there is none."""
        instants = [local_time.replace(tzinfo=UTC) - offset for offset in (self.before, self.after)]
        exists = (instants[0] < self.at, instants[1] >= self.at)
        return min((at for at, fits in zip(instants, exists, strict=True) if fits), default=self.at)

    @property
    def edges(self) -> tuple[datetime, datetime]:
        """The local times just before and just after, in order."""
        first, last = sorted((self.at + offset).replace(tzinfo=None) for offset in (self.before, self.after))
        return first, last


@cache
def changes() -> list[tuple[str, Change]]:
    """All changes of one time zone for each sequence of changes, as many zones share theirs."""
    root, distinct, zones = resources.files("tzdata"), dict[bytes, str](), dict[tuple[Change, ...], str]()
    for name in root.joinpath("zones").read_text("utf-8").split():
        distinct.setdefault(root.joinpath("zoneinfo", *name.split("/")).read_bytes(), name)
    for name in distinct.values():
        zones.setdefault(tuple(_changes(ZoneInfo(name))), name)
    return [(name, change) for course, name in zones.items() for change in course]


def zone_names() -> list[str]:
    return sorted({name for name, _ in changes()})


ZONE_NAMES = st.deferred(lambda: st.sampled_from(zone_names()))  # not looked for until a test draws one


def _changes(zone: ZoneInfo) -> Iterator[Change]:
    weeks = [START + timedelta(days=7 * week) for week in range((END - START).days // 7)]
    offsets = [_offset(at, zone) for at in weeks]
    for week, (before, after) in enumerate(pairwise(offsets)):
        if before != after:
            low, high = weeks[week], weeks[week + 1]
            while high - low > SECOND:
                middle = low + (high - low) // 2 // SECOND * SECOND
                low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
            yield Change(high, before, after)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def times_around(change: Change) -> set[time]:
    """Times of day that a change may affect, and one that it seldom does."""
    first, last = change.edges
    times = (first - MINUTE, first, first + (last - first) / 2, last - MINUTE, last)
    return {at.time().replace(second=0, microsecond=0) for at in times} | {time(0), time(9)}


def test_dst_changes_cover_the_worlds_time_zones() -> None:
    sizes = {abs(change.after - change.before) for _, change in changes()}
    assert len(changes()) > 500
    assert len(zone_names()) > 40
    assert sizes > {HOUR, HOUR / 2, 2 * HOUR}
    assert {change.edges[0].time() for _, change in changes()} >= {time(0), time(1), time(2), time(23)}


def test_daily_schedule_runs_once_a_day_across_every_dst_change() -> None:
    for name, change in changes():
        days = [change.edges[0].date() + timedelta(days=days) for days in range(-2, 4)]
        for at in times_around(change):
            expected = [change.instant(datetime.combine(day, at)) for day in days]
            runs = runs_between(Recurrence(EVERY_DAY, 0, at, name), expected[0] - SECOND, expected[-1] + SECOND)
            assert runs == expected, (name, change, at)
            local_times = [run.astimezone(ZoneInfo(name)) for run in runs]
            assert all(local.time() == at or local == change.at for local in local_times)
            assert [local.date() for local in local_times] == days or change.at in local_times


def test_next_after_any_time_between_two_runs_is_the_later() -> None:
    for name, change in changes():
        recurrence = Recurrence(EVERY_DAY, 0, change.edges[0].time(), name)
        earlier, later = runs_between(recurrence, change.at - 30 * HOUR, change.at + 30 * HOUR)[:2]
        for between in (earlier, earlier + SECOND, change.at, earlier + (later - earlier) / 2, later - SECOND):
            if earlier <= between < later:
                assert (
                    next_after(recurrence, between)
                    == next_after(recurrence, between.astimezone(ZoneInfo(name)))
                    == later
                )


def test_due_finds_the_same_runs_as_next_after() -> None:
    for name, change in changes():
        recurrence = Recurrence(EVERY_DAY, 0, change.edges[0].time(), name)
        runs = runs_between(recurrence, change.at - 3 * DAY, change.at + 3 * DAY)
        for number, now in enumerate(runs):
            assert due(recurrence, runs[0], now, WINDOW) == DueRun(now, False, tuple(runs[:number]))


# Known cases


@pytest.mark.parametrize(
    ("line", "after", "expected"),
    [
        (
            "sunday 9:00 Europe/Berlin",
            "2026-03-16",
            ["2026-03-22 09:00+01:00", "2026-03-29 09:00+02:00", "2026-04-05 09:00+02:00"],
        ),
        ("sunday 9:00 Europe/Berlin", "2026-10-20", ["2026-10-25 09:00+01:00", "2026-11-01 09:00+01:00"]),
        (
            "day 2:30 America/New_York",
            "2026-03-07",
            ["2026-03-07 02:30-05:00", "2026-03-08 03:00-04:00", "2026-03-09 02:30-04:00"],
        ),
        ("day 3:00 America/New_York", "2026-03-07 04:00", ["2026-03-08 03:00-04:00", "2026-03-09 03:00-04:00"]),
        ("day 1:30 America/New_York", "2026-11-01", ["2026-11-01 01:30-04:00", "2026-11-02 01:30-05:00"]),
        ("day 2:15 Australia/Lord_Howe", "2026-10-04", ["2026-10-04 02:30+11:00", "2026-10-05 02:15+11:00"]),
        ("day 1:45 Australia/Lord_Howe", "2026-04-05", ["2026-04-05 01:45+11:00", "2026-04-06 01:45+10:30"]),
        ("day 0:00 America/Santiago", "2026-09-05", ["2026-09-06 01:00-03:00", "2026-09-07 00:00-03:00"]),
        ("day 23:30 America/Santiago", "2026-04-04", ["2026-04-04 23:30-03:00", "2026-04-05 23:30-04:00"]),
        # Samoa skipped Friday the 30th: a run due then is due as Saturday begins, and once
        (
            "day 9:00 Pacific/Apia",
            "2011-12-29",
            ["2011-12-29 09:00-10:00", "2011-12-31 00:00+14:00", "2011-12-31 09:00+14:00"],
        ),
        ("day 0:00 Pacific/Apia", "2011-12-29", ["2011-12-31 00:00+14:00", "2012-01-01 00:00+14:00"]),
        ("friday 9:00 Pacific/Apia", "2011-12-29", ["2011-12-31 00:00+14:00", "2012-01-06 09:00+14:00"]),
        ("day 9:00 Antarctica/Troll", "2026-03-28 12:00", ["2026-03-29 09:00+02:00"]),
        ("last day 9:00 UTC", "2028-02-01", ["2028-02-29 09:00+00:00", "2028-03-31 09:00+00:00"]),
        ("last day 9:00 UTC", "2027-02-01", ["2027-02-28 09:00+00:00", "2027-03-31 09:00+00:00"]),
        ("day 9:00 UTC", "2028-02-28 09:00", ["2028-02-29 09:00+00:00", "2028-03-01 09:00+00:00"]),
        ("first day 9:00 UTC", "2026-12-01 09:00", ["2027-01-01 09:00+00:00"]),
        ("first monday 9:00 UTC", "2026-05-31", ["2026-06-01 09:00+00:00", "2026-07-06 09:00+00:00"]),
        ("fourth monday 9:00 UTC", "2027-02-01", ["2027-02-22 09:00+00:00", "2027-03-22 09:00+00:00"]),
        ("last monday 9:00 UTC", "2026-08-01", ["2026-08-31 09:00+00:00", "2026-09-28 09:00+00:00"]),
        ("first weekday 9:00 UTC", "2026-07-31", ["2026-08-03 09:00+00:00", "2026-09-01 09:00+00:00"]),
        ("last weekday 9:00 UTC", "2026-05-01", ["2026-05-29 09:00+00:00", "2026-06-30 09:00+00:00"]),
        ("weekday 9:00 UTC", "2026-11-20 08:59", ["2026-11-20 09:00+00:00", "2026-11-23 09:00+00:00"]),
    ],
)
def test_next_runs_of_known_cases(line: str, after: str, expected: list[str]) -> None:
    assert local_runs(line, after, len(expected)) == expected


@given(
    ZONE_NAMES,
    st.sampled_from([1, 2, 3, 4, -1]),
    st.integers(0, 6),
    st.times(),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_monthly_schedule_runs_once_a_month(name: str, nth: int, weekday: int, at: time, day: date) -> None:
    recurrence = Recurrence((weekday,), nth, time(9, at.minute), name)
    start = datetime.combine(day.replace(day=1), time(), ZoneInfo(name))
    runs = [run.astimezone(ZoneInfo(name)) for run in runs_between(recurrence, start, start + timedelta(days=366))]
    assert 11 <= len(runs) <= 13
    assert [(f.year, f.month) for f in runs] == sorted({(f.year, f.month) for f in runs})
    for run in runs:
        assert run.weekday() == weekday
        weeks = (run + timedelta(days=7)).month != run.month if nth < 0 else (run.day + 6) // 7 == nth
        assert weeks


@given(
    ZONE_NAMES,
    st.sets(st.integers(0, 6), min_size=1),
    st.times(),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_due_run_is_the_last_of_the_missed_ones(
    name: str, days: set[int], at: time, next_at: datetime, down: timedelta
) -> None:
    recurrence = Recurrence(tuple(sorted(days)), 0, time(at.hour, at.minute), name)
    first = next_after(recurrence, next_at)
    run = due(recurrence, first, first + down, WINDOW)
    runs = [first, *runs_between(recurrence, first, first + down + timedelta(microseconds=1))]
    assert run == DueRun(runs[-1], first + down - runs[-1] > WINDOW, tuple(runs[:-1]))


# Due runs


MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)  # 9:00 in Berlin


@pytest.mark.parametrize(
    ("passed", "late"), [(timedelta(0), False), (WINDOW, False), (WINDOW + SECOND, True), (6 * DAY, True)]
)
def test_run_is_late_past_the_window(passed: timedelta, late: bool) -> None:
    assert due(read("monday 9:00 Europe/Berlin"), MONDAY, MONDAY + passed, WINDOW) == DueRun(MONDAY, late, ())


def test_nothing_is_due_before_its_time() -> None:
    assert due(read("monday 9:00 Europe/Berlin"), MONDAY, MONDAY - timedelta(microseconds=1), WINDOW) is None


def test_after_a_week_the_latest_run_is_due_and_others_are_missed() -> None:
    run = due(read("weekday 9:00 Europe/Berlin"), MONDAY, MONDAY + 7 * DAY + MINUTE, WINDOW)
    assert run == DueRun(MONDAY + 7 * DAY, False, tuple(MONDAY + day * DAY for day in range(5)))


def test_after_a_year_the_newest_hundred_missed_runs_are_listed() -> None:
    run = due(read("day 9:00 UTC"), MONDAY, MONDAY + 365 * DAY, WINDOW)
    assert run is not None
    assert run.at == datetime(2027, 11, 15, 9, tzinfo=UTC)
    assert run.late
    assert run.missed == tuple(run.at - day * DAY for day in range(MAX_MISSED, 0, -1))


@pytest.mark.parametrize("line", ["day 9:00 Europe/Berlin", "monday 9:00 Europe/Berlin", "last weekday 9:00 UTC"])
def test_missed_runs_are_capped_after_a_thousand_years(line: str) -> None:
    run = due(read(line), MONDAY, MONDAY + 365_000 * DAY, WINDOW)
    assert run is not None
    assert len(run.missed) == MAX_MISSED
    assert [*run.missed, run.at] == sorted({*run.missed, run.at})


def test_time_outside_the_recurrence_is_due_all_the_same() -> None:
    snoozed = MONDAY + 3 * HOUR
    assert due(read("monday 9:00 Europe/Berlin"), snoozed, snoozed + HOUR, WINDOW) == DueRun(snoozed, False, ())
    run = due(read("monday 9:00 Europe/Berlin"), snoozed, MONDAY + 7 * DAY, WINDOW)
    assert run == DueRun(MONDAY + 7 * DAY, False, (snoozed,))


def test_skipped_day_and_the_next_are_due_once() -> None:
    """Samoa had no Friday the 30th of December 2011."""
    recurrence, thursday = read("day 0:00 Pacific/Apia"), datetime(2011, 12, 29, 10, tzinfo=UTC)
    assert due(recurrence, thursday, thursday + 2 * DAY, WINDOW) == DueRun(
        thursday + 2 * DAY, False, (thursday, thursday + DAY)
    )


def test_clock_set_back_across_midnight_does_not_repeat_the_day() -> None:
    """Until 2011, Newfoundland set its clocks back from 0:01 to 23:01 of the day before."""
    recurrence = read("day 0:00 America/St_Johns")
    sunday = next_after(recurrence, datetime(2010, 11, 6, 12, tzinfo=UTC))
    assert sunday == datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    assert due(recurrence, sunday - DAY, sunday + HOUR / 2, WINDOW) == DueRun(sunday, False, (sunday - DAY,))
    assert next_after(recurrence, sunday + HOUR / 2) == sunday + 25 * HOUR


def test_due_run_is_in_utc_for_any_time_zone() -> None:
    """Here the later instant has the earlier local time."""
    recurrence, berlin = read("day 2:45 Europe/Berlin"), ZoneInfo("Europe/Berlin")
    next_at = datetime(2026, 10, 25, 2, 45, tzinfo=berlin)
    run = due(recurrence, next_at, datetime(2026, 10, 25, 2, 15, tzinfo=berlin, fold=1), WINDOW)
    assert run == DueRun(datetime(2026, 10, 25, 0, 45, tzinfo=UTC), False, ())
    assert run.at.tzinfo is UTC


def test_recurrence_without_a_zone_has_no_next_run() -> None:
    with pytest.raises(ValueError, match="keys must be"):
        next_after(read("monday 9:00"), MONDAY)
