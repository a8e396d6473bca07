"""Sends replies to the caller, in plainer variants or by other means where Slack rejects the first attempt.

A reply goes through the interaction's response_url, which works at most five times within thirty minutes, also in
channels that the bot isn't in. How it reports rejected blocks isn't documented, so any response that contains such a
code counts. https://docs.slack.dev/interactivity/handling-user-interaction

In threads and direct messages, and where there is no response_url, a reply is posted like any message. Slack shows
ephemeral ones only in threads with a reply, so those to a mention in the channel stay in the channel.
https://docs.slack.dev/reference/methods/chat.postEphemeral
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env

from bot.commands.base import Membership
from bot.messages.message import Message
from bot.messages.text_fallback import with_text_fallback
from bot.metrics import Metrics
from bot.schedules.delivery_errors import DeliveryError, DeliveryUnknown, InvalidMessage, RateLimited, Unavailable
from bot.slack.block_fallback import BlockFallback, block_error_code
from bot.slack.buttons import join_button_row
from bot.slack.client import SlackClients, as_delivery_errors, retry_after
from bot.slack.directory import fetch_membership
from bot.slack.payloads import Interaction

log = logging.getLogger(__name__)

PROGRESS_NOTICE = Message.from_markup("Asking LaunchDarkly…")
DONE_NOTICE = Message.from_markup("✅ Done, see below.")  # a command's response can be replaced, but not deleted
UNCONFIRMED_NOTICE = Message.from_markup("⚠️ Slack didn't confirm the post. Check the channel before you share again.")
NOT_POSTED_NOTICE = Message.from_markup("⚠️ I couldn't post this in the channel. Run it again, then share it.")
DM_HINT = "I'm not in <#{channel}>, so I'm replying here. To get answers there, type `/invite @insights`."
DM_JOIN_HINT = "I'm not in <#{channel}>, so I'm replying here. To get answers there, add me."

MAX_RESPONSE_URL_USES = 5
MAX_ATTEMPTS = 3  # per use, after rate limits only: any other error leaves open whether it was posted
MAX_WAIT_SECONDS = 30.0  # for a rate limit; beyond that, replying without the response_url is faster
DEFAULT_REPLY_RETRY_SECONDS = 1.0  # for a rate limit without Retry-After
MAX_RESPONSE_BYTES = 10_000  # Slack sends "ok", or a few words

_SLACK_URL = re.compile(r"https://([a-z0-9-]+\.)*slack(-gov)?\.com/[!-~]*")
_GONE_CODES = ("expired_url", "used_url")


class SendOutcome(StrEnum):
    """The outcome of sending a message."""

    SENT = "sent"
    INVALID = "invalid"  # Slack rejected all variants
    GONE = "gone"  # not posted: the URL is used up, expired, rate-limited or not Slack's
    UNCONFIRMED = "failed"  # unknown whether it was posted


@dataclass(frozen=True)
class ResponseUrls:
    """Creates response_urls of Slack, or of the host in SLACK_API_URL."""

    session: aiohttp.ClientSession
    api_url: str

    def get(self, url: str) -> "ResponseUrl":
        """Wrap a URL. One that isn't Slack's is never called."""
        if url and not self._is_slack_url(url):
            log.warning("ignored a response_url that isn't Slack's")
            return ResponseUrl("", self.session)
        return ResponseUrl(url, self.session)

    def _is_slack_url(self, url: str) -> bool:
        api = urlsplit(self.api_url)
        configured = re.compile(rf"{api.scheme}://{re.escape(api.hostname or '')}(:\d+)?/[!-~]*")
        return any(pattern.fullmatch(url) for pattern in (_SLACK_URL, configured))


class ResponseUrl:
    """A URL that replies to one interaction. Its methods raise a `DeliveryError` if Slack doesn't confirm."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self._uses_left = MAX_RESPONSE_URL_USES

    async def send(self, message: Message, *, shared: bool = False, replace: bool = False) -> None:
        """Send a message, to the whole channel if `shared`, in place of the pressed message if `replace`."""
        body: dict[str, Any] = {
            **message.payload(),
            "response_type": "in_channel" if shared else "ephemeral",
            "replace_original": replace,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        await self._send_with_retries(body)

    async def delete(self) -> None:
        """Delete the message that was pressed."""
        await self._send_with_retries({"delete_original": True})

    async def _send_with_retries(self, body: dict[str, Any]) -> None:
        """Send a body, and retry after a short rate limit."""
        if self._uses_left == 0 or not self._url:
            raise Unavailable("no response_url")
        self._uses_left -= 1
        for _ in range(MAX_ATTEMPTS):
            try:
                return await self._post_once(body)
            except RateLimited as limit:
                if limit.retry_after > MAX_WAIT_SECONDS:
                    raise
                await asyncio.sleep(limit.retry_after)
        raise Unavailable("rate-limited")

    async def _post_once(self, body: dict[str, Any]) -> None:
        proxy = load_http_proxy_from_env(log)
        with as_delivery_errors():
            async with self._session.post(self._url, json=body, proxy=proxy, allow_redirects=False) as response:
                if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                    raise RateLimited(retry_after(response.headers, DEFAULT_REPLY_RETRY_SECONDS))
                text = (await response.content.read(MAX_RESPONSE_BYTES)).decode(errors="replace")
        _check_response(response.status, text)


def _check_response(status: int, text: str) -> None:
    """Raise what the response means, unless the message was sent."""
    if code := block_error_code(text):
        raise InvalidMessage(code)
    if status == HTTPStatus.OK and '"ok":false' not in text.replace(" ", ""):
        return
    gone = status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE) or any(code in text for code in _GONE_CODES)
    if gone or 300 <= status < 400:
        raise Unavailable(f"HTTP {status}")
    raise DeliveryUnknown(f"HTTP {status}")


