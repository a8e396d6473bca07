"""Incidents: changes of a flag that undo each other within a day are one story, and what is still off comes first."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.questions.catalog import EnvironmentState, EnvironmentSummary, VariationSummary
from bot.questions.events.event import Evaluations, Event, Impact, Member, VariationShare
from bot.questions.events.stories import FlagStories, Status, group_by_flag
from tests.hostile import HOSTILE_STRINGS

HOUR = 3_600_000
NINE = 1_795_165_200_000  # Fri 20 Nov 2026, 9:00 UTC
LENA, MATEO = Member("Lena", "Hoffmann"), Member("Mateo", "Ruiz")


def _off(hours: float = 0, flag: str = "apple-pay", **fields: Any) -> Event:
    return Event(flag, kind="disabled_targeting", time=NINE + hours * HOUR, **fields)


def _on(hours: float = 0, flag: str = "apple-pay", **fields: Any) -> Event:
    return Event(flag, kind="enabled_targeting", time=NINE + hours * HOUR, **fields)


def _rollout(before: int, after: int, hours: float = 0, flag: str = "apple-pay") -> Event:
    description = f"Rollout changed from {before}% to {after}%"
    return Event(flag, kind="updated_rollout", time=NINE + hours * HOUR, description=description)


def _rollout_by_shares(before: int, after: int, hours: float = 0) -> Event:
    shares = [VariationShare(True, before, after), VariationShare(False, 100 - before, 100 - after)]
    impact = Impact(evaluations=Evaluations(shares))
    return Event("apple-pay", kind="updated_rollout", time=NINE + hours * HOUR, impact=impact)


def _edit(hours: float, flag: str = "apple-pay") -> Event:
    return Event(flag, kind="updated_rules", time=NINE + hours * HOUR)


def _grouped(*events: Event, **states: EnvironmentState) -> list[FlagStories]:
    """Group events, listed newest first as LaunchDarkly does."""
    return group_by_flag(sorted(events, key=lambda event: event.time or 0, reverse=True), states)


def _statuses(*events: Event, **states: EnvironmentState) -> list[Status]:
    """The statuses of one flag's stories, newest first."""
    [group] = _grouped(*events, **states)
    return [story.status for story in group.stories]


IS_OFF, IS_ON = EnvironmentState(on=False, modified=NINE), EnvironmentState(on=True, modified=NINE)


def test_off_and_on_again_within_a_day_is_one_story() -> None:
    [group] = _grouped(_off(member=LENA), _on(0.25, member=MATEO))
    [story] = group.stories
    assert (story.status, story.duration) == (Status.OFF_FOR_A_WHILE, timedelta(minutes=15))
    assert story.end
    assert (story.start.member, story.end.member) == (LENA, MATEO)


def test_off_and_on_again_after_a_day_are_two_stories() -> None:
    assert _statuses(_off(), _on(24)) == [Status.OFF_FOR_A_WHILE]
    assert _statuses(_off(), _on(24.1)) == [Status.ON, Status.OFF]


@pytest.mark.parametrize(
    ("state", "status"),
    [(IS_OFF, Status.STILL_OFF), (IS_ON, Status.ON_AGAIN), (EnvironmentState(), Status.OFF), (None, Status.OFF)],
)
def test_flag_is_still_off_only_if_launchdarkly_says_so(state: EnvironmentState | None, status: Status) -> None:
    assert _statuses(_off(), **({"apple-pay": state} if state else {})) == [status]


def test_rollback_and_return_within_a_day_is_one_story() -> None:
    assert _statuses(_rollout(100, 10), _rollout(10, 100, 2)) == [Status.ROLLED_BACK_FOR_A_WHILE]
    assert _statuses(_rollout_by_shares(98, 11), _rollout_by_shares(9, 97, 2)) == [Status.ROLLED_BACK_FOR_A_WHILE]


def test_partial_return_does_not_end_a_rollback() -> None:
    assert _statuses(_rollout(100, 10), _rollout(10, 50, 2)) == [Status.ROLLED_FORWARD, Status.ROLLED_BACK]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (EnvironmentState(on=True, modified=NINE + 5000), Status.STILL_ROLLED_BACK),
        (EnvironmentState(on=True, modified=NINE + HOUR), Status.ROLLED_BACK),
        (EnvironmentState(on=True), Status.ROLLED_BACK),
        (EnvironmentState(on=False, modified=NINE), Status.ROLLED_BACK),
    ],
)
def test_flag_is_still_rolled_back_if_unchanged_since(state: EnvironmentState, status: Status) -> None:
    assert _statuses(_rollout(100, 10), **{"apple-pay": state}) == [status]


@pytest.mark.parametrize(
    ("rollout", "status"),
    [
        ((10_000, 90_000), Status.STILL_ROLLED_BACK),
        ((60_000, 40_000), Status.ROLLED_BACK),
    ],
)
def test_other_changes_do_not_end_a_rollback(rollout: tuple[int, int], status: Status) -> None:
    summary = EnvironmentSummary({str(n): VariationSummary(share) for n, share in enumerate(rollout)})
    state = EnvironmentState(on=True, modified=NINE + HOUR, summary=summary)
    assert set(_statuses(_rollout(100, 10), _edit(1), **{"apple-pay": state})) == {status, Status.CHANGED}


