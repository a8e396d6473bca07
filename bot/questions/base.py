"""The records that make a line something that can be typed, and what an answer may use."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from bot.launchdarkly import LaunchDarkly, Pages
from bot.lines.params import Field, Query
from bot.lines.tokenizer import quoted
from bot.questions.catalog import Allows, Catalog, everything
from bot.store import Snapshot

LONGEST_LINE = 2000  # what a button can carry


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


Q = TypeVar("Q", bound=Query)
R = TypeVar("R")  # a Reply, or a record of several where a question asks others
V = TypeVar("V", bound=View)


@dataclass(frozen=True, kw_only=True)
class Spoken(Generic[Q]):
    """What can be typed: a question, or an order."""

    name: str
    summary: str
    examples: tuple[str, ...]
    query: type[Q]

    def line(self, values: Mapping[str, Any]) -> str:
        """The line that says these values. What must be there and is not stands in capitals, to be filled in."""
        fields = {field.field: field for field in self.query.fields()}
        said = {name: _said(field, values.get(name)) for name, field in fields.items()}
        asks = said.pop(self.query.saves, "")
        place = [f"{said.pop('project')}/{said.pop('env')}"] if said.get("project") and said.get("env") else []
        bare = [word for name in self.query.words if name != "env" and (word := said.pop(name, ""))]
        named = [f"{fields[name].short}={quoted(word)}" for name, word in said.items() if word]
        return " ".join([self.name, *bare, *place, *named, *filter(None, [asks])])

    def way(self, values: Q | Mapping[str, Any]) -> str:
        """The line that a button asks; nothing where that is more than one can carry."""
        line = self.line(dict(values))
        return line if len(line) <= LONGEST_LINE else ""


def _said(field: Field, value: Any) -> str:
    if value is None:
        return field.short.upper() if field.required else ""
    return "" if value == field.default else field.kind.write(value)


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

    reply: type[R]
    view: type[V]
    fetch: Callable[[Q, Ask], Awaitable[R]]
    show: Callable[[Q, R, Ask], V]
    partial: Callable[[R], bool] = _whole
    quiet: Callable[[V], bool] = _speaks
    place: Callable[[Q], str] = _nowhere
    snapshot: Callable[[Q, R, Ask], Snapshot | None] = _nothing
    doubted: Callable[[Q, R], Mapping[str, Sequence[str]]] = _certain


AnySpoken = Spoken[Any]
AnyEndpoint = Endpoint[Any, Any, Any]