class Responders:
    """Creates responders, and sends what a response_url can't."""

    def __init__(
        self,
        clients: SlackClients,
        response_urls: ResponseUrls,
        fallback: BlockFallback,
        metrics: Metrics,
        progress_after: float,
    ) -> None:
        """Take the seconds until a progress notice as `progress_after`."""
        self.fallback = fallback
        self.progress_after = progress_after
        self._client = clients.reply
        self._read = clients.read
        self._response_urls = response_urls
        self._metrics = metrics

    def respond_to(self, interaction: Interaction) -> "Responder":
        """Return a responder for the person behind an interaction."""
        return Responder(self, interaction, self._response_urls.get(interaction.response_url))

    async def post(self, interaction: Interaction, message: Message) -> bool:
        """Post a message that everyone sees, where it was asked for. Return whether Slack accepted it."""

        async def post(variant: Message) -> None:
            await self._client.chat_postMessage(
                channel=interaction.channel,
                thread_ts=interaction.answer_thread or None,
                **variant.payload(),
                unfurl_links=False,
                unfurl_media=False,
            )

        return await self._send_with_fallback(post, message, interaction)

    async def post_ephemeral(self, interaction: Interaction, message: Message) -> bool:
        """Post a message that only the caller sees. Return whether Slack accepted it."""

        async def post(variant: Message) -> None:
            await self._client.chat_postEphemeral(
                channel=interaction.channel,
                user=interaction.user,
                thread_ts=interaction.thread_ts or None,
                **variant.payload(),
            )

        return await self._send_with_fallback(post, message, interaction)

    async def send_private(self, interaction: Interaction, message: Message) -> SendOutcome:
        """Send an ephemeral message without a response_url. If that fails, send a direct message."""

        async def send_dm(variant: Message) -> None:
            await self._client.chat_postMessage(channel=interaction.user, **variant.payload())

        if await self.post_ephemeral(interaction, message):
            return SendOutcome.SENT
        if not interaction.direct:
            membership = await fetch_membership(self._read, interaction.channel)
            message = _as_direct_message(interaction.channel, membership, message)
        dm_sent = await self._send_with_fallback(send_dm, message, interaction)
        return SendOutcome.SENT if dm_sent else SendOutcome.UNCONFIRMED

    async def _send_with_fallback(
        self, send: Callable[[Message], Awaitable[Any]], message: Message, interaction: Interaction
    ) -> bool:
        """Send the first variant that Slack accepts. Return whether there was one."""

        async def send_once(variant: Message) -> None:
            with as_delivery_errors():
                await send(variant)

        try:
            await self.fallback.send(message, interaction.team, send_once)
        except DeliveryError:
            return False
        return True

    def record(self, status: SendOutcome) -> SendOutcome:
        """Count a delivery, and return its status."""
        self._metrics.deliveries.labels(status).inc()
        return status


