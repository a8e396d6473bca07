"""Past weeks of a project and environment: the snapshot used for each week, and the trends described."""

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions import history
from bot.store import Snapshot

TODAY = date(2026, 11, 23)
VALUES = st.lists(st.none() | st.integers(0, 4), max_size=13)
DAYS = st.lists(st.integers(0, 90), unique=True).map(lambda ago: [TODAY - timedelta(days=n) for n in sorted(ago)])


def snapshot(day: date) -> Snapshot:
    return Snapshot("web/production", day, {}, material=True)


def known_values(values: list[int | None]) -> list[int]:
    """The values up to the first unknown one."""
    return [value for value in takewhile(lambda value: value is not None, values) if value is not None]


# Snapshots of weeks


@given(DAYS)
def test_each_week_gets_its_nearest_snapshot_and_no_two_share_one(days: list[date]) -> None:
    weeks = history.weekly_snapshots([snapshot(day) for day in days], TODAY)
    used = [week.day for week in weeks if week]
    assert len(used) == len(set(used))
    for ago, week in enumerate(weeks):
        distances = [abs(day - (TODAY - timedelta(weeks=ago))) for day in days]
        nearest = min(distances, default=timedelta.max)
        assert (week is None) is (nearest > timedelta(days=3))
        assert week is None or abs(week.day - (TODAY - timedelta(weeks=ago))) == nearest


@given(DAYS)
def test_latest_snapshot_is_used_for_the_latest_week(days: list[date]) -> None:
    weeks = history.latest_weeks([snapshot(day) for day in days])
    assert [week.day for week in weeks[:1] if week] == days[:1]


@pytest.mark.parametrize("every", [1, 7])
def test_daily_or_weekly_snapshots_leave_no_week_missing(every: int) -> None:
    days = [TODAY - timedelta(days=ago) for ago in range(0, 90, every)]
    weeks = history.weekly_snapshots([snapshot(day) for day in days], TODAY)
    assert [week and week.day for week in weeks] == [
        TODAY - timedelta(weeks=ago) for ago in range(history.MAX_WEEKS_BACK)
    ]


@pytest.mark.parametrize(
    ("span", "ago", "used"),
    [
        ("day", (0, 1, 3), (0, 1, None, 3)),
        ("week", (0, 6, 8, 21), (0, 6, None, 21)),
        ("month", (0, 28, 63, 91), (0, 28, 63, 91)),
        ("", (0, 3, 4, 7), (0, 3, 4, 7)),
        ("day", (), ()),
    ],
)
def test_spans_are_counted_in_their_own_length(span: str, ago: tuple[int, ...], used: tuple[int | None, ...]) -> None:
    others = [replace(snapshot(TODAY - timedelta(days=n)), span="another") for n in range(9)]
    own = [replace(snapshot(TODAY - timedelta(days=n)), span=span) for n in ago]
    spans = history.latest_spans([*others, *own], span)
    assert tuple(found and (TODAY - found.day).days for found in spans[: len(used)]) == used
    assert not any(spans[len(used) :])


@given(st.integers(4, 40))
def test_date_near_whole_weeks_is_described_in_weeks(ago: int) -> None:
    description = history.describe_date(TODAY - timedelta(days=ago), TODAY)
    weeks_by_days = {6: 1, 7: 1, 8: 1, 13: 2, 14: 2, 15: 2, 20: 3, 21: 3, 22: 3}
    assert description == (
        history.WEEKS_AGO[weeks_by_days[ago] - 1]
        if ago in weeks_by_days
        else f"on {TODAY - timedelta(days=ago):%-d %b}"
    )


# Trends


@given(VALUES)
def test_streak_is_true_of_the_known_weeks(values: list[int | None]) -> None:
    changes = [later - earlier for later, earlier in pairwise(known_values(values))]
    description = history.describe_streak(values)
    if first := re.fullmatch(r"the first (fall|rise) in (\d+) weeks", description):
        sign, weeks = {"fall": -1, "rise": 1}[first[1]], int(first[2])
        assert weeks >= 3
        assert [change * sign > 0 for change in changes[:weeks]] == [True, *[False] * (weeks - 1)]
        assert all(change * sign > 0 for change in changes[weeks : weeks + 1])  # or the streak would be longer
    elif row := re.fullmatch(r"the (\w+) (fall|rise) in a row", description):
        ordinals = "third fourth fifth sixth seventh eighth ninth 10th 11th 12th"
        sign, weeks = {"fall": -1, "rise": 1}[row[2]], ordinals.split().index(row[1]) + 3
        assert [change * sign > 0 for change in changes[: weeks + 1]] == [
            *[True] * weeks,
            *[False] * (weeks < len(changes)),
        ]
    else:
        assert description == ""
        signs = [(change > 0) - (change < 0) for change in changes]
        assert len(signs) < 3 or signs[0] == 0 or signs[0] in signs[1:3]
        assert len(signs) < 3 or signs[0] == 0 or signs[:3] != [signs[0]] * 3


@given(VALUES, VALUES)
def test_streak_ends_at_the_first_unknown_week(values: list[int | None], beyond: list[int | None]) -> None:
    assert history.describe_streak([*known_values(values), None, *beyond]) == history.describe_streak(values)


@given(VALUES)
def test_falls_and_rises_are_described_symmetrically(values: list[int | None]) -> None:
    inverted = [None if value is None else 100 - value for value in values]
    opposite = {"fall": "rise", "rise": "fall"}
    assert history.describe_streak(inverted) == re.sub(
        "fall|rise", lambda word: opposite[word[0]], history.describe_streak(values)
    )


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (12, 15, "3 fewer than last week"),
        (15, 12, "3 more than last week"),
        (12, 12.0, "same as last week"),
        (0, 1200, "1,200 fewer than last week"),
    ],
)
def test_count_is_compared_with_the_previous_week(now: float, before: float, expected: str) -> None:
    assert history.describe_difference(now, before, "last week") == expected
