"""What a page is told as it happens, as server-sent events: first all there is, then what has become different.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from bot.sandbox.slack import Content, Message
from bot.sandbox.web.protocol import Stage
from bot.sandbox.web.rendering import Drawing
from bot.sandbox.web.time_travel import Travel
from bot.sandbox.web.visibility import ME, messages, thread

SOON = 500  # milliseconds after which a page asks again that was cut off


class Stream(StreamingResponse):
    """Ends as an answer ends also when the server goes: whoever listens then asks again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def stream(stage: Stage, travel: Travel, drawing: Drawing) -> Stream:
    return Stream(_events(stage, travel, drawing), media_type="text/event-stream")


async def _events(stage: Stage, travel: Travel, drawing: Drawing) -> AsyncIterator[str]:
    told, seen = _Told(stage, travel, drawing), -1
    yield f"retry: {SOON}\n\n{_event('fresh', {})}"
    while True:
        seen = await stage.slack.news(seen)
        yield "".join(_event(name, news) for name, news in told.news())  # at once: nobody is cut off in the middle


class _Told:
    """Knows what one page has been told."""

    def __init__(self, stage: Stage, travel: Travel, drawing: Drawing) -> None:
        self._stage = stage
        self._travel = travel
        self._drawing = drawing
        self._messages: dict[str, tuple[Content, str, int]] = {}
        self._rest: dict[str, str] = {}

    def news(self) -> Iterator[tuple[str, Any]]:
        yield "now", self._stage.now().timestamp()  # before all that is told as of now
        yield from self._other("rooms", self._drawing.rooms())
        yield from self._other("stage", self._above())
        yield from self._other("told", self._drawing.told(self._travel))
        yield from self._said()
        yield from self._other("view", self._view())
        yield from self._other("whole", {})

    def _above(self) -> dict[str, Any]:
        """The demo's bar."""
        return {"weather": dict(self._stage.weather), "charts": self._stage.slack.charts}

    def _said(self) -> Iterator[tuple[str, Any]]:
        """Messages that have to be drawn otherwise than they were, and those that are gone."""
        slack = self._stage.slack
        there = {message: thread(slack, message) for message in messages(slack)}
        replies = Counter(there.values())
        now = {said.ts: (said.content, first, replies[said.ts]) for said, first in there.items()}
        gone = [ts for ts in self._messages if ts not in now]
        new = [message for message in there if self._messages.get(message.ts) != now[message.ts]]
        self._messages = now
        if gone:
            yield "gone", gone
        if new:
            drawn = [self._drawn(said, there[said], replies[said.ts]) for said in new]
            # What a thread is about stands in the channel, and above its replies.
            yield "messages", drawn + [self._drawn(said, said.ts, 0) for said in new if replies[said.ts]]

    def _drawn(self, said: Message, first: str, replies: int) -> dict[str, str]:
        return {"ts": said.ts, "thread": first, "html": self._drawing.message(said, first, replies)}

    def _view(self) -> dict[str, Any]:
        """The modal that lies on top: its drawing, and apart from that what is wrong with what was filled in."""
        open_ones = [view for view in self._stage.slack.views if view.open and view.user == ME]
        if not open_ones:
            return {"html": "", "errors": {}}
        return {"html": self._drawing.view(open_ones[-1]), "errors": open_ones[-1].errors}

    def _other(self, name: str, known: Any) -> Iterator[tuple[str, Any]]:
        written = json.dumps(known)
        if self._rest.get(name) != written:
            self._rest[name] = written
            yield name, known


def _event(name: str, data: Any) -> str:
    """JSON has no line ends of its own, and those within its strings are escaped."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
