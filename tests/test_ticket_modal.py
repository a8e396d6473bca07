"""*Copy as a ticket*: a modal with the text of a ticket, opened by the real bot in the sandbox's Slack."""

from typing import Any, cast

import pytest

from bot.sandbox.block_kit import view_violations
from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.workspace import Message
from bot.slack.ticket_modal import build_notice_modal, build_ticket_modal
from tests.workspace import Workspace, open_workspace, visible_text

BUTTON = "Copy as a ticket"


async def press_button(workspace: Workspace, answer: Message) -> dict[str, Any]:
    """Press the button under an answer, and return the block of the modal once it is filled in."""
    slack = workspace.slack
    assert not (await slack.press(answer, BUTTON)).error
    await slack.until(lambda: any("Asking" not in str(view.body) for view in slack.views))
    blocks = cast(list[dict[str, Any]], slack.views[-1].body["blocks"])
    return blocks[0]


async def test_button_opens_a_modal_with_the_text_to_copy() -> None:
    async with open_workspace() as workspace:
        block = await press_button(workspace, await workspace.send("cleanup web/production"))
        assert block["element"]["multiline"] is True
        assert block["element"]["initial_value"].startswith("Clean up 3 flags in web/production")
        [view] = workspace.slack.views
        assert not (await workspace.slack.submit(view)).error
        assert not view.open


async def test_failure_is_shown_in_the_modal() -> None:
    async with open_workspace() as workspace:
        answer = await workspace.send("cleanup web/production")
        workspace.faults.status, workspace.faults.path_contains = 404, "flag-statuses"
        block = await press_button(workspace, answer)
        assert "LaunchDarkly can't find that." in block["text"]["text"]


async def test_expired_trigger_is_explained() -> None:
    async with open_workspace() as workspace:
        answer = await workspace.send("cleanup web/production")
        workspace.slack.faults["views.open"] = Fault(error="expired_trigger_id")
        shown = await workspace.press(answer, BUTTON)
        assert "Slack couldn't show the ticket.\nPress the button again." in visible_text(shown)


@pytest.mark.parametrize("view", [build_ticket_modal("x" * 3000), build_notice_modal("Nothing is left to clean up.")])
def test_modal_is_valid(view: dict[str, Any]) -> None:
    assert view_violations(view) == []
