"""How far an order reaches from a channel: into it, and to the bot's work by the clock."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.slack.posting import Posting


@dataclass(frozen=True)
class Reached:
    """What `orders/_order.py` wants of Slack."""

    posting: Posting
    wakes: Callable[[], None]

    async def is_in(self, channel: str) -> bool:
        return await self.posting.is_in(channel)

    async def link(self, channel: str, ts: str) -> str:
        return await self.posting.link(channel, ts)

    def wake(self) -> None:
        self.wakes()
