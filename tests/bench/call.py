"""A whole call over the loopback, alone and among many, against plain httpx and the official client."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import import_module

from tests.bench import payloads
from tests.bench.race import Race, Repeat, Tasks, every, race
from tests.bench.stub import stub_server
from tests.bench.table import Row, at_least, at_most

SCORES = "/api/v2/engineering-insights/insights/scores"
EVENTS = "/api/v2/engineering-insights/flag-events"
FLAG = "/api/v2/flags/web/one-key"
ENVIRONMENT_PARAMS = (("projectKey", "web"), ("environmentKey", "production"))
AUTH_HEADERS = {"Authorization": "api-bench"}
CONCURRENCY_LEVELS = (8, 64)
OURS = "LaunchDarkly.get"
HTTPX = "httpx, json.loads"

Call = Callable[[int], Awaitable[object]]  # the number makes requests distinct, or they would be deduplicated


def rows() -> Iterator[Row]:
    """Alone first, then among others."""
    bodies = {SCORES: payloads.scores(), EVENTS: payloads.events(100), FLAG: payloads.flag(100)}
    with stub_server(bodies) as address, race(**_contenders(address)) as contenders:
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
    from tests.bench.replies import reply_type  # noqa: PLC0415

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
