"""The App Home: shows a person their own schedules and alerts, and does what they press there.

A press in a Home tab names no channel and has no response_url: the block of a button names its schedule's channel, and
the outcome is shown in the Home. Everyone in the channel sees what changed there, as after a command.
https://docs.slack.dev/surfaces/app-home
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from weakref import WeakValueDictionary

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Caller
from bot.cache import BoundedCache
from bot.errors import Failure, Rejected, TryLater
from bot.messages import mrkdwn
from bot.messages.message import Message
from bot.slack.client import SLACK_UNAVAILABLE, error_name
from bot.slack.form_modal import FormModal
from bot.slack.handler import Callers, LineHandler
from bot.slack.home_view import HomeBuilder, HomeNotice
from bot.slack.payloads import Interaction, SharedDeduplicator, installation_of, parse_action
from bot.slack.responder import Responders
from bot.store import ScheduleState

log = logging.getLogger(__name__)

Json = dict[str, Any]

HOME_EVENT = "app_home_opened"
DONE: Mapping[str, str] = MappingProxyType(
    {"now": "Running", "pause": "Paused", "resume": "Resumed", "stop": "Stopped"}
)
PUBLISHING = ("now", "resume")  # the commands that ask first where another organization reads along
SHOWN_LIFETIME, MAX_SHOWN = timedelta(hours=1), 1000


def is_in_home(body: Json) -> bool:
    """Return whether a button was pressed in the Home."""
    return bool((body.get("view") or {}).get("type") == "home")


def parse_home_opened(body: Json) -> Interaction | None:
    """Parse the event of opening the App Home; None if its messages were opened. It doesn't say whose member it is."""
    event = body["event"]
    if event.get("tab", "home") != "home":
        return None
    return Interaction(
        line="",
        user=event["user"],
        team=installation_of(body)["team_id"],
        home_team="",
        channel="",
        response_url="",
        trigger_id="",
        dedup_key=body.get("event_id", ""),
        action="home",
        home_page=1,
    )


def parse_home_action(body: Json, dedup_key: str) -> Interaction | None:
    """Parse a press in the Home, whose page is in its metadata."""
    channel, _, _ = str(body["actions"][0].get("block_id") or "").partition("/")
    page = str(body["view"].get("private_metadata") or "")
    press = parse_action({**body, "channel": {"id": channel}}, dedup_key)
    return press and replace(press, home_page=int(page) if page.isdecimal() else 1, direct=False)


@dataclass(frozen=True)
class AppHome:
    """Shows the Home, one thing at a time for each person, so that what is shown last is how things are."""

    client: AsyncWebClient
    callers: Callers
    lines: LineHandler
    forms: FormModal
    responders: Responders
    builder: HomeBuilder
    dedup: SharedDeduplicator
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _shown: BoundedCache[str, int] = field(init=False)  # the page that each person saw last

    def __post_init__(self) -> None:
        # The class is frozen, and this is derived.
        object.__setattr__(self, "_shown", BoundedCache[str, int](MAX_SHOWN, self.builder.scheduler.now))

    async def handle(self, visit: Interaction) -> None:
        """Do what was pressed, if anything was, and show the Home as it is then."""
        if not await self.dedup.add(visit.dedup_key):
            return
        async with self._locks.setdefault(visit.user, asyncio.Lock()):
            message, page = await self._respond(visit)
            await self._publish(visit.user, message, page)

    async def refresh(self, interaction: Interaction) -> None:
        """Show the Home anew to a person who changed something elsewhere, if it was shown to them lately."""
        if page := self._shown.get(interaction.user):
            await self.handle(replace(interaction, action="home", home_page=page, dedup_key=""))

    async def _respond(self, visit: Interaction) -> tuple[Message, int]:
        answers = self.lines.answers
        try:
            caller = await self._caller(visit)
            page = int(visit.line) if visit.action == "turn" else visit.home_page
            view = await self.builder.build(caller, page, await self._notice(visit, caller))
            return answers.notice("home", view), view.page
        except Failure as failure:
            return Message.from_markup(mrkdwn.escape_text(failure.describe())), visit.home_page
        except Exception:
            return answers.internal_error_answer(visit.line).message, visit.home_page

    async def _caller(self, visit: Interaction) -> Caller:
        """Return who visits the Home, where there is no channel."""
        home_team = visit.home_team or await self.builder.directory.home_team(visit.user)
        if not home_team:
            raise TryLater("I couldn't find out who you are.", "Open this tab again in a minute.")
        return await self.callers.resolve(replace(visit, channel="", home_team=home_team))

    async def _notice(self, press: Interaction, caller: Caller) -> HomeNotice | None:
        """Do what was pressed, and return its outcome, or that of a form."""
        if press.action not in ("order", "change"):
            return _change_notice(press)
        command, _, number = press.line.partition(" ")
        try:
            await self._check_allowed(command, int(number), press)
            if press.action == "change":  # its submission arrives as an interaction of its own
                await self.forms.open(press)
                return None
        except Failure as failure:
            return HomeNotice(failure=failure.describe())
        answer, _ = await self.lines.answer(
            press, replace(caller, channel=press.channel), self.responders.respond_to(press)
        )
        facts = {"question": answer.line, "outcome": answer.outcome, "reference": answer.reference}
        log.info("answered in the App Home", extra={"facts": facts})
        if answer.error_text:
            return HomeNotice(failure=answer.error_text)
        return HomeNotice(done=DONE[command], number=int(number), channel=press.channel)

    async def _check_allowed(self, command: str, number: int, press: Interaction) -> None:
        """Raise unless it is the person's own schedule, and they may do this to it from here."""
        ctx = self.builder.scheduler
        schedule = await ctx.store.schedules.find(ctx.team, press.channel, number)
        if schedule is None or schedule.owner != press.user or schedule.state is ScheduleState.STOPPED:
            raise Rejected("This schedule no longer exists.", "")
        if command != "stop" and not await self.builder.is_member(press.user, press.channel):
            raise Rejected("You're not in that channel, so you can only stop this schedule.", "")
        if command in PUBLISHING and not press.confirmed and await self.lines.directory.is_shared(press.channel):
            raise Rejected("That channel is shared with another organization now.", "Press again to confirm.")

    async def _publish(self, user: str, message: Message, page: int) -> None:
        view = {"type": "home", "private_metadata": str(page), "blocks": list(message.blocks)}
        try:
            await self.client.views_publish(user_id=user, view=view)
        except SLACK_UNAVAILABLE as error:
            log.warning("couldn't show the App Home of %s: %s", user, error_name(error))
            return
        self._shown.put(user, page, SHOWN_LIFETIME)


def _change_notice(visit: Interaction) -> HomeNotice | None:
    """Return which schedule was changed, if the visit follows that."""
    command, number, *_ = (*visit.line.split(), "", "")
    if visit.action != "home" or command != "change" or not number.isdecimal():
        return None
    return HomeNotice(done="Changed", number=int(number), channel=visit.channel)
