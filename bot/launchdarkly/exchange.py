"""One request and its answer.

No redirect is followed, no body is read beyond its cap, and no foreign error gets out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from bot.errors import TryLater, Unreadable
from bot.launchdarkly.observer import Observer
from bot.launchdarkly.patience import number
from bot.launchdarkly.refusals import CHECK_HOST, refusal

PACKED = ("", "identity", "gzip")


@dataclass(frozen=True, slots=True)
class Request:
    """A GET, as far as two of them can differ."""

    path: str
    parameters: tuple[tuple[str, str], ...]
    version: str


async def exchange(
    http: httpx.AsyncClient, request: Request, most: int, now: Callable[[], datetime], observer: Observer
) -> bytes:
    """The body of a good answer; every other end of the exchange is a failure."""
    headers = {"LD-API-Version": request.version, "Accept-Encoding": "gzip"}
    try:
        async with http.stream("GET", request.path, params=request.parameters, headers=headers) as answer:
            body = await _body(answer, most)
    except httpx.TimeoutException:
        raise TryLater("LaunchDarkly took too long to answer.", "Ask again in a minute.") from None
    except httpx.DecodingError:
        raise Unreadable("LaunchDarkly's answer arrived damaged.", "Ask again; if it stays, tell an admin.") from None
    except httpx.TransportError:
        raise TryLater(
            "The connection to LaunchDarkly failed.", "Ask again in a minute; if it stays, check LAUNCHDARKLY_API_HOST."
        ) from None
    except (httpx.InvalidURL, UnicodeError):  # httpx reads a redirect's address although it does not follow
        raise Unreadable("LaunchDarkly's address, or one it redirects to, is no address.", CHECK_HOST) from None
    if (left := number(answer.headers.get("X-Ratelimit-Route-Remaining"))) is not None:
        observer.left(left)
    if answer.status_code != httpx.codes.OK:
        raise refusal(answer, body, beta=request.version == "beta", now=now())
    return body


async def _body(answer: httpx.Response, most: int) -> bytes:
    """The body, unpacked, up to a size that no question of ours needs.

    A piece from the wire is unpacked as a whole: packed once, it grows a thousandfold at worst, but packed twice a
    millionfold, so that is not even begun."""
    if answer.headers.get("Content-Encoding", "").lower() not in PACKED:
        raise Unreadable("LaunchDarkly's answer is packed in a way that the bot did not ask for.", CHECK_HOST)
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > most:
            raise Unreadable(
                f"LaunchDarkly's answer is larger than {most / 1e6:g} MB.", "Ask for less: fewer environments, say."
            )
    return bytes(body)
