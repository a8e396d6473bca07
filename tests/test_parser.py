"""Parsing a line of text into a question, and writing it back as the canonical line."""

from contextlib import suppress
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.errors import InvalidLine
from bot.lines.param_types import IntRange, ListOf, correct_typo
from bot.lines.parser import ParsedLine, parse
from bot.lines.spec import ParamField
from bot.messages import humanize
from bot.questions import discover
from bot.questions.base import AnyQuestion

QUESTIONS = discover()


def parsed(line: str, **defaults: str) -> ParsedLine:
    return parse(line, QUESTIONS, defaults)


def mistakes(line: str, **defaults: str) -> tuple[tuple[str, ...], str]:
    with pytest.raises(InvalidLine) as caught:
        parsed(line, **defaults)
    return caught.value.mistakes, caught.value.corrected


# Valid lines


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
def test_line_has_one_canonical_form(typed: str, canonical: str) -> None:
    assert parsed(typed).canonical == canonical


def test_omitted_params_are_filled_in_from_the_defaults() -> None:
    defaults = {"project": "web", "env": "production"}
    assert parsed("scores", **defaults).canonical == "scores web/production"
    assert parsed("scores staging", **defaults).canonical == "scores web/staging"
    assert parsed("events checkout", **defaults).canonical == "events checkout web/production"
    assert parsed("flag new-checkout", **defaults).canonical == "flag new-checkout web/production"
    assert parsed("scores", **defaults, app="storefront").canonical == "scores web/production app=storefront"


def test_default_environment_does_not_apply_to_other_projects() -> None:
    assert parsed("deploys project=mobile", project="web", env="production").canonical == "deploys project=mobile"
    assert mistakes("scores project=mobile", project="web", env="production")[1] == "scores mobile/ENV"


# Mistakes


@pytest.mark.parametrize(
    ("typed", "mistake", "corrected"),
    [
        ("scors web/production", "I don't know “scors”. Did you mean scores?", "scores web/production"),
        ("scores web/production ap=x", "scores has no option “ap”. Did you mean app?", "scores web/production app=x"),
        (
            "events web/production impact=larg",
            "impact must be any, none, small, medium or large, not “larg”. Did you mean large?",
            "events web/production",
        ),
        (
            "events web/production impact=huge",
            "impact must be any, none, small, medium or large, not “huge”.",
            "events web/production",
        ),
        (
            "events web/production limit=500",
            "limit must be 1 to 100, not 500. Did you mean 100?",
            "events web/production limit=100",
        ),
        (
            "events web/production limit=many",
            "limit must be a number from 1 to 100, not “many”.",
            "events web/production",
        ),
        (
            "events web/production since=mondy",
            "I don't recognize the time “mondy”. Did you mean monday?",
            "events web/production since=monday",
        ),
        (
            "events web/production experiments=maybe",
            "experiments must be yes or no, not “maybe”.",
            "events web/production",
        ),
        ("events web/production limit=", "limit needs a value", "events web/production"),
        ("events web/production after=a before=b", "not both", "events web/production after=a"),
        ("events web/production after=a before=b imapct=any", "not both", "events web/production impact=any after=a"),
        ("scores web/production staging", "staging", "scores web/production"),
        ("scores", "Which project and environment?", "scores PROJECT/ENV"),
        ("scores staging", "Which project?", "scores PROJECT/staging"),
        ("flag web/production", "Which flag?", "flag FLAG web/production"),
        ("flag ../../secrets web/production", "", ""),
        ("flag .. web/production", "“..” isn't a key", "flag FLAG web/production"),
        ("scores web/production,staging", "“production,staging” isn't a key", "scores web/ENV"),
        ("scores /production", "project needs a value: a key.", "scores PROJECT/production"),
        ("scores web/production env=staging", "env is set twice.", ""),
        (
            "deploys every=5y",
            "every must be a duration between a minute and a year, such as 6h or 2w, not “5y”.",
            "deploys",
        ),
        ("deploys every=1ms", "between a minute and a year", "deploys"),
    ],
)
def test_mistake_is_reported_with_the_corrected_line(typed: str, mistake: str, corrected: str) -> None:
    reported, suggestion = mistakes(typed)
    assert any(mistake in text for text in reported), reported
    assert not corrected or suggestion == corrected


