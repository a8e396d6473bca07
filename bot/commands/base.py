"""The record that makes a command, and the context it runs in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from bot.access import Caller, UserGroups
from bot.lines.spec import ParamsT, Spec
from bot.notices import JOIN_LABEL
from bot.questions.base import View
from bot.questions.catalog import Catalog

if TYPE_CHECKING:  # the command line loads the commands without the store
    from bot.schedules.context import SchedulerContext
    from bot.store.store import Store

V = TypeVar("V", bound=View)


class Membership(View):
    """Whether the bot is in a channel, and if it isn't, whether a button can change that."""

    is_member: bool
    join_channel: str = ""  # the channel if the bot may join it by itself
    join_label: str = JOIN_LABEL


class Directory(UserGroups, Protocol):
    """What a command may look up in Slack."""

    async def membership(self, channel: str) -> Membership:
        """Return whether the bot is in a channel. If Slack doesn't say, it counts as a member."""

    async def is_shared(self, channel: str) -> bool:
        """Return whether people of another organization read a channel."""


@dataclass(frozen=True)
class CommandContext:
    """What a command may use. Each command gets its own."""

    caller: Caller
    store: "Store"
    now: datetime
    scheduler: "SchedulerContext"
    directory: Directory
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

    group: str = "Schedules"
    restricted: bool = False
    publishes: Callable[[ParamsT, CommandContext], Awaitable[Publication | None]] | None = None
    view: type[V]
    execute: Callable[[ParamsT, CommandContext], Awaitable[V]]


AnyCommand = Command[Any, Any]
