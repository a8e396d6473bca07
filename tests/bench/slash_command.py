"""From Slack's command to its acknowledgement, also during a flood of hostile connections, and to its answer.

Acknowledgements are compared with those of a bare Starlette app, and of Bolt with its defaults. All of them only
acknowledge. Each runs in its own process, on the same server; they are measured in turns. The bot's acknowledgement of
a mention is compared with that of a command.

The bot's own share of an answer is what passes from a command to the message at its response_url, at a steady pace. The
unit is an acknowledgement of an app that does nothing else. Those are measured in turns with the answers: back to back,
and at the pace of the answers, where that app, too, has to wake up for each. Answers sent back to back show how much of
the time is work, and how much is waking up.

What a sentence in plain words costs is its CPU time with thousands of cached keys, against a limit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing.connection import Connection
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import cast

import httpx
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.access import Caller
from bot.core import build_registry
from bot.launchdarkly import ClientLimits, LaunchDarkly
from bot.metrics import Metrics
from bot.questions.catalog import PAGE_SIZE, Catalog, CatalogItem, Listing
from bot.sandbox.slack.credentials import BOT_TOKEN, SIGNING_SECRET
from bot.sandbox.slack.webhook import signature_headers
from bot.slack.listeners import BackgroundTasks, Handlers, build_bolt_app
from bot.slack.menu_options import KeyList
from bot.slack.payloads import Interaction
from bot.slack.server import build_web_app
from bot.suggestions import suggest_questions
from tests.bench import bare_bolt
from tests.bench.clients import PATH, Clients, CommandWriter, forged, now, open_clients
from tests.bench.comparison import Row, at_least, at_most
from tests.bench.processes import AppFactory, RunningBot, bot_process, child_process, fake_slack, served_app
from tests.bench.raw_http import at_once, one_by_one, status
from tests.bench.start import BOT_COMMAND, bot_environment, running_process
from tests.conversation import NOW, UTC_ZONE
from tests.plain_words import read_examples

REPEATS = 9
SEQUENTIAL_REQUESTS = 100  # commands in a round
CONCURRENT_REQUESTS = 1500
CONNECTIONS = 32
WARMUP_REQUESTS = 20
Ports = Mapping[str, int]
FLOOD_REPEATS = 5
IDLE, FLOODING = 1_000, 4
BODY = b"a=&" * 333_000  # the slowest input to parse
KEY_COUNTS = {"projects": 1000, "environments": 50, "flags": 2000, "applications": 1950}
MAX_MATCHING_SECONDS = 0.005
MENU_KEYS = 5_000
PAUSE_SECONDS = 0.01  # seconds between commands, so that one doesn't wait for another
ANSWER_REPEATS = 5
ANSWERS_PER_SECOND = 50
ANSWERS_PER_REPEAT = 200  # in a round
WARMUP_ANSWERS = 150
SOME_ANSWERS = 1_000
MANY_ANSWERS = 20_000
CLIENTS = 12  # at a time


# ----------------------------------------------------------------------------------------------------- acknowledgements


def acknowledge_rows() -> Iterator[Row]:
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
    results = [
        {name: typical_latency(port) for name, port in ports.items()}
        | {"mention": typical_latency(ports["ours"], write=CommandWriter.mentions)}
        for _ in range(REPEATS)
    ]
    slower = median(seconds["ours"] / seconds["bare"] for seconds in results)
    faster = median(seconds["bolt"] / seconds["ours"] for seconds in results)
    labels = ("acknowledge: one after the other", "bot.slack.server")
    yield Row(*labels, "Starlette, verifies only", slower, "the median time", at_most(2.5))
    yield Row(*labels, "Bolt as it comes", faster, "faster", at_least(20))
    mention = median(seconds["mention"] / seconds["ours"] for seconds in results)
    yield Row("acknowledge: a mention", "bot.slack.server", "a command", mention, "the median time", at_most(1.2))


def typical_latency(
    port: int, pause: float = 0, write: Callable[[CommandWriter, int], list[bytes]] = CommandWriter.requests
) -> float:
    """Return the median seconds until an acknowledgement, on a warm connection."""
    requests = write(CommandWriter(), WARMUP_REQUESTS + SEQUENTIAL_REQUESTS)
    return median(one_by_one(port, requests, pause)[WARMUP_REQUESTS:])


def _concurrent(ports: Ports) -> Iterator[Row]:
    results = [
        {
            name: at_once(port, CommandWriter().requests(CONCURRENT_REQUESTS), CONNECTIONS)
            for name, port in ports.items()
        }
        for _ in range(REPEATS)
    ]
    labels = (f"acknowledge: {CONNECTIONS} connections", "bot.slack.server")
    more = median(seconds["bolt"] / seconds["ours"] for seconds in results)
    yield Row(*labels, "Bolt as it comes", more, "as many a second", at_least(1.3))
    share = median(seconds["bare"] / seconds["ours"] for seconds in results)
    yield Row(*labels, "Starlette, verifies only", share, "as many a second")


def ours() -> ASGIApp:
    """Create the bot's web app, without handlers behind it."""
    app = build_bolt_app(AsyncWebClient(), Handlers(handle_interaction=_ignore), BackgroundTasks())
    return build_web_app(app, SIGNING_SECRET, {}, Metrics())


