"""Where those wait who come before the door is open. They have their acknowledgement, and so are owed a word."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.messages.message import Message
from bot.slack.modal import mistakes
from bot.slack.payloads import Incoming
from bot.slack.response_url import Responses

if TYPE_CHECKING:
    from bot.slack.handler import Door

NOT_OPEN = Message.of("I was only just starting, and had to end before I could answer. Ask again in a moment.")
LAST_WORD = 2  # seconds, when the process ends


class Porch:
    """Hears from the first moment."""

    def __init__(self, opening: "asyncio.Task[Door]", responses: Responses) -> None:
        self._opening = opening
        self._responses = responses

    async def hear(self, incoming: Incoming) -> None:
        """Hand on to the door. Why it could not be opened, the process says as it ends."""
        try:
            door = await asyncio.shield(self._opening)
        except (Exception, asyncio.CancelledError):
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORD):
                    await self._responses.at(incoming.response_url).say(NOT_OPEN)
        else:
            await door.hear(incoming)

    def check(self, body: dict[str, Any]) -> dict[str, str]:
        """What keeps a modal from being sent, as far as that can be said by now."""
        opened = self._opening.done() and not self._opening.cancelled() and not self._opening.exception()
        return self._opening.result().changing.mistakes(body) if opened else mistakes(body)

    async def moved(self, channel: str, what: str) -> None:
        """The bot lost a channel, or got it back."""
        await asyncio.wait([self._opening])
        if not self._opening.cancelled() and not self._opening.exception():
            await self._opening.result().moved(channel, what)
