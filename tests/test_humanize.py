"""Numbers and keys in words."""

from datetime import timedelta

import pytest

from bot.messages import humanize


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (1 / 200, "under 1%"), (0.3, "30%"), (199 / 200, "over 99%"), (1, "100%"), (1.3, "130%")],
)
def test_percent_never_rounds_to_none_or_all(share: float, text: str) -> None:
    assert humanize.percent(share) == text


@pytest.mark.parametrize(
    ("key", "text"), [("needsAttention", "Needs attention"), ("enabled_targeting", "Enabled targeting")]
)
def test_keys_become_sentence_case(key: str, text: str) -> None:
    assert humanize.sentence_case(key) == text


@pytest.mark.parametrize(("points", "text"), [(0, "no change"), (1, "▲1"), (-7, "▼7"), (2.5, "▲2.5")])
def test_score_change_has_a_direction(points: float, text: str) -> None:
    assert humanize.points(points) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "under a second"),
        (40, "40 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
    ],
)
def test_span_is_in_the_unit_that_people_would_use(seconds: float, text: str) -> None:
    assert humanize.format_span(timedelta(seconds=seconds)) == text
