"""What a page says, read: an object of JSON, of a size that a person could have typed, and of nothing but text."""

import json
from collections.abc import AsyncIterable
from typing import Any

MOST = 1_000_000  # bytes; the longest message, with every character escaped, has half of that
TOO_MUCH = "That is more than anybody types."


class TooMuch(Exception):
    """It is larger than anything that is done here."""


async def read(body: AsyncIterable[bytes]) -> dict[str, Any]:
    """The object; a KeyError says that there is none. What is too much is heard to its end, and not kept: who is cut
    off while speaking does not listen."""
    size, kept = 0, bytearray()
    async for part in body:
        size += len(part)
        if size <= MOST:
            kept += part
    if size > MOST:
        raise TooMuch
    said = _parsed(bytes(kept))
    if not isinstance(said, dict):
        raise KeyError("an object")
    return said


def _parsed(body: bytes) -> object:
    """Nothing, where it is no JSON, or holds what cannot be written again: half a character, or what is no number."""
    try:
        said: object = json.loads(body)
        json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return said
