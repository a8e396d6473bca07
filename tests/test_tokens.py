"""Lines are split into tokens, after changes by keyboards and Slack are repaired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lines.parser import Token, normalize_line, tokenize
from bot.lines.spec import quote_value


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("scores web/production —app web", "scores web/production --app web"),
        ("scores –app=web", "scores --app=web"),
        ("flag new–checkout", "flag new-checkout"),
        ("events “new checkout”", 'events "new checkout"'),
        ("events ‘x’", "events 'x'"),
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("flag <http://new.checkout|new.checkout> web/production", "flag new.checkout web/production"),
        ("use <#C0123|general> <@U012|dana>", "use general dana"),
        ("see <https://x.example/a>", "see https://x.example/a"),
        ("  scores\u00a0web/production \n", "scores web/production"),
    ],
)
def test_smart_punctuation_and_slack_markup_are_repaired(typed: str, normalized: str) -> None:
    assert normalize_line(typed) == normalized


@pytest.mark.parametrize(
    "typed", ["limit=5", "--limit=5", "--limit 5", "-limit=5", "—limit 5", 'limit="5"', "--limit '5'"]
)
def test_named_value_can_be_written_in_several_ways(typed: str) -> None:
    assert tokenize(typed) == [Token("limit", "5")]


def test_flag_option_does_not_take_the_next_named_value() -> None:
    assert tokenize("--experiments limit=5") == [Token("experiments", None), Token("limit", "5")]
    assert tokenize("--experiments --limit 5") == [Token("experiments", None), Token("limit", "5")]


def test_quotes_group_a_value_but_an_apostrophe_does_not() -> None:
    assert tokenize('events "new checkout" don’t') == [
        Token("", "events"),
        Token("", "new checkout"),
        Token("", "don't"),
    ]


@given(st.text().map(normalize_line).filter(lambda value: value and not set("\"'") & set(value)))
def test_quoted_value_survives_a_round_trip(value: str) -> None:
    assert tokenize(f"name={quote_value(value)}") == [Token("name", value)]


@pytest.mark.parametrize("piece", ["x", "'", '"', "x'", '"x', "' \""])
def test_long_line_is_tokenized_in_linear_time(piece: str) -> None:
    line = piece * 20_000 + "! "  # a backtracking expression would never finish
    assert tokenize(line)
    assert quote_value(line)


@given(st.text())
def test_any_text_can_be_tokenized(text: str) -> None:
    assert all(word.name or word.value is not None for word in tokenize(text))
