"""The base of every question: the Question record, its View and links, and the QuestionContext it works with.

A question may ask others: it builds their params and awaits each `fetch` in `result_or_failure`; its reply is a record
of replies and failures, and each failure is shown in place of its part. A question that is asked this way asks no
others, so there are no cycles; a test checks that.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from bot.errors import TRANSIENT_FAILURES, Failure, InvalidLine, NotAllowed, NotFound, Rejected
from bot.launchdarkly import LaunchDarkly
from bot.lines.plain_words import Words
from bot.lines.spec import Params, ParamsT, Spec
from bot.messages.mrkdwn import clean
from bot.questions.catalog import Catalog, ProjectFilter, allow_all
from bot.store import Snapshot

# History key and first day ─► the snapshots since then, the latest first
SnapshotReader = Callable[[str, date], Awaitable[Sequence[Snapshot]]]
TeamSnapshotReader = Callable[[str, str, date], Awaitable[Sequence[Snapshot]]]  # the same, after a team
INSIGHTS = "engineering insights"
T = TypeVar("T")
ACTIONABLE = (InvalidLine, NotAllowed, NotFound, Rejected)  # what the caller can fix, the most specific first


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

    @property
    def unrolled(self) -> bool:
        """Whether the answer shows what a scheduled one has in its thread."""
        return False


PENDING = "waiting"  # the state of an event whose impact isn't known yet
MAX_INCIDENT = timedelta(days=1)


class IncidentStep(View):
    """That an event begins an incident, such as a flag that goes off, or ends it."""

    incident: str  # the flag, and what happened to it
    ends: bool
    says: str  # "Off", or "is on again"
    did: str  # "turned off by", or "turned back on by"
    who: str
    impact: str
    comment: str


class Observation(View):
    """What a watch observes: a thing, whose state may change, or an event, which has a time and is new once."""

    what: str
    state: str
    says: str  # the state, as people read it
    owner: str = ""  # who owns the flag
    url: str = ""
    line: str = ""  # the question that shows details
    at: float | None = None  # when an event happened, in LaunchDarkly's milliseconds
    step: IncidentStep | None = None
    comment: str = ""  # why, as those who made a change put it
    tells: bool = True  # whether an alert is due in this state


async def no_snapshots(*_: object) -> Sequence[Snapshot]:
    """Return no snapshots, for a bot without a store."""
    return ()


class AppUrls:
    """The pages a person can open. Insights has no documented address, so its answers link to the flags."""

    def __init__(self, host: str) -> None:
        self._host = host.rstrip("/")

    def flags(self, project: str, environment: str) -> str:
        """Return the address of a project's list of flags, with the environment selected."""
        params = urlencode({"env": environment, "selected-env": environment})
        return f"{self._host}/projects/{quote(project, safe='')}/flags?{params}"

    def flag(self, project: str, flag: str, environments: tuple[str, ...]) -> str:
        """Return the address of a flag's targeting, with a tab for each environment and the first one open."""
        params = [("env", environment) for environment in environments]
        query = urlencode([*params, *(("selected-env", environment) for environment in environments[:1])])
        return f"{self._host}/projects/{quote(project, safe='')}/flags/{quote(flag, safe='')}/targeting?{query}"

    def home(self) -> str:
        """Return the address of LaunchDarkly's start page."""
        return self._host


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


def _when_something_changes(_: Params) -> str:
    return "when something changes"


def _no_ticket(_: Params, __: Any, ___: QuestionContext) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Question(Spec[ParamsT], Generic[ParamsT, ReplyT, ViewT]):
    """A question. Its template has the same name.

    - `label`: of a button that offers the question; `flag_label`: if it is about a flag. `{}` stands for the flag.
    - `words`: the words of a sentence that asks for this question.
    - `is_partial`: whether the reply lacks something that a later attempt may return.
    - `is_quiet`: whether the answer reports that nothing changed.
    - `snapshot`: what to store for later answers, once a schedule has delivered this one.
    - `ticket`: the answer as plain text for a ticket; empty if there is nothing to do.
    - `suspect_keys`: the keys without any data in the reply, by params field. LaunchDarkly may not know them.
    - `observe`: what a watch observes, under keys that stay the same. Without it, the question can't be watched.
    - `alerts_when`: when a watch alerts, in words.
    - `fetch_since`: fetches what a watch observes from a time on, if `fetch` isn't enough for that.
    - `span_field`: the parameter that a schedule sets to the day, week or month between its runs. If they are at other
      intervals, it sets `since`, which such a question has too.
    - `display_fields`: how much to show. Schedules that differ in nothing else are duplicates."""

    is_question: ClassVar[bool] = True
    label: str
    flag_label: str = ""
    words: Words
    reply: type[ReplyT]
    view: type[ViewT]
    fetch: Callable[[ParamsT, QuestionContext], Awaitable[ReplyT]]
    build_view: Callable[[ParamsT, ReplyT, QuestionContext], ViewT]
    is_partial: Callable[[ReplyT], bool] = _never_partial
    is_quiet: Callable[[ViewT], bool] = _never_quiet
    snapshot: Callable[[ParamsT, ReplyT, QuestionContext], Snapshot | None] = _no_snapshot
    ticket: Callable[[ParamsT, ReplyT, QuestionContext], str] = _no_ticket
    suspect_keys: Callable[[ParamsT, ReplyT], Mapping[str, Sequence[str]]] = _no_suspect_keys
    observe: Callable[[ParamsT, ReplyT, QuestionContext], dict[str, Observation]] | None = None
    alerts_when: Callable[[ParamsT], str] = _when_something_changes
    fetch_since: Callable[[ParamsT, QuestionContext, datetime], Awaitable[ReplyT]] | None = None
    span_field: str = ""
    display_fields: tuple[str, ...] = ()


AnyQuestion = Question[Any, Any, Any]


async def result_or_failure(awaitable: Awaitable[T]) -> T | Failure:
    """Return the result, or the Failure. Any other exception is a bug and propagates."""
    try:
        return await awaitable
    except Failure as failure:
        return failure


def failure_text(result: object) -> str:
    """Describe a failure in one line; empty for anything else."""
    return clean(result.describe()) if isinstance(result, Failure) else ""


def no_access_text(result: object, feature: str) -> str:
    """Say in one line that the plan or the token's role doesn't include a feature; empty for any other result."""
    if not isinstance(result, NotAllowed):
        return ""
    return f"I can't read {feature}: the LaunchDarkly plan or the role of the bot's token doesn't allow it."


def any_transient(*results: object) -> bool:
    """Return whether any part failed in a way that a retry may fix."""
    return any(isinstance(result, TRANSIENT_FAILURES) for result in results)


def raise_if_all_failed(*results: object) -> None:
    """If every part failed, raise the failure that the caller can act on best."""
    failures = [result for result in results if isinstance(result, Failure)]
    if len(failures) == len(results):
        raise min(failures, key=_actionability)


def _actionability(failure: Failure) -> int:
    return next((n for n, kind in enumerate(ACTIONABLE) if isinstance(failure, kind)), len(ACTIONABLE))
