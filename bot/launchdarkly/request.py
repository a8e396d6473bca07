"""Send one request, decode its reply into the caller's own model, and compute how long to wait before a retry.

No redirect is followed, no body is read beyond its cap, and every error becomes a Failure. The client sends only GETs,
so a retry is always safe.

LaunchDarkly's windows are ten seconds long. `Retry-After` is in seconds; the `…-Reset` headers are in *milliseconds*
since the epoch, any of them may be missing, and they may be in the past by the time they are read.

Numbers in a body may arrive in any spelling: `3.0` for an integer, `3` for a fraction, `"3"` for both. All have the
bounds of an int64, so that their sums are bounded too and `NaN` is refused.
"""

import math
import random
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar, cast, dataclass_transform

import httpx
from msgspec import DecodeError, Meta, Struct, field
from msgspec.json import Decoder

from bot.errors import InvalidResponse, TryLater
from bot.launchdarkly.errors import CHECK_HOST, error_for

Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what the API describes as int64
Float64 = Annotated[float, Meta(ge=-(2.0**63), le=2.0**63)]
Number = Int64 | Float64  # an integer stays one, so that it is shown without a decimal point

MAX_PATH_CHARS = 100
OUT_OF_RANGE = re.compile(r"Expected (int|float) [<>]= .*|(Integer value|Number) out of range")
MAX_VALUES = 100_000  # in one reply; a flag with all its settings in 100 environments has a quarter of that
MAX_UNCHECKED_BYTES = 500_000  # which can't hold enough values to matter
GZIP_WBITS = zlib.MAX_WBITS | 16
MAX_CHUNK_BYTES = 65_536  # zlib itself needs twice as much while it assembles a chunk
WINDOW_SECONDS = 10.0
MAX_WAIT_SECONDS = 60.0
RESET_HEADERS = ("X-Ratelimit-Reset", "X-Ratelimit-Auth-Token-Reset")


class GzipStream:
    """A gzip stream, which may have several members (RFC 1952, 2.2). Damaged data raises zlib.error.

    It is decompressed step by step, so that a decompression bomb is noticed before it has expanded.
    """

    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP_WBITS)
        self._has_data = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompress *data* in chunks of bounded size; the caller may stop in between."""
        self._has_data = self._has_data or bool(data)
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(GZIP_WBITS)
            yield self._member.decompress(data, MAX_CHUNK_BYTES)
            data = self._member.unused_data or self._member.unconsumed_tail

    def close(self) -> None:
        """Check that the stream is complete."""
        if self._has_data and not self._member.eof:
            raise zlib.error("the stream ends too early")


class PlainStream:
    """A stream that isn't compressed."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def close(self) -> None: ...


DECODERS: dict[str, type[GzipStream | PlainStream]] = {"": PlainStream, "identity": PlainStream, "gzip": GzipStream}


@dataclass(frozen=True, slots=True)
class Request:
    """A GET: everything in which two can differ."""

    path: str
    parameters: tuple[tuple[str, str], ...]
    version: str


async def send(
    http: httpx.AsyncClient,
    request: Request,
    max_bytes: int,
    now: Callable[[], datetime],
    on_remaining: Callable[[float], None],
) -> bytearray:
    """Send a request and return the body of a 200; anything else raises a Failure.

    *on_remaining* gets the number of requests that LaunchDarkly still allows in this window, if it says.
    """
    headers = {"LD-API-Version": request.version, "Accept-Encoding": "gzip"}
    with _failures():
        async with http.stream("GET", request.path, params=request.parameters, headers=headers) as response:
            body = await _read_body(response, max_bytes)
    if (remaining := parse_number(response.headers.get("X-Ratelimit-Route-Remaining"))) is not None:
        on_remaining(remaining)
    if response.status_code != httpx.codes.OK:
        wait = retry_after(response.headers, now())
        raise error_for(response, body, beta=request.version == "beta", retry_after=wait)
    return body


@contextmanager
def _failures() -> Iterator[None]:
    """Raise the failure that an error of the connection means."""
    try:
        yield
    except httpx.TimeoutException:
        raise TryLater("LaunchDarkly took too long to answer.", "Try again in a minute.") from None
    except zlib.error:
        raise InvalidResponse(
            "LaunchDarkly's answer was corrupted in transit.", "Try again. If this keeps happening, tell an admin."
        ) from None
    except httpx.TransportError:
        raise TryLater(
            "I couldn't connect to LaunchDarkly.",
            "Try again in a minute. If this keeps happening, check LAUNCHDARKLY_API_HOST.",
        ) from None
    except (httpx.InvalidURL, UnicodeError):  # httpx parses a redirect's address although it doesn't follow
        raise InvalidResponse("LaunchDarkly's address, or one it redirects to, isn't valid.", CHECK_HOST) from None


