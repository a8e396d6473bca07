"""Mistakes in a line end in a button, where one press can help."""

import pytest

from bot.errors import Failure, InvalidResponse, NotAllowed, Rejected, TryLater
from bot.messages.message import Message
from bot.messages.renderer import Renderer
from bot.notices import Attempt, Notices
from bot.questions import discover
from tests.conversation import Conversation, button_lines, visible_text
from tests.workspace import open_workspace
from tests.workspace import visible_text as slack_text

LONG_KEY = "a-key-that-somebody-made-up-on-a-long-afternoon-and-that-is-hard-to-type"


NOTICES = Notices(discover(), Renderer())


def _notice(failure: Failure, line: str = "scores web/production") -> Message:
    return NOTICES.failure(failure, "4B1D02", Attempt(line))


async def test_single_mistake_is_the_headline(someone: Conversation) -> None:
    answer = await someone.send("scores please web/production")
    assert answer.message.text == "“please” isn't an option for scores."
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


@pytest.mark.parametrize(
    ("line", "asks", "does", "first"),
    [
        ("scores", "project and environment", "ask", "scores mobile/production"),
        ("scores project=mobile app=ios-app", "environment", "ask", "scores mobile/production app=ios-app"),
        ("every monday 9:00 digest", "project and environment", "order", "every monday 9:00 digest mobile/production"),
    ],
)
async def test_missing_project_is_a_menu_of_lines(line: str, asks: str, does: str, first: str) -> None:
    async with open_workspace(allowed_projects="mobile") as workspace:
        failure = await workspace.send(line)
        assert failure.text == f"Which {asks}?"
        [menu] = [element for block in failure.blocks for element in block.get("elements", [])]
        assert menu["action_id"] == f"{does}:project / environment"
        assert [choice["value"] for choice in menu["options"]] == [first, first.replace("production", "beta")]
        answer = await workspace.slack.select(failure, "Project / environment", "mobile/beta")
        assert "mobile/beta" in slack_text(await workspace.wait_for_answer(answer))


async def test_missing_project_is_a_few_buttons_where_there_is_no_menu(someone: Conversation) -> None:
    answer = await someone.send("cleanup")
    assert answer.message.text == "Which project and environment?"
    assert button_lines(answer.message)[:2] == ["cleanup web/production", "cleanup mobile/production"]
    assert "PROJECT" not in visible_text(answer)


@pytest.mark.parametrize("line", ["flag", "compare", "compare web/production", "every digest"])
async def test_line_with_another_gap_has_no_menu(line: str) -> None:
    async with open_workspace() as workspace:
        failure = await workspace.send(line)
        [button] = [e for block in failure.blocks if block["type"] == "actions" for e in block["elements"]]
        assert button["value"] == f"help {line.split(maxsplit=1)[0]}"


async def test_mistake_in_a_typed_command_offers_it_corrected() -> None:
    async with open_workspace() as workspace:
        failure = await workspace.send("every mondya 9:00 scores web/production")
        assert "Try:\n`every monday 9:00 scores web/production`" in slack_text(failure)
        scheduled = await workspace.press(failure, "Run")
        assert "scheduled scores web/production here, every Monday at 9:00" in slack_text(scheduled)


@pytest.mark.parametrize(
    ("status", "says"),
    [(503, "LaunchDarkly is having problems (503)."), (429, "LaunchDarkly is rate-limiting")],
)
async def test_temporary_failure_can_be_tried_again(status: int, says: str) -> None:
    async with open_workspace() as workspace:
        workspace.faults.status = status
        failure = await workspace.send("scores web/production")
        assert says in slack_text(failure)
        workspace.faults.status = None
        assert "Release maturity" in slack_text(await workspace.press(failure, "Try again"))


async def test_rejected_question_leads_to_its_help(someone: Conversation) -> None:
    someone.faults.status = 400
    answer = await someone.send("scores web/production")
    assert button_lines(answer.message) == ["help scores"]
    assert "Check the values and try again." in visible_text(answer)


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
