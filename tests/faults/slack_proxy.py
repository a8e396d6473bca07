"""The way of a process to Slack, on which posts may be refused, or accepted without a word."""

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
    """Each answer to a post is a while on its way."""

    slack: Slack
    random: Random
    max_delay: float = 0.3  # seconds at most
    refusal_rate: float = 0  # of all posts, with nothing done
    timeout_rate: float = 0  # of all posts: done, and never answered
    accepted: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)  # and with it, all answers come

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
        """So long, or until the end."""
        try:
            async with asyncio.timeout(seconds):
                await self.released.wait()
        except TimeoutError:
            return