async def _ignore(_: Interaction) -> None:
    pass


def bare() -> ASGIApp:
    """Create a Starlette app that only verifies signatures."""
    return bare_starlette(SIGNING_SECRET)


def stock_bolt(api: str) -> ASGIApp:
    """Create a Bolt app with its defaults."""
    return cast(ASGIApp, bare_bolt.app(BOT_TOKEN, SIGNING_SECRET, api))  # its own types are narrower than ASGI's


def bare_starlette(signing_secret: str) -> Starlette:
    """Create the app."""
    verifier = SignatureVerifier(signing_secret)

    async def typed(request: Request) -> Response:
        body, headers = await request.body(), request.headers
        signed = headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]
        return Response(status_code=200 if verifier.is_valid(body, *signed) else 401)

    return Starlette(routes=[Route("/slack/events", typed, methods=["POST"])])


def flood_rows() -> Iterator[Row]:
    """Measure in turns, with and without a flood of hostile connections.

    A thousand of them open connections and send nothing; four send bodies of a megabyte, one after the other.
    """
    with (
        TemporaryDirectory() as folder,
        fake_slack() as api,
        running_process(BOT_COMMAND, bot_environment(folder, api)) as port,
    ):
        typical_latency(port)
        results = [_measure_flood(port) for _ in range(FLOOD_REPEATS)]
    slower = median(flooded / usual for usual, flooded in results)
    yield Row(
        "flood: an acknowledgement", f"{IDLE:,} idle, {FLOODING} flood", "nobody else", slower, "the time", at_most(3)
    )


def _measure_flood(port: int) -> tuple[float, float]:
    usual = typical_latency(port, PAUSE_SECONDS)
    with hostile_clients(port):
        return usual, typical_latency(port, PAUSE_SECONDS)


@contextmanager
def hostile_clients(port: int) -> Iterator[None]:
    """Flood the bot within the block."""
    with child_process(_flood, port):
        yield


def _flood(pipe: Connection, port: int) -> None:
    with suppress(asyncio.CancelledError):
        asyncio.run(_flood_until_closed(pipe, port))


async def _flood_until_closed(pipe: Connection, port: int) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IDLE)]
    flooding = [asyncio.create_task(_send(port)) for _ in range(FLOODING)]
    closed = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), closed.set)
    pipe.send(len(idle))
    await closed.wait()
    for task in flooding:
        task.cancel()
    for _, writer in idle:
        writer.transport.abort()


