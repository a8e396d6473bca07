"""The whole of Slack: an ASGI app that a bot talks to, and methods that act as the people who use it.

User actions (`type`, `say`, `press`, `select`, `submit`) and events (`event`) are delivered over Socket Mode if the bot
ever opened a connection, else over HTTP to `request_url`. They return the bot's acknowledgement.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.types import Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.slack import channels, payloads
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.sandbox.slack.elements import (
    EXTERNAL_TYPES,
    MULTIPLE_TYPES,
    PRESSABLE_TYPES,
    SELECTABLE_TYPES,
    fill_inputs,
    find_element,
    require_inputs,
    with_suggestions,
)
from bot.sandbox.slack.faults import RawConnection
from bot.sandbox.slack.links import link_event, links_in_draft, links_in_message
from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.request import ApiError, validate_suggestions
from bot.sandbox.slack.routes import build_routes, post_response
from bot.sandbox.slack.socket_mode import Socket
from bot.sandbox.slack.state import ResponseUrl, SharedLinks, State, View
from bot.sandbox.slack.webhook import Acknowledgement, Headers, SignedRequest, send_request, sign_request
from bot.sandbox.slack.workspace import Content, Message

Json = dict[str, Any]
Values = Mapping[str, str | Sequence[str]]  # of a modal's inputs
PATIENCE_SECONDS = 20.0  # with the bot, on a busy machine


class Slack(State):
    """An embedded Slack with one workspace and one app."""

    def __init__(self, now: Callable[[], datetime], *, signing_clock: Callable[[], datetime] | None = None) -> None:
        """Create it with the clock `now`. `signing_clock` is for a bot that checks signatures by another clock."""
        super().__init__(now)
        self.signing_clock = signing_clock or now
        self.request_url: str | None = None
        self.signing_secret = SIGNING_SECRET
        self.ack_timeout: float = 3  # seconds
        self.socket = Socket(self)
        self._app = build_routes(self, self.socket)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "wire": RawConnection(receive)}, receive, send)
        await self._send_pending_events()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on a local port until the block exits, and yield the Web API's URL."""
        async with serving(self, port) as self.url:
            yield self.api

    @property
    def api(self) -> str:
        """The Web API's URL."""
        return f"{self.url}/api/"

    # --------------------------------------------------------------------------------------------------- user actions

    async def type(
        self, line: str, *, user: str = "U1", channel: str = "C1", at: int | None = None, headers: Headers | None = None
    ) -> Acknowledgement:
        """Send a slash command. `at` and `headers` allow for an invalid signature."""
        response_url = self.issue_response_url(user, channel, line=line)
        return await self._send(payloads.slash_command(self, response_url), response_url, at, headers)

    async def say(
        self,
        text: str,
        *,
        user: str = "U1",
        channel: str = "C1",
        thread: Message | None = None,
        invites: bool = False,
    ) -> Acknowledgement | None:
        """Post a message, and send the bot an event if it may get one, else return None.

        With *invites*, the person accepts Slack's offer to invite the bot, which isn't in the channel yet.
        """
        thread_ts = thread.ts if thread else ""
        message = self.post(self.channels[channel], Content(text), user=user, thread_ts=thread_ts)
        if invites:
            await self.invite(channel, by=user)
        return await self.announce(message)

    async def announce(self, message: Message) -> Acknowledgement | None:
        """Send the event of a message that was posted, and that of its links."""
        await self.notify_change()
        acknowledgement = await self._send_event(payloads.message_event(self, message))
        await self.share_links(message)
        return acknowledgement

    async def edit(self, message: Message, text: str) -> Acknowledgement | None:
        """Edit a message."""
        previous = message.to_json()
        message.edit(Content(text))
        if not self.channels[message.channel].with_user:
            return await self.announce(message)
        return await self._send_event(payloads.changed_event(self, message, previous, "message_changed"))

    async def take_back(self, message: Message) -> Acknowledgement | None:
        """Delete a message."""
        self.delete(message)
        if not self.channels[message.channel].with_user:
            return None
        return await self._send_event(payloads.changed_event(self, message, message.to_json(), "message_deleted"))

    async def press(self, on: Message | View, name: str, *, user: str = "", nth: int = 0) -> Acknowledgement:
        """Press the button with this action_id or label; `nth` selects among several."""
        element = find_element(_blocks(on), PRESSABLE_TYPES, name, nth)
        return await self.act(on, element.press_action(self.new_ts()), user=user)

    async def select(
        self, on: Message | View, name: str, option: str, *, user: str = "", nth: int = 0
    ) -> Acknowledgement:
        """Select the option with this text or value, in the menu with this action_id, label or placeholder.

        A time, a date or a conversation is its own option.
        """
        element = find_element(_blocks(on), SELECTABLE_TYPES, name, nth)
        if element.is_silent:
            raise LookupError(f"Slack doesn't send what is selected in {name!r}: its block lacks dispatch_action.")
        element = with_suggestions(element, self.suggestions[_source_id(on)])
        if isinstance(on, View) and element.input_block:
            selected = {"type": element.body["type"], **element.selection([option])}
            on.filled.setdefault(element.block_id, {})[element.action_id] = selected
        return await self.act(on, element.select_action(option, self.new_ts()), user=user)

    async def suggest(
        self, on: Message | View, name: str, typed: str = "", *, user: str = "", nth: int = 0
    ) -> Acknowledgement:
        """Type in a menu whose options the bot suggests. Then they can be selected, unless Slack would refuse them."""
        element = find_element(_blocks(on), EXTERNAL_TYPES, name, nth)
        if len(typed) < element.min_query_length:
            raise LookupError(f"Slack asks for the options of {name!r} only after {element.min_query_length} letters.")
        person = user or (on.user if isinstance(on, View) else on.to or "U1")
        acknowledgement = await self._send(payloads.block_suggestion(self, on, person, element, typed))
        offered, ids = self.suggestions[_source_id(on)], (element.block_id, element.action_id)
        earlier = offered.get(ids, []) if element.body["type"] in MULTIPLE_TYPES else []  # may be chosen already

        def offer() -> None:
            new = validate_suggestions(acknowledgement.response)
            offered[ids] = [*new, *(option for option in earlier if option not in new)]

        return _checked(acknowledgement, offer)

    async def act(self, on: Message | View, action: Json, *, user: str = "") -> Acknowledgement:
        """Send any action, even one that the message doesn't offer (any more)."""
        if isinstance(on, View):
            state = self._filled(on, {})
            return await self._send(payloads.view_action(self, on, user or on.user, action, state))
        response_url = self.issue_response_url(user or on.to or "U1", on.channel, source=on)
        return await self._send(payloads.message_action(self, response_url, on, action), response_url)

    def fill(self, view: View, values: Values) -> None:
        """Fill in some of a modal's inputs, by action_id or label. They stay filled for as long as they are there."""
        initial, filled = self._filled(replace(view, filled={}), {}), self._filled(view, values)
        view.filled = {block: inputs for block, inputs in filled.items() if inputs != initial[block]}

    def _filled(self, view: View, values: Values) -> Json:
        return fill_inputs(_blocks(view), values, self.suggestions[view.id], view.filled)

    async def submit(self, view: View, values: Values | None = None, *, user: str = "") -> Acknowledgement:
        """Fill in a modal's inputs, by action_id or label, submit it, and apply the bot's response to the modal."""
        state = self._filled(view, values or {})
        require_inputs(_blocks(view), state)
        payload = payloads.view_submission(self, view, user or view.user, state)
        acknowledgement = await self._send(payload)
        acknowledgement = _checked(acknowledgement, lambda: self.apply_response(view, acknowledgement.response))
        await self.notify_change()
        return acknowledgement

    async def close(self, view: View, *, user: str = "") -> Acknowledgement | None:
        """Close a modal without submitting it. The bot is notified if the view asks for it."""
        view.open = False
        await self.notify_change()
        if not view.body.get("notify_on_close"):
            return None
        return await self._send(payloads.view_closed(self, view, user or view.user))

    async def open_home(self, *, user: str = "U1", tab: str = "home") -> Acknowledgement:
        """Open the app's Home tab, or its messages."""
        home = self.homes.get(user) if tab == "home" else None
        view: Json = {"view": home.body} if home else {}
        return await self.event("app_home_opened", user=user, channel=self.open_dm(user).id, tab=tab, **view)

    def leave(self, channel: str, *, user: str) -> None:
        """Let a person leave a channel. A bot in it may get an event, which this Slack doesn't send."""
        self.channels[channel].former_members.add(user)

    async def share_links(self, message: Message) -> Acknowledgement | None:
        """Tell the bot about the links in a message that was posted, if it may know."""
        return await self._send_links(links_in_message(self, message))

    async def draft_links(self, text: str, *, user: str = "U1") -> Acknowledgement | None:
        """Tell the bot about the links that somebody is typing, which Slack shows a preview of."""
        return await self._send_links(links_in_draft(self, text, user))

    async def _send_links(self, shared: SharedLinks | None) -> Acknowledgement | None:
        return await self.event("link_shared", **link_event(self, shared)) if shared else None

    async def event(
        self, kind: str, *, event_id: str = "", retry: int = 0, reason: str = "http_timeout", **fields: Any
    ) -> Acknowledgement:
        """Send an event. `retry` is the number of a repeated delivery, which Slack tries up to three times."""
        event = {"type": kind, "event_ts": self.new_ts(), **fields}
        return await self._send(payloads.event_callback(self, event_id or self.new_id("Ev"), event, retry, reason))

    async def _send_event(self, event: Json | None) -> Acknowledgement | None:
        await self.notify_change()
        return await self.event(event.pop("type"), **event) if event else None

    async def redeliver(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        """Deliver an event once more, as Slack does when its acknowledgement was late or lost."""
        if acknowledgement.payload is None:
            raise LookupError("Nothing was delivered.")
        retry = acknowledgement.payload.retry + 1
        return await self._send(replace(acknowledgement.payload, retry=retry, reason="http_timeout"))

    async def invite(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        """Add the bot to a channel. Like all channel changes, it sends the bot an event if the bot may get one."""
        return await self._change_channel(channels.invite, channel, by)

    async def remove(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        """Remove the bot from a channel."""
        return await self._change_channel(channels.remove, channel, by)

    async def archive(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        """Archive a channel."""
        return await self._change_channel(channels.archive, channel, by)

    async def unarchive(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        """Unarchive a channel."""
        return await self._change_channel(channels.unarchive, channel, by)

    async def delete_channel(self, channel: str, *, by: str = "U1") -> Acknowledgement | None:
        """Delete a channel."""
        return await self._change_channel(channels.delete, channel, by)

    async def _change_channel(self, change: channels.Change, channel_id: str, by: str) -> Acknowledgement | None:
        """Apply a change, and send its event if the bot may see the channel before or after it."""
        channel = self.channels[channel_id]
        notified_before = channels.bot_is_notified(self, channel)
        event = change(self, channel, by)
        return await self._send_event(event if notified_before or channels.bot_is_notified(self, channel) else None)

    async def _send_pending_events(self) -> None:
        """Send the events that the bot caused itself, if it listens and may get them."""
        while self.pending_events:
            event = self.pending_events.pop(0)
            listens = self.socket.opened_count or self.request_url
            if listens and channels.bot_is_notified(self, self.channels[event["channel"]]):
                await self.event(event.pop("type"), **event)

    async def resend(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        """Send the same bytes again."""
        if acknowledgement.request is None:
            raise LookupError("Only what went over HTTP can be sent again, byte for byte.")
        return await self._send_over_http(acknowledgement.request, acknowledgement.response_url)

    # ------------------------------------------------------------------------------------------------------- waiting

    async def until(self, condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for a condition, which is checked whenever something has changed."""
        try:
            async with asyncio.timeout(seconds), self._change_condition:
                await self._change_condition.wait_for(condition)
        except TimeoutError:
            raise TimeoutError(f"Not within {seconds} s. {self._describe_activity()}") from None

    async def answer(
        self, to: Acknowledgement, when: Callable[[Message], Any] = lambda _: True, seconds: float = PATIENCE_SECONDS
    ) -> Message:
        """Wait for the bot's response to a command or click.

        It comes through the response_url, in the acknowledgement, as a post in the channel, or as an update of the
        message that was clicked. A post with metadata has a reason of its own.
        """
        if to.response_url is None:
            raise LookupError("Nothing answers this: it came without a response_url.")
        response_url = to.response_url

        def responses() -> list[Message]:
            posts = self.bot_posts[response_url.since :]
            in_channel = [post for post in posts if post.channel == response_url.channel and not post.metadata]
            found = (*in_channel, *response_url.messages, *response_url.updated_source)
            return [message for message in found if when(message)]

        await self.until(responses, seconds)
        return responses()[0]

    def _describe_activity(self) -> str:
        calls = ", ".join(call.method for call in self.calls[-5:])
        messages = [
            message.text for response_url in list(self.response_urls.values())[-5:] for message in response_url.messages
        ]
        return f"Last calls: {calls or 'none'}. Said to the last commands and clicks: {messages or 'nothing'}."

    # -------------------------------------------------------------------------------------------------------- delivery

    async def _send(
        self,
        payload: Payload,
        response_url: ResponseUrl | None = None,
        at: int | None = None,
        headers: Headers | None = None,
    ) -> Acknowledgement:
        if self.socket.opened_count:
            acknowledgement = await self.socket.deliver(payload, self.ack_timeout)
            return await self._apply_acknowledgement(acknowledgement, response_url)
        timestamp = int(self.signing_clock().timestamp()) if at is None else at
        return await self._send_over_http(
            sign_request(payload, self.signing_secret, timestamp, headers or {}), response_url
        )

    async def _send_over_http(self, request: SignedRequest, response_url: ResponseUrl | None) -> Acknowledgement:
        if self.request_url is None:
            raise LookupError("No bot is there: it has opened no socket, and request_url isn't set.")
        return await self._apply_acknowledgement(
            await send_request(request, self.request_url, self.ack_timeout), response_url
        )

    async def _apply_acknowledgement(
        self, acknowledgement: Acknowledgement, response_url: ResponseUrl | None
    ) -> Acknowledgement:
        """Post the message in an acknowledgement, which a command may have, but not a click."""
        response = acknowledgement.response
        if response_url is not None and response_url.line and response and not acknowledgement.error:
            if response.get("response_type") == "in_channel":
                self.post(self.channels[response_url.channel], Content(response_url.line), user=response_url.user)
            acknowledgement = _checked(acknowledgement, lambda: post_response(self, response_url, response))
        await self.notify_change()
        return replace(acknowledgement, response_url=response_url)


def _checked(acknowledgement: Acknowledgement, apply: Callable[[], object]) -> Acknowledgement:
    """Apply a response, unless there is none. The acknowledgement returned says whether Slack refuses it."""
    if acknowledgement.error:
        return acknowledgement
    try:
        apply()
    except ApiError as error:
        return replace(acknowledgement, error=error.error)
    return acknowledgement


def _blocks(on: Message | View) -> list[Json]:
    blocks: Any = on.body["blocks"] if isinstance(on, View) else on.to_json().get("blocks", [])
    return list(blocks)


def _source_id(on: Message | View) -> str:
    return on.id if isinstance(on, View) else on.ts
