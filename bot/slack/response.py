"""One response_url: at most five uses within thirty minutes, and what Slack says to each.

It works where the bot is no member, too. How it reports blocks that it does not take is not documented, so any answer
that names them counts. https://docs.slack.dev/interactivity/handling-user-interaction"""

import logging
from enum import StrEnum
from typing import Any

import aiohttp
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.message import Message
from bot.slack.forms import INVALID

log = logging.getLogger(__name__)

MOST_USES = 5


class Said(StrEnum):
    """What became of a message."""

    SENT = "sent"
    INVALID = "invalid"  # Slack does not take these blocks
    GONE = "gone"  # the address is used up, or too old
    FAILED = "failed"  # nobody knows whether it arrived


class Response:
    """A way back to whoever typed or pressed."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self._left = MOST_USES

    async def say(self, message: Message, *, shared: bool = False, replace: bool = False) -> Said:
        """Say it, for all where it is *shared*, in the place of what stood there where it is to *replace* that."""
        body: dict[str, Any] = {
            **message.payload(),
            "response_type": "in_channel" if shared else "ephemeral",
            "replace_original": replace,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        return await self._send(body)

    async def delete(self) -> Said:
        """Delete the message that was pressed."""
        return await self._send({"delete_original": True})

    async def _send(self, body: dict[str, Any]) -> Said:
        if self._left == 0 or not self._url:
            return Said.GONE
        self._left -= 1
        try:
            answer = await self._client().send_dict(body)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("a response was lost: %s", type(error).__name__)
            return Said.FAILED
        return _said(answer.status_code, answer.body)

    def _client(self) -> AsyncWebhookClient:
        """Only a limit says for sure that nothing was posted, so only that is repeated here."""
        limits: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=2)]
        return AsyncWebhookClient(self._url, session=self._session, retry_handlers=limits)


def _said(status: int, body: str) -> Said:
    if any(code in body for code in INVALID):
        return Said.INVALID
    if status == 200 and '"ok":false' not in body.replace(" ", ""):
        return Said.SENT
    return Said.GONE if status in (404, 410) or "expired_url" in body or "used_url" in body else Said.FAILED
