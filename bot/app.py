"""The composition root: the only place where components are created, from settings.

Each function imports what it creates. So a question at the command line loads neither Slack nor the store, and the bot
in Slack listens before everything else is loaded.
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
from bot.settings import Settings, missing_setting, try_read_settings

if TYPE_CHECKING:
    import httpx

    from bot.answers import Answers
    from bot.launchdarkly import LaunchDarkly, Observer
    from bot.lines.spec import AnySpec
    from bot.sandbox.launchdarkly.faults import FaultInjector
    from bot.schedules.context import SchedulerContext
    from bot.schedules.dbos_engine import Engine
    from bot.schedules.import_export import ImportRules
    from bot.store.store import Store

Clock = Callable[[], datetime]

# If rich is installed, httpx loads it for its own command line, which costs six megabytes. None blocks that import.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


def build_registry() -> "dict[str, AnySpec]":
    """Return all questions, then all commands, by name."""
    from bot import commands, questions

    return {**questions.discover(), **commands.discover()}


@asynccontextmanager
async def open_answers(
    settings: Settings,
    now: Clock,
    transport: "httpx.AsyncBaseTransport | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[Answers]":
    """Open everything that answers questions. A *transport* replaces the real LaunchDarkly."""
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
    """Open the checks that imported schedules must pass. Without a token, LaunchDarkly isn't asked."""
    from bot import questions
    from bot.lines.parser import parse
    from bot.schedules.import_export import ImportRules
    from bot.schedules.question_check import QuestionCheck
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
    """Open a client for LaunchDarkly with the token from the settings."""
    import httpx

    from bot.launchdarkly import ClientLimits, LaunchDarkly

    if settings.launchdarkly_access_token is None:
        raise missing_setting("launchdarkly_access_token")
    limits = ClientLimits(
        settings.launchdarkly_connect_timeout_seconds,
        settings.launchdarkly_read_timeout_seconds,
        settings.answer_timeout_seconds,
        first_retry_wait=settings.launchdarkly_retry_base_seconds,
        cache_seconds=settings.launchdarkly_cache_seconds,
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
    """Return the settings and the transport that make the sandbox LaunchDarkly answer, with these faults."""
    import httpx

    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly

    sandbox_settings = settings.model_copy(update={"launchdarkly_access_token": SecretStr(TOKEN)})
    return sandbox_settings, httpx.ASGITransport(launchdarkly(now, faults=faults))


@asynccontextmanager
async def serve_sandbox(now: Clock, port: int) -> AsyncIterator[tuple[str, str]]:
    """Serve the sandbox LaunchDarkly to other programs on this machine; yield its address and its token."""
    from bot.sandbox.http_server import serving
    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly

    async with serving(launchdarkly(now), port) as url:
        yield url, TOKEN


def load_run_settings(only: str | None = None) -> Settings:
    """Read the settings that the bot in Slack needs; raise once for all that are missing or wrong."""
    settings, invalid = try_read_settings()
    problems = settings.missing(serves_slack=only != "worker") | invalid
    if problems:
        from bot.store.database_url import (
            parse_database_url,
        )  # only needed here: a start without problems parses it later

        try:
            parse_database_url(settings.database_url)
        except Misconfigured as problem:
            problems["database_url"] = problem
        raise InvalidSettings(problems.values())
    return settings


async def run(settings: Settings, now: Clock, only: str | None = None) -> None:
    """Run the bot in Slack until the process is stopped. The sandbox's numbers never reach a workspace."""
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
    """Open everything that answers in Slack.

    The imports take as long as the startup before them, so they run in a thread while Slack's requests arrive.
    """
    await asyncio.to_thread(_preload_modules)
    from bot.store import store

    async with (
        open_answers(settings, now, transport, observer) as answers,
        store.open_store(settings.database_url) as opened_store,
    ):
        yield answers, opened_store


@asynccontextmanager
async def run_scheduler(settings: Settings, now: Clock, ctx: "SchedulerContext") -> AsyncIterator[Callable[[], None]]:
    """Run the scheduler; yield a callback that wakes it."""
    async with open_engine(settings, now, ctx) as running_engine:
        dispatch_task = asyncio.create_task(running_engine.dispatch_forever(settings.scheduler_poll_seconds))
        try:
            yield running_engine.wake
        finally:
            dispatch_task.cancel()


@asynccontextmanager
async def open_engine(settings: Settings, clock: Clock, ctx: "SchedulerContext") -> "AsyncIterator[Engine]":
    """Open the engine, which starts no work by itself. A SQLite file allows one process with an engine.

    The engine's *clock* is the real one, even if *ctx* has another time.
    """
    dbos_engine = await asyncio.to_thread(import_module, "bot.schedules.dbos_engine")
    from bot.schedules.channel_lifecycle import resume_after_reinstall
    from bot.store.database_url import parse_database_url
    from bot.store.sqlite import process_lock

    database = parse_database_url(settings.database_url)
    queue_limits = dbos_engine.EngineConfig(
        settings.queue_poll_seconds,
        settings.max_concurrent_deliveries,
        settings.max_deliveries_per_minute,
        settings.shutdown_grace_seconds,
    )
    async with process_lock(database, settings.sqlite_lock_timeout_seconds):
        await resume_after_reinstall(ctx)
        async with dbos_engine.open_engine(database.plain_url, ctx, queue_limits, clock) as running_engine:
            yield running_engine


@asynccontextmanager
async def no_scheduler(_: "SchedulerContext") -> AsyncIterator[Callable[[], None]]:
    """Run no scheduler: another process does, and polls for work by itself."""
    yield lambda: None


def _preload_modules() -> None:
    for module in ("bot.store.store", "bot.slack.wiring"):  # these two import all others
        import_module(module)
    build_registry()
