"""What keyboards and Slack do to a line, undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lines.tokenizer import Token, normalize_line, quote_value, tokenize


@pytest.mark.parametrize(
    ("typed", "meant"),
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
def test_a_line_is_taken_as_it_was_meant(typed: str, meant: str) -> None:
    assert normalize_line(typed) == meant


@pytest.mark.parametrize(
    "typed", ["limit=5", "--limit=5", "--limit 5", "-limit=5", "—limit 5", 'limit="5"', "--limit '5'"]
)
def test_a_named_value_can_be_written_in_many_ways(typed: str) -> None:
    assert tokenize(typed) == [Token("limit", "5")]


def test_an_option_takes_no_named_value_for_its_own() -> None:
    assert tokenize("--experiments limit=5") == [Token("experiments", None), Token("limit", "5")]
    assert tokenize("--experiments --limit 5") == [Token("experiments", None), Token("limit", "5")]


def test_quotes_hold_a_value_together_and_an_apostrophe_does_no_harm() -> None:
    assert tokenize('events "new checkout" don’t') == [
        Token("", "events"),
        Token("", "new checkout"),
        Token("", "don't"),
    ]


@given(st.text().map(normalize_line).filter(lambda value: value and not set("\"'") & set(value)))
def test_a_quoted_value_is_read_as_it_was(value: str) -> None:
    assert tokenize(f"name={quote_value(value)}") == [Token("name", value)]


@pytest.mark.parametrize("piece", ["x", "'", '"', "x'", '"x', "' \""])
def test_a_long_line_is_taken_apart_as_fast_as_a_short_one(piece: str) -> None:
    line = piece * 20_000 + "! "  # what tries all ways to cut this would never end
    assert tokenize(line)
    assert quote_value(line)


@given(st.text())
def test_no_line_is_too_odd_to_be_taken_apart(text: str) -> None:
    assert all(word.name or word.value is not None for word in tokenize(text))