def test_all_mistakes_are_reported_at_once() -> None:
    reported, corrected = mistakes("evnts web/production impac=larg limt=500 sinse=mondy")
    assert len(reported) == 7
    assert corrected == "events web/production limit=100 since=monday"


def test_unknown_line_lists_the_questions_and_suggests_none() -> None:
    reported, corrected = mistakes("xyzzy web/production")
    assert reported == (f"I don't know “xyzzy”. The questions are {humanize.join_with_and(list(QUESTIONS))}.",)
    assert corrected == ""


def test_unexpected_words_are_one_mistake() -> None:
    reported, corrected = mistakes("scores web/production for the whole team")
    assert reported == ("“for the whole team” isn't an option for scores.",)
    assert corrected == "scores web/production"


@pytest.mark.parametrize(
    ("word", "correction"),
    [
        ("stpo", "stop"),  # swapped
        ("sotp", "stop"),
        ("stopp", "stop"),  # inserted
        ("satop", "stop"),
        ("evry", "every"),  # missing
        ("very", "every"),
        ("step", "stop"),  # replaced
        ("STPO", "stop"),
        ("tsopp", None),  # two letters off
        ("evr", None),  # too short
        ("know", None),  # "now" is too short to correct
        ("stop?", None),  # not a letter
    ],
)
def test_typo_is_one_letter_off(word: str, correction: str | None) -> None:
    assert correct_typo(word, ["now", "stop", "every"]) == correction


# Round trips


def _values(field: ParamField, annotation: Any) -> st.SearchStrategy[Any]:
    """Any valid value of a parameter."""
    keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
    if isinstance(field.param_type, IntRange):
        return st.integers(field.param_type.minimum, field.param_type.maximum)
    if isinstance(field.param_type, ListOf):
        item = (
            keys
            if field.param_type.item_type.hint == "a key"
            else st.sampled_from(field.param_type.item_type.hint.split(", "))
        )
        return st.lists(item, min_size=1, max_size=3, unique=True).map(tuple)
    names = st.from_regex(r"[A-Za-zé0-9]{1,30}( [A-Za-zé0-9'.-]{1,30}){0,2}", fullmatch=True)
    by_hint: dict[str, st.SearchStrategy[Any]] = {
        "a key": keys,
        "a team's key, or a person's name": names,
        "a tag": names,
        "yes or no": st.booleans(),
        "a cursor from an earlier answer": st.from_regex(r"[A-Za-z0-9_.~+/=:-]{1,40}", fullmatch=True),
        "a duration such as 6h, 1d or 2w": st.integers(60_000, 53 * 604_800_000),
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
    return (
        by_hint[field.param_type.hint] if field.param_type.hint in by_hint else st.sampled_from(_literals(annotation))
    )


def _literals(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        return [value for part in get_args(annotation) if part is not type(None) for value in _literals(part)]
    raise AssertionError(annotation)


@st.composite
def _questions(draw: st.DrawFn) -> ParsedLine:
    question: AnyQuestion = draw(st.sampled_from(list(QUESTIONS.values())))
    values = {}
    for field in question.params.fields():
        if field.required or draw(st.booleans()):
            values[field.field_name] = draw(_values(field, question.params.model_fields[field.field_name].annotation))
    params = question.params.model_validate(values)
    assume(not list(params.check()))
    return ParsedLine(question, params)


@given(_questions())
@settings(max_examples=500)
def test_parsing_the_canonical_line_gives_the_same_params(question: ParsedLine) -> None:
    again = parsed(question.canonical)
    assert again.params == question.params
    assert again.canonical == question.canonical


@given(st.text(max_size=80))
def test_any_text_parses_or_is_an_invalid_line(text: str) -> None:
    with suppress(InvalidLine):
        assert parsed(parsed(text).canonical)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_corrected_line_of_an_invalid_value_is_valid(question: AnyQuestion) -> None:
    for field in question.params.fields():
        _, corrected = mistakes(f"{question.examples[0]} {field.short_name}=!!!")
        assert "!!!" not in corrected
