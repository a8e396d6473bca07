"""The running demo, as the page uses it: the bot in a sandbox workspace, its clock, faults and questions; its end."""

import asyncio
import logging
import signal
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from bot.app import Bot, build
from bot.core import Clock, build_registry, use_sandbox
from bot.demo.driver import DemoClock, SchedulerDriver, running_driver
from bot.demo.fault_presets import NO_FAULT, DemoFaultInjector, FaultPresets
from bot.demo.time_controls import LiveControls, RunReport, TimeControls
from bot.errors import Misconfigured
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Acknowledgement, Message, Slack
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.sandbox.web.demo_controls import TourStep
from bot.settings import Settings, missing_setting
from bot.slack.responder import DONE_NOTICE, PROGRESS_NOTICE

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
RELEASES_CHANNEL, LEADS_CHANNEL = "C10", "C2"
ANSWER_TIMEOUT_SECONDS = 30.0  # no answer takes this long
HISTORY_LENGTH = timedelta(days=8)  # so that it always includes a Monday
SANDBOX_NOTICE = "Data comes from a built-in LaunchDarkly simulator."
LIVE_NOTICE = (
    "Data comes from {host}, with your token; only Slack is simulated. "
    "Start with /insights use <project>/<environment>. Time travel needs the simulator."
)
NO_BROWSER_HINT = "Use --serve and open the page elsewhere, or ask here: insights-bot ask …"
# No waiting in the demo, and no limits that are meant for a real workspace.
IMMEDIATE_SETTINGS: Mapping[str, object] = {
    "schedule_jitter_seconds": 0.0,
    "channel_message_interval_seconds": 0.0,
    "queue_poll_seconds": 0.2,  # at 0.05 the idle demo takes a fifth of a CPU
    "scheduler_poll_seconds": 1.0,
    "shutdown_grace_seconds": 0.0,
    "launchdarkly_cache_seconds": 0.0,
    "max_deliveries_per_minute": 100_000,
    "charts_retry_seconds": 0.0,  # the workspace may be switched at any moment
    "allowed_channels": "",
    "allowed_users": "",
    "allowed_schedule_managers": "",
}
# The sandbox LaunchDarkly has its own projects, and allows immediate retries.
SANDBOX_SETTINGS: Mapping[str, object] = {
    "allowed_projects": "",
    "default_project": "",
    "unfurl_host": "app.launchdarkly.com",
    "launchdarkly_retry_base_seconds": 0.0,
}
QUESTION_LINE = "/insights scores web/production"
TOUR = (
    TourStep("Ask", "How are our releases doing? Only you see the answer.", line=QUESTION_LINE),
    TourStep(
        "Schedule",
        "Post the flags to clean up in this channel, every Monday at 9:00.",
        line="/insights every monday 9:00 cleanup web/production",
    ),
    TourStep("Jump to Monday", "Move the clock to the next scheduled posts, and read them.", skips=True),
    TourStep(
        "Break LaunchDarkly",
        "Take it down and ask again. Then repair it with the same button.",
        fault="down",
        repair="Repair LaunchDarkly",
        line=QUESTION_LINE,
    ),
)

Resource = TypeVar("Resource")


@dataclass
class Demo:
    """A running demo. It implements the page's `DemoControls`."""

    slack: Slack
    clock: DemoClock
    time_controls: TimeControls | LiveControls
    faults: FaultPresets
    retry_now: Callable[[], Awaitable[None]]
    notice: str
    is_live: bool
    home_channel: str = RELEASES_CHANNEL

    @property
    def tour(self) -> Sequence[TourStep]:
        return () if self.is_live else TOUR

    def now(self) -> datetime:
        return self.clock()

    @property
    def fault_presets(self) -> Mapping[str, Mapping[str, str]]:
        return self.faults.choices

    @property
    def selected_faults(self) -> Mapping[str, str]:
        return self.faults.selected

    async def select_fault(self, service: str, name: str) -> None:
        """Select a fault. Selecting none retries at once what has failed."""
        self.faults.select(service, name)
        if name == NO_FAULT:
            await self.retry_now()

    def skip_to_next_run(self) -> AsyncGenerator[str, None]:
        return self.time_controls.skip_to_next_run()

    def skip_week(self) -> AsyncGenerator[str, None]:
        return self.time_controls.skip_week()

    def questions(self) -> Sequence[Mapping[str, Any]]:
        specs = (spec for spec in build_registry().values() if spec.is_question)
        return [{"name": spec.name, "summary": spec.summary, "example": spec.examples[0]} for spec in specs]


@asynccontextmanager
async def sandbox_demo(settings: Settings, real_clock: Clock, starts_at: datetime | None = None) -> AsyncIterator[Demo]:
    """Run the demo with the sandbox LaunchDarkly, starting now or at *starts_at*.

    One channel already has last Monday's digest, and another has a watch.
    """
    starts_at = starts_at or real_clock()
    clock = DemoClock(real_clock, behind=real_clock() - starts_at + HISTORY_LENGTH)
    faults = DemoFaultInjector(clock=clock)
    demo_settings, transport = use_sandbox(settings.model_copy(update=SANDBOX_SETTINGS), clock, faults)
    async with _running_demo(demo_settings, real_clock, clock, transport) as (slack, driver, report):
        time_controls = TimeControls(driver, report)
        await _play_history(slack, time_controls, starts_at)
        yield Demo(
            slack,
            clock,
            time_controls,
            FaultPresets(faults, slack.faults),
            driver.retry_now,
            SANDBOX_NOTICE,
            is_live=False,
        )


