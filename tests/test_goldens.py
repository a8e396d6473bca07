"""Every question's messages equal the reviewed ones in `tests/goldens/`, and keep the rules that hold for all of them.

`pytest --rewrite` writes the golden files, and removes those that belong to no case; a run without it never writes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.answers import Answer
from bot.messages.message import CUT_NOTICE, MAX_CHARS, Block, Message, build_text
from bot.messages.mrkdwn import parse_spans, unescape
from bot.messages.text_fallback import with_text_fallback
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from tests.conversation import visible_text, with_thread
from tests.golden_cases import CASES, GOLDENS, Case, to_drawing

for_each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.question}-{case.name}")
ANSWERS: dict[Path, Answer] = {}
DATE = re.compile(r"<!date\^(\d+)\^([^|]+)\|([^>]+)>")

# A drawing need not show these: no person sees them, and the Block Kit validator checks them.
INVISIBLE_KEYS = {"type", "action_id", "emoji", "verbatim", "page_size"}
SORT_VALUE = "raw_number.value"

NUMBER = re.compile(r"\d[\d,.]*")
DECORATION = set("🟢🔵🟡🟠🔴⚪⚫▰▱†↳🧪🧹🚩🚢⚖⚠💤")

CONFIRM_DIALOG = {name: {"type": "plain_text", "text": name} for name in ("title", "text", "confirm", "deny")}
STOP_BUTTON = {
    "type": "button",
    "action_id": "order:stop",
    "text": {"type": "plain_text", "text": "Stop"},
    "value": "stop 1",
    "confirm": CONFIRM_DIALOG,
}
STOP_MESSAGE = Message("Stop it?", ({"type": "actions", "elements": [STOP_BUTTON]},))


async def answer_to(case: Case) -> Answer:
    """The answer to a case, made once for all tests."""
    if case.path not in ANSWERS:
        ANSWERS[case.path] = await case.answer()
    return ANSWERS[case.path]


@for_each_case
async def test_message_equals_its_golden_file(case: Case, rewrite: bool) -> None:
    answer = await answer_to(case)
    assert answer.outcome == "answered", answer.message.text
    for form in (*with_thread(answer.message), *with_thread(with_text_fallback(answer.message))):
        assert not violations(form.payload())
        assert not unsafe_markup(form.payload())
    golden = case.golden(answer.message)
    if rewrite:
        case.path.parent.mkdir(parents=True, exist_ok=True)
        case.path.write_text(golden, encoding="utf-8")
    assert case.path.is_file(), f"no golden message {case.path.name}: look at it, then pytest --rewrite"
    assert golden == case.path.read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_case(rewrite: bool) -> None:
    leftover = {path for path in GOLDENS.rglob("*") if path.is_file()} - {case.path for case in CASES}
    if rewrite:
        for path in leftover:
            path.unlink()
        return
    assert not leftover


@for_each_case
async def test_drawing_truncates_nothing(case: Case) -> None:
    message = (await answer_to(case)).message
    assert _characters(to_drawing(message)) == _characters(to_drawing(message, width=1000))


def _characters(drawing: str) -> Counter[str]:
    """What is drawn, however it is wrapped: neither white space nor the lines of rules and tables."""
    return Counter(character for character in drawing if not character.isspace() and not "─" <= character <= "╿")


async def test_change_to_any_visible_part_changes_the_drawing() -> None:
    """Of each kind of text and number that occurs anywhere, change one: a button's value, a bar of a chart."""
    messages = [STOP_MESSAGE, *[part for case in CASES for part in with_thread((await answer_to(case)).message)]]
    tried: set[str] = set()
    for message in messages:
        drawing = to_drawing(message)
        for n, block in enumerate(message.blocks):
            for kind, path in _leaves(block, block["type"]):
                if kind in tried or path[-1] in INVISIBLE_KEYS or kind.endswith(SORT_VALUE):
                    continue
                tried.add(kind)
                blocks = (*message.blocks[:n], _changed(block, path), *message.blocks[n + 1 :])
                assert to_drawing(Message(message.text, blocks)) != drawing, kind
    assert tried >= {
        "header.text.plain_text.text",
        "section.text.mrkdwn.text",
        "section.accessory.button.value",
        "context.elements.mrkdwn.text",
        "actions.elements.button.text.plain_text.text",
        "actions.elements.button.value",
        "actions.elements.button.confirm.text.plain_text.text",
        "data_table.caption",
        "data_table.rows.raw_text.text",
        "data_visualization.title",
        "data_visualization.chart.bar.series.data.value",
        "data_visualization.chart.pie.segments.value",
    }


