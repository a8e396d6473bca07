"""Slack's signature of a request: an HMAC over its time and its raw body.

https://docs.slack.dev/authentication/verifying-requests-from-slack. slack_sdk 3.47's own verifier raises on a timestamp
that isn't a number, on a signature that isn't ASCII, and on a body that isn't UTF-8.
"""

import hmac
import re
from dataclasses import dataclass

from starlette.datastructures import Headers

SIGNATURE_HEADER = "x-slack-signature"
MAX_AGE_SECONDS = 300  # seconds, as Slack recommends: an older request may be a replay

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request claims: who signed it is only known once it matches."""

    timestamp: str
    value: str

    @classmethod
    def from_headers(cls, headers: Headers) -> "Signature | None":
        """Read the two headers; without either, with two of one, or malformed, there is no signature."""
        timestamps, values = headers.getlist("x-slack-request-timestamp"), headers.getlist(SIGNATURE_HEADER)
        if len(timestamps) != 1 or len(values) != 1:
            return None
        well_formed = _TIMESTAMP.fullmatch(timestamps[0]) and _SIGNATURE.fullmatch(values[0])
        return cls(timestamps[0], values[0]) if well_formed else None

    def is_recent(self, now: float) -> bool:
        """Tell whether it was made within the last minutes, by a clock that may be a little off."""
        return abs(now - int(self.timestamp)) <= MAX_AGE_SECONDS

    def start_hmac(self, secret: bytes) -> hmac.HMAC:
        """Begin what the signature has to be; it takes the body piece by piece."""
        return hmac.new(secret, f"v0:{self.timestamp}:".encode(), "sha256")

    def matches(self, expected: hmac.HMAC) -> bool:
        """Compare in constant time, so that a guess learns nothing from how long it takes."""
        return hmac.compare_digest(f"v0={expected.hexdigest()}", self.value)