def live_demo(settings: Settings, real_clock: Clock, *, interactive: bool = True) -> AbstractAsyncContextManager[Demo]:
    """Run the demo with the real LaunchDarkly and the token of the settings; only Slack is the sandbox's.

    It must be *interactive*: only a person knows which projects to ask about.
    """
    if settings.launchdarkly_access_token is None:
        raise missing_setting("launchdarkly_access_token")
    if not interactive:
        raise Misconfigured("No browser found.", NO_BROWSER_HINT)
    return _live_demo(settings, real_clock)


@asynccontextmanager
async def _live_demo(settings: Settings, real_clock: Clock) -> AsyncIterator[Demo]:
    notice, clock = LIVE_NOTICE.format(host=settings.launchdarkly_api_host), DemoClock(real_clock)
    async with _running_demo(settings, real_clock, clock, None) as (slack, driver, report):
        yield Demo(
            slack,
            clock,
            LiveControls(driver, report),
            FaultPresets(None, slack.faults),
            driver.retry_now,
            notice,
            is_live=True,
        )


@asynccontextmanager
async def _running_demo(
    settings: Settings, real_clock: Clock, clock: DemoClock, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator[tuple[Slack, SchedulerDriver, RunReport]]:
    """Run the bot on a temporary database."""
    slack = Slack(clock, signing_clock=real_clock)
    with tempfile.TemporaryDirectory(prefix="insights-bot-") as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        async with slack.serving() as api:
            bot_settings = sandbox_settings(
                settings.model_copy(update={**IMMEDIATE_SETTINGS, "database_url": database}), api
            )
            async with (
                running_bot(slack, bot_settings, clock, transport, database) as bot,
                running_driver(bot_settings, real_clock, clock, bot.scheduler) as driver,
            ):
                yield slack, driver, RunReport(driver.ctx.store, slack)


def sandbox_settings(settings: Settings, api: str, *, socket: bool = False) -> Settings:
    """Return the settings of a bot in the sandbox workspace."""
    tokens: dict[str, object] = {
        "slack_bot_token": SecretStr(BOT_TOKEN),
        "slack_signing_secret": SecretStr(SIGNING_SECRET),
        "slack_app_token": SecretStr(APP_TOKEN) if socket else None,
        "slack_api_url": api,
    }
    return settings.model_copy(update=tokens)


@asynccontextmanager
async def running_bot(
    workspace: Slack,
    settings: Settings,
    now: Clock,
    transport: httpx.AsyncBaseTransport | None,
    database: str = "",
) -> AsyncIterator[Bot]:
    """Run the bot, without its scheduler, in a workspace that is already being served.

    Without a *transport*, it calls the real LaunchDarkly.
    """
    with tempfile.TemporaryDirectory() as folder:
        bot_settings = settings.model_copy(update={"database_url": database or f"sqlite:///{Path(folder) / 'bot.db'}"})
        async with build(bot_settings, now, transport) as bot, bot.open_web_app() as web_app, serving(web_app) as url:
            workspace.request_url = f"{url}/slack/events"
            yield bot


async def type_line(workspace: Slack, line: str, channel: str) -> Message:
    """Type a line and return its answer."""
    return await wait_for_answer(workspace, await workspace.type(f"/insights {line}".strip(), channel=channel))


async def wait_for_answer(workspace: Slack, acknowledgement: Acknowledgement) -> Message:
    return await workspace.answer(acknowledgement, is_answer, ANSWER_TIMEOUT_SECONDS)


def is_answer(message: Message) -> bool:
    """Return whether a response is the answer, and not the progress notice or what takes its place."""
    return message.text not in (PROGRESS_NOTICE.text, DONE_NOTICE.text)


async def _play_history(slack: Slack, time_controls: TimeControls, now: datetime) -> None:
    """Schedule a digest some days ago and play it up to now; then start a watch, and let it observe once."""
    await _submit(slack, RELEASES_CHANNEL, "use web/production", "every monday 9:00 digest")
    async for _ in time_controls.play_until(now):
        pass
    await _submit(slack, LEADS_CHANNEL, "watch on events web/production")
    await time_controls.advance_to(now)  # the first observation posts no alert
    slack.ephemeral.clear()  # what only one person saw days ago is gone


async def _submit(slack: Slack, channel: str, *lines: str) -> None:
    for line in lines:
        await type_line(slack, line, channel)


@asynccontextmanager
async def cancelled_by_signal(manager: AbstractAsyncContextManager[Resource]) -> AsyncIterator[Resource]:
    """Enter *manager* for the block; Ctrl-C, SIGTERM or a closed terminal cancels the block, or the setup before it.

    Work in progress is abandoned then, so logging is switched off: its errors would only confuse.
    """
    _cancel_on_signal(asyncio.current_task())
    async with manager as resource:
        try:
            yield resource
        finally:
            logging.disable()


def _cancel_on_signal(task: "asyncio.Task[object] | None") -> None:
    is_cancelled = False

    def cancel() -> None:
        nonlocal is_cancelled
        logging.disable()
        if task and not is_cancelled:  # a second signal must not cancel the shutdown
            is_cancelled = task.cancel()

    with suppress(NotImplementedError):  # on Windows, Ctrl-C still works
        for name in STOP_SIGNALS:
            if signum := getattr(signal, name, None):
                asyncio.get_running_loop().add_signal_handler(signum, cancel)
