"""Mistakes in a line end in a button, where one press can help."""

import pytest

from bot.errors import Failure, InvalidResponse, NotAllowed, Rejected, TryLater
from bot.messages.message import Message
from bot.messages.renderer import Renderer
from bot.notices import Notices
from bot.questions import discover
from tests.conversation import Conversation, button_lines, visible_text

LONG_KEY = "a-key-that-somebody-made-up-on-a-long-afternoon-and-that-is-hard-to-type"


NOTICES = Notices(discover(), Renderer())


def _notice(failure: Failure, line: str = "scores web/production") -> Message:
    return NOTICES.failure(failure, "4B1D02", line)


async def test_single_mistake_is_the_headline(someone: Conversation) -> None:
    answer = await someone.send("scores please web/production")
    assert answer.message.text == "“please” isn't an option of scores."
    assert button_lines(answer.message) == ["scores web/production"]
    assert "Ask: scores web/production" in visible_text(answer)
    assert "`" not in visible_text(answer)


async def test_several_mistakes_are_listed(someone: Conversation) -> None:
    answer = await someone.send("events web/production impact=larg limit=500")
    assert visible_text(answer).startswith(
        "⚠️ *I didn't understand that.*\n"
        "• impact must be any, none, small, medium or large, not “larg”. Did you mean large?\n"
        "• limit must be 1 to 100, not 500. Did you mean 100?\n"
    )
    assert button_lines(answer.message) == ["events web/production limit=100"]


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("stpo 3", "stop 3"),
        ("every mondya 9:00 digest web/production", "every monday 9:00 digest web/production"),
        ("scores", "scores PROJECT/ENV"),
        ("compare web/production", "compare web/production,ENV"),
    ],
)
async def test_command_or_line_with_a_gap_only_offers_help(someone: Conversation, line: str, corrected: str) -> None:
    answer = await someone.send(line)
    assert button_lines(answer.message) == [f"help {corrected.split(maxsplit=1)[0]}"]
    assert f"Try:\n`{corrected}`" in visible_text(answer)


async def test_button_keeps_a_line_that_its_label_cuts(someone: Conversation) -> None:
    answer = await someone.send(f"scores web/production app={LONG_KEY} please")
    [button] = next(block["elements"] for block in answer.message.blocks if block["type"] == "actions")
    assert button["value"] == f"scores web/production app={LONG_KEY}"
    assert len(button["text"]["text"]) == 75
    assert button["text"]["text"].endswith("…")


@pytest.mark.parametrize(("line", "lines"), [("scores web/production", ["scores web/production"]), ("stop 3", [])])
def test_only_a_question_can_be_tried_again_after_a_temporary_failure(line: str, lines: list[str]) -> None:
    notice = _notice(TryLater("LaunchDarkly is having problems (503).", "Try again in a minute."), line)
    assert button_lines(notice) == lines


@pytest.mark.parametrize(
    ("failure", "is_shown"),
    [
        (NotAllowed("No.", ""), True),
        (InvalidResponse("What?", ""), True),
        (TryLater("Later.", ""), False),
        (Rejected("No.", ""), False),
    ],
)
def test_reference_is_shown_if_an_admin_can_use_it(failure: Failure, is_shown: bool) -> None:
    assert ("Reference 4B1D02" in _notice(failure).text) is is_shown
