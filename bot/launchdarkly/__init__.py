"""LaunchDarkly's client: API versions, limits, retries and errors. It knows no endpoint.

client.py   one GET: cached, queued fairly, retried, decoded; and the interface of its observers
request.py  sends one request, decodes its reply into the caller's own model, and computes the wait before a retry
errors.py   status code and body ─► the failure that a person can do something about
"""

from msgspec import field
from msgspec.structs import replace

from bot.launchdarkly.client import ClientLimits, Version
from bot.launchdarkly.client import LaunchDarkly as LaunchDarkly
from bot.launchdarkly.client import Observer as Observer
from bot.launchdarkly.request import Float64, Int64, Number, Reply, read

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
