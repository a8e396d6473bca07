"""The composition root: builds the whole bot from settings, and runs it once everything is built."""

import asyncio
import gc
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import httpx

from bot import questions
from bot.access import AccessRules
from bot.answers import Answers
from bot.cache import FetchCache
from bot.commands.recurrence_parser import read_trigger
from bot.commands.runner import SlackCommandRunner
from bot.core import Clock, open_answers
from bot.errors import InvalidSettings, Misconfigured
from bot.lines.parser import parse
from bot.metrics import Metrics
from bot.schedules.context import SchedulerContext, Timing
from bot.schedules.lifecycle import resume_after_reinstall
from bot.schedules.question_check import ImportRules, QuestionCheck
from bot.settings import Settings, parse_zone, try_read_settings
from bot.slack.announcer import Announcer
from bot.slack.block_fallback import BlockFallback
from bot.slack.client import SlackClients, connect
from bot.slack.directory import SlackDirectory
from bot.slack.form_modal import FormModal
from bot.slack.greeting import Greeter
from bot.slack.handler import Callers, ChannelEventHandler, InteractionHandler, LineHandler, SharingHandler
from bot.slack.health import Health
from bot.slack.home import AppHome
from bot.slack.home_view import HomeBuilder
from bot.slack.joining import ChannelJoiner
from bot.slack.listeners import Handlers
from bot.slack.menu_options import MenuOptions
from bot.slack.payloads import SharedDeduplicator
from bot.slack.publisher import SlackPublisher
from bot.slack.responder import Responders, ResponseUrls
from bot.slack.server import HealthCheck, WebApp, build_web_app, open_bolt_app, run_server
from bot.slack.ticket_modal import TicketModal
from bot.slack.unfurl import Unfurler
from bot.store.database_url import parse_database_url
from bot.store.sqlite_file import process_lock
from bot.store.store import Store, open_store

if TYPE_CHECKING:
    from bot.schedules.dbos_engine import Engine


@dataclass(frozen=True, repr=False)  # a million characters, which asyncio would write for each task that returns it
class Bot:
    """The whole bot, built but not listening yet."""

    settings: Settings
    now: Clock
    metrics: Metrics
    scheduler: SchedulerContext
    clients: SlackClients
    handlers: Handlers

    async def run(self, only: str | None = None) -> None:
        """Run until the process is told to stop: both Slack and schedules, or *only* the `web` or the `worker`."""
        engine = nullcontext() if only == "web" else run_engine(self.settings, self.now, self.scheduler)
        async with engine, self.open_web_app(serves_slack=only != "worker") as web_app:
            gc.collect()
            gc.freeze()  # a full collection that also scans what exists by now would block all answers for a while
            await run_server(web_app, self.settings)

    @asynccontextmanager
    async def open_web_app(self, *, serves_slack: bool = True) -> AsyncIterator[WebApp]:
        """Open the web app to serve, and in Socket Mode the socket. At the end, finish what is in progress."""
        settings = self.settings
        reachability = FetchCache(timedelta(seconds=settings.readiness_cache_seconds), self.now)
        checks: dict[str, HealthCheck] = {
            "store": self.scheduler.store.ready,
            "slack": partial(reachability.get_or_fetch, "slack", self.clients.is_reachable),
        }
        async with open_bolt_app(settings, self.clients, self.handlers, serves_slack=serves_slack) as bolt_app:
            yield build_web_app(bolt_app, settings.secret("slack_signing_secret"), checks, self.metrics)


async def run(settings: Settings, now: Clock, only: str | None = None) -> None:
    """Run the bot in Slack until the process is stopped."""
    async with build(settings, now) as bot:
        await bot.run(only)


@asynccontextmanager
async def build(
    settings: Settings, now: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Bot]:
    """Build everything from settings. A *transport* replaces the real LaunchDarkly."""
    metrics = Metrics()
    async with (
        connect(settings) as clients,
        open_store(settings.database_url) as store,
        open_answers(settings, now, transport, metrics, store.snapshots.list_since) as answers,
    ):
        fallback = BlockFallback(store, now, timedelta(seconds=settings.charts_retry_seconds))
        scheduler = _scheduler(settings, clients, store, answers, fallback, metrics)
        handlers = _handlers(settings, clients, scheduler, fallback, metrics)
        yield Bot(settings, now, metrics, scheduler, clients, handlers)


def _scheduler(
    settings: Settings, clients: SlackClients, store: Store, answers: Answers, fallback: BlockFallback, metrics: Metrics
) -> SchedulerContext:
    """Build what schedules and watches work with."""
    interval = settings.channel_message_interval_seconds
    return SchedulerContext(
        store=store,
        answers=answers,
        publisher=SlackPublisher(clients.post, clients.identity, fallback, interval),
        now=answers.now,
        team=clients.team,
        # On SQLite there is one process, which resumes its own runs after a restart.
        worker="alone" if settings.database_url.startswith("sqlite") else uuid.uuid4().hex,
        timing=_timing(settings),
        rules=AccessRules.from_settings(settings),
        on_run_closed=metrics.run_closed,
    )


