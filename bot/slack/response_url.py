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
from bot.slack.block_fallback import refused_as
from bot.slack.client import retry_after

log = logging.getLogger(__name__)

MAX_USES = 5
MAX_ATTEMPTS = 3  # at one use: only a limit says for sure that nothing was posted, so only that is repeated
MAX_WAIT = 30.0  # seconds that a limit is waited for; another way is faster then
UNLESS_SAID = 1.0  # seconds, where a limit does not say how long it lasts
MAX_ANSWER = 10_000  # bytes; Slack says "ok", or a few words

_SLACK = re.compile(r"https://([a-z0-9-]+\.)*slack(-gov)?\.com/[!-~]*")
_GONE = ("expired_url", "used_url")


class Said(StrEnum):
    """What became of a message."""

    SENT = "sent"
    INVALID = "invalid"  # Slack does not take it in this form
    GONE = "gone"  # surely not posted: the address is used up, too old, limited, or not Slack's
    FAILED = "failed"  # nobody knows whether it arrived


@dataclass(frozen=True)
class Responses:
    """The way to any response_url of Slack's, or of the host that SLACK_API_URL names."""

    session: aiohttp.ClientSession
    api_url: str

    def at(self, url: str) -> "Response":
        """Make ready for an address; one that is not Slack's is never called."""
        if url and not self._is_slacks(url):
            log.warning("a response_url is not Slack's, and is not used")
            return Response("", self.session)
        return Response(url, self.session)

    def _is_slacks(self, url: str) -> bool:
        api = urlsplit(self.api_url)
        named = re.compile(rf"{api.scheme}://{re.escape(api.hostname or '')}(:\d+)?/[!-~]*")
        return any(hosts.fullmatch(url) for hosts in (_SLACK, named))


class Response:
    """A way back to whoever typed or pressed."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self._left = MAX_USES
        self.refused = ""  # the code with which the last form was refused

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
        """Send it, and once more where Slack limits that for a moment."""
        if self._left == 0 or not self._url:
            return Said.GONE
        self._left -= 1
        for _ in range(MAX_ATTEMPTS):
            said = await self._post(body)
            if isinstance(said, Said):
                return said
            if said > MAX_WAIT:
                break
            await asyncio.sleep(said)
        return Said.GONE

    async def _post(self, body: dict[str, Any]) -> Said | float:
        """Post it once; how many seconds to wait where Slack limits that."""
        proxy = load_http_proxy_from_env(log)
        try:
            async with self._session.post(self._url, json=body, proxy=proxy, allow_redirects=False) as answer:
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                    return retry_after(answer.headers, UNLESS_SAID)
                text = (await answer.content.read(MAX_ANSWER)).decode(errors="replace")
        except aiohttp.ClientConnectorError:  # there never was a connection, so nothing was sent
            return Said.GONE
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            log.warning("a response was lost: %s", type(error).__name__)
            return Said.FAILED
        self.refused = refused_as(text)
        return Said.INVALID if self.refused else _said(answer.status, text)


def _said(status: int, text: str) -> Said:
    if status == HTTPStatus.OK and '"ok":false' not in text.replace(" ", ""):
        return Said.SENT
    gone = status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE) or any(code in text for code in _GONE)
    return Said.GONE if gone or 300 <= status < 400 else Said.FAILED
