"""Slack's mrkdwn: escaping, truncation, and parsing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.messages.mrkdwn import (
    Span,
    Timestamp,
    clean,
    code,
    escape,
    link,
    parse_spans,
    preformatted,
    truncate,
    unescape,
)
from bot.sandbox.block_kit.mentions import unsafe_markup
from tests.hostile import HOSTILE_STRINGS

HOSTILE = st.one_of(st.text(), st.sampled_from(HOSTILE_STRINGS))


def _pings(markup: str) -> list[str]:
    text = {"type": "mrkdwn", "text": markup, "verbatim": True}
    return [str(fault) for fault in unsafe_markup({"text": "x", "blocks": [{"type": "section", "text": text}]})]


@given(HOSTILE)
def test_escaped_text_neither_pings_nor_links(text: str) -> None:
    for markup in (escape(text), link("https://x.example/?a=1&b=2", text), code(text), preformatted(clean(text))):
        assert _pings(markup) == []


@given(HOSTILE)
def test_escaping_preserves_the_text(text: str) -> None:
    assert unescape(escape(text)) == clean(text)


@given(HOSTILE)
def test_clean_text_is_one_line_of_valid_utf_8(text: str) -> None:
    assert len(clean(text).splitlines()) <= 1
    assert clean(text).encode().decode() == clean(text)


def test_markup_is_not_escaped_twice() -> None:
    assert escape(link("https://x.example", "a & b")) == "<https://x.example|a &amp; b>"


def test_link_label_cannot_end_its_link() -> None:
    assert link("https://x.example", "a|b>c") == "<https://x.example|a/b&gt;c>"
    assert link("https://x.example", " ") == "<https://x.example|…>"


def test_timestamp_is_shown_in_the_readers_time_zone() -> None:
    assert (
        escape(Timestamp(1795186800, "Fri 20 Nov 2026"))
        == "<!date^1795186800^{date_short_pretty} at {time}|Fri 20 Nov 2026>"
    )
    assert escape(Timestamp(None, "at an unknown time")) == "at an unknown time"


@given(HOSTILE, st.integers(20, 400))
@example("0000 0", 48)  # a space inside the label, just where the text would be truncated
def test_truncation_keeps_the_limit_and_breaks_no_markup(text: str, limit: int) -> None:
    markup = f"{escape(text)} {link('https://x.example/?a=1&b=2', text[:40])} {escape(text)}"
    assert len(truncate(markup, limit)) <= limit
    assert _pings(truncate(markup, limit)) == []


def test_truncation_is_marked_with_an_ellipsis() -> None:
    assert truncate("one two three four five", 14) == "one two …"
    assert truncate("short", 15) == "short"


def test_markup_is_parsed_into_styled_spans() -> None:
    assert list(parse_spans("*a <https://x.example|b &amp; c>* _d_ `e*f*` ~g~ 2*3*4 snake_case_name")) == [
        Span("a ", ("bold",)),
        Span("b & c", ("bold", "link"), "https://x.example"),
        Span(" "),
        Span("d", ("italic",)),
        Span(" "),
        Span("e*f*", ("code",)),
        Span(" "),
        Span("g", ("strike",)),
        Span(" 2*3*4 snake_case_name"),
    ]


def test_timestamp_is_parsed_as_its_fallback_text() -> None:
    assert [span.text for span in parse_spans("at <!date^1^{time}|nine &amp; a bit>!")] == ["at ", "nine & a bit", "!"]


@pytest.mark.parametrize("text", HOSTILE_STRINGS)
def test_parsing_markup_loses_no_text(text: str) -> None:
    plain = clean(text).replace("*", "").replace("_", "").replace("~", "").replace("`", "")
    assert "".join(span.text for span in parse_spans(escape(plain))) == plain