async def _send(port: int) -> None:
    """Send one body after the other, reconnecting when the connection is closed."""
    headers = signature_headers(BODY, "a guess", int(now().timestamp())) | {
        "Host": "127.0.0.1",
        "Content-Length": str(len(BODY)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"POST {PATH} HTTP/1.1\r\n{lines}\r\n".encode() + BODY
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                writer.write(request)
                await writer.drain()
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len("not from Slack"))


# -------------------------------------------------------------------------------------------------------------- answers


def answer_rows() -> Iterator[Row]:
    """Compare the median with acknowledgements, and the 99th percentile with the median."""
    with fake_slack() as api, bot_process(api) as bot, served_app(bare) as port:
        repeats = asyncio.run(_answer_timings(bot, port))
        outcomes = bot.state().outcomes
    assert outcomes == {"answered"}, f"some lines were not answered: {outcomes}"
    slower = median(median(timings.answers) / timings.acknowledgement for timings in repeats)
    paced = median(median(timings.answers) / timings.paced_acknowledgement for timings in repeats)
    all_answers = list(chain.from_iterable(timings.answers for timings in repeats))
    work = median(timings.answer / timings.acknowledgement for timings in repeats)
    spread = quantiles(all_answers, n=100)[98] / median(all_answers)
    labels = (f"answer: {ANSWERS_PER_SECOND} a second", "the whole bot")
    yield Row(*labels, f"Starlette, acknowledges {ANSWERS_PER_SECOND} a second", paced, "the median time", at_most(20))
    yield Row(*labels, "the same, one after the other", slower, "the median time")
    yield Row(*labels, "its own median", spread, "for 99 of 100", at_most(10))
    sequential_labels = ("answer: one after the other", "the whole bot", "Starlette, acknowledges only")
    yield Row(*sequential_labels, work, "the mean time")


@dataclass(frozen=True)
class Timings:
    """The timings of one round, in seconds."""

    acknowledgement: float
    paced_acknowledgement: float
    answers: list[float]  # at a pace
    answer: float  # one of those that come one after the other


async def _answer_timings(bot: RunningBot, port: int) -> list[Timings]:
    """Measure the bot, and the app at this port that only acknowledges, in turns."""
    async with open_clients(bot.port) as clients:
        await clients.at_pace(WARMUP_ANSWERS, ANSWERS_PER_SECOND)
        return [
            Timings(
                typical_latency(port),
                typical_latency(port, 1 / ANSWERS_PER_SECOND),
                await clients.at_pace(ANSWERS_PER_REPEAT, ANSWERS_PER_SECOND),
                await _one_by_one(clients),
            )
            for _ in range(ANSWER_REPEATS)
        ]


async def _one_by_one(clients: Clients) -> float:
    began = perf_counter()
    await clients.at_once(ANSWERS_PER_REPEAT, 1)
    return (perf_counter() - began) / ANSWERS_PER_REPEAT


# --------------------------------------------------------------------------------------------------------- plain words


class KeyTransport(httpx.AsyncBaseTransport):
    """A LaunchDarkly with so many keys."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        kind = max((name for name in KEY_COUNTS if name in request.url.path), key=request.url.path.index)
        offset, count = int(request.url.params["offset"]), KEY_COUNTS[kind]
        page = [
            {"key": f"{kind}-{n}", "name": f"Some {kind} {n}"} for n in range(offset, min(offset + PAGE_SIZE, count))
        ]
        return httpx.Response(200, json={"items": page, "totalCount": count})


def words_rows() -> Iterator[Row]:
    """Match sentences with all questions and thousands of keys, which are cached: the typical and the slowest."""
    seconds = sorted(asyncio.run(_matching_times()))
    for which, typical in (("typical", median(seconds)), ("slowest", seconds[-1])):
        labels = (
            f"words: {which} of {len(seconds)} sentences",
            f"{typical * 1000:.1f} ms",
            f"5 ms, {sum(KEY_COUNTS.values()):,} keys",
        )
        yield Row(*labels, typical / MAX_MATCHING_SECONDS, "the time", at_most(1))


def menus_rows() -> Iterator[Row]:
    """Search the keys of a menu, which are cached: the slowest of several texts."""
    items = (CatalogItem(key=f"team-{n % 40}-flag-{n}", name=f"Flag {n} of a team") for n in range(MENU_KEYS))
    keys = KeyList.of(Listing(tuple(items)))
    seconds = max(map(partial(_search_time, keys), ("", "flag", "flag-49", "team-7-flag-4o7", "nothing")))
    label, limit = f"menus: {MENU_KEYS:,} keys", f"{MAX_MATCHING_SECONDS * 1000:.0f} ms"
    yield Row(label, f"{seconds * 1000:.1f} ms", limit, seconds / MAX_MATCHING_SECONDS, "the time", at_most(1))


def _search_time(keys: KeyList, typed: str) -> float:
    """Return the shortest time."""
    seconds = []
    for _ in range(REPEATS):
        started_at = process_time()
        keys.search(typed)
        seconds.append(process_time() - started_at)
    return min(seconds)


async def _matching_times() -> list[float]:
    async with httpx.AsyncClient(base_url="https://app.launchdarkly.com", transport=KeyTransport()) as http:
        catalog = Catalog(LaunchDarkly(http, ClientLimits(), lambda: NOW))
        caller = Caller(UTC_ZONE, {"project": "projects-1", "env": "environments-1"})
        suggest = partial(
            suggest_questions, registry=build_registry(), caller=caller, catalog=catalog, today=NOW.date(), max_wait=60
        )
        return [await _matching_time(partial(suggest, one.sentence)) for one in read_examples("plain_words.txt")]


async def _matching_time(suggest: Callable[[], Awaitable[object]]) -> float:
    """Return the shortest time: what else runs on the machine makes the others longer."""
    seconds = []
    for _ in range(REPEATS):
        started_at = process_time()
        await suggest()
        seconds.append(process_time() - started_at)
    return min(seconds)


def memory_rows() -> Iterator[Row]:
    """Measure memory after garbage collection."""
    with fake_slack() as api, bot_process(api) as bot:
        some, many = asyncio.run(_memory(bot))
        outcomes = bot.state().outcomes
    assert outcomes == {"answered"}, f"some lines were not answered: {outcomes}"
    labels = (f"memory: {MANY_ANSWERS:,} answers", "the whole bot")
    yield Row(*labels, f"{SOME_ANSWERS:,} answers", many / some, "the memory", at_most(1.05))


async def _memory(bot: RunningBot) -> tuple[int, int]:
    async with open_clients(bot.port) as clients:
        await clients.at_once(SOME_ANSWERS, CLIENTS)
        some = bot.state().memory
        await clients.at_once(MANY_ANSWERS - SOME_ANSWERS, CLIENTS)
        return some, bot.state().memory
