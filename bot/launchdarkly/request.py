"""One request and its answer.

No redirect is followed, no body is read beyond its cap, and no foreign error gets out.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import httpx

from bot.errors import TryLater, Unreadable
from bot.launchdarkly.backoff import number
from bot.launchdarkly.decompression import Gzip, Plain
from bot.launchdarkly.errors import CHECK_HOST, refusal
from bot.launchdarkly.instrumentation import Observer

ENCODINGS: dict[str, type[Gzip | Plain]] = {"": Plain, "identity": Plain, "gzip": Gzip}


@dataclass(frozen=True, slots=True)
class Request:
    """A GET, as far as two of them can differ."""

    path: str
    parameters: tuple[tuple[str, str], ...]
    version: str


async def exchange(
    http: httpx.AsyncClient, request: Request, most: int, now: Callable[[], datetime], observer: Observer
) -> bytearray:
    """The body of a good answer; every other end of the exchange is a failure."""
    headers = {"LD-API-Version": request.version, "Accept-Encoding": "gzip"}
    try:
        async with http.stream("GET", request.path, params=request.parameters, headers=headers) as answer:
            body = await _body(answer, most)
    except httpx.TimeoutException:
        raise TryLater("LaunchDarkly took too long to answer.", "Ask again in a minute.") from None
    except zlib.error:
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


async def _body(answer: httpx.Response, most: int) -> bytearray:
    """The body, decompressed, up to a size that no question of ours needs. Neither what is sent nor what comes of it
    may be larger: a stream of empty parts would never end otherwise."""
    encoding = ENCODINGS.get(answer.headers.get("Content-Encoding", "").lower())
    if encoding is None:
        raise Unreadable("LaunchDarkly's answer is packed in a way that the bot did not ask for.", CHECK_HOST)
    stream, body, received = encoding(), bytearray(), 0
    async for chunk in cast(httpx.AsyncByteStream, answer.stream):  # as it comes: httpx would decompress it whole
        received += len(chunk)
        for part in stream.feed(chunk):
            body += part
            if max(received, len(body)) > most:
                raise Unreadable(
                    f"LaunchDarkly's answer is larger than {most / 1e6:g} MB.", "Ask for less: fewer environments, say."
                )
    stream.close()
    return body
