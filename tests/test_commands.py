"""Parsing of schedule commands, and the errors for lines that can't be parsed."""

import pytest

from bot.core import build_registry
from bot.errors import InvalidLine
from bot.lines.parser import parse

REGISTER = build_registry()
DEFAULTS = {"project": "web", "env": "production"}


def canonical(line: str) -> str:
    return parse(line, REGISTER, DEFAULTS).canonical


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
def test_command_line_contains_a_whole_question(line: str, means: str) -> None:
    assert canonical(line) == means
    assert canonical(means) == means


def refused(line: str) -> InvalidLine:
    with pytest.raises(InvalidLine) as found:
        parse(line, REGISTER, DEFAULTS)
    return found.value


@pytest.mark.parametrize(
    ("line", "mistakes", "corrected"),
    [
        ("every monday 25:00 digest", ["25:00"], "every WHEN digest web/production"),
        ("every mondya 9:00 digest", ["monday"], "every monday 9:00 digest web/production"),
        (
            "every monday 9:00 Europe/Berln digest",
            ["Europe/Berlin"],
            "every monday 9:00 Europe/Berlin digest web/production",
        ),
        ("every monday 9:00 scroes", ["scroes", "scores"], "every monday 9:00 scores web/production"),
        ("every monday events impact=huge", ["huge"], ""),
        ("every monday 9:00", ["Missing: what to ask."], "every monday 9:00 QUESTION"),
        ("every digest", ["Missing: when to post."], "every WHEN digest web/production"),
        ("every monday stop 3", ["I don't know “stop”"], ""),
        ("change 3", ["Give a new time, a new question, or both."], ""),
        ("stpo 3", ["I don't know “stpo”. Did you mean stop?"], "stop 3"),
        ("evry mondya digest", ["evry", "mondya"], "every monday 9:00 digest web/production"),
        ("stop nubmer=3", ["Did you mean number?"], "stop 3"),
    ],
)
def test_all_mistakes_of_a_command_are_listed_with_a_correction(line: str, mistakes: list[str], corrected: str) -> None:
    found = refused(line)
    said = " ".join(found.mistakes)
    assert [word for word in mistakes if word not in said] == []
    assert found.corrected == corrected


@pytest.mark.parametrize(
    ("line", "mistakes"),
    [
        ("how are our releases doing?", ["I don't know “how”"]),
        ("nope", ["I don't know “nope”"]),
        ("list projects", ["I don't know “list”"]),
        ("know how", ["I don't know “know”"]),
        ("step by step", ["I don't know “step”"]),  # one letter from stop, but not followed by one number
        ("match of the day", ["I don't know “match”"]),
        ("user web/production", ["I don't know “user”"]),
        ("stop all", ["“all” isn't a schedule number."]),
        ("stop --all", ["stop has no option “all”"]),
        ("pause all", ["“all” isn't a schedule number."]),
        ("now 0", ["“0” isn't a schedule number."]),
        ("stop 1 number=2", ["number is set twice."]),
        ("snooze until=whenever", ["“whenever” isn't a future time."]),
        (
            "stop the rollout of new checkout",
            ["“the” isn't a schedule number.", "“rollout of new checkout” isn't an option for stop."],
        ),
        ("watch out", ["I don't know “out”"]),
        ("use the force", ["“the” isn't a project/environment", "“force” isn't an option for use."]),
    ],
)
def test_non_command_line_offers_no_correction(line: str, mistakes: list[str]) -> None:
    found = refused(line)
    assert len(found.mistakes) == len(mistakes)
    assert all(says.startswith(part) for says, part in zip(found.mistakes, mistakes, strict=True))
    assert found.corrected == ""
