"""From the bytes of a response to a reply, against the official client and against plain dicts."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import SimpleNamespace

from tests.bench import payloads
from tests.bench.race import Tasks, every, race
from tests.bench.table import Goal, Row, at_least, at_most


@dataclass(frozen=True)
class Body:
    """Something to read: for which question, what the official client calls it, and the goals."""

    bytes: Callable[[], bytes]
    question: str
    official: str
    faster: Goal | None = None
    time: Goal | None = None
    seconds: float = 0.06  # of a lap, which has to be long enough for its share of garbage collection


BODIES = {
    "scores": Body(payloads.scores, "scores", "InsightScores"),
    "100 events": Body(
        partial(payloads.events, 100), "events", "FlagEventCollectionRep", at_least(2.5), at_most(1.8), seconds=0.2
    ),
    "flag, 1 environment": Body(partial(payloads.flag, 1), "flag", "FeatureFlag", at_least(8)),
    "flag, 100 environments": Body(
        partial(payloads.flag, 100), "flag", "FeatureFlag", at_least(10), at_most(0.7), seconds=0.6
    ),
}


def rows() -> Iterator[Row]:
    """Each body against both."""
    with race(ours=ours, official=official, plain=plain) as contenders:
        for name, body in BODIES.items():
            laps = contenders.run(name, "ours", "official", "plain", repeats=11, seconds=body.seconds)
            labels = (f"parse: {name}", "bot.launchdarkly.read")
            yield Row(*labels, "launchdarkly_api", laps.ratio("official", "ours", "cpu"), "faster", body.faster)
            yield Row(*labels, "json.loads", laps.ratio("ours", "plain", "cpu"), "the time", body.time)


def ours() -> Tasks:
    """Decode as `bot.launchdarkly` does."""
    from bot.launchdarkly import read  # noqa: PLC0415 - in our process alone
    from tests.bench.replies import reply_type  # noqa: PLC0415

    return {name: every(partial(read, reply_type(body.question), body.bytes())) for name, body in BODIES.items()}


def official() -> Tasks:
    """Decode as the official client does."""
    read = import_module("launchdarkly_api").ApiClient().response_deserialize
    return {name: every(partial(read, _answer(body.bytes()), {"200": body.official})) for name, body in BODIES.items()}


def plain() -> Tasks:
    """Dicts and lists."""
    return {name: every(partial(json.loads, body.bytes())) for name, body in BODIES.items()}


def _answer(body: bytes) -> SimpleNamespace:
    """What the official client reads an answer from."""
    return SimpleNamespace(status=200, headers={"content-type": "application/json"}, data=body)
