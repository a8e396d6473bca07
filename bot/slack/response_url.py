"""One response_url: at most five uses within thirty minutes, and what Slack says to each.

It works where the bot is no member, too. How it reports blocks that it does not take is not documented, so any answer
that names them counts. https://docs.slack.dev/interactivity/handling-user-interaction"""

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
MAX_ATTEMPTS = 3  # at one use: only a limit says for sure that nothing was posted, so only that is repeated
MAX_WAIT_SECONDS = 30.0  # seconds that a limit is waited for; another way is faster then
DEFAULT_RETRY_SECONDS = 1.0  # seconds, where a limit does not say how long it lasts
MAX_RESPONSE_BYTES = 10_000  # bytes; Slack says "ok", or a few words

_SLACK_URL = re.compile(r"https://([a-z0-9-]+\.)*slack(-gov)?\.com/[!-~]*")
_GONE_CODES = ("expired_url", "used_url")


class Delivered(StrEnum):
    """What became of a message."""

    SENT = "sent"
    INVALID = "invalid"  # Slack does not take it in this form
    GONE = "gone"  # surely not posted: the address is used up, too old, limited, or not Slack's
    FAILED = "failed"  # nobody knows whether it arrived


@dataclass(frozen=True)
class ResponseUrls:
    """The way to any response_url of Slack's, or of the host that SLACK_API_URL names."""

    session: aiohttp.ClientSession
    api_url: str

    def get(self, url: str) -> "ResponseUrl":
        """Make ready for an address; one that is not Slack's is never called."""
        if url and not self._is_slack_url(url):
            log.warning("a response_url is not Slack's, and is not used")
            return ResponseUrl("", self.session)
        return ResponseUrl(url, self.session)

    def _is_slack_url(self, url: str) -> bool:
        api = urlsplit(self.api_url)
        configured = re.compile(rf"{api.scheme}://{re.escape(api.hostname or '')}(:\d+)?/[!-~]*")
        return any(pattern.fullmatch(url) for pattern in (_SLACK_URL, configured))


class ResponseUrl:
    """A way back to whoever typed or pressed."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self._uses_left = MAX_USES
        self.error_code = ""  # the code with which the last form was refused

    async def send(self, message: Message, *, shared: bool = False, replace: bool = False) -> Delivered:
        """Say it, for all where it is *shared*, in the place of what stood there where it is to *replace* that."""
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
        """Send it, and once more where Slack limits that for a moment."""
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
        """Post it once; how many seconds to wait where Slack limits that."""
        proxy = load_http_proxy_from_env(log)
        try:
            async with self._session.post(self._url, json=body, proxy=proxy, allow_redirects=False) as response:
                if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                    return retry_after(response.headers, DEFAULT_RETRY_SECONDS)
                text = (await response.content.read(MAX_RESPONSE_BYTES)).decode(errors="replace")
        except aiohttp.ClientConnectorError:  # there never was a connection, so nothing was sent
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
