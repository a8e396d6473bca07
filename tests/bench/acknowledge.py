"""How soon a signed command has its acknowledgement: against a bare Starlette app, and against Bolt as it comes.

All do no more than acknowledge. Each is served in a process of its own, by the same server; they are asked in turns.
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
from bot.slack.background_tasks import Work
from bot.slack.listeners import bolt
from bot.slack.payloads import Incoming
from bot.slack.web import web
from tests.bench import bare_bolt, bare_starlette
from tests.bench.commands import Author, forged
from tests.bench.fake_slack import slack_there
from tests.bench.http_load import at_once, one_by_one, status
from tests.bench.served import Make, served
from tests.bench.table import Row, at_least, at_most

ROUNDS = 9
ALONE = 100  # commands in a round
TOGETHER = 1500
CONNECTIONS = 32
WARM = 20

Ports = Mapping[str, int]


def rows() -> Iterator[Row]:
    """One after the other, then many at once."""
    with ExitStack() as stack:
        api = stack.enter_context(slack_there())
        contenders: dict[str, Make] = {"ours": ours, "bare": bare, "bolt": partial(as_it_comes, api)}
        ports = {name: stack.enter_context(served(make)) for name, make in contenders.items()}
        for port in ports.values():
            assert status(port, forged()) == 401, "whoever takes anything for Slack's is not in the race"
            at_once(port, Author().requests(10 * WARM), CONNECTIONS)
        yield from _alone(ports)
        yield from _together(ports)


def _alone(ports: Ports) -> Iterator[Row]:
    rounds = [{name: typical(port) for name, port in ports.items()} for _ in range(ROUNDS)]
    slower = median(took["ours"] / took["bare"] for took in rounds)
    faster = median(took["bolt"] / took["ours"] for took in rounds)
    what = ("acknowledge: one after the other", "bot.slack.web")
    yield Row(*what, "Starlette, verifies only", slower, "the median time", at_most(2.5))
    yield Row(*what, "Bolt as it comes", faster, "faster", at_least(20))


def typical(port: int, pause: float = 0) -> float:
    """The median of the seconds until an acknowledgement, on a connection that is warm."""
    return median(one_by_one(port, Author().requests(WARM + ALONE), pause)[WARM:])


def _together(ports: Ports) -> Iterator[Row]:
    rounds = [
        {name: at_once(port, Author().requests(TOGETHER), CONNECTIONS) for name, port in ports.items()}
        for _ in range(ROUNDS)
    ]
    what = (f"acknowledge: {CONNECTIONS} connections", "bot.slack.web")
    more = median(took["bolt"] / took["ours"] for took in rounds)
    yield Row(*what, "Bolt as it comes", more, "as many a second", at_least(1.3))
    share = median(took["bare"] / took["ours"] for took in rounds)
    yield Row(*what, "Starlette, verifies only", share, "as many a second")


def ours() -> ASGIApp:
    """The bot's own web side, behind which nobody listens."""
    return web(bolt(AsyncWebClient(), _nothing, Work()), SIGNING_SECRET, {}, Metrics())


async def _nothing(_: Incoming) -> None:
    pass


def bare() -> ASGIApp:
    """Starlette, which verifies only."""
    return bare_starlette.app(SIGNING_SECRET)


def as_it_comes(api: str) -> ASGIApp:
    """Bolt with its defaults."""
    return cast(ASGIApp, bare_bolt.app(BOT_TOKEN, SIGNING_SECRET, api))  # its own types are narrower than ASGI's
