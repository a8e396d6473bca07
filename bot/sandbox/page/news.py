"""What a page is told as it happens, as server-sent events: first all there is, then what has become different.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from bot.sandbox.page import telling
from bot.sandbox.page.stage import Stage
from bot.sandbox.page.travel import Travel
from bot.sandbox.slack import Content

SOON = 500  # milliseconds after which a page asks again that was cut off


class Stream(StreamingResponse):
    """Ends as an answer ends also when the server goes: whoever listens then asks again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def stream(stage: Stage, travel: Travel) -> Stream:
    return Stream(_events(stage, travel), media_type="text/event-stream")


async def _events(stage: Stage, travel: Travel) -> AsyncIterator[str]:
    told, seen = _Told(stage, travel), -1
    yield f"retry: {SOON}\n\n{_event('fresh', {})}"
    while True:
        seen = await stage.slack.news(seen)
        for name, news in told.news():
            yield _event(name, news)


class _Told:
    """Knows what one page has been told."""

    def __init__(self, stage: Stage, travel: Travel) -> None:
        self._stage = stage
        self._travel = travel
        self._messages: dict[str, Content] = {}
        self._rest: dict[str, str] = {}

    def news(self) -> Iterator[tuple[str, Any]]:
        slack = self._stage.slack
        yield from self._other("workspace", telling.workspace(slack))
        for name, stage in self._other("stage", telling.stage(self._stage, self._travel)):
            yield name, {**stage, "now": self._stage.now().timestamp()}  # before all that is told as of now
        yield from self._said()
        yield from self._other("views", telling.views(slack))
        yield from self._other("whole", {})

    def _said(self) -> Iterator[tuple[str, Any]]:
        """Messages whose content is another than it was, and those that are gone."""
        there = telling.messages(self._stage.slack)
        new = [message for message in there if self._messages.get(message.ts) is not message.content]
        now = {message.ts: message.content for message in there}
        gone = [ts for ts in self._messages if ts not in now]
        self._messages = now
        if gone:
            yield "gone", gone
        if new:
            yield "messages", [telling.message(message) for message in new]

    def _other(self, name: str, known: Any) -> Iterator[tuple[str, Any]]:
        written = json.dumps(known)
        if self._rest.get(name) != written:
            self._rest[name] = written
            yield name, known


def _event(name: str, data: Any) -> str:
    """JSON has no line ends of its own, and those within its strings are escaped."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
