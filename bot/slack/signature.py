"""Verifies Slack's signature of a request: an HMAC over its timestamp and raw body.

https://docs.slack.dev/authentication/verifying-requests-from-slack. slack_sdk 3.47's own verifier raises on a timestamp
that isn't a number, on a signature that isn't ASCII, and on a body that isn't UTF-8.
"""

import hmac
import re
from dataclasses import dataclass

from starlette.datastructures import Headers

SIGNATURE_HEADER = "x-slack-signature"
MAX_AGE_SECONDS = 300  # as Slack recommends: an older request may be a replay

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Signature:
    """The timestamp and signature that a request claims. It is trusted only once it matches."""

    timestamp: str
    value: str

    @classmethod
    def from_headers(cls, headers: Headers) -> "Signature | None":
        """Read the two headers. Return None if either is missing, repeated or malformed."""
        timestamps, values = headers.getlist("x-slack-request-timestamp"), headers.getlist(SIGNATURE_HEADER)
        if len(timestamps) != 1 or len(values) != 1:
            return None
        well_formed = _TIMESTAMP.fullmatch(timestamps[0]) and _SIGNATURE.fullmatch(values[0])
        return cls(timestamps[0], values[0]) if well_formed else None

    def is_recent(self, now: float) -> bool:
        """Return whether the timestamp is within five minutes of now, either way: clocks may be a little off."""
        return abs(now - int(self.timestamp)) <= MAX_AGE_SECONDS

    def start_hmac(self, secret: bytes) -> hmac.HMAC:
        """Start computing the expected signature. Update it with the body, chunk by chunk."""
        return hmac.new(secret, f"v0:{self.timestamp}:".encode(), "sha256")

    def matches(self, expected: hmac.HMAC) -> bool:
        """Compare in constant time, so that timing reveals nothing about the expected value."""
        return hmac.compare_digest(f"v0={expected.hexdigest()}", self.value)
