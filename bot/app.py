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
from bot.settings import Settings, missing_setting, validate_settings

if TYPE_CHECKING:
    import httpx

    from bot.answers import Answers
    from bot.launchdarkly import LaunchDarkly, Observer
    from bot.lines.spec import AnySpec
    from bot.sandbox.launchdarkly.faults import FaultInjector
    from bot.schedules.context import SchedulerContext
    from bot.schedules.dbos_engine import Engine
    from bot.schedules.schedule_import import ImportRules
    from bot.store.store import Store

Clock = Callable[[], datetime]

# Where rich is installed httpx loads it, for a command line of its own that nobody needs here: six megabytes, for ever.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # which is how Python is told that it is not there


def build_registry() -> "dict[str, AnySpec]":
    """All that can be typed: the questions, then the orders."""
    from bot import commands, questions

    return {**questions.discover(), **commands.discover()}


@asynccontextmanager
async def open_answers(
    settings: Settings,
    now: Clock,
    transport: "httpx.AsyncBaseTransport | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[Answers]":
    """Everything that answers questions.

    The *transport* is where another LaunchDarkly than the real one is plugged in.
    """
    from bot.answers import Answers
    from bot.launchdarkly import AppUrls
    from bot.messages.renderer import Renderer, open_bytecode_cache
    from bot.questions.base import QuestionContext

    async with open_launchdarkly(settings, now, transport, observer) as launchdarkly:
        urls = AppUrls(settings.launchdarkly_api_host)
        yield Answers(
            build_registry(),
            Renderer(cache=open_bytecode_cache()),
            lambda zone: QuestionContext(launchdarkly, urls, now(), zone),
        )


@asynccontextmanager
async def open_import_rules(
    settings: Settings, now: Clock, progress: Callable[[int, int], None]
) -> "AsyncIterator[ImportRules]":
    """What the schedules of a file have to pass. Without a token LaunchDarkly isn't asked."""
    from bot import questions
    from bot.lines.parser import parse
    from bot.schedules.question_check import QuestionCheck
    from bot.schedules.schedule_import import ImportRules
    from bot.slack.access import AccessRules

    access_rules = AccessRules.from_settings(settings)
    rules = ImportRules(
        partial(parse, registry=questions.discover()),
        access_rules.authorize,
        access_rules.allows_channel,
        None,
        progress,
    )
    if settings.launchdarkly_access_token is None:
        yield rules
        return
    async with open_answers(settings, now) as answers:
        yield replace(
            rules, question_check=QuestionCheck(answers, access_rules.authorize, access_rules.allows_project, now)
        )


@asynccontextmanager
async def open_launchdarkly(
    settings: Settings,
    now: Clock,
    transport: "httpx.AsyncBaseTransport | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[LaunchDarkly]":
    """LaunchDarkly, asked with the token of the settings."""
    import httpx

    from bot.launchdarkly import ClientLimits, LaunchDarkly

    if settings.launchdarkly_access_token is None:
        raise missing_setting("launchdarkly_access_token")
    limits = ClientLimits(
        settings.connect_seconds,
        settings.read_seconds,
        settings.answer_seconds,
        first_retry_wait=settings.again_seconds,
        cache_seconds=settings.remembered_seconds,
    )
    async with httpx.AsyncClient(
        base_url=settings.launchdarkly_api_host,
        headers={"Authorization": settings.launchdarkly_access_token.get_secret_value()},  # without `Bearer`
        timeout=limits.timeout,
        transport=transport,
        follow_redirects=False,
    ) as http:
        yield LaunchDarkly(http, limits, now, observer)


def use_sandbox(
    settings: Settings, now: Clock, faults: "FaultInjector | None" = None
) -> "tuple[Settings, httpx.AsyncBaseTransport]":
    """The settings and the transport with which the embedded LaunchDarkly answers, in this weather."""
    import httpx

    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly

    sandbox_settings = settings.model_copy(update={"launchdarkly_access_token": SecretStr(TOKEN)})
    return sandbox_settings, httpx.ASGITransport(launchdarkly(now, faults=faults))


@asynccontextmanager
async def serve_sandbox(now: Clock, port: int) -> AsyncIterator[tuple[str, str]]:
    """The embedded LaunchDarkly for other programs of this machine: its address, and the token that it takes."""
    from bot.sandbox.http_server import serving
    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly

    async with serving(launchdarkly(now), port) as url:
        yield url, TOKEN


def load_run_settings(only: str | None = None) -> Settings:
    """The settings that the bot in Slack runs with; all that are missing or wrong end it at once."""
    settings, invalid = validate_settings()
    problems = settings.missing(serves_slack=only != "worker") | invalid
    if problems:
        from bot.store.database_url import parse_database_url  # a start that nothing hinders comes to it soon enough

        try:
            parse_database_url(settings.database_url)
        except Misconfigured as problem:
            problems["database_url"] = problem
        raise InvalidSettings(problems.values())
    return settings


async def run(settings: Settings, now: Clock, only: str | None = None) -> None:
    """The bot in Slack, until the process is told to end. Invented numbers never reach a workspace."""
    from bot import slack
    from bot.metrics import Metrics

    metrics = Metrics()
    dependencies = slack.Dependencies(
        settings,
        metrics,
        now,
        open_answers=partial(open_answers_and_store, settings, now, observer=metrics),
        start_scheduler=no_scheduler if only == "web" else partial(run_scheduler, settings, now),
        serves_slack=only != "worker",
    )
    await slack.run(dependencies)


@asynccontextmanager
async def open_answers_and_store(
    settings: Settings,
    now: Clock,
    transport: "httpx.AsyncBaseTransport | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[tuple[Answers, Store]]":
    """Everything that answers in Slack. Its imports take as long as the start before them; Slack is heard meanwhile."""
    await asyncio.to_thread(_preload_modules)
    from bot.store import store

    async with (
        open_answers(settings, now, transport, observer) as answers,
        store.open_store(settings.database_url) as opened_store,
    ):
        yield answers, opened_store


@asynccontextmanager
async def run_scheduler(settings: Settings, now: Clock, ctx: "SchedulerContext") -> AsyncIterator[Callable[[], None]]:
    """What works by the clock, at work; it gives what wakes it when there is something to do at once."""
    async with open_engine(settings, now, ctx) as running_engine:
        dispatch_task = asyncio.create_task(running_engine.dispatch_forever(settings.look_seconds))
        try:
            yield running_engine.wake
        finally:
            dispatch_task.cancel()


@asynccontextmanager
async def open_engine(settings: Settings, clock: Clock, ctx: "SchedulerContext") -> "AsyncIterator[Engine]":
    """The engine, which begins nothing by itself. Its *clock* is the real one, whatever time the scheduler has.

    A SQLite file has one process with an engine."""
    dbos_engine = await asyncio.to_thread(import_module, "bot.schedules.dbos_engine")
    from bot.schedules.run_lifecycle import resume_after_reinstall
    from bot.store.database_url import parse_database_url
    from bot.store.process_lock import process_lock

    database = parse_database_url(settings.database_url)
    queue_limits = dbos_engine.EngineConfig(
        settings.queue_seconds, settings.deliveries_at_once, settings.deliveries_per_minute, settings.drain_seconds
    )
    async with process_lock(database, settings.lock_wait_seconds):
        await resume_after_reinstall(ctx)
        async with dbos_engine.open_engine(database.plain_url, ctx, queue_limits, clock) as running_engine:
            yield running_engine


@asynccontextmanager
async def no_scheduler(_: "SchedulerContext") -> AsyncIterator[Callable[[], None]]:
    """Another process works by the clock, and looks by itself what there is to do."""
    yield lambda: None


def _preload_modules() -> None:
    for module in ("bot.store.store", "bot.slack.wiring"):  # between them they know all others
        import_module(module)
    build_registry()
