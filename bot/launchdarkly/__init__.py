"""LaunchDarkly's client: API versions, limits, retries and errors. It knows no endpoint.

client.py   one GET: cached, queued fairly, retried, decoded; and the interface of its observers
request.py  sends one request, decompresses its body, and computes the wait before a retry
errors.py   status code and body ─► the failure that a person can do something about
decode.py   body ─► the caller's own model of the reply
"""

from bot.launchdarkly.client import ClientLimits, Version
from bot.launchdarkly.client import LaunchDarkly as LaunchDarkly
from bot.launchdarkly.client import Observer as Observer
from bot.launchdarkly.decode import Float64, Int64, Number, Reply, field, read, replace

__all__ = [
    "ClientLimits",
    "Float64",
    "Int64",
    "LaunchDarkly",
    "Number",
    "Observer",
    "Reply",
    "Version",
    "field",
    "read",
    "replace",
]
