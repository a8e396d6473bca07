"""Mentions, automatic links and unescaped text are reported; escaped text is not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.block_kit.mentions import unsafe_markup

Json = dict[str, Any]


def say(*blocks: object, text: object = "An answer.") -> Json:
    return {"text": text, "blocks": list(blocks)}


def section(text: object, **switch: object) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, **switch}}


def markdown(text: str) -> Json:
    return {"type": "markdown", "text": text}


def rich(*runs: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(runs)}]}


def places(message: Json) -> list[str]:
    return [fault.pointer for fault in unsafe_markup(message)]


HARMLESS = [
    "plain words",
    "a &amp; b &lt;!here&gt; &gt;",
    "<https://app.launchdarkly.com/a?b=1&amp;c=2|the flag>",
    "<!date^1763632800^{date_short_pretty} at {time}|20 Nov>",
    "<!date^1763632800^{date_num}^https://example.com/a|20 Nov>",
    "*bold* _and_ `code`",
    "> a quote",
]

HARMFUL = [
    "<!channel>",
    "<!here>",
    "<!here|here>",
    "<!everyone>",
    "<!subteam^S123|@team>",
    "<@U123>",
    "<@W123|dana>",
    "<#C123>",
    "a < b",
    "<https://example.com>",
    "<https://example.com/a b|label>",
    "<https://example.com|>",
    "<javascript:alert(1)|label>",
    "<mailto:a@example.com|label>",
    "<!date^soon^{date}|20 Nov>",
    "<!date^1763632800^no token|20 Nov>",
    "<!date^1763632800^{moon}|20 Nov>",
    "<!date^1763632800^{date}>",
    "this & that",
    "&quot;",
    "<https://example.com?a=1&b=2|label>",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_escaped_text_mentions_nobody(text: str) -> None:
    assert places(say(section(text, verbatim=True), text=text)) == []


@pytest.mark.parametrize("text", HARMFUL)
def test_unescaped_mention_is_found_anywhere_in_a_message(text: str) -> None:
    inside = {"type": "container", "child_blocks": [section(text, verbatim=True)]}
    message = say(section(text, verbatim=True), inside, text=text)
    assert places(message) == ["/text", "/blocks/0/text/text", "/blocks/1/child_blocks/0/text/text"]


@pytest.mark.parametrize("switch", [{}, {"verbatim": False}, {"verbatim": 1}])
def test_mrkdwn_without_verbatim_is_reported(switch: Json) -> None:
    assert places(say(section("words", **switch))) == ["/blocks/0/text/verbatim"]


@pytest.mark.parametrize("text", HARMFUL)
def test_plain_text_may_contain_anything(text: str) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": text}}
    table = {"type": "data_table", "caption": text, "rows": [[{"type": "raw_text", "text": text}]]}
    assert places(say(header, table, rich({"type": "text", "text": text}))) == []


@pytest.mark.parametrize(
    "mention", [{"type": "user", "user_id": "U1"}, {"type": "broadcast", "range": "here"}], ids=lambda run: run["type"]
)
def test_mention_in_rich_text_is_found(mention: Json) -> None:
    assert places(say(rich(mention))) == ["/blocks/0/elements/0/elements/0"]


def test_mention_in_markdown_is_found_and_its_syntax_is_not() -> None:
    assert places(say(markdown("<https://example.com> & a < b"), markdown("<!here>"))) == ["/blocks/1/text"]


@given(
    rubbish=st.recursive(
        st.none() | st.booleans() | st.floats() | st.sampled_from(["mrkdwn", "markdown", "user", "<!", "&"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "verbatim"]), inner)
        ),
        max_leaves=8,
    )
)
def test_garbage_never_raises(rubbish: Json) -> None:
    assert isinstance(unsafe_markup(rubbish), list)


def test_endless_nesting_is_searched_completely() -> None:
    nested: list[object] = [section("<!here>", verbatim=True)]
    for _ in range(10_000):
        nested = [nested]
    assert len(unsafe_markup(say(nested))) == 1