def test_change_to_the_text_or_the_thread_changes_the_drawing() -> None:
    drawing = to_drawing(STOP_MESSAGE)
    assert to_drawing(Message("Stop?", STOP_MESSAGE.blocks)) != drawing
    assert to_drawing(Message(STOP_MESSAGE.text, STOP_MESSAGE.blocks, (STOP_MESSAGE,))) != drawing


def _leaves(part: Any, kind: str, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The kind and path of every text and number of a block."""
    if isinstance(part, dict):
        for key, child in part.items():
            yield from _leaves(child, f"{kind}.{key}{_type_of(child)}", (*path, key))
    elif isinstance(part, list):
        for index, child in enumerate(part):
            yield from _leaves(child, f"{kind}{_type_of(child)}", (*path, index))
    else:
        yield kind, path


def _type_of(part: Any) -> str:
    return f".{part['type']}" if isinstance(part, dict) and "type" in part else ""


def _changed(block: Block, path: tuple[Any, ...]) -> Block:
    """The block with another text or number at a path."""
    changed = deepcopy(block)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    leaf = parent[path[-1]]
    parent[path[-1]] = leaf + " changed" if isinstance(leaf, str) else leaf + 1
    if "chart" in path and (path[-1] == "label" or "categories" in path):  # an axis and its series share labels
        changed = _replaced(block, leaf, parent[path[-1]])
    return changed


def _replaced(part: Any, old: str, new: str) -> Any:
    if isinstance(part, dict):
        return {key: _replaced(child, old, new) for key, child in part.items()}
    if isinstance(part, list):
        return [_replaced(child, old, new) for child in part]
    return new if part == old else part


@for_each_case
async def test_localized_dates_equal_their_fallback_text(case: Case) -> None:
    """Slack shows the date of the number, and a drawing only its fallback."""
    for unix, tokens, fallback in DATE.findall(visible_text(await answer_to(case))):
        assert tokens == "{date_short_pretty} at {time}"
        at = datetime.strptime(fallback, "%a %d %b %Y, %H:%M UTC").replace(tzinfo=UTC)
        assert at.timestamp() == int(unix) // 60 * 60


@for_each_case
async def test_every_number_in_the_blocks_is_in_the_text(case: Case) -> None:
    for message in with_thread((await answer_to(case)).message):
        fitting = next(n for n in range(len(message.blocks), 0, -1) if _fits_in_text(message.blocks[:n]))
        plain = with_text_fallback(Message("", message.blocks[:fitting]))
        assert _numbers(" ".join(_words(plain.blocks))) <= _numbers(unescape(message.text))


def _fits_in_text(blocks: tuple[Block, ...]) -> bool:
    return CUT_NOTICE not in build_text("", blocks)


def _numbers(text: str) -> set[str]:
    return {number.rstrip(".,") for number in NUMBER.findall(text)}


def _words(blocks: tuple[Block, ...]) -> Iterator[str]:
    """The texts of blocks without charts and tables, as a person reads them."""
    for block in blocks:
        for text in block.get("elements", [block.get("text")]):
            if text and text["type"] in ("mrkdwn", "plain_text"):
                yield "".join(span.text for span in parse_spans(text["text"]))


@for_each_case
async def test_text_says_nothing_twice_and_no_decoration(case: Case) -> None:
    for message in with_thread((await answer_to(case)).message):
        summary, *lines = message.text.split("\n")
        assert summary not in lines
        assert len(message.text) <= MAX_CHARS
        if case.name != "hostile":
            assert not set(message.text) & DECORATION


@for_each_case
async def test_answer_ends_with_its_line_time_and_link(case: Case) -> None:
    """A digest names its days, and Slack shows when it was posted."""
    answer = await answer_to(case)
    footer = answer.message.blocks[-1]
    assert footer["type"] == "context"
    text = footer["elements"][0]["text"]
    assert f"`{case.question} " in text
    assert ("<!date^1795186800^" in text) is (case.question != "digest")
    assert "|Open in LaunchDarkly>" in text


async def test_no_email_address_or_salt_is_shown() -> None:
    for case in CASES:
        shown = visible_text(await answer_to(case))
        assert "@harbour" not in shown
        assert "salt" not in shown.lower().split()
