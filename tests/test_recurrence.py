"""Recurrences: parsed as people write them, written in canonical form, and described in words."""

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.commands.recurrence_parser import RecurrenceType, find_zone
from bot.core import build_registry
from bot.lines.param_types import InvalidValue
from bot.schedules.triggers import EVERY_DAY, WEEKDAYS, Recurrence

RECURRENCE_TYPE = RecurrenceType()
# Without `every`: no schedule holds that command, and so a recurrence may say `last friday of every month`.
QUESTIONS = {*build_registry(), "help", "digest", "compare", "releases", "watch", "watches", "schedules", "history"}
QUESTIONS = (QUESTIONS | {"pause", "resume", "stop", "snooze", "now", "share", "segments", "experiments"}) - {"every"}


def canonical_form(line: str) -> str:
    """The canonical form of a line."""
    return RECURRENCE_TYPE.write(RECURRENCE_TYPE.read(line))


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("monday 9:00 Europe/Berlin", "monday 9:00 Europe/Berlin"),
        ("every Monday at 9", "monday 9:00"),
        ("mondays", "monday 9:00"),
        ("MON 17:30", "monday 17:30"),
        ("at 9:00 on mondays", "monday 9:00"),
        ("monday,thursday 9:00", "monday,thursday 9:00"),
        ("thu and mon 9:00", "monday,thursday 9:00"),
        ("monday, wednesday & friday", "monday,wednesday,friday 9:00"),
        ("monday monday thursday", "monday,thursday 9:00"),
        ("mon-fri 8:15", "weekday 8:15"),
        ("monday to friday 8:15", "weekday 8:15"),
        ("wed - thu", "wednesday,thursday 9:00"),
        ("fri-mon", "monday,friday,saturday,sunday 9:00"),
        ("mon,tue,weds,thurs,fri,sat,sun", "day 9:00"),
        ("weekdays 9:00", "weekday 9:00"),
        ("daily noon utc", "day 12:00 UTC"),
        ("each day midnight", "day 0:00"),
        ("weekend 10am", "saturday,sunday 10:00"),
        ("first monday 9:00", "first monday 9:00"),
        ("1st monday of the month at 9:00", "first monday 9:00"),
        ("the third tues of every month", "third tuesday 9:00"),
        ("Fourth Wednesday", "fourth wednesday 9:00"),
        ("last friday of the month 16:00 Europe/Berlin", "last friday 16:00 Europe/Berlin"),
        ("last weekday 17:00", "last weekday 17:00"),
        ("first day of the month", "first day 9:00"),
    ],
)
def test_days_are_parsed_as_people_write_them(line: str, canonical: str) -> None:
    assert canonical_form(line) == canonical


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("9", time(9)),
        ("09.00", time(9)),
        ("9h", time(9)),
        ("9h30", time(9, 30)),
        ("9am", time(9)),
        ("9 AM", time(9)),
        ("9 a.m.", time(9)),
        ("9:30pm", time(21, 30)),
        ("9.30 pm", time(21, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("12:30am", time(0, 30)),
        ("0900", time(9)),
        ("930", time(9, 30)),
        ("17:30", time(17, 30)),
        ("0:00", time(0)),
        ("23:59", time(23, 59)),
        ("9 o'clock", time(9)),
        ("noon", time(12)),
        ("midnight", time(0)),
    ],
)
def test_times_are_parsed_as_people_write_them(typed: str, at: time) -> None:
    expected = Recurrence((0,), 0, at, "Asia/Tokyo")
    assert (
        RECURRENCE_TYPE.read(f"monday {typed} Asia/Tokyo")
        == RECURRENCE_TYPE.read(f"Tokyo at {typed} on monday")
        == expected
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        ("america/new-york", "America/New_York"),
        ("new_york", "America/New_York"),
        ("utc", "UTC"),
        ("gmt", "GMT"),
        ("Berlin", "Europe/Berlin"),
        ("buenos_aires", "America/Argentina/Buenos_Aires"),
        ("istanbul", "Europe/Istanbul"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("Etc/GMT-5", "Etc/GMT-5"),
        ("etc/gmt+5", "Etc/GMT+5"),
        ("Calcutta", "Asia/Calcutta"),
    ],
)
def test_time_zones_are_parsed_as_people_write_them(typed: str, name: str) -> None:
    assert find_zone(typed) == RECURRENCE_TYPE.read(f"day 9:00 {typed}").zone == name


