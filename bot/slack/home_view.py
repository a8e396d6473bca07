"""What the App Home shows: a person's own schedules and alerts in all channels, and to admins how the bot is doing.

It shows nothing of a channel that its owner isn't in, except that they can stop what they started there.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.access import Caller, authorize_schedule_manager, is_direct_message
from bot.errors import NotAllowed
from bot.messages import humanize
from bot.questions.base import View
from bot.questions.scores import RATING_MARKS
from bot.schedules.context import SchedulerContext
from bot.schedules.views import RunView, ScheduleView, run_view, schedule_view
from bot.slack.directory import SlackDirectory
from bot.slack.health import Health, HealthView
from bot.store import Schedule

PAGE_SIZE = 10  # of two blocks each: with what surrounds them, a third of what Slack allows
BANDS = tuple(f"{mark} {humanize.sentence_case(rating).lower()}" for rating, mark in RATING_MARKS.items())


class HomeRow(View):
    """A schedule, where it posts, and its last run."""

    schedule: ScheduleView
    channel: str
    is_member: bool  # whether the owner is known to be in the channel
    is_shared: bool  # whether another organization reads the channel
    last: RunView | None

    @property
    def block_id(self) -> str:
        """The ID of the block with its buttons, which names the channel: a schedule's number doesn't."""
        return f"{self.channel}/{self.schedule.number}"


class HomeNotice(View):
    """The outcome of the button that was pressed."""

    done: str = ""
    number: int = 0
    channel: str = ""
    failure: str = ""


class HomeView(View):
    rows: tuple[HomeRow, ...]
    may_manage: bool
    memberships_known: bool
    page: int
    pages: int
    default: str  # the workspace's default project/environment
    bands: tuple[str, ...]
    health: HealthView | None
    notice: HomeNotice | None

    # The lines behind the buttons that turn pages.

    @property
    def previous(self) -> str:
        return str(self.page - 1)

    @property
    def next(self) -> str:
        return str(self.page + 1)


@dataclass(frozen=True)
class HomeBuilder:
    """Builds the view."""

    scheduler: SchedulerContext
    directory: SlackDirectory
    health: Health
    admins: frozenset[str]
    workspace_defaults: Mapping[str, str]

    async def build(self, caller: Caller, page: int, notice: HomeNotice | None) -> HomeView:
        """Build a page of the Home, or the last one if there are fewer."""
        owned = await self.scheduler.store.schedules.list_owned(caller.team, caller.user)
        pages = max(1, -(-len(owned) // PAGE_SIZE))
        page = min(max(page, 1), pages)
        shown = owned[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        channels = await self.directory.channels_of(caller.user) if shown else frozenset[str]()
        rows, may_manage, health = await asyncio.gather(
            self._rows(shown, channels or frozenset(), caller), self._may_manage(caller), self._health(caller)
        )
        return HomeView(
            rows=rows,
            may_manage=may_manage,
            memberships_known=channels is not None,
            page=page,
            pages=pages,
            default="/".join(self.workspace_defaults.values()),
            bands=BANDS,
            health=health,
            notice=notice,
        )

    async def is_member(self, user: str, channel: str) -> bool:
        """Return whether a person is known to be in a channel. Theirs alone are the direct messages with the bot."""
        return is_direct_message(channel) or channel in (await self.directory.channels_of(user) or ())

    async def _rows(
        self, schedules: Sequence[Schedule], channels: frozenset[str], caller: Caller
    ) -> tuple[HomeRow, ...]:
        return tuple(await asyncio.gather(*(self._row(schedule, channels, caller) for schedule in schedules)))

    async def _row(self, schedule: Schedule, channels: frozenset[str], caller: Caller) -> HomeRow:
        view, channel = schedule_view(schedule), schedule.channel
        if channel not in channels and not is_direct_message(channel):
            hidden = view.model_copy(update={"line": "", "why": ""})
            return HomeRow(schedule=hidden, channel=channel, is_member=False, is_shared=False, last=None)
        last_runs = await self.scheduler.store.runs.history([schedule.id], 1)
        return HomeRow(
            schedule=view,
            channel=channel,
            is_member=True,
            is_shared=await self.directory.is_shared(channel),
            last=run_view(schedule, last_runs[0], caller.zone) if last_runs else None,
        )

    async def _may_manage(self, caller: Caller) -> bool:
        try:
            await authorize_schedule_manager(caller, self.directory)
        except NotAllowed:
            return False
        return True

    async def _health(self, caller: Caller) -> HealthView | None:
        return await self.health.check(caller.zone) if caller.user in self.admins else None
