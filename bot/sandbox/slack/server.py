"""The whole Slack: an ASGI app that a bot talks to, and the hands of the people who use it.

What people do (`type`, `press`, `select`, `submit`) and what happens (`event`) goes to the bot over its socket if it
ever opened one, and else over HTTP to `request_url`; what comes back is the bot's acknowledgement.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.types import Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.slack import membership, payloads
from bot.sandbox.slack.connection import Wire
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.sandbox.slack.elements import CHOSEN_FROM, PRESSED, Element, found
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.inputs import filled
from bot.sandbox.slack.message import Content, Message
from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.response_url import say
from bot.sandbox.slack.response_urls import Chain, View
from bot.sandbox.slack.routes import doors
from bot.sandbox.slack.socket_mode import Socket
from bot.sandbox.slack.state import State
from bot.sandbox.slack.validation import judged_errors, judged_view
from bot.sandbox.slack.webhook import Acknowledgement, Headers, Letter, posted, written

Json = dict[str, Any]


class Slack(State):
    def __init__(self, now: Callable[[], datetime], *, signs_at: Callable[[], datetime] | None = None) -> None:
        """*now* is this Slack's clock. A bot that checks signatures by another one wants that as *signs_at*."""
        super().__init__(now)
        self.signs_at = signs_at or now
        self.request_url: str | None = None
        self.secret = SIGNING_SECRET
        self.patience: float = 3  # seconds that a bot has for its acknowledgement
        self.socket = Socket(self)
        self._app = doors(self, self.socket)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "wire": Wire(receive)}, receive, send)

    @asynccontextmanager
    async def served(self, port: int = 0) -> AsyncIterator[str]:
        """On a port of this machine, until the block is left; told is the address of the Web API."""
        async with serving(self, port) as self.url:
            yield self.api

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    # ------------------------------------------------------------------------------------------------- what people do

    async def type(
        self, line: str, *, user: str = "U1", channel: str = "C1", at: int | None = None, headers: Headers | None = None
    ) -> Acknowledgement:
        """A slash command. *at* and *headers* are for those who want to sign it wrongly."""
        chain = self.open_chain(user, channel, line=line)
        return await self._asked(payloads.slash_command(self, chain), chain, at, headers)

    async def press(self, on: Message | View, name: str, *, user: str = "", nth: int = 0) -> Acknowledgement:
        """The button with this action_id or label; of several alike, the nth."""
        element = found(_blocks(on), PRESSED, name, nth)
        return await self.act(on, element.pressed(self.new_ts()), user=user)

    async def select(
        self, on: Message | View, name: str, option: str, *, user: str = "", nth: int = 0
    ) -> Acknowledgement:
        """The option with this text or value, in the menu with this action_id or placeholder."""
        element: Element = found(_blocks(on), CHOSEN_FROM, name, nth)
        return await self.act(on, element.chosen(option, self.new_ts()), user=user)

    async def act(self, on: Message | View, action: Json, *, user: str = "") -> Acknowledgement:
        """Any action, also one that the message does not offer (any more)."""
        if isinstance(on, View):
            return await self._asked(payloads.on_view(self, on, user or on.user, action))
        chain = self.open_chain(user or on.to or "U1", on.channel, source=on)
        return await self._asked(payloads.on_message(self, chain, on, action), chain)

    async def submit(self, view: View, values: Mapping[str, str] | None = None, *, user: str = "") -> Acknowledgement:
        """Fill in a modal's inputs, by action_id or label, and send it. What the bot answers is done to the modal."""
        payload = payloads.submission(self, view, user or view.user, filled(_blocks(view), values or {}))
        acknowledgement = await self._asked(payload)
        if not acknowledgement.error:
            try:
                self._go_on(view, acknowledgement.said)
            except Refused as refusal:
                acknowledgement = replace(acknowledgement, error=refusal.error)
            await self.changed()
        return acknowledgement

    async def close(self, view: View, *, user: str = "") -> Acknowledgement | None:
        """Leave a modal without sending it. The bot hears of it if it asked to."""
        view.open = False
        await self.changed()
        if not view.body.get("notify_on_close"):
            return None
        return await self._asked(payloads.closing(self, view, user or view.user))

    async def event(
        self, kind: str, *, event_id: str = "", retry: int = 0, reason: str = "http_timeout", **happened: Any
    ) -> Acknowledgement:
        """Something happened. With *retry*, Slack tells it again, which it does up to three times."""
        told = {"type": kind, "event_ts": self.new_ts(), **happened}
        return await self._asked(payloads.event(self, event_id or self.new_id("Ev"), told, retry, reason))

    async def invite(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        """Bring the bot into a channel. As all that is done to channels, it sends the event that the bot may hear."""
        return await self._done(membership.invited, channel, by)

    async def remove(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        return await self._done(membership.removed, channel, by)

    async def archive(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        return await self._done(membership.archived, channel, by)

    async def unarchive(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        return await self._done(membership.unarchived, channel, by)

    async def delete_channel(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        return await self._done(membership.deleted, channel, by)

    async def _done(self, deed: membership.Deed, name: str, by: str) -> Acknowledgement | None:
        """Whoever is thrown out is told, and whoever is let in: so it is looked before and after."""
        channel = self.channels[name]
        before = membership.told(self, channel)
        happened = deed(self, channel, by)
        await self.changed()
        return await self.event(happened.pop("type"), **happened) if before or membership.told(self, channel) else None

    async def again(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        """The same bytes a second time."""
        if acknowledgement.sent is None:
            raise LookupError("Only what went over HTTP can be sent again, byte for byte.")
        return await self._acknowledged(acknowledgement.sent, acknowledgement.chain)

    # ------------------------------------------------------------------------------------------------------- waiting

    async def until(self, condition: Callable[[], Any], seconds: float = 5) -> None:
        """Wait for it, looking only when something has changed."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise TimeoutError(f"Not within {seconds} s. {self._told()}") from None

    async def answer(
        self, to: Acknowledgement, when: Callable[[Message], Any] = lambda _: True, seconds: float = 5
    ) -> Message:
        """What the bot said to this command or click, through its response_url or in the acknowledgement itself."""
        if to.chain is None:
            raise LookupError("Nothing answers this: it came without a response_url.")
        said = to.chain.said
        await self.until(lambda: any(when(message) for message in said), seconds)
        return next(message for message in said if when(message))

    def _told(self) -> str:
        calls = ", ".join(call.method for call in self.calls[-5:])
        said = [message.text for chain in list(self.chains.values())[-5:] for message in chain.said]
        return f"Last calls: {calls or 'none'}. Said to the last commands and clicks: {said or 'nothing'}."

    # ------------------------------------------------------------------------------------------------------ on the way

    async def _asked(
        self, payload: Payload, chain: Chain | None = None, at: int | None = None, headers: Headers | None = None
    ) -> Acknowledgement:
        if self.socket.opened:
            acknowledgement = await self.socket.deliver(payload, self.patience)
            return await self._heard(acknowledgement, chain)
        timestamp = int(self.signs_at().timestamp()) if at is None else at
        return await self._acknowledged(written(payload, self.secret, timestamp, headers or {}), chain)

    async def _acknowledged(self, letter: Letter, chain: Chain | None) -> Acknowledgement:
        if self.request_url is None:
            raise LookupError("No bot is there: it has opened no socket, and request_url is not set.")
        return await self._heard(await posted(letter, self.request_url, self.patience), chain)

    async def _heard(self, acknowledgement: Acknowledgement, chain: Chain | None) -> Acknowledgement:
        """A command may be answered in the acknowledgement itself; a click may not."""
        said = acknowledgement.said
        if chain is not None and chain.line and said and not acknowledgement.error:
            if said.get("response_type") == "in_channel":
                self.post(self.channels[chain.channel], Content(chain.line), user=chain.user)
            try:
                say(self, self.habits, chain, said)
            except Refused as refusal:
                acknowledgement = replace(acknowledgement, error=refusal.error)
        await self.changed()
        return replace(acknowledgement, chain=chain)

    def _go_on(self, view: View, said: Json) -> None:
        action, view.errors = said.get("response_action"), {}
        if action == "update":
            self.set_view(view, judged_view(said.get("view")))
        elif action == "push":
            self.views.append(self.show(view.user, judged_view(said.get("view"))))
        elif action == "errors":
            view.errors = judged_errors(said.get("errors"), _blocks(view))
        else:
            view.open = False


def _blocks(on: Message | View) -> list[Json]:
    blocks: Any = on.body["blocks"] if isinstance(on, View) else on.told().get("blocks", [])
    return list(blocks)
