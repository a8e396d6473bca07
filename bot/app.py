"""The composition root: the only place where things are made, from settings.

Each function imports what it makes. So a question at the command line does without Slack and the store, and the bot in
Slack listens before all else is there.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.errors import InvalidSettings, Misconfigured
from bot.settings import Settings, try_settings, unset

if TYPE_CHECKING:
    import httpx

    from bot.answers import Answers
    from bot.launchdarkly import LaunchDarkly, Observer
    from bot.lines.spec import AnySpoken
    from bot.sandbox.launchdarkly.faults import Weather
    from bot.schedules.context import Rounds
    from bot.schedules.dbos_engine import Engine
    from bot.schedules.schedule_import import Rules
    from bot.store.store import Store

Clock = Callable[[], datetime]

# Where rich is installed httpx loads it, for a command line of its own that nobody needs here: six megabytes, for ever.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # which is how Python is told that it is not there


def register() -> "dict[str, AnySpoken]":
    """All that can be typed: the questions, then the orders."""
    from bot import commands, questions

    return {**questions.discover(), **commands.discover()}


@asynccontextmanager
async def opened(
    settings: Settings,
    now: Clock,
    transport: "httpx.AsyncBaseTransport | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[Answers]":
    """Everything that answers questions.

    The *transport* is where another LaunchDarkly than the real one is plugged in.
    """
    from bot.answers import Answers
    from bot.launchdarkly import Pages
    from bot.messages.renderer import Renderer, compiled
    from bot.questions.base import Ask

    async with connected(settings, now, transport, observer) as launchdarkly:
        pages = Pages(settings.launchdarkly_api_host)
        yield Answers(register(), Renderer(cache=compiled()), lambda zone: Ask(launchdarkly, pages, now(), zone))


@asynccontextmanager
async def import_rules(settings: Settings, now: Clock, progress: Callable[[int, int], None]) -> "AsyncIterator[Rules]":
    """What the schedules of a file have to pass. Without a token LaunchDarkly isn't asked."""
    from bot import questions
    from bot.lines.parser import parse
    from bot.schedules.question_check import QuestionCheck
    from bot.schedules.schedule_import import Rules
    from bot.slack.users import Allowed

    allowed = Allowed.of(settings)
    rules = Rules(partial(parse, register=questions.discover()), allowed.may, allowed.speaks_in, None, progress)
    if settings.launchdarkly_access_token is None:
        yield rules
        return
    async with opened(settings, now) as answers:
        yield replace(rules, check=QuestionCheck(answers, allowed.may, allowed.allows, now))


@asynccontextmanager
async def connected(
    settings: Settings,
    now: Clock,
    transport: "httpx.AsyncBaseTransport | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[LaunchDarkly]":
    """LaunchDarkly, asked with the token of the settings."""
    import httpx

    from bot.launchdarkly import LaunchDarkly, Limits

    if settings.launchdarkly_access_token is None:
        raise unset("launchdarkly_access_token")
    limits = Limits(
        settings.connect_seconds,
        settings.read_seconds,
        settings.answer_seconds,
        again=settings.again_seconds,
        remembered=settings.remembered_seconds,
    )
    async with httpx.AsyncClient(
        base_url=settings.launchdarkly_api_host,
        headers={"Authorization": settings.launchdarkly_access_token.get_secret_value()},  # without `Bearer`
        timeout=limits.timeout,
        transport=transport,
        follow_redirects=False,
    ) as http:
        yield LaunchDarkly(http, limits, now, observer)


def sandboxed(
    settings: Settings, now: Clock, weather: "Weather | None" = None
) -> "tuple[Settings, httpx.AsyncBaseTransport]":
    """The settings and the transport with which the embedded LaunchDarkly answers, in this weather."""
    import httpx

    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly

    chosen = settings.model_copy(update={"launchdarkly_access_token": SecretStr(TOKEN)})
    return chosen, httpx.ASGITransport(launchdarkly(now, weather=weather))


@asynccontextmanager
async def served_sandbox(now: Clock, port: int) -> AsyncIterator[tuple[str, str]]:
    """The embedded LaunchDarkly for other programs of this machine: its address, and the token that it takes."""
    from bot.sandbox.http_server import serving
    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly

    async with serving(launchdarkly(now), port) as url:
        yield url, TOKEN


def settings_to_run(only: str | None = None) -> Settings:
    """The settings that the bot in Slack runs with; all that are missing or wrong end it at once."""
    settings, wrong = try_settings()
    problems = settings.missing(hears=only != "worker") | wrong
    if problems:
        from bot.store.database_url import address  # a start that nothing hinders comes to it soon enough

        try:
            address(settings.database_url)
        except Misconfigured as problem:
            problems["database_url"] = problem
        raise InvalidSettings(problems.values())
    return settings


async def run(settings: Settings, now: Clock, only: str | None = None) -> None:
    """The bot in Slack, until the process is told to end. Invented numbers never reach a workspace."""
    from bot import slack
    from bot.metrics import Metrics

    metrics = Metrics()
    parts = slack.Parts(
        settings,
        metrics,
        now,
        answering=partial(answering, settings, now, observer=metrics),
        by_the_clock=nobody if only == "web" else partial(by_the_clock, settings, now),
        hears=only != "worker",
    )
    await slack.run(parts)


@asynccontextmanager
async def answering(
    settings: Settings,
    now: Clock,
    transport: "httpx.AsyncBaseTransport | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[tuple[Answers, Store]]":
    """Everything that answers in Slack. Its imports take as long as the start before them; Slack is heard meanwhile."""
    await asyncio.to_thread(_import)
    from bot.store import store

    async with opened(settings, now, transport, observer) as answers, store.opened(settings.database_url) as kept:
        yield answers, kept


@asynccontextmanager
async def by_the_clock(settings: Settings, now: Clock, rounds: "Rounds") -> AsyncIterator[Callable[[], None]]:
    """What works by the clock, at work; it gives what wakes it when there is something to do at once."""
    async with engine(settings, now, rounds) as working:
        looking = asyncio.create_task(working.keep_dispatching(settings.look_seconds))
        try:
            yield working.wake
        finally:
            looking.cancel()


@asynccontextmanager
async def engine(settings: Settings, clock: Clock, rounds: "Rounds") -> "AsyncIterator[Engine]":
    """The engine, which begins nothing by itself. Its *clock* is the real one, whatever time the *rounds* have.

    A SQLite file has one process with an engine."""
    room = await asyncio.to_thread(import_module, "bot.schedules.dbos_engine")
    from bot.schedules.run_lifecycle import start_again
    from bot.store.database_url import address
    from bot.store.process_lock import process_lock

    database = address(settings.database_url)
    pace = room.Pace(
        settings.queue_seconds, settings.deliveries_at_once, settings.deliveries_per_minute, settings.drain_seconds
    )
    async with process_lock(database, settings.lock_wait_seconds):
        await start_again(rounds)
        async with room.opened(database.plain, rounds, pace, clock) as working:
            yield working


@asynccontextmanager
async def nobody(_: "Rounds") -> AsyncIterator[Callable[[], None]]:
    """Another process works by the clock, and looks by itself what there is to do."""
    yield lambda: None


def _import() -> None:
    for room in ("bot.store.store", "bot.slack.wiring"):  # between them they know all others
        import_module(room)
    register()
