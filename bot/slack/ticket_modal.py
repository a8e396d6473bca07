"""The modal that shows an answer as the text of a ticket, in an input that it can be copied from.

Slack allows three seconds to open a modal, and an answer may take longer: it opens empty, and is filled in later."""

from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Caller
from bot.answers import Answer, Answers
from bot.errors import TryLater
from bot.slack.client import SLACK_UNAVAILABLE
from bot.slack.payloads import Interaction

Json = dict[str, Any]

CALLBACK_ID = "ticket"
LOADING_TEXT = "Asking LaunchDarkly…"
EMPTY_TEXT = "Nothing is left to clean up."


def build_notice_modal(text: str) -> Json:
    """Build the modal with a text that isn't to be copied."""
    return _modal({"type": "section", "text": _plain_text(text)})


def build_ticket_modal(text: str) -> Json:
    """Build the modal with a ticket. Slack requires a submit button beside an input; here it only closes."""
    ticket = {
        "type": "input",
        "block_id": "ticket",
        "optional": True,
        "label": _plain_text("Ticket"),
        "hint": _plain_text("Select everything, copy it, and paste it into your tracker."),
        "element": {"type": "plain_text_input", "action_id": "ticket", "multiline": True, "initial_value": text},
    }
    return _modal(ticket) | {"submit": _plain_text("Done")}


def _modal(block: Json) -> Json:
    return {
        "type": "modal",
        "callback_id": CALLBACK_ID,
        "title": _plain_text("Copy as a ticket"),
        "close": _plain_text("Close"),
        "blocks": [block],
    }


def _plain_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


@dataclass(frozen=True)
class TicketModal:
    """Opens the modal."""

    client: AsyncWebClient
    answers: Answers

    async def open(self, interaction: Interaction, caller: Caller) -> Answer:
        """Open the modal, ask the line of the pressed button, and show its ticket."""
        try:
            opened = await self.client.views_open(
                trigger_id=interaction.trigger_id, view=build_notice_modal(LOADING_TEXT)
            )
            answer = await self.answers.answer(interaction.line, caller)
            await self.client.views_update(view_id=opened["view"]["id"], view=_filled_modal(answer))
        except SLACK_UNAVAILABLE:
            raise TryLater("Slack couldn't show the ticket.", "Press the button again.") from None
        return answer


def _filled_modal(answer: Answer) -> Json:
    return build_ticket_modal(answer.ticket) if answer.ticket else build_notice_modal(answer.error_text or EMPTY_TEXT)
