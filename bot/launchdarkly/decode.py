"""Decode LaunchDarkly's replies into the caller's own models, which hold only the fields that are shown.

Numbers may arrive in any spelling: `3.0` for an integer, `3` for a fraction, `"3"` for both. All numbers have the
bounds of an int64, so that their sums are bounded too and `NaN` is refused.
"""

import re
from functools import cache
from typing import Annotated, Any, TypeVar, dataclass_transform

from msgspec import DecodeError, Meta, Struct, field
from msgspec.json import Decoder
from msgspec.structs import replace

from bot.errors import InvalidResponse
from bot.launchdarkly.errors import CHECK_HOST

__all__ = ["Float64", "Int64", "Number", "Reply", "field", "read", "replace"]

Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what the API describes as int64
Float64 = Annotated[float, Meta(ge=-(2.0**63), le=2.0**63)]
Number = Int64 | Float64  # an integer stays one, so that it is shown without a decimal point

MAX_PATH_CHARS = 100
OUT_OF_RANGE = re.compile(r"Expected (int|float) [<>]= .*|(Integer value|Number) out of range")
MAX_VALUES = 100_000  # in one reply; a flag with all its settings in 100 environments has a quarter of that
MAX_UNCHECKED_BYTES = 500_000  # which can't hold enough values to matter


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
