"""The orders of the clock as lines: what is understood, and what is said where it is not."""

import pytest

from bot.app import register
from bot.errors import Mistyped
from bot.question import parse

REGISTER = register()
PLACE = {"project": "web", "env": "production"}


def canonical(line: str) -> str:
    return parse(line, REGISTER, PLACE).canonical


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("every monday 9:00 digest", "every monday 9:00 digest web/production"),
        ("every Mondays digest", "every monday 9:00 digest web/production"),
        ("every weekday at 17:30 europe/berlin events", "every weekday 17:30 Europe/Berlin events web/production"),
        ("every mon and thu 9am status", "every monday,thursday 9:00 status web/production"),
        ("every first monday scores mobile/staging", "every first monday 9:00 scores mobile/staging"),
        ("every day noon flag new-checkout", "every day 12:00 flag new-checkout web/production"),
        ("every friday 16h deploys since=2w by=kind", "every friday 16:00 deploys web/production since=2w by=kind"),
        ("every friday events --impact any since=“2w”", "every friday 9:00 events web/production impact=any since=2w"),
        ("change 3 tuesday 10:00", "change 3 tuesday 10:00"),
        ("change 3 status", "change 3 status web/production"),
        ("change 3 weekday 8:15 UTC scores web/staging", "change 3 weekday 8:15 UTC scores web/staging"),
        ("snooze 3 until=2w", "snooze 3 until=2w"),
    ],
)
def test_an_order_holds_a_whole_question(line: str, means: str) -> None:
    assert canonical(line) == means
    assert canonical(means) == means


@pytest.mark.parametrize(
    ("line", "mistakes", "corrected"),
    [
        ("every monday 25:00 digest", ["25:00"], "every WHEN digest web/production"),
        ("every mondya 9:00 digest", ["monday"], "every monday 9:00 digest web/production"),
        ("every monday 9:00 Europe/Berln digest", ["Europe/Berlin"], "every monday 9:00 Europe/Berlin digest"),
        ("every monday 9:00 scroes", ["scroes", "scores"], "every monday 9:00 scores web/production"),
        ("every monday events impact=huge", ["huge"], "every monday 9:00 events web/production"),
        ("every monday 9:00", ["question is missing"], "every monday 9:00 QUESTION"),
        ("every digest", ["when is missing"], "every WHEN digest web/production"),
        ("every monday stop 3", ["There is no question “stop”"], ""),
        ("change 3", ["another time, another question"], "change 3"),
        ("pause three", ["three"], "pause"),
    ],
)
def test_all_mistakes_of_an_order_are_told_with_the_corrected_line(
    line: str, mistakes: list[str], corrected: str
) -> None:
    with pytest.raises(Mistyped) as found:
        parse(line, REGISTER, PLACE)
    said = " ".join(found.value.mistakes)
    assert [word for word in mistakes if word not in said] == []
    assert found.value.corrected.startswith(corrected)
