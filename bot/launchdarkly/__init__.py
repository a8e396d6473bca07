"""How LaunchDarkly speaks HTTP: authorization, versions, status codes, limits, retries. It knows not one endpoint.

client.py      one question to LaunchDarkly: remembered, retried, read
decode.py      the body of an answer ─► a model of it, which holds only what is shown
request.py     one request and its answer, capped in size
decompression.py  compressed answers, unpacked step by step
errors.py      a status code and a body ─► the failure that a person can do something about
backoff.py     how long to wait before the same request goes out again
cache.py       the same request is sent once, and its answer lives for some seconds
fair_queue.py  callers take turns with what may be sent at once
instrumentation.py what may be observed of all that
urls.py        addresses in LaunchDarkly's own pages, and the cursors in its `_links`
"""

from bot.launchdarkly.client import ClientLimits, Version
from bot.launchdarkly.client import LaunchDarkly as LaunchDarkly
from bot.launchdarkly.decode import Float64, Int64, Number, Reply, field, read, replace
from bot.launchdarkly.instrumentation import Observer as Observer
from bot.launchdarkly.urls import AppUrls as AppUrls
from bot.launchdarkly.urls import cursor as cursor

__all__ = [
    "AppUrls",
    "ClientLimits",
    "Float64",
    "Int64",
    "LaunchDarkly",
    "Number",
    "Observer",
    "Reply",
    "Version",
    "cursor",
    "field",
    "read",
    "replace",
]
