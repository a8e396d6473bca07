"""What LaunchDarkly sends ─► the caller's own model of it, which holds only what is shown.

Numbers may come in any spelling: `3.0` where a whole number is described, `3` where a fraction may be, `"3"` for both.
Numbers have the bounds of an int64, so that sums of them have an end too; `NaN` has no place within them."""

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
Number = Int64 | Float64  # whole where it comes as such, so that it is shown without a point

MAX_PATH_CHARS = 100
OUT_OF_RANGE = re.compile(r"Expected (int|float) [<>]= .*|(Integer value|Number) out of range")
MAX_VALUES = 100_000  # in one answer; a flag with all its settings in 100 environments has a quarter of that
MAX_UNCHECKED_BYTES = 500_000  # bytes, which can't hold enough values to matter


@dataclass_transform(frozen_default=True, field_specifiers=(field,))  # tells mypy that whatever inherits is frozen too
class Reply(Struct, frozen=True, gc=False):
    """What LaunchDarkly sends, and of that only what is shown. Anything but the essential may be missing or null.

    Nothing in JSON leads back to itself, so the garbage collector need not look for cycles here (`gc=False`)."""


R = TypeVar("R", bound=Reply)


def read(reply_type: type[R], body: bytes | bytearray) -> R:
    """The body of an answer as a *kind* of reply."""
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
    """Refuse what would take far more memory once it is read: up to 200 bytes a value, whose text may have two.
    Each value but the first follows a comma or a bracket."""
    if len(body) > MAX_UNCHECKED_BYTES and len(body) - len(body.translate(None, b",[{")) > MAX_VALUES:
        raise InvalidResponse(f"LaunchDarkly's answer holds more than {MAX_VALUES:,} values.", "Ask for less at once.")


@cache
def _decoder(reply_type: type[Reply]) -> Decoder[Any]:
    """Made once for each kind: that takes longer than to read a small answer."""
    return Decoder(reply_type, strict=False)


def _mismatch(error: DecodeError) -> str:
    """What differs and where, cut to what one can read. The value is not in it: that may be anything, a secret too."""
    what, at, path = str(error).replace("`", "").partition(" - at ")
    what = "A number is too large or too small" if OUT_OF_RANGE.fullmatch(what) else what
    return f"{what}{at}{path[:MAX_PATH_CHARS]}"


def _unreadable(why: str) -> InvalidResponse:
    return InvalidResponse(
        f"LaunchDarkly's answer is not what its API describes ({why}).",
        f"{CHECK_HOST} If it is, this is a fault of the bot.",
    )
