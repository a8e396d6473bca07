"""From a line of text to a question, and back to the canonical line."""

from contextlib import suppress
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.errors import InvalidLine
from bot.lines.param_types import IntRange, ListOf, correct_typo
from bot.lines.params import ParamField
from bot.lines.parser import ParsedLine, parse
from bot.questions import discover
from bot.questions.base import AnyQuestion

ENDPOINTS = discover()


def asked(line: str, **defaults: str) -> ParsedLine:
    return parse(line, ENDPOINTS, defaults)


def mistakes(line: str, **defaults: str) -> tuple[tuple[str, ...], str]:
    with pytest.raises(InvalidLine) as refused:
        asked(line, **defaults)
    return refused.value.mistakes, refused.value.corrected


# What lines mean


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("scores web/production", "scores web/production"),
        ("SCORES web/production", "scores web/production"),
        ("scores project=web env=production", "scores web/production"),
        ("scores --projectKey web --environmentKey=production", "scores web/production"),
        ("scores web/production app=a app=b,c applicationKey=a", "scores web/production app=a,b,c"),
        ("scores web/production —application-key a", "scores web/production app=a"),
        ("events checkout web/production", "events checkout web/production"),
        ("events web/production checkout", "events checkout web/production"),
        ("events web/production query=checkout", "events checkout web/production"),
        ("events web/production impactSize=LARGE", "events web/production"),
        ("events web/production impact=Any", "events web/production impact=any"),
        ("events web/production --experiments", "events web/production experiments=yes"),
        ("events web/production hasExperiments=FALSE", "events web/production experiments=no"),
        ("events web/production since=Monday until=Yesterday", "events web/production since=monday until=yesterday"),
        ("events web/production from=7d limit=20", "events web/production"),
        ("flag new-checkout web/production,staging", "flag new-checkout web/production,staging"),
        ("flag new-checkout web/production env=staging", "flag new-checkout web/production,staging"),
        (
            "flag x web/production expand=EVALUATION,migrationsettings",
            "flag x web/production expand=evaluation,migrationSettings",
        ),
        ("deploys", "deploys"),
        ("deploys project=web", "deploys project=web"),
        ("deploys env=production", "deploys env=production"),
        ("deploys web/production every=86400000", "deploys web/production every=1d"),
        ("deploys web/production bucketMs=21600000 by=KIND", "deploys web/production every=6h by=kind"),
        ("deploys web/production every=14d", "deploys web/production every=2w"),
    ],
)
def test_a_line_has_one_canonical_form(typed: str, canonical: str) -> None:
    assert asked(typed).canonical == canonical


def test_what_a_line_leaves_out_is_filled_in_and_said() -> None:
    place = {"project": "web", "env": "production"}
    assert asked("scores", **place).canonical == "scores web/production"
    assert asked("scores staging", **place).canonical == "scores web/staging"
    assert asked("events checkout", **place).canonical == "events checkout web/production"
    assert asked("flag new-checkout", **place).canonical == "flag new-checkout web/production"
    assert asked("scores", **place, app="storefront").canonical == "scores web/production app=storefront"


def test_a_default_environment_is_no_default_for_another_project() -> None:
    assert asked("deploys project=mobile", project="web", env="production").canonical == "deploys project=mobile"
    assert mistakes("scores project=mobile", project="web", env="production")[1] == "scores mobile/ENV"


# What is wrong with lines


@pytest.mark.parametrize(
    ("typed", "said", "corrected"),
    [
        ("scors web/production", "I don't know “scors”: did you mean scores?", "scores web/production"),
        ("scores web/production ap=x", "There is no parameter “ap”: did you mean app?", "scores web/production app=x"),
        ("events web/production impact=larg", "did you mean large?", "events web/production"),
        (
            "events web/production impact=huge",
            "“huge” is not one of any, none, small, medium, large",
            "events web/production",
        ),
        (
            "events web/production limit=500",
            "500 is not within 1 to 100: did you mean 100?",
            "events web/production limit=100",
        ),
        ("events web/production limit=many", "“many” is no number; say 1 to 100", "events web/production"),
        ("events web/production since=mondy", "did you mean monday?", "events web/production since=monday"),
        ("events web/production experiments=maybe", "“maybe” is neither yes nor no", "events web/production"),
        ("events web/production limit=", "limit needs a value", "events web/production"),
        ("events web/production after=a before=b", "not both", "events web/production after=a"),
        ("events web/production after=a before=b imapct=any", "not both", "events web/production impact=any after=a"),
        ("scores web/production staging", "staging", "scores web/production"),
        ("scores", "project is missing: the key of the project.", "scores PROJECT/ENV"),
        ("scores staging", "project is missing", "scores PROJECT/staging"),
        ("flag web/production", "flag is missing: the key of the flag.", "flag FLAG web/production"),
        ("flag ../../secrets web/production", "", ""),
        ("flag .. web/production", "“..” is no key", "flag FLAG web/production"),
        ("scores web/production,staging", "“production,staging” is no key", "scores web/ENV"),
        ("scores /production", "project: a value is missing", "scores PROJECT/production"),
        ("scores web/production env=staging", "env is given twice.", ""),
        ("deploys every=5y", "“5y” is no length", "deploys"),
        ("deploys every=1ms", "between a minute and a year", "deploys"),
    ],
)
def test_a_mistake_is_said_with_the_corrected_line(typed: str, said: str, corrected: str) -> None:
    found, offered = mistakes(typed)
    assert any(said in mistake for mistake in found), found
    assert not corrected or offered == corrected


