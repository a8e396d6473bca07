"""The record that makes a command, and the context it runs in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot.lines.spec import ParamsT, Spec
from bot.questions.base import View
from bot.questions.catalog import Catalog
from bot.schedules.question_check import CheckedQuestion
from bot.schedules.triggers import Trigger
from bot.schedules.views import WatchPreview

if TYPE_CHECKING:  # the command line loads the commands without the store
    from bot.store.store import Store

V = TypeVar("V", bound=View)


@dataclass(frozen=True)
class CommandOrigin:
    """Where a command was typed, and by whom: Slack's IDs, because names change."""

    team: str
    channel: str
    user: str


class ChannelGateway(Protocol):
    """What a command may do outside the store: look at the channel, check a question, and wake the scheduler."""

    async def is_in(self, channel: str) -> bool:
        """Return whether the bot is in a channel; True if Slack doesn't say."""

    async def link(self, channel: str, ts: str) -> str:
        """Return a message's permalink, or an empty string if Slack has none."""

    async def check(self, question: str, trigger: Trigger, caller: str) -> CheckedQuestion:
        """Ask a question once before it is saved; what keeps it from being answered is raised."""

    async def last_week(self, line: str, zone: ZoneInfo, caller: str) -> WatchPreview:
        """Return the alerts that a watch would have posted in the last week."""

    def wake(self) -> None:
        """Wake the scheduler, because there is work to do now."""


@dataclass(frozen=True)
class CommandContext:
    """What a command may use. Each command gets its own."""

    origin: CommandOrigin
    store: "Store"
    now: datetime
    zone: ZoneInfo  # the caller's
    gateway: ChannelGateway
    catalog: Catalog


@dataclass(frozen=True)
class Publication:
    """What a command will make the bot post in the channel, and when."""

    line: str
    when: str


@dataclass(frozen=True, kw_only=True)
class Command(Spec[ParamsT], Generic[ParamsT, V]):
    """A kind of command. Its confirmation's template has its name.

    ALLOWED_SCHEDULE_MANAGERS limits who may use a *restricted* one. *publishes* returns what it would make the bot
    post, if anything.
    """

    restricted: bool = False
    publishes: Callable[[ParamsT, CommandContext], Awaitable[Publication | None]] | None = None
    view: type[V]
    execute: Callable[[ParamsT, CommandContext], Awaitable[V]]


AnyCommand = Command[Any, Any]
