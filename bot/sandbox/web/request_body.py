"""Read the JSON object in a request's body, with limits on its size and characters."""

import json
from collections.abc import AsyncIterable
from typing import Any

MAX_BODY_BYTES = 1_000_000  # twice the longest message with every character escaped
BODY_TOO_LARGE = "That is more than anybody types."


class BodyTooLarge(Exception):
    """The body exceeds `MAX_BODY_BYTES`."""


async def read_json(body: AsyncIterable[bytes]) -> dict[str, Any]:
    """Return the object, or raise a KeyError if there is none.

    An oversized body is drained, then rejected: a client whose connection is cut while it sends doesn't read the
    response.
    """
    size, buffer = 0, bytearray()
    async for chunk in body:
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            buffer += chunk
    if size > MAX_BODY_BYTES:
        raise BodyTooLarge
    decoded = _parse(bytes(buffer))
    if not isinstance(decoded, dict):
        raise KeyError("an object")
    return decoded


def _parse(body: bytes) -> object:
    """Parse a body; None if it isn't JSON, or has what can't be encoded again: a lone surrogate, NaN or infinity."""
    try:
        decoded: object = json.loads(body)
        json.dumps(decoded, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return decoded
