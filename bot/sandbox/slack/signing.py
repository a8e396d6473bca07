"""How Slack signs what it sends, so that a bot can tell it from anybody else's."""

import hashlib
import hmac


def signature_headers(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """The two headers that vouch for these bytes at this second."""
    base = b"v0:%d:%b" % (timestamp, body)
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}
