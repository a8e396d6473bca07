"""The forms' fields and the lines that they write are two ways to say the same."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import build_registry
from bot.lines.parser import parse
from bot.questions import discover
from bot.schedules.triggers import DAY_GROUPS, ORDINALS, Recurrence, WatchTrigger
from bot.slack.line_form import LineForm, form_for, read_line

REGISTRY, QUESTIONS = build_registry(), discover()
MONDAYS = Recurrence((0,), 0, time(9), "Europe/Berlin")
WATCHED = [name for name, question in QUESTIONS.items() if question.observe]
LINES = [
    *(example for question in QUESTIONS.values() for example in question.examples),
    "deploys",
    "deploys project=web",
    "deploys env=production",
    "digest web/production,mobile/production quiet=on-change",
    "events checkout web/production impact=any since=2w",
    "scores web/production app=a,b score=risk below=60",
    'cleanup web/production owner="Lena Hoffmann" tag=checkout',
    f"flag {'x' * 200} web/production",
]

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
RECURRENCES = st.builds(
    Recurrence,
    DAYS,
    st.sampled_from(list(ORDINALS)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"]),
).filter(lambda every: not every.ordinal or len(every.days) == 1 or every.days in DAY_GROUPS)
FORMS = st.builds(
    LineForm,
    number=st.integers(0, 99),
    question=st.sampled_from(["digest", "events", "flag", "scores", "status", "cleanup"]),
    project=KEYS,
    env=KEYS,
    flag=KEYS,
    app=st.just("") | KEYS | st.lists(KEYS, min_size=2, max_size=3, unique=True).map(",".join),
    score=st.sampled_from(["", "risk", "leadTime"]),
    below=st.sampled_from(["", "1", "60"]),
    only_changes=st.booleans(),
)


@pytest.mark.parametrize("line", LINES)
def test_form_of_a_question_writes_the_same_question(line: str) -> None:
    for trigger in (MONDAYS, WatchTrigger("UTC")):
        form = form_for(line, trigger)
        assert form.trigger == trigger
        assert parse(form.question_line, QUESTIONS).canonical == line


@given(RECURRENCES, st.sampled_from(LINES))
def test_form_of_a_schedule_writes_the_same_line(recurrence: Recurrence, question: str) -> None:
    line = f"every {recurrence} {question}"
    assert parse(read_line(line, REGISTRY).line, REGISTRY).canonical == line


@given(FORMS, RECURRENCES)
def test_schedule_form_is_the_form_of_its_line(form: LineForm, recurrence: Recurrence) -> None:
    filled = form_for(form.question_line, recurrence, number=form.number)
    assert filled.question_line == form.question_line
    assert form_for(filled.question_line, filled.trigger, number=filled.number) == filled
    assert parse(filled.line, REGISTRY).canonical == filled.line


@given(FORMS.filter(lambda form: form.question in WATCHED))
def test_alert_form_is_the_form_of_its_line(form: LineForm) -> None:
    form = form.model_copy(update={"alerts": True, "zone": "UTC", "number": 0})
    filled = read_line(form.line, REGISTRY, zone="UTC")
    assert filled.line == form.line
    assert read_line(filled.line, REGISTRY, zone="UTC") == filled


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (
            LineForm(question="digest", project="web", env="production", zone="Europe/Berlin", only_changes=True),
            "every monday 9:00 Europe/Berlin digest web/production quiet=on-change",
        ),
        (
            LineForm(question="status", project="web", env="staging", ordinal=-1, days=(4,), time="17:30", number=3),
            "change 3 last friday 17:30 status web/staging",
        ),
        (
            LineForm(question="compare", project="web", env="production,staging", days=(4, 0), zone="UTC"),
            "every monday,friday 9:00 UTC compare web/production,staging",
        ),
        (LineForm(question="events", project="web", env="production", alerts=True), "watch on events web/production"),
        (
            LineForm(question="flag", project="web", env="production", flag="new-checkout", alerts=True, number=2),
            "change 2 flag new-checkout web/production",
        ),
        (
            LineForm(question="scores", project="web", env="production", score="risk", below="60", alerts=True),
            "watch on scores web/production score=risk below=60",
        ),
    ],
)
def test_form_writes_the_line_that_a_person_would_type(form: LineForm, line: str) -> None:
    assert form.line == parse(line, REGISTRY).canonical == line


def test_fields_of_another_question_are_left_out_of_the_line() -> None:
    form = LineForm(question="digest", project="web", env="production", flag="x", score="risk", only_changes=True)
    assert form.question_line == "digest web/production quiet=on-change"
    assert form.model_copy(update={"question": "status"}).question_line == "status web/production"


@pytest.mark.parametrize(
    ("line", "is_typed"),
    [
        ("flag new-checkout web/production,staging", False),
        (f"flag {'x' * 150} web/production", False),
        (f"flag {'x' * 151} web/production", True),
        ("digest web/production,mobile/production", True),
    ],
)
def test_keys_that_no_menu_can_offer_are_typed(line: str, is_typed: bool) -> None:
    assert form_for(line, MONDAYS).is_typed is is_typed
