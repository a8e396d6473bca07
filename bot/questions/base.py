"""The record that makes a question, what an answer may use, and what a person reads."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from bot.launchdarkly import LaunchDarkly, Pages
from bot.lines.params import Query
from bot.lines.spec import Q, Spoken
from bot.questions.catalog import Allows, Catalog, everything
from bot.store import Snapshot


class View(BaseModel):
    """What a person reads: names, numbers and dates as they are shown. The template adds wording and order only."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @property
    def public(self) -> bool:
        """Whether all in the channel are to hear it, and not only whoever asked."""
        return False

    @property
    def notice(self) -> str:
        """The template in `notices/`, if it isn't the one of the order's name."""
        return ""


@dataclass(frozen=True)
class Ask:
    """What an answer may use. Made anew for each one."""

    launchdarkly: LaunchDarkly
    pages: Pages
    now: datetime
    zone: ZoneInfo
    menus: bool = False  # whether the answer goes where one can choose from menus
    past: tuple[Snapshot, ...] = ()  # of the place that is asked about, the latest first
    allows: Allows = everything  # the projects that may be told of

    @property
    def today(self) -> date:
        """Which day it is where the reader is."""
        return self.now.astimezone(self.zone).date()

    @property
    def catalog(self) -> Catalog:
        """What there is in LaunchDarkly, as far as whoever asks may be told of it."""
        return Catalog(self.launchdarkly, self.allows)


R = TypeVar("R")  # a Reply, or a record of several where a question asks others
V = TypeVar("V", bound=View)


def _speaks(_: View) -> bool:
    return False


def _whole(_: object) -> bool:
    return False


def _nowhere(_: Query) -> str:
    return ""


def _certain(_: Query, __: Any) -> Mapping[str, Sequence[str]]:
    return {}


def _nothing(_: Query, __: Any, ___: Ask) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Endpoint(Spoken[Q], Generic[Q, R, V]):
    """A kind of question. Its template bears its name.

    `partial` tells whether something is missing in a reply that may be had later, and `quiet` whether an answer says
    that there is nothing to say. `place` is the one whose past weeks an answer may tell, and `snapshot` what is kept
    for later ones once it has been delivered by the clock. `doubted` gives the keys for which a reply holds nothing, by
    their fields in the query: LaunchDarkly may not know them."""

    is_question: ClassVar[bool] = True
    reply: type[R]
    view: type[V]
    fetch: Callable[[Q, Ask], Awaitable[R]]
    show: Callable[[Q, R, Ask], V]
    partial: Callable[[R], bool] = _whole
    quiet: Callable[[V], bool] = _speaks
    place: Callable[[Q], str] = _nowhere
    snapshot: Callable[[Q, R, Ask], Snapshot | None] = _nothing
    doubted: Callable[[Q, R], Mapping[str, Sequence[str]]] = _certain


AnyEndpoint = Endpoint[Any, Any, Any]
