"""What schedules post through. A message bears its key as metadata, so that it is found where nobody saw it arrive.

The client must not repeat anything by itself: a post whose answer was lost may stand in the channel.
"""

import logging
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.messages.message import Message
from bot.schedules.publisher import Away, Blind, Gone, Refused, Undelivered, Unsure
from bot.slack.api_errors import judged, part
from bot.slack.block_fallback import PLAINER, Forms
from bot.slack.dedup import Once
from bot.slack.throttle import Pace

log = logging.getLogger(__name__)

EVENT = "insights_delivery"
METADATA = re.compile("metadata_|invalid_metadata")  # how the codes begin with which Slack refuses it
APART = timedelta(seconds=90)  # how far Slack's clock may be behind ours
PAGE, MOST_PAGES = 200, 10  # what is looked through; Slack recommends no larger page


class Posting:
    """Posts in channels and speaks to people, as `bot/schedules/publisher.py` wants it."""

    def __init__(self, client: AsyncWebClient, me: AuthorizeResult, forms: Forms, gap: float = 1.0) -> None:
        """*gap* is how many seconds there are at least between two messages in a channel."""
        if client.retry_handlers:
            raise ValueError("a client that repeats its calls may post twice")
        self._client = client
        self._me = me
        self._forms = forms
        self._pace = Pace(gap)
        self._without_key = Once()  # what was posted without a key, since Slack refused that, can't be found by it

    def turn(self, channel: str) -> AbstractAsyncContextManager[None]:
        return self._pace.turn(channel)

    async def post(self, channel: str, message: Message, key: str, thread: str = "") -> str:
        metadata = {"event_type": EVENT, "event_payload": {"key": key}}
        place = {"thread_ts": thread} if thread else {}
        try:
            return await self._say(channel, message, metadata=metadata, **place)
        except Refused as refused:
            if not METADATA.match(refused.why):
                raise
            self._without_key.first(key)
        return await self._say(channel, message, **place)

    async def find(self, channel: str, key: str, since: datetime, thread: str = "") -> str | None:
        if key in self._without_key:
            raise Blind("posted_without_metadata")
        oldest, cursor = f"{(since - APART).timestamp():.6f}", ""
        for _ in range(MOST_PAGES):
            page = await self._page(channel, thread, oldest=oldest, cursor=cursor)
            if ts := next((m["ts"] for m in page.messages if self._bears(m, key) and m["ts"] != thread), None):
                return str(ts)
            if not page.more:
                return None
            cursor = page.cursor
        raise Blind("too_much_was_said")

    async def link(self, channel: str, ts: str) -> str:
        try:
            with judged():
                return str(part(await self._client.chat_getPermalink(channel=channel, message_ts=ts), "permalink"))
        except Undelivered as error:
            log.warning("a message in %s has no address: %r", channel, error)
            return ""

    async def is_in(self, channel: str) -> bool:
        """Whether the bot is in a channel; yes where that cannot be known."""
        try:
            with judged():
                found = part(await self._client.conversations_info(channel=channel), "channel")
                return bool(found.get("is_member", True))
        except Gone:
            return False
        except Undelivered:
            return True

    async def tell(self, user: str, message: Message) -> None:
        try:
            async with self.turn(user):
                await self._say(user, message)
        except Undelivered as error:
            log.warning("%s could not be told: %r", user, error)

    async def _say(self, channel: str, message: Message, **beside: Any) -> str:
        """Post it in the best form that Slack takes; one that it refuses was not posted, so the next may be."""
        team, why = self._me.team_id or "", ""
        for form in await self._forms.of(message, team):
            try:
                ts = await self._send(channel, form.message, **beside)
            except Refused as refused:
                if refused.why not in PLAINER:
                    raise
                why = refused.why
            else:
                await self._forms.taken(form, team, why)
                return ts
        raise Refused(why)

    async def _send(self, channel: str, message: Message, **beside: Any) -> str:
        """By the client's own way for any method: that for this one looks through all blocks as if they were objects,
        which costs as much as the rest of the post. https://github.com/slackapi/python-slack-sdk/issues/1261"""
        said = {"channel": channel, **message.payload(), "unfurl_links": False, "unfurl_media": False, **beside}
        with judged():
            return str(part(await self._client.api_call("chat.postMessage", json=said), "ts"))

    async def _page(self, channel: str, thread: str, **window: str) -> "_Page":
        """What was said in the channel, or in the thread. Nothing is posted here, so that it breaks is no riddle."""
        asked: dict[str, Any] = {"channel": channel, "limit": PAGE, "include_all_metadata": True, **window}
        try:
            with judged():
                if thread:
                    return _page(await self._client.conversations_replies(ts=thread, **asked))
                return _page(await self._client.conversations_history(**asked))
        except Unsure as error:
            raise Away(str(error)) from None
        except (Gone, Refused) as closed:
            raise Blind(closed.why) from None

    def _bears(self, message: dict[str, Any], key: str) -> bool:
        """Whether this is the bot's own message of that key; another app may use the same words."""
        metadata = message.get("metadata") or {}
        ours = bool(self._me.bot_id) and message.get("bot_id") == self._me.bot_id
        payload = metadata.get("event_payload") or {}
        return ours and metadata.get("event_type") == EVENT and payload.get("key") == key


@dataclass(frozen=True)
class _Page:
    """Some of what was said, and where it goes on."""

    messages: list[dict[str, Any]]
    more: bool
    cursor: str


def _page(answer: AsyncSlackResponse) -> _Page:
    following = answer.get("response_metadata") or {}
    return _Page(list(part(answer, "messages")), bool(answer.get("has_more")), following.get("next_cursor") or "")
