"""A process's proxy to Slack, which can refuse posts, or accept them without a response."""

import asyncio
from dataclasses import dataclass, field
from random import Random

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from bot.sandbox.slack import Slack
from tests.load_harness import POST_PATH

REFUSALS: tuple[Response, ...] = (
    JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"}),
    JSONResponse({"ok": False, "error": "internal_error"}),
    PlainTextResponse("upstream is away", 503),
)


@dataclass
class FlakyProxy:
    """Delays each response to a post."""

    slack: Slack
    random: Random
    max_delay: float = 0.3  # seconds at most
    refusal_rate: float = 0  # of all posts: refused
    timeout_rate: float = 0  # of all posts: accepted, with no response
    accepted: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)  # once set, no response is delayed or dropped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != POST_PATH:
            await self.slack(scope, receive, send)
        elif self.random.random() < self.refusal_rate:
            await self.random.choice(REFUSALS)(scope, receive, send)
        else:
            await self._accept(scope, receive, send)

    async def _accept(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def delayed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.accepted += 1
                await self.slack.notify_change()
                await self._wait(
                    None if self.random.random() < self.timeout_rate else self.random.uniform(0, self.max_delay)
                )
            await send(message)

        await self.slack(scope, receive, delayed_send)

    async def _wait(self, seconds: float | None) -> None:
        """Wait for this many seconds, or until the end."""
        try:
            async with asyncio.timeout(seconds):
                await self.released.wait()
        except TimeoutError:
            return
