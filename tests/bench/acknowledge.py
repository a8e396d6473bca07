"""The latency of a signed command's acknowledgement: against a bare Starlette app, and against Bolt with its defaults.

All of them only acknowledge. Each runs in its own process, on the same server; they are measured in turns.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import cast

from slack_sdk.web.async_client import AsyncWebClient
from starlette.types import ASGIApp

from bot.metrics import Metrics
from bot.sandbox.slack.credentials import BOT_TOKEN, SIGNING_SECRET
from bot.slack.background_tasks import BackgroundTasks
from bot.slack.listeners import build_app
from bot.slack.payloads import Interaction
from bot.slack.web import build_web_app
from tests.bench import bare_bolt, bare_starlette
from tests.bench.commands import CommandWriter, forged
from tests.bench.fake_slack import fake_slack
from tests.bench.http_load import at_once, one_by_one, status
from tests.bench.served import AppFactory, served_app
from tests.bench.table import Row, at_least, at_most

REPEATS = 9
SEQUENTIAL_REQUESTS = 100  # commands in a round
CONCURRENT_REQUESTS = 1500
CONNECTIONS = 32
WARMUP_REQUESTS = 20

Ports = Mapping[str, int]


def rows() -> Iterator[Row]:
    """Measure sequential, then concurrent requests."""
    with ExitStack() as stack:
        api = stack.enter_context(fake_slack())
        contenders: dict[str, AppFactory] = {"ours": ours, "bare": bare, "bolt": partial(stock_bolt, api)}
        ports = {name: stack.enter_context(served_app(make)) for name, make in contenders.items()}
        for port in ports.values():
            assert status(port, forged()) == 401, "whoever takes anything for Slack's is not in the race"
            at_once(port, CommandWriter().requests(10 * WARMUP_REQUESTS), CONNECTIONS)
        yield from _sequential(ports)
        yield from _concurrent(ports)


def _sequential(ports: Ports) -> Iterator[Row]:
    results = [{name: typical_latency(port) for name, port in ports.items()} for _ in range(REPEATS)]
    slower = median(seconds["ours"] / seconds["bare"] for seconds in results)
    faster = median(seconds["bolt"] / seconds["ours"] for seconds in results)
    labels = ("acknowledge: one after the other", "bot.slack.web")
    yield Row(*labels, "Starlette, verifies only", slower, "the median time", at_most(2.5))
    yield Row(*labels, "Bolt as it comes", faster, "faster", at_least(20))


def typical_latency(port: int, pause: float = 0) -> float:
    """Return the median seconds until an acknowledgement, on a warm connection."""
    return median(
        one_by_one(port, CommandWriter().requests(WARMUP_REQUESTS + SEQUENTIAL_REQUESTS), pause)[WARMUP_REQUESTS:]
    )


def _concurrent(ports: Ports) -> Iterator[Row]:
    results = [
        {
            name: at_once(port, CommandWriter().requests(CONCURRENT_REQUESTS), CONNECTIONS)
            for name, port in ports.items()
        }
        for _ in range(REPEATS)
    ]
    labels = (f"acknowledge: {CONNECTIONS} connections", "bot.slack.web")
    more = median(seconds["bolt"] / seconds["ours"] for seconds in results)
    yield Row(*labels, "Bolt as it comes", more, "as many a second", at_least(1.3))
    share = median(seconds["bare"] / seconds["ours"] for seconds in results)
    yield Row(*labels, "Starlette, verifies only", share, "as many a second")


def ours() -> ASGIApp:
    """Create the bot's web app, without handlers behind it."""
    return build_web_app(build_app(AsyncWebClient(), _ignore, BackgroundTasks()), SIGNING_SECRET, {}, Metrics())


async def _ignore(_: Interaction) -> None:
    pass


def bare() -> ASGIApp:
    """Create a Starlette app that only verifies signatures."""
    return bare_starlette.app(SIGNING_SECRET)


def stock_bolt(api: str) -> ASGIApp:
    """Create a Bolt app with its defaults."""
    return cast(ASGIApp, bare_bolt.app(BOT_TOKEN, SIGNING_SECRET, api))  # its own types are narrower than ASGI's
