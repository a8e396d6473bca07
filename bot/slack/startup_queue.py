"""Where those wait who come before the door is open. They have their acknowledgement, and so are owed a word."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.messages.message import Message
from bot.slack.modal import missing_field_errors
from bot.slack.payloads import Interaction
from bot.slack.response_url import ResponseUrls

if TYPE_CHECKING:
    from bot.slack.handler import CommandHandler

STARTUP_ABORTED_NOTICE = Message.from_markup(
    "I was only just starting, and had to end before I could answer. Ask again in a moment."
)
SHUTDOWN_NOTICE_TIMEOUT = 2  # seconds, when the process ends


class StartupQueue:
    """Hears from the first moment."""

    def __init__(self, startup: "asyncio.Task[CommandHandler]", response_urls: ResponseUrls) -> None:
        self._startup = startup
        self._response_urls = response_urls

    async def handle(self, interaction: Interaction) -> None:
        """Hand on to the door. Why it could not be opened, the process says as it ends."""
        try:
            handler = await asyncio.shield(self._startup)
        except (Exception, asyncio.CancelledError):
            with suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_NOTICE_TIMEOUT):
                    await self._response_urls.get(interaction.response_url).send(STARTUP_ABORTED_NOTICE)
        else:
            await handler.handle(interaction)

    def validate_modal(self, body: dict[str, Any]) -> dict[str, str]:
        """What keeps a modal from being sent, as far as that can be said by now."""
        has_started = self._startup.done() and not self._startup.cancelled() and not self._startup.exception()
        return (
            self._startup.result().schedule_modal.validation_errors(body) if has_started else missing_field_errors(body)
        )

    async def handle_channel_event(self, channel: str, event: str) -> None:
        """The bot lost a channel, or got it back."""
        await asyncio.wait([self._startup])
        if not self._startup.cancelled() and not self._startup.exception():
            await self._startup.result().handle_channel_event(channel, event)
