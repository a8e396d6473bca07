"""How LaunchDarkly speaks HTTP: authorization, versions, status codes, limits, retries. It knows not one endpoint.

client.py      one question to LaunchDarkly: remembered, retried, read
reply.py       the body of an answer ─► a model of it, which holds only what is shown
exchange.py    one request and its answer, capped in size
decompression.py  compressed answers, unpacked step by step
refusals.py    a status code and a body ─► the failure that a person can do something about
patience.py    how long to wait before the same request goes out again
memory.py      the same request is sent once, and its answer lives for some seconds
fair_queue.py  callers take turns with what may be sent at once
observer.py    what may be observed of all that
links.py       addresses in LaunchDarkly's own pages, and the cursors in its `_links`
"""

from bot.launchdarkly.client import LaunchDarkly as LaunchDarkly
from bot.launchdarkly.client import Limits, Version
from bot.launchdarkly.links import Pages as Pages
from bot.launchdarkly.links import cursor as cursor
from bot.launchdarkly.observer import Observer as Observer
from bot.launchdarkly.reply import Number, Real, Reply, Whole, field, read, replace

__all__ = [
    "LaunchDarkly",
    "Limits",
    "Number",
    "Observer",
    "Pages",
    "Real",
    "Reply",
    "Version",
    "Whole",
    "cursor",
    "field",
    "read",
    "replace",
]