def test_all_mistakes_come_in_one_answer() -> None:
    found, corrected = mistakes("evnts web/production impac=larg limt=500 sinse=mondy")
    assert len(found) == 7
    assert corrected == "events web/production limit=100 since=monday"


def test_an_unknown_line_names_the_questions_and_offers_none() -> None:
    found, corrected = mistakes("xyzzy web/production")
    assert found == (f"I don't know “xyzzy”; I can answer {', '.join(ENDPOINTS)}.",)
    assert corrected == ""


def test_words_that_fit_nowhere_are_one_mistake() -> None:
    found, corrected = mistakes("scores web/production for the whole team")
    assert found == ("“for the whole team” isn't an option of scores.",)
    assert corrected == "scores web/production"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("stpo", "stop"),  # swapped
        ("sotp", "stop"),
        ("stopp", "stop"),  # inserted
        ("satop", "stop"),
        ("evry", "every"),  # left out
        ("very", "every"),
        ("step", "stop"),  # mistaken
        ("STPO", "stop"),
        ("tsopp", None),  # two letters off
        ("evr", None),  # too short
        ("know", None),  # which "now" is too short for
        ("stop?", None),  # not a letter
    ],
)
def test_a_misspelling_is_one_letter_off(word: str, meant: str | None) -> None:
    assert correct_typo(word, ["now", "stop", "every"]) == meant


# There and back


def _values(field: ParamField, annotation: Any) -> st.SearchStrategy[Any]:
    """Any value that a parameter may have."""
    keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
    if isinstance(field.param_type, IntRange):
        return st.integers(field.param_type.minimum, field.param_type.maximum)
    if isinstance(field.param_type, ListOf):
        one = (
            keys
            if field.param_type.item_type.hint == "a key"
            else st.sampled_from(field.param_type.item_type.hint.split(", "))
        )
        return st.lists(one, min_size=1, max_size=3, unique=True).map(tuple)
    found: dict[str, st.SearchStrategy[Any]] = {
        "a key": keys,
        "yes or no": st.booleans(),
        "a cursor from an earlier answer": st.from_regex(r"[A-Za-z0-9_.~+/=:-]{1,40}", fullmatch=True),
        "a length such as 6h, 1d or 2w": st.integers(60_000, 53 * 604_800_000),
        "7d, 36h, yesterday, monday or 2026-11-01": st.sampled_from(
            [
                "7d",
                "36h",
                "2w",
                "now",
                "yesterday",
                "sunday",
                "2026-11-01",
                "2026-11-01T09:00Z",
                "2026-11-20T15:00:00.007Z",
            ]
        ),
    }
    return found[field.param_type.hint] if field.param_type.hint in found else st.sampled_from(_literals(annotation))


def _literals(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        return [value for part in get_args(annotation) if part is not type(None) for value in _literals(part)]
    raise AssertionError(annotation)


@st.composite
def _questions(draw: st.DrawFn) -> ParsedLine:
    endpoint: AnyQuestion = draw(st.sampled_from(list(ENDPOINTS.values())))
    values = {}
    for field in endpoint.params.fields():
        if field.required or draw(st.booleans()):
            values[field.field_name] = draw(_values(field, endpoint.params.model_fields[field.field_name].annotation))
    query = endpoint.params.model_validate(values)
    assume(not list(query.check()))
    return ParsedLine(endpoint, query)


@given(_questions())
@settings(max_examples=500)
def test_parsing_the_canonical_line_gives_the_same_query(question: ParsedLine) -> None:
    again = asked(question.canonical)
    assert again.params == question.params
    assert again.canonical == question.canonical


@given(st.text(max_size=80))
def test_no_line_does_worse_than_a_mistake(text: str) -> None:
    with suppress(InvalidLine):
        assert asked(asked(text).canonical)


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_the_corrected_line_of_a_wrong_value_can_be_asked(endpoint: AnyQuestion) -> None:
    for field in endpoint.params.fields():
        _, corrected = mistakes(f"{endpoint.examples[0]} {field.short_name}=!!!")
        assert "!!!" not in corrected
