"""LaunchDarkly's client: parsing a reply, and a whole call over the loopback, alone and among many.

It is compared with the official client, and with plain httpx and json. Imports are local where only one contender's
process needs them.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, get_type_hints

from tests.bench import payloads
from tests.bench.comparison import Goal, Race, Repeat, Row, Tasks, at_least, at_most, every, race
from tests.bench.raw_http import stub_server

if TYPE_CHECKING:
    from bot.launchdarkly import Reply

SCORES = "/api/v2/engineering-insights/insights/scores"
EVENTS = "/api/v2/engineering-insights/flag-events"
FLAG = "/api/v2/flags/web/one-key"
ENVIRONMENT_PARAMS = (("projectKey", "web"), ("environmentKey", "production"))
AUTH_HEADERS = {"Authorization": "api-bench"}
CONCURRENCY_LEVELS = (8, 64)
OURS = "LaunchDarkly.get"
HTTPX = "httpx, json.loads"
Call = Callable[[int], Awaitable[object]]  # the number makes requests distinct, or they would be deduplicated


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


def parse_rows() -> Iterator[Row]:
    """Each body against both."""
    with race(ours=ours_parser, official=official_parser, plain=plain_parser) as contenders:
        for name, body in BODIES.items():
            laps = contenders.run(name, "ours", "official", "plain", repeats=11, seconds=body.seconds)
            labels = (f"parse: {name}", "bot.launchdarkly.read")
            yield Row(*labels, "launchdarkly_api", laps.ratio("official", "ours", "cpu"), "faster", body.faster)
            yield Row(*labels, "json.loads", laps.ratio("ours", "plain", "cpu"), "the time", body.time)


def ours_parser() -> Tasks:
    """Decode as `bot.launchdarkly` does."""
    from bot.launchdarkly import read  # noqa: PLC0415 - in our process alone

    return {name: every(partial(read, reply_type(body.question), body.bytes())) for name, body in BODIES.items()}


def official_parser() -> Tasks:
    """Decode as the official client does."""
    read = import_module("launchdarkly_api").ApiClient().response_deserialize
    return {name: every(partial(read, _answer(body.bytes()), {"200": body.official})) for name, body in BODIES.items()}


def plain_parser() -> Tasks:
    """Dicts and lists."""
    return {name: every(partial(json.loads, body.bytes())) for name, body in BODIES.items()}


def _answer(body: bytes) -> SimpleNamespace:
    """What the official client reads an answer from."""
    return SimpleNamespace(status=200, headers={"content-type": "application/json"}, data=body)


def call_rows() -> Iterator[Row]:
    """Alone first, then among others."""
    bodies = {SCORES: payloads.scores(), EVENTS: payloads.events(100), FLAG: payloads.flag(100)}
    with stub_server(bodies) as server, race(**_contenders(server.url)) as contenders:
        yield from _sequential(contenders)
        yield from _concurrent(contenders)


def _contenders(address: str) -> dict[str, Callable[[], Tasks]]:
    return {"ours": partial(ours, address), "plain": partial(plain, address), "official": partial(official, address)}


def _sequential(contenders: Race) -> Iterator[Row]:
    """Compare sequential calls. All wait equally long for the server, so against httpx this compares the work."""
    for task in ("scores", "100 events"):
        laps = contenders.run(task, "ours", "plain", "official", repeats=21, seconds=0.1)
        labels = (f"call: {task}", OURS)
        yield Row(*labels, HTTPX, laps.ratio("ours", "plain", "cpu"), "the work", at_most(1.15))
        yield Row(*labels, "launchdarkly_api", laps.ratio("official", "ours", "wall"), "faster")
    laps = contenders.run("flag, 100 environments", "ours", "official", repeats=9, seconds=0.6)
    faster = laps.ratio("official", "ours", "wall")
    yield Row("call: flag, 100 environments", OURS, "launchdarkly_api", faster, "faster", at_least(5))


def _concurrent(contenders: Race) -> Iterator[Row]:
    """The work of one call among many."""
    runners = {
        f"{name}, {level}": (name, f"scores, {level}")
        for name in ("ours", "plain")
        for level in (1, *CONCURRENCY_LEVELS)
    }
    laps = contenders.relay(runners, repeats=5, seconds=0.2, min_times=256)
    for level in CONCURRENCY_LEVELS:
        label = f"call: work of one among {level}"
        goal = at_most(1.5) if level == max(CONCURRENCY_LEVELS) else None
        us, them = f"ours, {level}", f"plain, {level}"
        yield Row(label, OURS, "itself, alone", laps.ratio(us, "ours, 1", "cpu"), "the work", goal)
        yield Row(label, HTTPX, "itself, alone", laps.ratio(them, "plain, 1", "cpu"), "the work")
        yield Row(label, OURS, HTTPX, laps.ratio(us, them, "cpu"), "the work")


def ours(address: str) -> Tasks:
    """Create the bot's client, without its cache."""
    import httpx  # noqa: PLC0415 - not in the official client's process

    from bot.launchdarkly import ClientLimits, LaunchDarkly, Version  # noqa: PLC0415

    limits = ClientLimits(cache_seconds=0)
    http = httpx.AsyncClient(base_url=address, headers=AUTH_HEADERS, timeout=limits.timeout)
    client = LaunchDarkly(http, limits, lambda: datetime.now(UTC))
    scores, events, flag = map(reply_type, ("scores", "events", "flag"))
    return _tasks(
        lambda n: client.get(scores, SCORES, _parameters(n), version=Version.BETA),
        lambda n: client.get(events, EVENTS, _parameters(n), version=Version.BETA),
        lambda n: client.get(flag, FLAG, _parameters(n), version=Version.CURRENT),
    )


