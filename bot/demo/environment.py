"""All of the demo together, as the page wants it: the bot at work, its clock, the weather, and what has happened."""

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bot.app import Clock, sandboxed
from bot.demo.clock import Time
from bot.demo.completions import completions
from bot.demo.driver import Beat, beating
from bot.demo.fault_presets import FAIR, OnTheWay, Weathers
from bot.demo.harness import at_home, working
from bot.demo.live_controls import AtOnce
from bot.demo.report import Told
from bot.demo.time_controls import Travel
from bot.demo.typing_client import said
from bot.errors import Misconfigured
from bot.sandbox.launchdarkly.company import harbour_goods
from bot.sandbox.slack import Slack
from bot.schedules.context import Rounds
from bot.settings import Settings, unset

RELEASES, LEADS = "C10", "C2"
LONG_AGO = timedelta(days=8)  # a Monday lies between
INVENTED = "The embedded LaunchDarkly answers, with invented numbers."
REAL = (
    "{host} answers, with your token; only Slack is embedded. Begin with /insights use <project>/<environment>. "
    "Time cannot be moved there: next slot sends at once what is due next."
)
WITHOUT_A_BROWSER = "Add --serve, and open its page elsewhere; or ask a line here: insights-bot ask …"
# Who tries it out does not want to wait, and is not kept out by settings that are meant for a workspace.
AT_ONCE: Mapping[str, object] = {
    "spread_seconds": 0.0,
    "gap_seconds": 0.0,
    "queue_seconds": 0.05,  # at 0.01 the engine, with nothing to do, takes a third of a processor
    "look_seconds": 1.0,
    "drain_seconds": 0.0,
    "remembered_seconds": 0.0,
    "deliveries_per_minute": 100_000,
    "charts_seconds": 0.0,  # the workspace may be switched at any moment
    "allowed_channels": "",
    "allowed_users": "",
    "allowed_schedulers": "",
}
# The embedded LaunchDarkly has projects of its own, and minds nobody who asks again at once.
EMBEDDED: Mapping[str, object] = {"allowed_projects": "", "default_place": "", "again_seconds": 0.0}


@dataclass
class Demo:
    """What the page stands on."""

    slack: Slack
    time: Time
    travel: Travel | AtOnce
    sky: Weathers
    retry_now: Callable[[], Awaitable[None]]
    notice: str
    real: bool
    home: str = RELEASES

    def now(self) -> datetime:
        return self.time()

    @property
    def weathers(self) -> Mapping[str, Mapping[str, str]]:
        return self.sky.named

    @property
    def weather(self) -> Mapping[str, str]:
        return self.sky.chosen

    async def set_weather(self, where: str, name: str) -> None:
        """From now on. Fair weather sends at once what waited for it."""
        self.sky.choose(where, name)
        if name == FAIR:
            await self.retry_now()

    def next_slot(self) -> AsyncGenerator[str, None]:
        return self.travel.next_slot()

    def week(self) -> AsyncGenerator[str, None]:
        return self.travel.week()

    def completions(self) -> Sequence[Mapping[str, Any]]:
        return completions(None if self.real else harbour_goods())


@asynccontextmanager
async def staged(settings: Settings, real: Clock, begins: datetime | None = None) -> AsyncIterator[Demo]:
    """The embedded LaunchDarkly below the bot, last Monday's digest in a channel already, and a watch in another. It
    *begins* now, or whenever is said."""
    begins = begins or real()
    time = Time(real, behind=real() - begins + LONG_AGO)
    weather = OnTheWay(time=time)
    chosen, transport = sandboxed(settings.model_copy(update=EMBEDDED), time, weather)
    async with _at_work(chosen, real, time, transport) as (slack, beat, told):
        travel = Travel(beat, told)
        await _what_was(slack, travel, begins)
        yield Demo(slack, time, travel, Weathers(weather, slack.weather), beat.retry_now, INVENTED, real=False)


def staged_upon_the_real(settings: Settings, real: Clock, *, typed: bool = True) -> AbstractAsyncContextManager[Demo]:
    """The real LaunchDarkly below the bot, asked with the token of the settings, and only Slack embedded. What to ask
    it has to be *typed* by somebody: nobody else knows its projects."""
    if settings.launchdarkly_access_token is None:
        raise unset("launchdarkly_access_token")
    if not typed:
        raise Misconfigured("There is no browser to try it in.", WITHOUT_A_BROWSER)
    return _upon_the_real(settings, real)


@asynccontextmanager
async def _upon_the_real(settings: Settings, real: Clock) -> AsyncIterator[Demo]:
    notice, time = REAL.format(host=settings.launchdarkly_api_host), Time(real)
    async with _at_work(settings, real, time, None) as (slack, beat, told):
        yield Demo(slack, time, AtOnce(beat, told), Weathers(None, slack.weather), beat.retry_now, notice, real=True)


@asynccontextmanager
async def _at_work(
    settings: Settings, real: Clock, time: Time, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator[tuple[Slack, Beat, Told]]:
    """The bot at work on a database that is gone afterwards."""
    slack, found = Slack(time, signs_at=real), list[Beat]()

    @asynccontextmanager
    async def by_the_clock(rounds: Rounds) -> AsyncIterator[Callable[[], None]]:
        async with beating(chosen, real, time, rounds) as beat:
            found.append(beat)
            yield beat.wanted.set

    with tempfile.TemporaryDirectory(prefix="insights-bot-") as place:
        database = f"sqlite:///{Path(place) / 'demo.db'}"
        async with slack.served() as api:
            chosen = at_home(settings.model_copy(update={**AT_ONCE, "database_url": database}), api)
            async with working(slack, chosen, time, transport, database, by_the_clock):
                [beat] = found
                yield slack, beat, Told(beat.rounds.store, slack)


async def _what_was(slack: Slack, travel: Travel, now: datetime) -> None:
    """Somebody has ordered a digest some days ago, and it has come; and just now a watch, which has looked once."""
    await _ordered(slack, RELEASES, "use web/production", "every monday 9:00 digest")
    async for _ in travel.until(now):
        pass
    await _ordered(slack, LEADS, "watch on events web/production")
    await travel.come(now)  # a watch says nothing of what it sees first


async def _ordered(slack: Slack, channel: str, *lines: str) -> None:
    for line in lines:
        answered = await said(slack, line, channel)
        if answered.to:
            slack.delete(answered)  # what one person alone sees is gone when they come back