def _timing(settings: Settings) -> Timing:
    return Timing(
        catch_up_window=timedelta(seconds=settings.catch_up_window_seconds),
        spread=timedelta(seconds=settings.schedule_jitter_seconds),
        lease=timedelta(seconds=settings.job_lease_seconds),
        worker_timeout=timedelta(seconds=settings.worker_timeout_seconds),
        confirm_window=timedelta(seconds=settings.post_confirm_seconds),
        watch_interval=timedelta(seconds=settings.watch_poll_seconds),
        max_alerts_per_hour=settings.max_watch_alerts_per_hour,
        initial_backoff=timedelta(seconds=settings.delivery_retry_base_seconds),
    )


def _handlers(
    settings: Settings, clients: SlackClients, scheduler: SchedulerContext, fallback: BlockFallback, metrics: Metrics
) -> Handlers:
    """Build what handles people's lines, buttons, modals and Homes, and what happens to channels."""
    response_urls = ResponseUrls(clients.session, settings.slack_api_url)
    store, rules = scheduler.store, scheduler.rules
    directory = SlackDirectory(clients.read, parse_zone(settings.time_zone), scheduler.now)
    answers = replace(scheduler.answers, commands=SlackCommandRunner(scheduler, directory))
    greeter = Greeter(scheduler, directory.default_zone, settings.defaults, settings.greeting_delay_seconds)
    callers = Callers(scheduler.team, rules, directory, store, settings.defaults)
    forms = FormModal(clients.reply, scheduler, answers, directory, callers.resolve)
    lines = LineHandler(answers, directory, Announcer(answers, scheduler))
    responders = Responders(clients, response_urls, fallback, metrics, settings.progress_notice_seconds)
    dedup = SharedDeduplicator(store, scheduler.now)
    health = Health(answers.launchdarkly, scheduler, settings.defaults)
    builder = HomeBuilder(scheduler, directory, health, settings.as_set("admin_users"), settings.defaults)
    home = AppHome(clients.reply, callers, lines, forms, responders, builder, dedup)
    interactions = InteractionHandler(
        callers=callers,
        lines=lines,
        sharing=SharingHandler(lines),
        form_modal=forms,
        ticket_modal=TicketModal(clients.reply, answers),
        joiner=ChannelJoiner(clients.reply),
        responders=responders,
        metrics=metrics,
        dedup=dedup,
        greeter=greeter,
        refresh_home=home.refresh,
    )
    return Handlers(
        handle_interaction=interactions.handle,
        handle_home=home.handle,
        handle_channel_event=ChannelEventHandler(scheduler, greeter).handle,
        handle_links=Unfurler(settings.unfurl_host, scheduler.answers, callers, clients.reply, dedup).handle,
        submit_modal=forms.submit,
        act_in_modal=forms.act,
        suggest_options=MenuOptions(answers.launchdarkly, rules, scheduler.team, scheduler.now).suggest,
    )


@asynccontextmanager
async def run_engine(settings: Settings, now: Clock, scheduler: SchedulerContext) -> AsyncIterator[None]:
    """Run the engine within the context: it does what is due."""
    async with open_locked_engine(settings, now, scheduler) as engine:
        dispatch_task = asyncio.create_task(engine.dispatch_forever(settings.scheduler_poll_seconds))
        try:
            yield
        finally:
            dispatch_task.cancel()


@asynccontextmanager
async def open_locked_engine(settings: Settings, clock: Clock, scheduler: SchedulerContext) -> AsyncIterator["Engine"]:
    """Open the engine, which starts no work by itself, under the lock that allows one engine on a SQLite file.

    The engine's *clock* is the real one, even if the scheduler has another time.
    """
    from bot.schedules import dbos_engine  # noqa: PLC0415 - a process that only serves Slack does without it

    database = parse_database_url(settings.database_url)
    limits = dbos_engine.EngineConfig(
        settings.queue_poll_seconds,
        settings.max_concurrent_deliveries,
        settings.max_deliveries_per_minute,
        settings.shutdown_grace_seconds,
    )
    async with process_lock(database, settings.sqlite_lock_timeout_seconds):
        await resume_after_reinstall(scheduler)
        async with dbos_engine.open_engine(database.plain_url, scheduler, limits, clock) as engine:
            yield engine


def load_run_settings(only: str | None = None) -> Settings:
    """Read the settings that the bot in Slack needs; raise once for all that are missing or wrong."""
    settings, invalid = try_read_settings()
    problems = settings.missing(serves_slack=only != "worker") | invalid
    if problems:
        try:
            parse_database_url(settings.database_url)
        except Misconfigured as problem:
            problems["database_url"] = problem
        raise InvalidSettings(problems.values())
    return settings


@asynccontextmanager
async def open_import_rules(
    settings: Settings, now: Clock, progress: Callable[[int, int], None]
) -> AsyncIterator[ImportRules]:
    """Open the checks that imported schedules must pass. Without a token, LaunchDarkly isn't asked."""
    parse_question = partial(parse, registry=questions.discover())
    rules = ImportRules(parse_question, read_trigger, AccessRules.from_settings(settings), None, progress)
    if settings.launchdarkly_access_token is None:
        yield rules
        return
    async with open_answers(settings, now) as answers:
        yield replace(rules, question_check=QuestionCheck(answers, now))
