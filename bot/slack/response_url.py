"""Sends messages through a response_url, which works at most five times within thirty minutes.

It works in channels that the bot isn't in, too. How it reports rejected blocks isn't documented, so any response that
contains such a code counts. https://docs.slack.dev/interactivity/handling-user-interaction
"""

import asyncio
import logging
import re
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env

from bot.messages.message import Message
from bot.slack.block_fallback import block_error_code
from bot.slack.client import retry_after

log = logging.getLogger(__name__)

MAX_USES = 5
MAX_ATTEMPTS = 3  # per use, after rate limits only: any other error leaves open whether it was posted
MAX_WAIT_SECONDS = 30.0  # for a rate limit; beyond that, replying without the response_url is faster
DEFAULT_RETRY_SECONDS = 1.0  # for a rate limit without Retry-After
MAX_RESPONSE_BYTES = 10_000  # Slack sends "ok", or a few words

_SLACK_URL = re.compile(r"https://([a-z0-9-]+\.)*slack(-gov)?\.com/[!-~]*")
_GONE_CODES = ("expired_url", "used_url")


class Delivered(StrEnum):
    """The outcome of sending a message."""

    SENT = "sent"
    INVALID = "invalid"  # Slack rejected this variant
    GONE = "gone"  # not posted: the URL is used up, expired, rate-limited or not Slack's
    FAILED = "failed"  # unknown whether it was posted


@dataclass(frozen=True)
class ResponseUrls:
    """Creates response_urls of Slack, or of the host in SLACK_API_URL."""

    session: aiohttp.ClientSession
    api_url: str

    def get(self, url: str) -> "ResponseUrl":
        """Wrap a URL. One that isn't Slack's is never called."""
        if url and not self._is_slack_url(url):
            log.warning("a response_url is not Slack's, and is not used")
            return ResponseUrl("", self.session)
        return ResponseUrl(url, self.session)

    def _is_slack_url(self, url: str) -> bool:
        api = urlsplit(self.api_url)
        configured = re.compile(rf"{api.scheme}://{re.escape(api.hostname or '')}(:\d+)?/[!-~]*")
        return any(pattern.fullmatch(url) for pattern in (_SLACK_URL, configured))


class ResponseUrl:
    """A URL that replies to one interaction."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self._uses_left = MAX_USES
        self.error_code = ""  # of the last variant, if Slack rejected it

    async def send(self, message: Message, *, shared: bool = False, replace: bool = False) -> Delivered:
        """Send a message, to the whole channel if `shared`, in place of the pressed message if `replace`."""
        body: dict[str, Any] = {
            **message.payload(),
            "response_type": "in_channel" if shared else "ephemeral",
            "replace_original": replace,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        return await self._send_with_retries(body)

    async def delete(self) -> Delivered:
        """Delete the message that was pressed."""
        return await self._send_with_retries({"delete_original": True})

    async def _send_with_retries(self, body: dict[str, Any]) -> Delivered:
        """Send a body, and retry after a short rate limit."""
        if self._uses_left == 0 or not self._url:
            return Delivered.GONE
        self._uses_left -= 1
        for _ in range(MAX_ATTEMPTS):
            result = await self._post_once(body)
            if isinstance(result, Delivered):
                return result
            if result > MAX_WAIT_SECONDS:
                break
            await asyncio.sleep(result)
        return Delivered.GONE

    async def _post_once(self, body: dict[str, Any]) -> Delivered | float:
        """Post a body once. Return the outcome, or the seconds to wait after a rate limit."""
        proxy = load_http_proxy_from_env(log)
        try:
            async with self._session.post(self._url, json=body, proxy=proxy, allow_redirects=False) as response:
                if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                    return retry_after(response.headers, DEFAULT_RETRY_SECONDS)
                text = (await response.content.read(MAX_RESPONSE_BYTES)).decode(errors="replace")
        except aiohttp.ClientConnectorError:  # never connected, so nothing was sent
            return Delivered.GONE
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            log.warning("a response was lost: %s", type(error).__name__)
            return Delivered.FAILED
        self.error_code = block_error_code(text)
        return Delivered.INVALID if self.error_code else _classify(response.status, text)


def _classify(status: int, text: str) -> Delivered:
    if status == HTTPStatus.OK and '"ok":false' not in text.replace(" ", ""):
        return Delivered.SENT
    gone = status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE) or any(code in text for code in _GONE_CODES)
    return Delivered.GONE if gone or 300 <= status < 400 else Delivered.FAILED