class Responder:
    """Replies to one interaction."""

    def __init__(self, responders: Responders, interaction: Interaction, response_url: ResponseUrl) -> None:
        self._responders = responders
        self._interaction = interaction
        self._response_url = response_url
        self._answered = asyncio.Event()
        self._progress: asyncio.Task[bool] | None = None

    def start_progress_notice(self) -> None:
        """Say that the answer is on its way, if nothing else is sent for a while."""
        self._progress = asyncio.create_task(self._send_progress_notice())

    async def _send_progress_notice(self) -> bool:
        """Send the notice when it is time. Return whether the answer can take its place."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), self._responders.progress_after)
            return False
        if self._is_posted(shared=False):
            await self._responders.post_ephemeral(self._interaction, PROGRESS_NOTICE)
            return False
        return await self._send_confirmed(PROGRESS_NOTICE) is SendOutcome.SENT

    async def send(self, message: Message, *, shared: bool = False, replace: bool = False) -> SendOutcome:
        """Send a message. A private one takes the place of the progress notice."""
        self._answered.set()
        shows_notice = await self._shows_notice()
        if shows_notice and shared:
            await self.update(DONE_NOTICE)  # now, since it would replace the message later
        return await self._send_confirmed(message, shared=shared, replace=replace or (shows_notice and not shared))

    async def finish(self) -> SendOutcome:
        """End without a message, since everyone sees what was done. The question that was confirmed disappears."""
        self._answered.set()
        if await self._shows_notice():
            await self.update(DONE_NOTICE)
        if self._interaction.confirmed:
            with suppress(DeliveryError):
                await self._response_url.delete()
        return self._responders.record(SendOutcome.SENT)

    async def _shows_notice(self) -> bool:
        """Return whether a replacement replaces the progress notice. After a press, it replaces the pressed message."""
        return self._progress is not None and await self._progress and not self._interaction.pressed

    async def _send_confirmed(self, message: Message, *, shared: bool = False, replace: bool = False) -> SendOutcome:
        """Send a message. After a confirmation, it takes the place of the message that asked for it."""
        confirmed = self._interaction.confirmed
        status = await self._send(message, shared=shared, replace=replace or (confirmed and not shared))
        if confirmed and shared and status is SendOutcome.SENT:
            with suppress(DeliveryError):
                await self._response_url.delete()
        return status

    async def _send(self, message: Message, *, shared: bool, replace: bool) -> SendOutcome:
        """Send through the response_url, or without it if that fails.

        If it is unknown whether a shared message was posted, don't retry, since everyone would see it twice; tell the
        caller instead. A private message is retried: twice is better than never. The App Home itself shows what only
        its owner is to see.
        """
        if self._interaction.home_page:
            posted = shared and await self._post(message, shared=True)
            return self._responders.record(SendOutcome.GONE if shared and not posted else SendOutcome.SENT)
        if not replace and self._is_posted(shared=shared):
            if await self._post(message, shared=shared):
                return self._responders.record(SendOutcome.SENT)
            shared = False
        status = await self._send_with_fallback(message, shared=shared, replace=replace)
        if status is SendOutcome.UNCONFIRMED and not shared:
            status = await self._send_with_fallback(message, shared=False, replace=replace)
        if status is not SendOutcome.SENT and shared:
            await self._send_notice(UNCONFIRMED_NOTICE if status is SendOutcome.UNCONFIRMED else NOT_POSTED_NOTICE)
        elif status is not SendOutcome.SENT:
            status = await self._responders.send_private(self._interaction, with_text_fallback(message))
        return self._responders.record(status)

    def _is_posted(self, *, shared: bool) -> bool:
        """Return whether a reply is posted like any message, instead of through the response_url."""
        interaction = self._interaction
        thread_ts = interaction.answer_thread if shared else interaction.thread_ts
        return interaction.direct or bool(thread_ts) or not interaction.response_url

    async def _post(self, message: Message, *, shared: bool) -> bool:
        is_public = shared or self._interaction.direct
        send = self._responders.post if is_public else self._responders.post_ephemeral
        return await send(self._interaction, message)

    async def update(self, message: Message) -> None:
        """Replace the message that was pressed, or the last one. If its response_url has expired, it stays as it is."""
        await self._send_with_fallback(message, shared=False, replace=True)

    async def _send_notice(self, notice: Message) -> None:
        try:
            await self._response_url.send(notice)
        except DeliveryError:
            await self._responders.send_private(self._interaction, notice)

    async def _send_with_fallback(self, message: Message, *, shared: bool, replace: bool) -> SendOutcome:
        send = partial(self._response_url.send, shared=shared, replace=replace)
        try:
            await self._responders.fallback.send(message, self._interaction.team, send)
        except InvalidMessage:
            return SendOutcome.INVALID
        except DeliveryUnknown as error:
            log.warning("couldn't send a response: %s", error)
            return SendOutcome.UNCONFIRMED
        except DeliveryError:
            return SendOutcome.GONE
        return SendOutcome.SENT


def _as_direct_message(channel: str, membership: Membership, message: Message) -> Message:
    """Add why this is a direct message: outside its channels, the bot can reply only while a response_url is valid."""
    hint = DM_JOIN_HINT if membership.join_channel else DM_HINT
    join_row = [join_button_row(membership.join_channel)] if membership.join_channel else []
    blocks = [block for block in message.blocks if block["type"] != "actions"]  # no channel to share to
    return Message(message.text, (*Message.from_markup(hint.format(channel=channel)).blocks, *join_row, *blocks))