def test_rollout_without_percentages_or_shares_is_a_plain_change() -> None:
    assert _statuses(Event("apple-pay", kind="updated_rollout", time=NINE)) == [Status.CHANGED]
    assert _statuses(_rollout(50, 50)) == [Status.CHANGED]


def test_rehearsals_of_a_flag_that_is_off_are_no_outages() -> None:
    events = _on(), _off(1), _on(20), _off(21)
    assert _statuses(*events, **{"apple-pay": IS_OFF}) == [Status.ON_FOR_A_WHILE, Status.ON_FOR_A_WHILE]


def test_outage_after_a_launch_ends_when_the_flag_is_on_again() -> None:
    assert _statuses(_on(), _off(1), _on(2)) == [Status.OFF_FOR_A_WHILE, Status.ON]


def test_second_outage_may_still_last() -> None:
    events = _off(), _on(1), _off(2)
    assert _statuses(*events, **{"apple-pay": IS_OFF}) == [Status.STILL_OFF, Status.OFF_FOR_A_WHILE]


def test_earlier_outage_of_a_flag_that_is_off_now_is_not_still_lasting() -> None:
    events = _off(), _on(30), _off(60)
    assert _statuses(*events, **{"apple-pay": IS_OFF}) == [Status.STILL_OFF, Status.ON, Status.OFF]


def test_other_changes_in_between_do_not_split_a_story() -> None:
    events = _off(), _edit(0.5), _rollout(100, 10, 0.7), _on(1)
    assert _statuses(*events) == [Status.OFF_FOR_A_WHILE, Status.ROLLED_BACK, Status.CHANGED]


def test_story_ends_only_with_a_change_of_its_own_flag() -> None:
    groups = _grouped(_off(flag="apple-pay"), _on(1, flag="gift-wrap"))
    assert [(group.flag, group.stories[0].status) for group in groups] == [
        ("gift-wrap", Status.ON),
        ("apple-pay", Status.OFF),
    ]


def test_flags_that_are_still_off_come_first_then_the_latest() -> None:
    groups = _grouped(
        _off(0, "old-outage"), _on(2, "launch"), _edit(3, "search"), _edit(1, "launch"), **{"old-outage": IS_OFF}
    )
    assert [group.flag for group in groups] == ["old-outage", "search", "launch"]


def test_flag_that_is_still_off_comes_before_one_that_is_rolled_back() -> None:
    rolled_back = EnvironmentState(on=True, modified=NINE + HOUR)
    states = {"old-outage": IS_OFF, "slow-start": rolled_back}
    groups = _grouped(_off(0, "old-outage"), _rollout(60, 10, 1, "slow-start"), **states)
    assert [group.flag for group in groups] == ["old-outage", "slow-start"]


@pytest.mark.parametrize("events", [(_off(),), (_on(),)], ids=["newer page", "older page"])
def test_half_a_story_on_another_page_stands_alone(events: tuple[Event, ...]) -> None:
    [group] = _grouped(*events, **{"apple-pay": IS_ON})
    assert [(story.status, story.end) for story in group.stories] in ([(Status.ON_AGAIN, None)], [(Status.ON, None)])


def test_events_of_the_same_millisecond_keep_launchdarklys_order() -> None:
    groups = group_by_flag([_on(), _off()], {})
    assert [(story.status, story.duration) for story in groups[0].stories] == [(Status.OFF_FOR_A_WHILE, timedelta())]


def test_events_without_a_time_are_never_paired() -> None:
    stories = group_by_flag([Event("a", kind="enabled_targeting"), Event("a", kind="disabled_targeting")], {})[
        0
    ].stories
    assert [(story.status, story.duration) for story in stories] == [(Status.ON, None), (Status.OFF, None)]


@pytest.mark.parametrize(("hours", "stories"), [(24, 1), (25, 2)])
def test_a_day_has_24_hours_even_when_clocks_change(hours: int, stories: int) -> None:
    """Sunday 25 October 2026 has 25 hours in Berlin."""
    start = datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000
    off, on = (Event("a", kind=f"{kind}_targeting", time=start) for kind in ("disabled", "enabled"))
    later = Event("a", kind="enabled_targeting", time=start + hours * HOUR)
    assert len(_grouped(off, later)[0].stories) == stories
    assert len(_grouped(off, on)[0].stories) == 1


@pytest.mark.parametrize("name", HOSTILE_STRINGS)
def test_hostile_keys_kinds_and_descriptions_are_only_compared(name: str) -> None:
    edit = Event(name, kind=name, time=NINE + 2 * HOUR, description=name)
    groups = _grouped(_off(flag=name), _on(1, flag=name), edit)
    assert [story.status for story in groups[0].stories] == [Status.CHANGED, Status.OFF_FOR_A_WHILE]


def test_every_event_is_in_exactly_one_story() -> None:
    events = [make(hour / 3, flag) for hour in range(40) for flag in "ab" for make in ((_off, _on)[hour % 2],)]
    events += [_rollout(60, 5, hour) for hour in range(5)] + [_edit(hour) for hour in range(5)]
    stories = [story for group in _grouped(*events) for story in group.stories]
    assert sorted(event.time or 0 for story in stories for event in story.events) == sorted(e.time or 0 for e in events)
