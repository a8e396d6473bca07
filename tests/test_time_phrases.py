"""Times in a sentence."""

from datetime import date

import pytest

from bot.lines.time_phrases import find_time_range

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("sentence", "since", "until"),
    [
        ("what changed yesterday?", "yesterday", "today"),
        ("since yesterday", "yesterday", ""),
        ("anything today", "today", ""),
        ("this morning", "today", ""),
        ("since Monday", "monday", ""),
        ("on tuesday", "tuesday", "tuesday"),
        ("last wednesday", "wednesday", "wednesday"),
        ("this week", "monday", ""),
        ("last week", "2026-11-09", "2026-11-15"),
        ("since last week", "2026-11-09", ""),
        ("over the weekend", "2026-11-14", "2026-11-15"),
        ("this month", "2026-11-01", ""),
        ("last month", "2026-10-01", "2026-10-31"),
        ("this quarter", "2026-10-01", ""),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("what changed last night?", "yesterday", "today"),
        ("last year", "91d", ""),
        ("in the past month", "30d", ""),
        ("the last 3 days", "3d", ""),
        ("past two weeks", "14d", ""),
        ("a couple of days ago", "2d", ""),
        ("an hour ago", "1h", ""),
        ("last hour", "1h", ""),
        ("in the last 12 hours", "12h", ""),
        ("last 100 hours", "4d", ""),
        ("within 7d", "7d", ""),
        ("since 2026-11-01", "2026-11-01", ""),
        ("on 2026-11-01", "2026-11-01", "2026-11-01"),
    ],
)
def test_time_is_found_in_a_sentence(sentence: str, since: str, until: str) -> None:
    found = find_time_range(sentence, FRIDAY)
    assert found
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    "sentence", ["what changed?", "tomorrow", "next week", "on 2026-02-31", "on 2026-12-24", "mondays", "two weeks"]
)
def test_sentence_without_a_past_time_has_none(sentence: str) -> None:
    assert find_time_range(sentence, FRIDAY) is None


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), date(2026, 11, 21)),
        (date(2026, 11, 22), date(2026, 11, 21), date(2026, 11, 22)),
        (date(2026, 11, 23), date(2026, 11, 21), date(2026, 11, 22)),
    ],
)
def test_weekend_is_the_latest_that_has_begun(today: date, first: date, last: date) -> None:
    found = find_time_range("over the weekend", today)
    assert found
    assert (found.first, found.last) == (first, last)


def test_months_before_january_are_last_years() -> None:
    found = find_time_range("last month", date(2027, 1, 10))
    assert found
    assert (found.since, found.until, found.days) == ("2026-12-01", "2026-12-31", 31)
