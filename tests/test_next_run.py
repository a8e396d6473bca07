"""When a cadence's moments are, in every zone and through every change of the clock from 2020 to 2030."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.schedules.next_run import MAX_MISSED, DueRun, due, next_after
from bot.schedules.recurrence import EVERY_DAY, Recurrence, RecurrenceType

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
WINDOW = 2 * HOUR


def read(line: str) -> Recurrence:
    return RecurrenceType().read(line)


def moments(cadence: Recurrence, after: datetime, until: datetime) -> list[datetime]:
    """The moments after one and before another."""
    found = [next_after(cadence, after)]
    while found[-1] < until:
        found.append(next_after(cadence, found[-1]))
    return found[:-1]


def on_the_wall(line: str, after: str, number: int) -> list[str]:
    """The first moments of a cadence after one of its zone, as the wall shows them."""
    cadence = read(line)
    zone = ZoneInfo(cadence.zone)
    at, found = datetime.fromisoformat(after).replace(tzinfo=zone), []
    for _ in range(number):
        at = next_after(cadence, at)
        assert at.tzinfo is UTC
        found.append(at.astimezone(zone).isoformat(" ", "minutes"))
    return found


# The changes of the clock, found without the code under test


@dataclass(frozen=True)
class Change:
    """A change of a zone's clock."""

    at: datetime
    before: timedelta
    after: timedelta

    def instant(self, wall: datetime) -> datetime:
        """The first instant at which the wall shows this time; the change itself, if it never does."""
        shown = [wall.replace(tzinfo=UTC) - offset for offset in (self.before, self.after)]
        fitting = (shown[0] < self.at, shown[1] >= self.at)
        return min((at for at, fits in zip(shown, fitting, strict=True) if fits), default=self.at)

    @property
    def edges(self) -> tuple[datetime, datetime]:
        """What the wall shows just before and just after, in order."""
        shown = sorted((self.at + offset).replace(tzinfo=None) for offset in (self.before, self.after))
        return shown[0], shown[1]


@cache
def changes() -> dict[tuple[Change, ...], str]:
    """One zone for each course of changes: zones that go together are told once."""
    root, distinct, found = resources.files("tzdata"), dict[bytes, str](), dict[tuple[Change, ...], str]()
    for name in root.joinpath("zones").read_text("utf-8").split():
        distinct.setdefault(root.joinpath("zoneinfo", *name.split("/")).read_bytes(), name)
    for name in distinct.values():
        found.setdefault(tuple(_changes(ZoneInfo(name))), name)
    return found


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


def around(change: Change) -> set[time]:
    """Times of day that a change may touch, and one that it seldom does."""
    first, last = change.edges
    times = (first - MINUTE, first, first + (last - first) / 2, last - MINUTE, last)
    return {at.time().replace(second=0, microsecond=0) for at in times} | {time(0), time(9)}


CHANGES = [(name, change) for course, name in changes().items() for change in course]


def test_the_changes_are_those_of_the_world() -> None:
    names = {name for name, _ in CHANGES}
    sizes = {abs(change.after - change.before) for _, change in CHANGES}
    assert len(CHANGES) > 500
    assert len(names) > 40
    assert sizes > {HOUR, HOUR / 2, 2 * HOUR}
    assert {change.edges[0].time() for _, change in CHANGES} >= {time(0), time(1), time(2), time(23)}


def test_every_day_has_one_moment_at_its_time_in_every_zone_through_every_change() -> None:
    for name, change in CHANGES:
        days = [change.edges[0].date() + timedelta(days=days) for days in range(-2, 4)]
        for at in around(change):
            expected = [change.instant(datetime.combine(day, at)) for day in days]
            found = moments(Recurrence(EVERY_DAY, 0, at, name), expected[0] - SECOND, expected[-1] + SECOND)
            assert found == expected, (name, change, at)
            walls = [moment.astimezone(ZoneInfo(name)) for moment in found]
            assert all(wall.time() == at or wall == change.at for wall in walls)
            assert [wall.date() for wall in walls] == days or change.at in walls


def test_whatever_lies_between_two_moments_is_followed_by_the_later() -> None:
    for name, change in CHANGES:
        cadence = Recurrence(EVERY_DAY, 0, change.edges[0].time(), name)
        earlier, later = moments(cadence, change.at - 30 * HOUR, change.at + 30 * HOUR)[:2]
        for between in (earlier, earlier + SECOND, change.at, earlier + (later - earlier) / 2, later - SECOND):
            if earlier <= between < later:
                assert next_after(cadence, between) == next_after(cadence, between.astimezone(ZoneInfo(name))) == later


def test_looking_back_finds_what_looking_ahead_has_found() -> None:
    for name, change in CHANGES:
        cadence = Recurrence(EVERY_DAY, 0, change.edges[0].time(), name)
        found = moments(cadence, change.at - 3 * DAY, change.at + 3 * DAY)
        for number, now in enumerate(found):
            assert due(cadence, found[0], now, WINDOW) == DueRun(now, False, tuple(found[:number]))


# By hand


