"""Every question's messages as they are, to be read like code: its examples, and its states.

`pytest --rewrite` writes them anew; a run without it never writes. A state is an edit of LaunchDarkly's answers, kept
in the test of the question: `empty`, `one`, `more` than fits, and what else it wants; `hostile` is the same for all.
PASTS are states of what the bot remembers.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from bot.answers import Answer
from bot.questions import discover
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from bot.store import Snapshot
from tests.conversation import Edit, history_of, start_conversation, visible_text, with_thread
from tests.hostile import hostile

GOLDENS = Path(__file__).parent / "goldens"
STATES = ("empty", "one", "more")


@dataclass(frozen=True)
class Case:
    question: str
    name: str
    line: str
    edit: Edit | None = None
    past: tuple[Snapshot, ...] = ()

    @property
    def path(self) -> Path:
        return GOLDENS / self.question / f"{self.name}.json"

    async def answer(self) -> Answer:
        async with start_conversation(self.edit) as someone:
            someone.past_snapshots = history_of(*self.past)
            return await someone.send(self.line)


def _cases() -> Iterator[Case]:
    for name, endpoint in discover().items():
        for n, line in enumerate(endpoint.examples, 1):
            yield Case(name, f"example-{n}", line)
        test = import_module(f"tests.test_{name}")
        for state, edit in test.STATES.items():
            yield Case(name, state, endpoint.examples[0], edit)
        for state, past in getattr(test, "PASTS", {}).items():
            yield Case(name, state, endpoint.examples[0], past=past)
        yield Case(name, "hostile", endpoint.examples[0], hostile)


CASES = list(_cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.question}-{case.name}")
async def test_a_message_is_what_was_reviewed(case: Case, rewrite: bool) -> None:
    answer = await case.answer()
    assert answer.outcome == "answered", answer.message.text
    for form in (*with_thread(answer.message), *with_thread(answer.message.with_text_fallback())):
        assert not violations(form.payload())
        assert not unsafe_markup(form.payload())
    thread = [below.payload() for below in answer.message.thread]
    message = answer.message.payload() | ({"thread": thread} if thread else {})
    written = json.dumps(message, indent=1, ensure_ascii=False) + "\n"
    if rewrite:
        case.path.parent.mkdir(parents=True, exist_ok=True)
        case.path.write_text(written)
    assert case.path.is_file(), f"no golden message {case.path.name}: look at it, then pytest --rewrite"
    assert written == case.path.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.question}-{case.name}")
async def test_a_message_ends_in_what_was_asked_and_as_of_when(case: Case) -> None:
    answer = await case.answer()
    footer = answer.message.blocks[-1]
    assert footer["type"] == "context"
    said = footer["elements"][0]["text"]
    assert f"`{case.question} " in said
    assert "<!date^1795186800^" in said
    assert "|Open in LaunchDarkly>" in said


def test_no_golden_message_is_left_over() -> None:
    assert set(GOLDENS.rglob("*.json")) == {case.path for case in CASES}


async def test_neither_people_nor_secrets_are_shown() -> None:
    for case in CASES:
        shown = visible_text(await case.answer())
        assert "@harbour" not in shown
        assert "salt" not in shown.lower().split()
