"""The record that makes an order, and what it may use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot.lines.spec import ParamsT, Spec
from bot.questions.base import View
from bot.questions.catalog import Catalog
from bot.schedules.limits import CheckedQuestion
from bot.schedules.trigger import Trigger
from bot.schedules.views import WatchPreview

if TYPE_CHECKING:  # the command line knows the orders without their store
    from bot.store.store import Store

V = TypeVar("V", bound=View)


@dataclass(frozen=True)
class CommandOrigin:
    """Where an order was given, and by whom. Slack's ids, never names: names change."""

    team: str
    channel: str
    user: str


class ChannelGateway(Protocol):
    """How far the bot reaches from here: into the channel, and to its own work by the clock."""

    async def is_in(self, channel: str) -> bool:
        """Whether the bot is in a channel; yes where that cannot be known."""

    async def link(self, channel: str, ts: str) -> str:
        """The address of a message; empty where it cannot be had."""

    async def check(self, question: str, trigger: Trigger, caller: str) -> CheckedQuestion:
        """Ask a question once before it is saved."""

    async def last_week(self, line: str, zone: ZoneInfo, caller: str) -> WatchPreview:
        """What a watch would have told in the last week."""

    def wake(self) -> None:
        """There is something to do at once."""


@dataclass(frozen=True)
class CommandContext:
    """What an order may use. Made anew for each one."""

    origin: CommandOrigin
    store: "Store"
    now: datetime
    zone: ZoneInfo  # of whoever gives the order
    gateway: ChannelGateway
    catalog: Catalog


@dataclass(frozen=True)
class Publication:
    """What an order makes the bot post in the channel, and when."""

    line: str
    when: str


@dataclass(frozen=True, kw_only=True)
class Command(Spec[ParamsT], Generic[ParamsT, V]):
    """A kind of order. The template of its confirmation bears its name. One that is *guarded* is not everybody's to
    give, where the settings say so. `publishes` tells what it would make the bot post, if anything."""

    restricted: bool = False
    publishes: Callable[[ParamsT, CommandContext], Awaitable[Publication | None]] | None = None
    view: type[V]
    execute: Callable[[ParamsT, CommandContext], Awaitable[V]]


AnyCommand = Command[Any, Any]
