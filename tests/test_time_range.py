"""Full days in the reader's time zone, and how they are shown."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import InvalidLine
from bot.questions.daily_series import DailySeries, SeriesSet, count_by_day
from bot.questions.time_range import MAX_DAYS, Days
from tests.conversation import NOW, UTC_ZONE, question_context

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("now", "zone", "label", "hours"),
    [
        ("2026-11-20T15:00Z", "UTC", "13 – 19 Nov 2026", [24] * 7),
        ("2026-11-16T08:00Z", "Europe/Berlin", "9 – 15 Nov 2026", [24] * 7),
        ("2026-11-15T23:30Z", "Europe/Berlin", "9 – 15 Nov 2026", [24] * 7),
        ("2026-11-15T22:30Z", "Europe/Berlin", "8 – 14 Nov 2026", [24] * 7),
        ("2026-10-26T08:00Z", "Europe/Berlin", "19 – 25 Oct 2026", [24] * 6 + [25]),
        ("2027-03-29T08:00Z", "Europe/Berlin", "22 – 28 Mar 2027", [24] * 6 + [23]),
        ("2026-12-04T12:00Z", "America/New_York", "27 Nov – 3 Dec 2026", [24] * 7),
        ("2027-01-04T12:00Z", "America/New_York", "28 Dec 2026 – 3 Jan 2027", [24] * 7),
        ("2026-09-07T12:00Z", "America/Santiago", "31 Aug – 6 Sep 2026", [24] * 6 + [23]),  # without a midnight
    ],
)
def test_week_is_the_last_seven_full_local_days(now: str, zone: str, label: str, hours: list[int]) -> None:
    week = Days.last_full(datetime.fromisoformat(now), ZoneInfo(zone))
    assert week.label == label
    assert [(b - a) / HOUR for a, b in zip(week.midnights, week.midnights[1:], strict=False)] == hours
    assert [week.index_of(at) for at in (week.start - 1, week.start, week.last_millisecond, week.end, None)] == [
        None,
        0,
        6,
        None,
        None,
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Auckland", "America/Santiago"])
def test_weeks_of_successive_digests_are_contiguous(zone: str) -> None:
    for day in range(1, 365):
        at = [datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp() + (day + days) * 86_400 for days in (0, 7)]
        before, after = (Days.last_full(datetime.fromtimestamp(moment, UTC), ZoneInfo(zone)) for moment in at)
        assert before.end == after.start


@pytest.mark.parametrize(
    ("typed", "zone", "days"),
    [
        ("7d", "UTC", "13 – 19 Nov 2026"),
        ("2w", "Europe/Berlin", "6 – 19 Nov 2026"),
        ("yesterday", "UTC", "19 Nov 2026"),
        ("36h", "UTC", "19 Nov 2026"),
        ("monday", "UTC", "16 – 19 Nov 2026"),
        ("2026-11-01", "America/New_York", "1 – 19 Nov 2026"),
        ("2026-11-13T15:00Z", "Europe/Berlin", "13 – 19 Nov 2026"),
    ],
)
def test_range_starts_with_the_day_of_the_given_time(typed: str, zone: str, days: str) -> None:
    assert Days.since(typed, question_context(ZoneInfo(zone)), corrected="").label == days


@pytest.mark.parametrize(
    ("typed", "why"),
    [("today", "covers no full day yet"), ("3h", "covers no full day yet"), ("14w", f"more than {MAX_DAYS} days ago")],
)
def test_empty_or_too_long_range_is_a_mistake(typed: str, why: str) -> None:
    with pytest.raises(InvalidLine) as refused:
        Days.since(typed, question_context(), corrected="what to ask")
    assert why in refused.value.mistakes[0]
    assert refused.value.corrected == "what to ask"


def _beside(many: int, *series_counts: dict[int, int]) -> SeriesSet:
    names = ("a", "b", "c")
    days = Days.last_full(NOW, UTC_ZONE, many)
    return SeriesSet(days, tuple(DailySeries(name, counts) for name, counts in zip(names, series_counts, strict=False)))


def test_day_without_data_keeps_its_place_and_is_marked() -> None:
    both = _beside(4, {0: 5, 1: 0, 3: 2}, {0: 1, 1: 0})
    assert both.lines
    assert both.lines.labels == ("Mon 16 Nov", "Tue 17 Nov", "Wed 18 Nov †", "Thu 19 Nov †")
    assert [line.values for line in both.lines.series] == [(5, 0, 0, 2), (1, 0, 0, 0)]
    assert both.point_width == ""


def test_series_without_data_is_not_charted() -> None:
    both = _beside(2, {0: 5, 1: 1}, {})
    assert both.lines
    assert [line.name for line in both.lines.series] == ["a"]
    assert both.lines.labels == ("Wed 18 Nov", "Thu 19 Nov")


def test_no_chart_when_nothing_happened() -> None:
    cases: list[tuple[dict[int, int], ...]] = [(), ({},), ({0: 0, 1: 0}, {0: 0})]
    for given in cases:
        assert _beside(2, *given).lines is None


def test_more_days_than_fit_are_grouped() -> None:
    both = _beside(50, dict.fromkeys(range(50), 1), {n: 2 for n in range(50) if n not in (3, 6, 7, 8)})
    assert both.point_width == "3 days"
    assert both.lines
    assert len(both.lines.labels) == 17
    assert both.lines.labels[:3] == ("1 Oct", "4 Oct †", "7 Oct †")
    assert both.lines.series[0].values == (3,) * 16 + (2,)
    assert both.lines.series[1].values[:3] == (6, 4, 0)


def test_days_before_the_first_page_read_are_unknown() -> None:
    days = Days.last_full(NOW, UTC_ZONE, 3)
    at = [days.midnights[1], days.last_millisecond, None, days.end]
    assert count_by_day(days, at, has_unread=False) == {0: 0, 1: 1, 2: 1}
    assert count_by_day(days, at, has_unread=True) == {1: 1, 2: 1}
    assert count_by_day(days, [], has_unread=True) == {}


def test_day_list_is_shortened_to_ranges() -> None:
    days = Days.last_full(NOW, UTC_ZONE, 28)
    assert days.names_of(range(0, 28, 2)).endswith(", Tue 10 Nov and 4 more days")
    days = Days.last_full(NOW, UTC_ZONE, 14)
    assert days.names_of([0, 1, 13]) == "Fri 6 Nov, Sat 7 Nov and Thu 19 Nov"
    assert days.names_of([*range(8), 9]) == "Fri 6 Nov – Fri 13 Nov and Sun 15 Nov"
    assert days.names_of([]) == ""