@pytest.mark.parametrize(
    ("line", "after", "found"),
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
        # Samoa left out Friday the 30th: what was due then is due as Saturday begins, and once
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
def test_what_follows(line: str, after: str, found: list[str]) -> None:
    assert on_the_wall(line, after, len(found)) == found


@settings(deadline=None)
@given(
    st.sampled_from(sorted(changes().values())),
    st.sampled_from([1, 2, 3, 4, -1]),
    st.integers(0, 6),
    st.times(),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_a_day_of_the_month_comes_once_a_month(name: str, nth: int, weekday: int, at: time, day: date) -> None:
    cadence = Recurrence((weekday,), nth, time(9, at.minute), name)
    start = datetime.combine(day.replace(day=1), time(), ZoneInfo(name))
    found = [moment.astimezone(ZoneInfo(name)) for moment in moments(cadence, start, start + timedelta(days=366))]
    assert 11 <= len(found) <= 13
    assert [(f.year, f.month) for f in found] == sorted({(f.year, f.month) for f in found})
    for moment in found:
        assert moment.weekday() == weekday
        weeks = (moment + timedelta(days=7)).month != moment.month if nth < 0 else (moment.day + 6) // 7 == nth
        assert weeks


@settings(deadline=None)
@given(
    st.sampled_from(sorted(changes().values())),
    st.sets(st.integers(0, 6), min_size=1),
    st.times(),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_what_is_due_is_the_last_of_what_followed(
    name: str, days: set[int], at: time, next_at: datetime, down: timedelta
) -> None:
    cadence = Recurrence(tuple(sorted(days)), 0, time(at.hour, at.minute), name)
    first = next_after(cadence, next_at)
    slot = due(cadence, first, first + down, WINDOW)
    walked = [first, *moments(cadence, first, first + down + timedelta(microseconds=1))]
    assert slot == DueRun(walked[-1], first + down - walked[-1] > WINDOW, tuple(walked[:-1]))


# What is due


MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)  # 9:00 in Berlin


@pytest.mark.parametrize(
    ("passed", "late"), [(timedelta(0), False), (WINDOW, False), (WINDOW + SECOND, True), (6 * DAY, True)]
)
def test_a_slot_is_late_past_the_window(passed: timedelta, late: bool) -> None:
    assert due(read("monday 9:00 Europe/Berlin"), MONDAY, MONDAY + passed, WINDOW) == DueRun(MONDAY, late, ())


def test_nothing_is_due_before_its_time() -> None:
    assert due(read("monday 9:00 Europe/Berlin"), MONDAY, MONDAY - timedelta(microseconds=1), WINDOW) is None


def test_after_a_week_the_latest_is_due_and_the_others_are_missed() -> None:
    slot = due(read("weekday 9:00 Europe/Berlin"), MONDAY, MONDAY + 7 * DAY + MINUTE, WINDOW)
    assert slot == DueRun(MONDAY + 7 * DAY, False, tuple(MONDAY + day * DAY for day in range(5)))


def test_after_a_year_the_newest_hundred_are_told() -> None:
    slot = due(read("day 9:00 UTC"), MONDAY, MONDAY + 365 * DAY, WINDOW)
    assert slot is not None
    assert slot.at == datetime(2027, 11, 15, 9, tzinfo=UTC)
    assert slot.late
    assert slot.missed == tuple(slot.at - day * DAY for day in range(MAX_MISSED, 0, -1))


@pytest.mark.parametrize("line", ["day 9:00 Europe/Berlin", "monday 9:00 Europe/Berlin", "last weekday 9:00 UTC"])
def test_after_a_thousand_years_the_walk_is_as_short(line: str) -> None:
    slot = due(read(line), MONDAY, MONDAY + 365_000 * DAY, WINDOW)
    assert slot is not None
    assert len(slot.missed) == MAX_MISSED
    assert [*slot.missed, slot.at] == sorted({*slot.missed, slot.at})


def test_a_moment_that_is_none_of_the_cadence_is_asked_all_the_same() -> None:
    snoozed = MONDAY + 3 * HOUR
    assert due(read("monday 9:00 Europe/Berlin"), snoozed, snoozed + HOUR, WINDOW) == DueRun(snoozed, False, ())
    slot = due(read("monday 9:00 Europe/Berlin"), snoozed, MONDAY + 7 * DAY, WINDOW)
    assert slot == DueRun(MONDAY + 7 * DAY, False, (snoozed,))


def test_two_days_that_share_a_moment_are_due_once() -> None:
    """Samoa had no Friday the 30th of December 2011."""
    cadence, thursday = read("day 0:00 Pacific/Apia"), datetime(2011, 12, 29, 10, tzinfo=UTC)
    assert due(cadence, thursday, thursday + 2 * DAY, WINDOW) == DueRun(
        thursday + 2 * DAY, False, (thursday, thursday + DAY)
    )


def test_a_day_that_began_before_the_clock_went_back_across_midnight_has_begun() -> None:
    """In Newfoundland one minute past midnight was one minute past eleven again, until 2011."""
    cadence = read("day 0:00 America/St_Johns")
    sunday = next_after(cadence, datetime(2010, 11, 6, 12, tzinfo=UTC))
    assert sunday == datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    assert due(cadence, sunday - DAY, sunday + HOUR / 2, WINDOW) == DueRun(sunday, False, (sunday - DAY,))
    assert next_after(cadence, sunday + HOUR / 2) == sunday + 25 * HOUR


def test_whoever_asks_in_another_zone_is_told_in_utc() -> None:
    """Here the wall shows the later moment as the earlier one."""
    cadence, berlin = read("day 2:45 Europe/Berlin"), ZoneInfo("Europe/Berlin")
    next_at = datetime(2026, 10, 25, 2, 45, tzinfo=berlin)
    slot = due(cadence, next_at, datetime(2026, 10, 25, 2, 15, tzinfo=berlin, fold=1), WINDOW)
    assert slot == DueRun(datetime(2026, 10, 25, 0, 45, tzinfo=UTC), False, ())
    assert slot.at.tzinfo is UTC


def test_a_cadence_without_a_zone_has_no_moments() -> None:
    with pytest.raises(ValueError, match="keys must be"):
        next_after(read("monday 9:00"), MONDAY)
