"""Greets a channel when the bot is invited: once, whatever restarts, and however many processes hear of it."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.access import Caller
from bot.messages.message import Message
from bot.schedules.context import SchedulerContext
from bot.schedules.delivery_errors import DeliveryError, DeliveryUnknown

log = logging.getLogger(__name__)

LISTS_TIMEOUT = 10.0  # seconds for the menu of projects: nobody waits for a greeting


@dataclass(frozen=True)
class Greeter:
    """Greets channels that need it."""

    scheduler: SchedulerContext
    zone: ZoneInfo
    workspace_defaults: Mapping[str, str]
    delay: float  # seconds in which a mention that invited the bot may arrive, whose answer is greeting enough

    async def skip(self, channel: str) -> bool:
        """Record that a channel needs no greeting; return whether it needed one until now."""
        return await self.scheduler.store.greetings.record(self.scheduler.team, channel, self.scheduler.now())

    async def greet(self, channel: str, *, is_shared: bool) -> None:
        """Greet a channel unless it was greeted before, or the settings exclude it."""
        if not self.scheduler.rules.allows_channel(channel):
            return
        await asyncio.sleep(self.delay)
        if await self.skip(channel):
            await self._post(channel, await self._greeting(channel, is_shared))

    async def _greeting(self, channel: str, is_shared: bool) -> Message:
        """Build the greeting. Where another organization reads it, it names nothing of LaunchDarkly's."""
        ctx = self.scheduler
        answers = replace(ctx.answers, suggestion_timeout=LISTS_TIMEOUT)
        caller = Caller(self.zone, rules=ctx.rules, team=ctx.team, channel=channel, supports_menus=True)
        if is_shared:
            return await answers.greeting(caller, has_menu=False)
        defaults = await ctx.store.channel_defaults.get(ctx.team, channel) or self.workspace_defaults
        return await answers.greeting(replace(caller, defaults=defaults), has_menu=True)

    async def _post(self, channel: str, greeting: Message) -> None:
        """Post the greeting. If Slack refuses it, the next invitation brings another."""
        ctx = self.scheduler
        try:
            async with ctx.publisher.throttle(channel):
                await ctx.publisher.post(channel, greeting, f"greeting:{channel}")
        except DeliveryUnknown as error:
            log.warning("the greeting in %s may not have been posted: %s", channel, error)
        except DeliveryError as error:
            log.warning("couldn't greet %s: %r", channel, error)
            await ctx.store.greetings.forget(ctx.team, channel)