@pytest.mark.parametrize("word", ["Pacific", "Eastern", "Factory", "localtime", "Europe", "", "/", "Munich"])
def test_unknown_or_ambiguous_zone_is_none(word: str) -> None:
    assert find_zone(word) is None


@pytest.mark.parametrize(
    ("line", "message", "correction"),
    [
        ("munday 9:00 utc", "“munday” isn't a day. Did you mean every monday 9:00 UTC?", "monday 9:00 UTC"),
        ("frist friday", "“frist” isn't a day. Did you mean every first friday 9:00?", "first friday 9:00"),
        ("Wendesday and Thrusday", "“Wendesday” isn't a day and “Thrusday” isn't a day", None),
        ("day 9:00 Europe/Berln", "“Europe/Berln” isn't a time zone I know", "day 9:00 Europe/Berlin"),
        ("day 9:00 Amsterdm", "“Amsterdm” isn't a time zone I know", "day 9:00 Europe/Amsterdam"),
        ("day 9am PT", "“PT” isn't a time zone I know", "day 9:00 America/Los_Angeles"),
        ("fifth monday", "Not every month has a fifth one", "last monday 9:00"),
        ("weekly 10:00", "“weekly” isn't a supported schedule", "monday 10:00"),
        ("other friday", "“other” isn't a supported schedule", "friday 9:00"),
        ("monthly", "“monthly” isn't a supported schedule", "first monday 9:00"),
        ("2 days at 10", "“2 days” isn't a supported schedule", "day 10:00"),
        ("2 weeks on friday", "“2 weeks” isn't a supported schedule", "friday 9:00"),
        ("hour", "“hour” is too often: schedules run at most once a day. Did you mean every day 9:00?", "day 9:00"),
        ("15 minutes", "“15 minutes” is too often: schedules run at most once a day", "day 9:00"),
    ],
)
def test_correction_is_a_complete_recurrence(line: str, message: str, correction: str | None) -> None:
    with pytest.raises(InvalidValue) as caught:
        RECURRENCE_TYPE.read(line)
    assert str(caught.value).startswith(message)
    assert caught.value.suggestion == (correction or "wednesday,thursday 9:00")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("9:00", "Which days? For example monday 9:00,"),
        ("", "Which days?"),
        ("first 9:00 Europe/Berlin", "Which days?"),
        ("month", "Which days?"),
        ("monday 25:00", "“25:00” isn't a time of day. Use 0:00 to 23:59, or 12am to 11:59pm."),
        ("monday 24:00", "“24:00” isn't a time of day"),
        ("monday 9:75", "“9:75” isn't a time of day"),
        ("monday 13pm", "“13pm” isn't a time of day"),
        ("monday 0am", "“0am” isn't a time of day"),
        ("monday 9:5", "“9:5” isn't a time of day"),
        ("monday 9:00:00", "“9:00:00” isn't a time of day"),
        ("monday pm", "“pm” isn't a time of day"),
        ("monday 9:00 10:00", "Use only one time of day."),
        ("monday 0:00 midnight", "Use only one time of day."),
        ("monday UTC Europe/Berlin", "Use only one time zone."),
        ("first last monday", "Use only one of first, second, third, fourth and last."),
        ("first monday,thursday", "“first” needs a single day, for example first monday."),
        ("last weekend", "“last” needs a single day, for example last monday."),
        ("monday UTC+2", "“UTC+2” isn't a time zone I know. Use one like Europe/Berlin."),
        ("monday xyzzy", "“xyzzy” isn't a day, a time or a time zone. Try monday 9:00,"),
        ("monday " + "x" * 5000, "“" + "x" * 60 + "” isn't a day, a time"),
    ],
)
def test_mistake_without_a_correction_is_explained(line: str, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        RECURRENCE_TYPE.read(line)
    assert str(caught.value).startswith(message)
    assert caught.value.suggestion is None


@pytest.mark.parametrize(
    ("line", "description"),
    [
        ("monday 9:00 Europe/Berlin", "every Monday at 9:00 (Europe/Berlin)"),
        ("weekday 17:30 UTC", "every weekday at 17:30 (UTC)"),
        ("day 0:05", "every day at 0:05"),
        ("monday,thursday", "every Monday and Thursday at 9:00"),
        ("mon,wed,fri", "every Monday, Wednesday and Friday at 9:00"),
        ("first monday 9:00 Asia/Tokyo", "every first Monday of the month at 9:00 (Asia/Tokyo)"),
        ("last weekday", "every last weekday of the month at 9:00"),
    ],
)
def test_recurrence_is_described_in_words(line: str, description: str) -> None:
    assert RECURRENCE_TYPE.read(line).describe() == description


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_question_name_is_not_part_of_a_recurrence(question: str) -> None:
    assert not RECURRENCE_TYPE.recognizes(question)
    assert not RECURRENCE_TYPE.recognizes(question.upper())


@pytest.mark.parametrize(
    "word", ["web/production", "shop/test", "acme/staging", "impact=large", "", "new-checkout", "mon-digest"]
)
def test_environments_and_values_are_not_part_of_a_recurrence(word: str) -> None:
    assert not RECURRENCE_TYPE.recognizes(word)


RECURRENCE_WORDS = """
    every monday Mondays mon tues monday,thursday mon-fri and & , to - weekdays day daily weekend 1st last fifth of the
    month munday wendesday thrusday firday tusday forth weekly at on 9 9:00 25:00 9h30 9am 13pm am p.m. noon o'clock
    Europe/Berlin Berlin utc PST UTC+2 Europe/Munich Eurpe/Berlin us/boston
"""


@pytest.mark.parametrize("word", RECURRENCE_WORDS.split())
def test_recurrence_words_are_recognized(word: str) -> None:
    assert RECURRENCE_TYPE.recognizes(word)


def test_recurrence_ends_where_the_question_starts() -> None:
    words = ["monday", "9:00", "Europe/Berlin", "digest", "web/production"]
    assert [word for word in words if RECURRENCE_TYPE.recognizes(word)] == ["monday", "9:00", "Europe/Berlin"]


def test_recurrence_can_be_a_field_of_params() -> None:
    recurrence = RECURRENCE_TYPE.read("first monday 9:00")
    assert TypeAdapter(Recurrence).validate_python(recurrence) == recurrence
    assert str(replace(recurrence, zone="Asia/Tokyo")) == "first monday 9:00 Asia/Tokyo"


DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: (0, tuple(sorted(days))))
NTH = st.tuples(
    st.sampled_from([1, 2, 3, 4, -1]),
    st.integers(0, 6).map(lambda day: (day,)) | st.sampled_from([EVERY_DAY, WEEKDAYS]),
)
ZONES = st.sampled_from(["", "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT-5", "NZ-CHAT", "W-SU"])
WORDS = """
    monday mon munday mon-fri -fri mon- first last fifth day weekend weekly to - 2 days weeks 9 9:00 25:00 am 9h ٩ noon
    utc utc+2 pst Berlin Europe/Berln a/b / , İ deploys
"""
JUNK = st.lists(st.sampled_from(WORDS.split()) | st.text(max_size=8))


@given(DAYS | NTH, st.times(), ZONES)
def test_written_recurrence_parses_to_the_same(days: tuple[int, tuple[int, ...]], at: time, zone: str) -> None:
    recurrence = Recurrence(days[1], days[0], time(at.hour, at.minute), zone)
    assert RECURRENCE_TYPE.read(str(recurrence)) == recurrence
    assert all(map(RECURRENCE_TYPE.recognizes, str(recurrence).split()))


@given(st.text() | JUNK.map(" ".join))
def test_any_text_is_a_recurrence_or_a_mistake_with_valid_correction(line: str) -> None:
    for word in line.split():
        RECURRENCE_TYPE.recognizes(word)
    try:
        recurrence = RECURRENCE_TYPE.read(line)
    except InvalidValue as mistake:
        if mistake.suggestion is None:
            return
        recurrence = RECURRENCE_TYPE.read(mistake.suggestion)
    assert RECURRENCE_TYPE.read(str(recurrence)) == recurrence
    assert recurrence.describe().startswith("every ")
