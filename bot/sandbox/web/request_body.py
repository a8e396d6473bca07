"""What a page says, read: an object of JSON, of a size that a person could have typed, and of nothing but text."""

import json
from collections.abc import AsyncIterable
from typing import Any

MAX_BODY_BYTES = 1_000_000  # bytes; the longest message, with every character escaped, has half of that
BODY_TOO_LARGE = "That is more than anybody types."


class BodyTooLarge(Exception):
    """It is larger than anything that is done here."""


async def read_json(body: AsyncIterable[bytes]) -> dict[str, Any]:
    """The object; a KeyError says that there is none. What is too much is heard to its end, and not kept: who is cut
    off while speaking does not listen."""
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
    """Nothing, where it is no JSON, or holds what cannot be written again: half a character, or what is no number."""
    try:
        decoded: object = json.loads(body)
        json.dumps(decoded, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return decoded
