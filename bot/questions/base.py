"""The base of every question: the Question record, its View, and the QuestionContext it works with."""

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

# History key and first day ─► the snapshots since then, the latest first
SnapshotReader = Callable[[str, date], Awaitable[Sequence[Snapshot]]]
TeamSnapshotReader = Callable[[str, str, date], Awaitable[Sequence[Snapshot]]]  # the same, after a team


class View(BaseModel):
    """What a person reads: names, numbers and dates, already formatted. The template only adds wording and order."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @property
    def public(self) -> bool:
        """Whether the answer is posted for the whole channel instead of only for the caller."""
        return False

    @property
    def notice_template(self) -> str:
        """The template in `notices/`, if it isn't named after the command."""
        return ""


class AnswerView(View):
    """The view of an answer."""

    url: str  # the page in LaunchDarkly that shows more


async def no_snapshots(*_: object) -> Sequence[Snapshot]:
    """Return no snapshots, for a bot without a store."""
    return ()


@dataclass(frozen=True)
class QuestionContext:
    """What a question may use while it works. Each answer gets its own."""

    launchdarkly: LaunchDarkly
    urls: AppUrls
    now: datetime
    zone: ZoneInfo
    supports_menus: bool = False  # whether the surface that shows the answer has menus
    allows: ProjectFilter = allow_all  # the projects that the settings allow
    read_snapshots: SnapshotReader = no_snapshots

    @property
    def today(self) -> date:
        """The current date in the reader's time zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def catalog(self) -> Catalog:
        """The projects, environments, flags and applications that the caller may see."""
        return Catalog(self.launchdarkly, self.allows)


ReplyT = TypeVar("ReplyT")  # a Reply, or a record of several if the question asks others
ViewT = TypeVar("ViewT", bound=AnswerView)


def _never_quiet(_: View) -> bool:
    return False


def _never_partial(_: object) -> bool:
    return False


def _no_suspect_keys(_: Params, __: Any) -> Mapping[str, Sequence[str]]:
    return {}


def _no_snapshot(_: Params, __: Any, ___: QuestionContext) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Question(Spec[ParamsT], Generic[ParamsT, ReplyT, ViewT]):
    """A question. Its template has the same name.

    - `is_partial`: whether the reply lacks something that a later attempt may return.
    - `is_quiet`: whether the answer reports that nothing changed.
    - `snapshot`: what to store for later answers, once a schedule has delivered this one.
    - `suspect_keys`: the keys without any data in the reply, by params field. LaunchDarkly may not know them."""

    is_question: ClassVar[bool] = True
    reply: type[ReplyT]
    view: type[ViewT]
    fetch: Callable[[ParamsT, QuestionContext], Awaitable[ReplyT]]
    build_view: Callable[[ParamsT, ReplyT, QuestionContext], ViewT]
    is_partial: Callable[[ReplyT], bool] = _never_partial
    is_quiet: Callable[[ViewT], bool] = _never_quiet
    snapshot: Callable[[ParamsT, ReplyT, QuestionContext], Snapshot | None] = _no_snapshot
    suspect_keys: Callable[[ParamsT, ReplyT], Mapping[str, Sequence[str]]] = _no_suspect_keys


AnyQuestion = Question[Any, Any, Any]
