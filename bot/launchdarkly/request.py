"""Send one request and read its body.

No redirect is followed, no body is read beyond its cap, and every error becomes a Failure.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import httpx

from bot.errors import InvalidResponse, TryLater
from bot.launchdarkly.backoff import parse_number
from bot.launchdarkly.decompression import GzipStream, PlainStream
from bot.launchdarkly.errors import CHECK_HOST, error_for
from bot.launchdarkly.instrumentation import Observer

DECODERS: dict[str, type[GzipStream | PlainStream]] = {"": PlainStream, "identity": PlainStream, "gzip": GzipStream}


@dataclass(frozen=True, slots=True)
class Request:
    """A GET: everything in which two can differ."""

    path: str
    parameters: tuple[tuple[str, str], ...]
    version: str


async def send(
    http: httpx.AsyncClient, request: Request, max_bytes: int, now: Callable[[], datetime], observer: Observer
) -> bytearray:
    """Send a request and return the body of a 200; anything else raises a Failure."""
    headers = {"LD-API-Version": request.version, "Accept-Encoding": "gzip"}
    try:
        async with http.stream("GET", request.path, params=request.parameters, headers=headers) as response:
            body = await _read_body(response, max_bytes)
    except httpx.TimeoutException:
        raise TryLater("LaunchDarkly took too long to answer.", "Ask again in a minute.") from None
    except zlib.error:
        raise InvalidResponse(
            "LaunchDarkly's answer arrived damaged.", "Ask again; if it stays, tell an admin."
        ) from None
    except httpx.TransportError:
        raise TryLater(
            "The connection to LaunchDarkly failed.", "Ask again in a minute; if it stays, check LAUNCHDARKLY_API_HOST."
        ) from None
    except (httpx.InvalidURL, UnicodeError):  # httpx parses a redirect's address although it doesn't follow
        raise InvalidResponse("LaunchDarkly's address, or one it redirects to, is no address.", CHECK_HOST) from None
    if (remaining := parse_number(response.headers.get("X-Ratelimit-Route-Remaining"))) is not None:
        observer.rate_limit_remaining(remaining)
    if response.status_code != httpx.codes.OK:
        raise error_for(response, body, beta=request.version == "beta", now=now())
    return body


async def _read_body(response: httpx.Response, max_bytes: int) -> bytearray:
    """Read and decompress a body, up to *max_bytes*.

    The limit holds for compressed bytes too: otherwise a stream of empty chunks would never end.
    """
    decoder = DECODERS.get(response.headers.get("Content-Encoding", "").lower())
    if decoder is None:
        raise InvalidResponse("LaunchDarkly's answer is packed in a way that the bot did not ask for.", CHECK_HOST)
    stream, body, received = decoder(), bytearray(), 0
    async for chunk in cast(httpx.AsyncByteStream, response.stream):  # raw: httpx would decompress it all at once
        received += len(chunk)
        for part in stream.feed(chunk):
            body += part
            if max(received, len(body)) > max_bytes:
                raise InvalidResponse(
                    f"LaunchDarkly's answer is larger than {max_bytes / 1e6:g} MB.",
                    "Ask for less: fewer environments, say.",
                )
    stream.close()
    return body
