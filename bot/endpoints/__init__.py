"""The questions: one file each, with its Query, Reply, View, fetch, show, and the record that joins them.

A question is found by its file: every module here whose name does not start with `_` holds one constant, ENDPOINT. One
without it, or with a name that is taken, stops the start. What several questions need stands in the files with `_`:

    _endpoint.py   the record, the View, and what an answer may use (Ask)
    _query.py      what a Query is: parameters with LaunchDarkly's names, read from words
    _values.py     the kinds of value a parameter can have: how each is read, written and explained
    _when.py       moments as people say them
    _window.py     from when until when
    _days.py       calendar days where the reader is
    _others.py     how a question asks others
    _catalog/      the projects, environments, flags and applications there are, and what an unknown key may have meant
    _past.py       the past weeks of a place, and a number over them
    _trend.py      how a number has moved, in words
    _words.py      numbers, dates and lengths as people read them
    _chart.py      LaunchDarkly's charts, and what can be drawn of them
    _buckets.py    the points of a chart over time
    _calendar.py   the same by calendar days where the reader is
    _daily.py      what happened day by day, side by side
    _releasing.py  deployments and large changes of the same days
"""

from importlib import import_module
from pkgutil import iter_modules

from bot.endpoints._endpoint import AnyEndpoint


def discover() -> dict[str, AnyEndpoint]:
    """All questions, by name, in alphabetical order."""
    found: dict[str, AnyEndpoint] = {}
    for module in iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        endpoint = getattr(import_module(f"{__name__}.{module.name}"), "ENDPOINT", None)
        if endpoint is None:
            raise LookupError(f"bot/endpoints/{module.name} holds no ENDPOINT")
        if endpoint.name in found:
            raise LookupError(f"two files in bot/endpoints/ hold the question {endpoint.name!r}")
        found[endpoint.name] = endpoint
    return found
