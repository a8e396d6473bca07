"""Updates to the page as server-sent events: first the whole state, then changes.

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

from bot.sandbox.slack import Message
from bot.sandbox.slack.workspace import Appearance
from bot.sandbox.web.demo_controls import DemoControls, TimeTravel
from bot.sandbox.web.rendering import VIEWER_ID, Renderer, parent_ts, visible_messages

RETRY_MILLIS = 500  # until a disconnected page reconnects


class Stream(StreamingResponse):
    """A response that also ends properly when the server shuts down, so that the browser reconnects."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def stream(demo: DemoControls, time_travel: TimeTravel, renderer: Renderer) -> Stream:
    """Return the response that sends a page its updates."""
    return Stream(_events(demo, time_travel, renderer), media_type="text/event-stream")


async def _events(demo: DemoControls, time_travel: TimeTravel, renderer: Renderer) -> AsyncIterator[str]:
    page_state, change_count = _PageState(demo, time_travel, renderer), -1
    yield f"retry: {RETRY_MILLIS}\n\n{_encode_event('reset', {})}"
    while True:
        change_count = await demo.slack.wait_for_change(change_count)
        # In one piece, so that a disconnect doesn't split an update.
        yield "".join(_encode_event(name, data) for name, data in page_state.updates())


class _PageState:
    """The state that was sent to one page."""

    def __init__(self, demo: DemoControls, time_travel: TimeTravel, renderer: Renderer) -> None:
        self._demo = demo
        self._time_travel = time_travel
        self._renderer = renderer
        self._messages: dict[str, tuple[Appearance, str, int]] = {}
        self._sent: dict[str, str] = {}

    def updates(self) -> Iterator[tuple[str, Any]]:
        yield "now", self._demo.now().timestamp()  # first, because the page computes relative times from it
        yield from self._if_changed("channels", self._renderer.channels())
        yield from self._if_changed("demo_bar", self._demo_bar())
        yield from self._if_changed("status", self._renderer.status(self._time_travel))
        yield from self._message_updates()
        yield from self._if_changed("view", self._view())
        yield from self._if_changed("home", self._home())
        yield from self._if_changed("complete", {})

    def _demo_bar(self) -> dict[str, Any]:
        return {"faults": dict(self._demo.selected_faults), "charts": self._demo.slack.charts}

    def _message_updates(self) -> Iterator[tuple[str, Any]]:
        """Yield the messages that look different than before, and those that were deleted."""
        slack = self._demo.slack
        threads = {message: parent_ts(slack, message) for message in visible_messages(slack)}
        replies = Counter(thread_ts for message, thread_ts in threads.items() if not message.to)
        current = {
            message.ts: (message.appearance, thread_ts, replies[message.ts]) for message, thread_ts in threads.items()
        }
        deleted = [ts for ts in self._messages if ts not in current]
        changed = [message for message in threads if self._messages.get(message.ts) != current[message.ts]]
        self._messages = current
        if deleted:
            yield "deleted", deleted
        if changed:
            rendered = [self._rendered(message, threads[message], replies[message.ts]) for message in changed]
            # A thread's parent is shown twice: in the channel, and above its replies.
            yield (
                "messages",
                rendered + [self._rendered(message, message.ts, 0) for message in changed if replies[message.ts]],
            )

    def _rendered(self, message: Message, thread_ts: str, replies: int) -> dict[str, str]:
        return {"ts": message.ts, "thread": thread_ts, "html": self._renderer.message(message, thread_ts, replies)}

    def _view(self) -> dict[str, Any]:
        """Return the topmost modal and, separately, the errors of its inputs."""
        open_views = [view for view in self._demo.slack.views if view.open and view.user == VIEWER_ID]
        if not open_views:
            return {"html": "", "errors": {}}
        return {"html": self._renderer.view(open_views[-1]), "errors": open_views[-1].errors}

    def _home(self) -> str:
        home = self._demo.slack.homes.get(VIEWER_ID)
        return self._renderer.home(home) if home else ""

    def _if_changed(self, name: str, data: Any) -> Iterator[tuple[str, Any]]:
        encoded = json.dumps(data)
        if self._sent.get(name) != encoded:
            self._sent[name] = encoded
            yield name, data


def _encode_event(name: str, data: Any) -> str:
    """Encode an event on one line: the JSON has no line breaks, and those in its strings are escaped."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
