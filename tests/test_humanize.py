"""Numbers as people read them."""

import pytest

from bot.messages import humanize


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (1 / 200, "under 1 %"), (0.3, "30 %"), (199 / 200, "over 99 %"), (1, "100 %"), (1.3, "130 %")],
)
def test_a_little_is_not_nothing_and_nearly_all_is_not_all(share: float, said: str) -> None:
    assert humanize.percent(share) == said


@pytest.mark.parametrize(
    ("key", "said"), [("needsAttention", "Needs attention"), ("enabled_targeting", "Enabled targeting")]
)
def test_keys_are_said_in_words(key: str, said: str) -> None:
    assert humanize.sentence_case(key) == said


@pytest.mark.parametrize(
    ("points", "said"), [(0, "no change"), (1, "+1 point"), (-7, "−7 points"), (2.5, "+2.5 points")]
)
def test_a_difference_has_its_sign(points: float, said: str) -> None:
    assert humanize.points(points) == said
