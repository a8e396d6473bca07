"""What is news: new once, changed with what was before, and late where it was waited for. Nothing is told twice."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from bot.schedules.change_detection import LATE, OVERLAP, News, news, since, to_keep
from bot.schedules.watches.observation import Sight
from bot.store import Told

NOW = 1_795_000_000_000.0
LARGE = Sight(what="new-checkout", state="large", says="large impact", at=NOW - 60_000)
WAITS = LARGE.model_copy(update={"state": "waiting", "says": "still counted", "tells": False})
SMALL = LARGE.model_copy(update={"state": "small", "says": "small impact", "tells": False})
GOOD = Sight(what="Risk", state="good", says="good 71")
FAIR = Sight(what="Risk", state="fair", says="fair 64")

STATES = {"large": LARGE, "waiting": WAITS, "small": SMALL, "good": GOOD, "fair": FAIR}
LOOKS = some.lists(some.dictionaries(some.sampled_from("abcdef"), some.sampled_from(sorted(STATES))), max_size=6)


def test_what_happens_is_told_once() -> None:
    assert news({}, {"e": LARGE}, NOW) == [News(LARGE, "", late=False)]
    assert news(to_keep({}, {"e": LARGE}), {"e": LARGE}, NOW) == []


def test_what_changes_is_told_with_what_it_was() -> None:
    told = to_keep({}, {"risk": GOOD})
    assert news(told, {"risk": FAIR}, NOW) == [News(FAIR, "good 71", late=False)]


def test_what_was_waited_for_is_told_late_if_it_turns_out_large_and_not_otherwise() -> None:
    told = to_keep({}, {"e": WAITS})
    assert news({}, {"e": WAITS}, NOW) == []
    assert news(told, {"e": SMALL}, NOW) == []
    assert news(told, {"e": LARGE}, NOW) == [News(LARGE, "", late=True)]


def test_what_happened_long_ago_and_is_seen_only_by_now_is_late() -> None:
    old = LARGE.model_copy(update={"at": NOW - LATE - 1})
    assert news({}, {"e": old}, NOW) == [News(old, "", late=True)]


def test_it_is_looked_from_the_oldest_on_that_is_still_waited_for_but_not_for_ever() -> None:
    hour = 3_600_000.0
    assert since([], NOW, 24 * hour) == NOW - OVERLAP
    waiting = Told("waiting", "", NOW - 2 * hour)
    assert since([waiting, Told("large", "", NOW - 9 * hour)], NOW, 24 * hour) == NOW - 2 * hour - OVERLAP
    assert since([replace(waiting, happened=NOW - 90 * hour)], NOW, 24 * hour) == NOW - 24 * hour


@given(LOOKS)
def test_each_look_reports_exactly_what_changed(looks: list[dict[str, str]]) -> None:
    """Each thing has a name of its own, so that one report can't stand in for another."""
    told, last = dict[str, Told](), dict[str, str]()
    for states in looks:
        seen = {key: STATES[state].model_copy(update={"what": key}) for key, state in states.items()}
        changed = [key for key, sight in seen.items() if sight.tells and last.get(key) != sight.state]
        assert [item.sight.what for item in news(told, seen, NOW)] == changed
        told |= to_keep(told, seen)
        last |= states
        assert news(told, seen, NOW) == []
