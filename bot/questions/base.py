"""The record that makes a question, what an answer may use, and what a person reads."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from bot.launchdarkly import AppUrls, LaunchDarkly
from bot.lines.params import Params
from bot.lines.spec import ParamsT, Spec
from bot.questions.catalog import Catalog, ProjectFilter, allow_all
from bot.store import Snapshot


class View(BaseModel):
    """What a person reads: names, numbers and dates as they are shown. The template adds wording and order only."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @property
    def public(self) -> bool:
        """Whether all in the channel are to hear it, and not only whoever asked."""
        return False

    @property
    def notice_template(self) -> str:
        """The template in `notices/`, if it isn't the one of the order's name."""
        return ""


@dataclass(frozen=True)
class QuestionContext:
    """What an answer may use. Made anew for each one."""

    launchdarkly: LaunchDarkly
    urls: AppUrls
    now: datetime
    zone: ZoneInfo
    supports_menus: bool = False  # whether the answer goes where one can choose from menus
    history: tuple[Snapshot, ...] = ()  # of the place that is asked about, the latest first
    allows: ProjectFilter = allow_all  # the projects that may be told of

    @property
    def today(self) -> date:
        """Which day it is where the reader is."""
        return self.now.astimezone(self.zone).date()

    @property
    def catalog(self) -> Catalog:
        """What there is in LaunchDarkly, as far as whoever asks may be told of it."""
        return Catalog(self.launchdarkly, self.allows)


ReplyT = TypeVar("ReplyT")  # a Reply, or a record of several where a question asks others
ViewT = TypeVar("ViewT", bound=View)


def _never_quiet(_: View) -> bool:
    return False


def _never_partial(_: object) -> bool:
    return False


def _no_history_key(_: Params) -> str:
    return ""


def _no_suspect_keys(_: Params, __: Any) -> Mapping[str, Sequence[str]]:
    return {}


def _no_snapshot(_: Params, __: Any, ___: QuestionContext) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Question(Spec[ParamsT], Generic[ParamsT, ReplyT, ViewT]):
    """A kind of question. Its template bears its name.

    `partial` tells whether something is missing in a reply that may be had later, and `quiet` whether an answer says
    that there is nothing to say. `place` is the one whose past weeks an answer may tell, and `snapshot` what is kept
    for later ones once it has been delivered by the clock. `doubted` gives the keys for which a reply holds nothing, by
    their fields in the query: LaunchDarkly may not know them."""

    is_question: ClassVar[bool] = True
    reply: type[ReplyT]
    view: type[ViewT]
    fetch: Callable[[ParamsT, QuestionContext], Awaitable[ReplyT]]
    build_view: Callable[[ParamsT, ReplyT, QuestionContext], ViewT]
    is_partial: Callable[[ReplyT], bool] = _never_partial
    is_quiet: Callable[[ViewT], bool] = _never_quiet
    history_key: Callable[[ParamsT], str] = _no_history_key
    snapshot: Callable[[ParamsT, ReplyT, QuestionContext], Snapshot | None] = _no_snapshot
    suspect_keys: Callable[[ParamsT, ReplyT], Mapping[str, Sequence[str]]] = _no_suspect_keys


AnyQuestion = Question[Any, Any, Any]
