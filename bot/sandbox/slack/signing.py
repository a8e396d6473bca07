"""Slack's request signature, by which a bot recognizes requests from Slack."""

import hashlib
import hmac


def signature_headers(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """Return the timestamp and signature headers for a body."""
    base = b"v0:%d:%b" % (timestamp, body)
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}