async def _read_body(response: httpx.Response, max_bytes: int) -> bytearray:
    """Read and decompress a body, up to *max_bytes*.

    The limit holds for compressed bytes too: otherwise a stream of empty chunks would never end.
    """
    decoder = DECODERS.get(response.headers.get("Content-Encoding", "").lower())
    if decoder is None:
        raise InvalidResponse("LaunchDarkly's answer has an unsupported compression.", CHECK_HOST)
    stream, body, received = decoder(), bytearray(), 0
    async for chunk in cast(httpx.AsyncByteStream, response.stream):  # raw: httpx would decompress it all at once
        received += len(chunk)
        for part in stream.feed(chunk):
            body += part
            if max(received, len(body)) > max_bytes:
                raise InvalidResponse(
                    f"LaunchDarkly's answer is larger than {max_bytes / 1e6:g} MB.",
                    "Narrow the question, for example to fewer environments.",
                )
    stream.close()
    return body


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Return how many seconds a 429 asks to wait: `Retry-After`, else the latest reset, else a whole window."""
    if (after := parse_number(headers.get("Retry-After"))) is not None:
        return _capped(after)
    resets = [reset for name in RESET_HEADERS if (reset := parse_number(headers.get(name))) is not None]
    return _capped(max(resets) / 1000 - now.timestamp()) if resets else WINDOW_SECONDS


def backoff_delay(attempt: int, requested: float | None, first_wait: float = 0.2) -> float:
    """Return the requested wait, else 0.2 s, 0.4 s, 0.8 s …, with jitter so that clients don't retry all at once."""
    wait = _capped(requested if requested is not None else first_wait * 2 ** (attempt - 1))
    max_jitter = 0.1 * (1 + wait) if requested is not None else wait / 2
    return wait + random.uniform(0, max_jitter)  # noqa: S311 - jitter, not a secret


def parse_number(header: str | None) -> float | None:
    """Parse a header as a number. A date, which `Retry-After` may also be, and `nan` count as missing."""
    try:
        value = float(header or "nan")
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _capped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))  # tells mypy that subclasses are frozen too
class Reply(Struct, frozen=True, gc=False):
    """The base class of replies, with only the fields that are shown. All but the essential may be missing or null.

    JSON has no cycles, so the garbage collector needn't look for any here (`gc=False`).
    """


R = TypeVar("R", bound=Reply)


def read(reply_type: type[R], body: bytes | bytearray) -> R:
    """Decode a body as a *reply_type*."""
    _check_size(body)
    try:
        reply: R = _decoder(reply_type).decode(body)
    except DecodeError as error:
        raise _unreadable(_mismatch(error)) from None
    except UnicodeDecodeError:
        raise _unreadable("Text is not UTF-8") from None
    except RecursionError:
        raise _unreadable("Nested too deeply") from None
    return reply


def _check_size(body: bytes | bytearray) -> None:
    """Refuse a body that would take far more memory once decoded: up to 200 bytes for a value of two characters.

    Each value but the first follows a comma or a bracket.
    """
    if len(body) > MAX_UNCHECKED_BYTES and sum(map(body.count, b",[{")) > MAX_VALUES:
        raise InvalidResponse(f"LaunchDarkly's answer has more than {MAX_VALUES:,} values.", "Narrow the question.")


@cache
def _decoder(reply_type: type[Reply]) -> Decoder[Any]:
    """Build a decoder once per type: that takes longer than decoding a small reply."""
    return Decoder(reply_type, strict=False)


def _mismatch(error: DecodeError) -> str:
    """Describe what differs and where, shortened. The value is left out: it may be anything, even a secret."""
    what, at, path = str(error).replace("`", "").partition(" - at ")
    what = "A number is too large or too small" if OUT_OF_RANGE.fullmatch(what) else what
    return f"{what}{at}{path[:MAX_PATH_CHARS]}"


def _unreadable(why: str) -> InvalidResponse:
    return InvalidResponse(
        f"LaunchDarkly sent an unexpected answer ({why}).",
        f"{CHECK_HOST} If it is, this is a bug in the bot.",
    )
