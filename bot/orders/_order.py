"""The record that makes an order, and what it may use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bot.endpoints._endpoint import Q, Spoken, View

if TYPE_CHECKING:  # the command line knows the orders without their store
    from bot.store import Store

V = TypeVar("V", bound=View)


@dataclass(frozen=True)
class Place:
    """Where an order was given, and by whom. Slack's ids, never names: names change."""

    team: str
    channel: str
    user: str


@dataclass(frozen=True)
class Circumstances:
    """What an order may use. Made anew for each one."""

    place: Place
    store: "Store"
    now: datetime


@dataclass(frozen=True)
class Order(Spoken[Q], Generic[Q, V]):
    """A kind of order. The template of its confirmation bears its name."""

    view: type[V]
    obey: Callable[[Q, Circumstances], Awaitable[V]]


AnyOrder = Order[Any, Any]
