"""Holds interactions that arrive before start-up has finished. They are acknowledged already, so each gets a reply."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.messages.message import Message
from bot.slack.modal import missing_field_errors
from bot.slack.payloads import Interaction
from bot.slack.responder import ResponseUrls

if TYPE_CHECKING:
    from bot.slack.handler import CommandHandler

STARTUP_ABORTED_NOTICE = Message.from_markup(
    "I was only just starting, and had to end before I could answer. Ask again in a moment."
)
SHUTDOWN_NOTICE_TIMEOUT = 2  # seconds


class StartupQueue:
    """Forwards to the handler, once there is one."""

    def __init__(self, startup: "asyncio.Task[CommandHandler]", response_urls: ResponseUrls) -> None:
        self._startup = startup
        self._response_urls = response_urls

    async def handle(self, interaction: Interaction) -> None:
        """Wait for the handler and forward. If start-up fails, tell the person; the process reports the cause."""
        try:
            handler = await asyncio.shield(self._startup)
        except (Exception, asyncio.CancelledError):
            with suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_NOTICE_TIMEOUT):
                    await self._response_urls.get(interaction.response_url).send(STARTUP_ABORTED_NOTICE)
        else:
            await handler.handle(interaction)

    def validate_modal(self, body: dict[str, Any]) -> dict[str, str]:
        """Validate a modal; before the handler is there, check only that no field is empty."""
        has_started = self._startup.done() and not self._startup.cancelled() and not self._startup.exception()
        validate = self._startup.result().schedule_modal.validation_errors if has_started else missing_field_errors
        return validate(body)

    async def handle_channel_event(self, channel: str, event: str) -> None:
        """Wait for the handler and forward. If start-up fails, drop the event."""
        await asyncio.wait([self._startup])
        if not self._startup.cancelled() and not self._startup.exception():
            await self._startup.result().handle_channel_event(channel, event)