def plain(address: str) -> Tasks:
    """Create one plain httpx client."""
    import httpx  # noqa: PLC0415 - not in the official client's process

    http = httpx.AsyncClient(base_url=address, headers=AUTH_HEADERS)

    async def get(path: str, n: int) -> object:
        answer = await http.get(path, params=_parameters(n), headers={"LD-API-Version": "beta"})
        return json.loads(answer.content)

    return _tasks(partial(get, SCORES), partial(get, EVENTS), partial(get, FLAG))


def official(address: str) -> Tasks:
    """Create LaunchDarkly's official client, which blocks its thread."""
    api = import_module("launchdarkly_api")
    client = api.ApiClient(api.Configuration(host=address))
    scores = api.InsightsScoresBetaApi(client)
    events = api.InsightsFlagEventsBetaApi(client)
    flags = api.FeatureFlagsApi(client)
    return {
        "scores": every(lambda: scores.get_insights_scores("web", "production")),
        "100 events": every(lambda: events.get_flag_events("web", "production")),
        "flag, 100 environments": every(lambda: flags.get_feature_flag("web", "one-key")),
    }


def _parameters(n: int) -> tuple[tuple[str, str], ...]:
    return (*ENVIRONMENT_PARAMS, ("applicationKey", f"app-{n}"))


def _tasks(scores: Call, events: Call, flag: Call) -> Tasks:
    loop = asyncio.new_event_loop()
    alone = {"scores": scores, "100 events": events, "flag, 100 environments": flag}
    concurrent = {f"scores, {level}": _repeat_concurrently(loop, scores, level) for level in (1, *CONCURRENCY_LEVELS)}
    return {name: _repeat_concurrently(loop, call, 1) for name, call in alone.items()} | concurrent


def _repeat_concurrently(loop: asyncio.AbstractEventLoop, call: Call, callers: int) -> Repeat:
    """Share the calls among concurrent callers."""

    async def run_all(times: int) -> None:
        numbers = iter(range(times))

        async def caller() -> None:
            for number in numbers:
                await call(number)

        await asyncio.gather(*(caller() for _ in range(callers)))

    return lambda times: loop.run_until_complete(run_all(times))


def reply_type(question: str) -> "type[Reply]":
    """Return the declared return type of a question's `fetch`."""
    from bot.questions import discover  # noqa: PLC0415 - in our process alone

    annotated: type[Reply] = get_type_hints(discover()[question].fetch)["return"]
    return annotated
