"""Publishes messages into channels, each in its turn, and finds them again by a key in their metadata.

Posts into a channel keep within Slack's rate limit: https://docs.slack.dev/apis/web-api/rate-limits.

The client must not retry by itself: a post whose response was lost may be in the channel.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.messages.message import Message
from bot.schedules.delivery_errors import (
    ChannelClosed,
    DeliveryError,
    DeliveryUnknown,
    HistoryUnavailable,
    InvalidMessage,
    Unavailable,
)
from bot.slack.block_fallback import BlockFallback
from bot.slack.client import as_delivery_errors, require
from bot.slack.directory import fetch_membership
from bot.slack.payloads import Deduplicator

log = logging.getLogger(__name__)

EVENT_TYPE = "insights_delivery"
METADATA_ERROR = re.compile("metadata_|invalid_metadata")  # matches codes from their start
MAX_CLOCK_SKEW = timedelta(seconds=90)  # how far Slack's clock may be behind ours
PAGE_SIZE, MAX_PAGES = 200, 10  # how far to search; Slack recommends no larger pages


@dataclass
class _Queue:
    """A channel's lock, and when the next message may be posted."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    next_free_at: float = 0.0


class ChannelThrottle:
    """Enforces Slack's limit of about one message per second and channel. Idle channels take no memory."""

    def __init__(self, min_interval: float) -> None:
        self._min_interval = min_interval
        self._queues: dict[str, _Queue] = {}

    def __len__(self) -> int:
        return len(self._queues)

    @asynccontextmanager
    async def acquire(self, channel: str) -> AsyncIterator[None]:
        """Wait for the channel's turn, and hold it within the context."""
        clock = asyncio.get_running_loop().time
        self._discard_idle(clock())
        queue = self._queues.setdefault(channel, _Queue())
        queue.waiting += 1
        try:
            async with queue.lock:
                await asyncio.sleep(queue.next_free_at - clock())
                try:
                    yield
                finally:
                    queue.next_free_at = clock() + self._min_interval
        finally:
            queue.waiting -= 1

    def _discard_idle(self, now: float) -> None:
        idle = [name for name, queue in self._queues.items() if not queue.waiting and queue.next_free_at <= now]
        for name in idle:
            del self._queues[name]


def _always() -> bool:
    return True


class SlackPublisher:
    """Implements `Publisher` of `bot/schedules/context.py`."""

    def __init__(
        self, client: AsyncWebClient, identity: AuthorizeResult, fallback: BlockFallback, min_interval: float = 1.0
    ) -> None:
        """Take the seconds to keep between two messages in a channel as `min_interval`."""
        if client.retry_handlers:
            raise ValueError("a client that retries may post twice")
        self._client = client
        self._identity = identity
        self._fallback = fallback
        self._throttle = ChannelThrottle(min_interval)
        self._posted_without_key = Deduplicator()  # Slack rejected their metadata, so they can't be found by it

    def throttle(self, channel: str) -> AbstractAsyncContextManager[None]:
        return self._throttle.acquire(channel)

    async def post(
        self, channel: str, message: Message, key: str = "", thread: str = "", *, may_send: Callable[[], bool] = _always
    ) -> str:
        thread_args = {"thread_ts": thread} if thread else {}
        if not key:
            return await self._post_with_fallback(channel, message, may_send, **thread_args)
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        try:
            return await self._post_with_fallback(channel, message, may_send, metadata=metadata, **thread_args)
        except InvalidMessage as error:
            if not METADATA_ERROR.match(error.code):
                raise
            self._posted_without_key.add(key)
        return await self._post_with_fallback(channel, message, may_send, **thread_args)

    async def update(self, channel: str, ts: str, message: Message) -> None:
        async def update_once(variant: Message) -> None:
            body = {"channel": channel, "ts": ts, **variant.payload()}
            with as_delivery_errors():
                await self._client.api_call("chat.update", json=body)

        await self._fallback.send(message, self._identity.team_id or "", update_once)

    async def find(self, channel: str, key: str, since: datetime, thread: str = "") -> str | None:
        if key in self._posted_without_key:
            raise HistoryUnavailable("posted_without_metadata")
        oldest, cursor = f"{(since - MAX_CLOCK_SKEW).timestamp():.6f}", ""
        for _ in range(MAX_PAGES):
            page = await self._fetch_page(channel, thread, oldest=oldest, cursor=cursor)
            if ts := next((m["ts"] for m in page.messages if self._has_key(m, key) and m["ts"] != thread), None):
                return str(ts)
            if not page.has_more:
                return None
            cursor = page.next_cursor
        raise HistoryUnavailable("too_much_was_said")

    async def permalink(self, channel: str, ts: str) -> str:
        try:
            with as_delivery_errors():
                return str(require(await self._client.chat_getPermalink(channel=channel, message_ts=ts), "permalink"))
        except DeliveryError as error:
            log.warning("couldn't link to a message in %s: %r", channel, error)
            return ""

    async def can_join(self, channel: str) -> bool:
        return bool((await fetch_membership(self._client, channel)).join_channel)

    async def send_dm(self, user: str, message: Message) -> None:
        try:
            async with self.throttle(user):
                await self._post_with_fallback(user, message, _always)
        except DeliveryError as error:
            log.warning("couldn't notify %s: %r", user, error)

    async def _post_with_fallback(
        self, channel: str, message: Message, may_send: Callable[[], bool], **extra: Any
    ) -> str:
        post = partial(self._post_once, channel, may_send=may_send, **extra)
        return await self._fallback.send(message, self._identity.team_id or "", post)

    async def _post_once(self, channel: str, message: Message, *, may_send: Callable[[], bool], **extra: Any) -> str:
        """Post through `api_call`.

        `chat_postMessage` searches all blocks for objects to convert, which costs as much as the rest of the post.
        https://github.com/slackapi/python-slack-sdk/issues/1261
        """
        body = {"channel": channel, **message.payload(), "unfurl_links": False, "unfurl_media": False, **extra}
        if not may_send():
            raise Unavailable
        with as_delivery_errors():
            return str(require(await self._client.api_call("chat.postMessage", json=body), "ts"))

    async def _fetch_page(self, channel: str, thread: str, **window: str) -> "_Page":
        """Fetch messages of a channel or thread. Reading posts nothing, so a failed call is simply `Unavailable`."""
        params: dict[str, Any] = {"channel": channel, "limit": PAGE_SIZE, "include_all_metadata": True, **window}
        try:
            with as_delivery_errors():
                if thread:
                    return _parse_page(await self._client.conversations_replies(ts=thread, **params))
                return _parse_page(await self._client.conversations_history(**params))
        except DeliveryUnknown as error:
            raise Unavailable(str(error)) from None
        except (ChannelClosed, InvalidMessage) as error:
            raise HistoryUnavailable(error.code) from None

    def _has_key(self, message: dict[str, Any], key: str) -> bool:
        """Return whether this is the bot's own message with that key. Other apps may use the same event type."""
        metadata = message.get("metadata") or {}
        is_own = bool(self._identity.bot_id) and message.get("bot_id") == self._identity.bot_id
        payload = metadata.get("event_payload") or {}
        return is_own and metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key


@dataclass(frozen=True)
class _Page:
    """A page of messages, and the cursor of the next."""

    messages: list[dict[str, Any]]
    has_more: bool
    next_cursor: str


def _parse_page(response: AsyncSlackResponse) -> _Page:
    metadata = response.get("response_metadata") or {}
    return _Page(list(require(response, "messages")), bool(response.get("has_more")), metadata.get("next_cursor") or "")
