"""The past weeks of a place: which snapshot stands for a week, and what may be claimed of a number over them."""

import re
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


def kept(day: date) -> Snapshot:
    return Snapshot("web/production", day, {}, material=True)


def known(values: list[int | None]) -> list[int]:
    """The weeks up to the first that is not known."""
    return [value for value in takewhile(lambda value: value is not None, values) if value is not None]


# Which snapshot stands for a week


@given(DAYS)
def test_each_week_has_the_snapshot_nearest_to_it_and_none_stands_for_two(days: list[date]) -> None:
    found = history.weekly_snapshots([kept(day) for day in days], TODAY)
    taken = [week.day for week in found if week]
    assert len(taken) == len(set(taken))
    for ago, week in enumerate(found):
        apart = [abs(day - (TODAY - timedelta(weeks=ago))) for day in days]
        nearest = min(apart, default=timedelta.max)
        assert (week is None) is (nearest > timedelta(days=3))
        assert week is None or abs(week.day - (TODAY - timedelta(weeks=ago))) == nearest


@given(DAYS)
def test_the_latest_snapshot_stands_for_the_latest_week(days: list[date]) -> None:
    found = history.latest_weeks([kept(day) for day in days])
    assert [week.day for week in found[:1] if week] == days[:1]


@pytest.mark.parametrize("every", [1, 7])
def test_where_one_is_kept_each_day_or_each_week_no_week_is_missing(every: int) -> None:
    days = [TODAY - timedelta(days=ago) for ago in range(0, 90, every)]
    found = history.weekly_snapshots([kept(day) for day in days], TODAY)
    assert [week and week.day for week in found] == [
        TODAY - timedelta(weeks=ago) for ago in range(history.MAX_WEEKS_BACK)
    ]


@given(st.integers(4, 40))
def test_a_day_is_called_by_its_weeks_where_they_are_nearly_whole(ago: int) -> None:
    said = history.describe_date(TODAY - timedelta(days=ago), TODAY)
    near = {6: 1, 7: 1, 8: 1, 13: 2, 14: 2, 15: 2, 20: 3, 21: 3, 22: 3}
    assert said == (history.WEEKS_AGO[near[ago] - 1] if ago in near else f"on {TODAY - timedelta(days=ago):%-d %b}")


# What may be claimed


@given(VALUES)
def test_what_is_claimed_holds_for_the_weeks_that_are_known(values: list[int | None]) -> None:
    changes = [later - earlier for later, earlier in pairwise(known(values))]
    said = history.describe_streak(values)
    if first := re.fullmatch(r"the first (fall|rise) in (\d+) weeks", said):
        sign, weeks = {"fall": -1, "rise": 1}[first[1]], int(first[2])
        assert weeks >= 3
        assert [change * sign > 0 for change in changes[:weeks]] == [True, *[False] * (weeks - 1)]
        assert all(change * sign > 0 for change in changes[weeks : weeks + 1])  # or more could be claimed
    elif row := re.fullmatch(r"the (\w+) (fall|rise) in a row", said):
        named = "third fourth fifth sixth seventh eighth ninth 10th 11th 12th"
        sign, weeks = {"fall": -1, "rise": 1}[row[2]], named.split().index(row[1]) + 3
        assert [change * sign > 0 for change in changes[: weeks + 1]] == [
            *[True] * weeks,
            *[False] * (weeks < len(changes)),
        ]
    else:
        assert said == ""
        signs = [(change > 0) - (change < 0) for change in changes]
        assert len(signs) < 3 or signs[0] == 0 or signs[0] in signs[1:3]
        assert len(signs) < 3 or signs[0] == 0 or signs[:3] != [signs[0]] * 3


@given(VALUES, VALUES)
def test_nothing_is_claimed_beyond_a_week_that_is_not_known(values: list[int | None], beyond: list[int | None]) -> None:
    assert history.describe_streak([*known(values), None, *beyond]) == history.describe_streak(values)


@given(VALUES)
def test_a_fall_is_a_rise_turned_over(values: list[int | None]) -> None:
    over = [None if value is None else 100 - value for value in values]
    turned = {"fall": "rise", "rise": "fall"}
    assert history.describe_streak(over) == re.sub(
        "fall|rise", lambda word: turned[word[0]], history.describe_streak(values)
    )


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (12, 15, "3 fewer than last week"),
        (15, 12, "3 more than last week"),
        (12, 12.0, "as many as last week"),
        (0, 1200, "1,200 fewer than last week"),
    ],
)
def test_a_count_stands_beside_that_of_the_week_before(now: float, before: float, said: str) -> None:
    assert history.describe_difference(now, before, "last week") == said
