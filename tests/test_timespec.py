"""Times as people type them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lines.timespec import display_line, normalize_time, resolve_time, to_milliseconds
from tests.conversation import NOW, UTC_ZONE

BERLIN = ZoneInfo("Europe/Berlin")
AUCKLAND = ZoneInfo("Pacific/Auckland")


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("7d", "2026-11-13T16:00+01:00"),
        ("2w", "2026-11-06T16:00+01:00"),
        ("36h", "2026-11-19T04:00+01:00"),
        ("90m", "2026-11-20T14:30+01:00"),
        ("now", "2026-11-20T16:00+01:00"),
        ("today", "2026-11-20T00:00+01:00"),
        ("yesterday", "2026-11-19T00:00+01:00"),
        ("monday", "2026-11-16T00:00+01:00"),
        ("friday", "2026-11-20T00:00+01:00"),
        ("saturday", "2026-11-14T00:00+01:00"),
        ("2026-11-01", "2026-11-01T00:00+01:00"),
        ("2026-07-01", "2026-07-01T00:00+02:00"),
        ("2026-11-01T09:30", "2026-11-01T09:30+01:00"),
        ("2026-11-01T09:30Z", "2026-11-01T10:30+01:00"),
    ],
)
def test_time_is_resolved_in_the_readers_zone(typed: str, start: str) -> None:
    assert resolve_time(typed, NOW, BERLIN) == datetime.fromisoformat(start)


@pytest.mark.parametrize(
    ("typed", "end"),
    [
        ("yesterday", "2026-11-20T00:00+01:00"),
        ("wednesday", "2026-11-19T00:00+01:00"),
        ("2026-11-07", "2026-11-08T00:00+01:00"),
        ("today", "2026-11-20T16:00+01:00"),
        ("2d", "2026-11-18T16:00+01:00"),
    ],
)
def test_day_as_an_end_includes_that_day_but_not_the_future(typed: str, end: str) -> None:
    assert resolve_time(typed, NOW, BERLIN, end=True) == datetime.fromisoformat(end)


def test_today_depends_on_the_zone() -> None:
    assert resolve_time("today", NOW, AUCKLAND) == datetime.fromisoformat("2026-11-21T00:00+13:00")


def test_days_are_calendar_days_across_a_clock_change() -> None:
    after_the_change = datetime(2026, 10, 28, 8, 0, tzinfo=UTC)  # the clocks went back on the 25th
    assert resolve_time("7d", after_the_change, BERLIN).isoformat() == "2026-10-21T09:00:00+02:00"


def test_hours_are_elapsed_across_a_clock_change() -> None:
    after_the_change = datetime(2026, 10, 25, 8, 0, tzinfo=UTC)
    assert resolve_time("24h", after_the_change, BERLIN).isoformat() == "2026-10-24T10:00:00+02:00"


def test_relative_time_is_rounded_to_the_minute() -> None:
    assert resolve_time("7d", NOW.replace(second=41, microsecond=7), BERLIN) == resolve_time("7d", NOW, BERLIN)


@pytest.mark.parametrize(
    "word", ["", "soon", "7", "0d", "7x", "12345d", "2026-13-01", "2026-02-31", "26-1-1", "20261101", "1e5"]
)
def test_invalid_time_is_refused(word: str) -> None:
    assert normalize_time(word) is None


@given(st.integers(10**11, 10**13 - 1))
def test_milliseconds_survive_a_round_trip(millis: int) -> None:
    normalized = normalize_time(str(millis))
    assert normalized
    assert normalize_time(normalized) == normalized
    assert to_milliseconds(resolve_time(normalized, NOW, BERLIN)) == millis


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("1795186800000", "2026-11-20T15:00Z"),
        ("1795186801000", "2026-11-20T15:00:01Z"),
        ("1795186800007", "2026-11-20T15:00:00.007Z"),
    ],
)
def test_milliseconds_become_a_readable_date(typed: str, normalized: str) -> None:
    assert normalize_time(typed) == normalized


@pytest.mark.parametrize(
    ("line", "zone", "shown"),
    [
        ("since=2026-11-16T00:00+01:00 until=2026-11-23T00:00+01:00", BERLIN, "since=2026-11-16 until=2026-11-22"),
        ("since=2026-11-16T00:00+01:00 until=2026-11-23T00:00+01:00", None, "since=2026-11-16 until=2026-11-22"),
        ("since=2026-10-25T00:00+02:00 until=2026-10-26T00:00+01:00", BERLIN, "since=2026-10-25 until=2026-10-25"),
        ("since=2026-11-16T00:00+01:00", ZoneInfo("America/New_York"), "since=2026-11-15T18:00-05:00"),
        ("since=2026-11-15T23:00Z", BERLIN, "since=2026-11-16"),
        ("until=2026-11-20T15:00:07Z page=3 after=abc~12", UTC_ZONE, "until=2026-11-20T15:00:07Z page=3"),
        ("limit=5 before=xyz", UTC_ZONE, "limit=5"),
        ("since=7d until=2026-11-16T00:00", BERLIN, "since=7d until=2026-11-16T00:00"),
    ],
)
def test_displayed_line_is_what_a_person_would_type(line: str, zone: ZoneInfo | None, shown: str) -> None:
    assert display_line(f"events web/production {line}", zone) == f"events web/production {shown}"


@given(
    st.text(max_size=30)
    | st.from_regex(r"\d{1,5}[mhdw]|\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z?|[a-z]{3,9}", fullmatch=True)
)
def test_valid_time_resolves_in_every_zone(word: str) -> None:
    normalized = normalize_time(word)
    if normalized is not None:
        assert normalize_time(normalized) == normalized
        for zone in (BERLIN, AUCKLAND, ZoneInfo("America/St_Johns")):
            assert (
                resolve_time(normalized, NOW, zone).timestamp()
                <= resolve_time(normalized, NOW, zone, end=True).timestamp()
                or normalized > "2026-11"
            )
