"""Flags to clean up: which ones can go, who owns them, and how they are still used.

candidates.py  which flags can go, by their status and the code references to them
filters.py     filters flags by owner, tag and age
wording.py     a flag in words, and a ticket about several
words.py       the words of a sentence that asks for this
"""

from asyncio import gather
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from bot.errors import Failure, NotFound, Rejected
from bot.lines.param_types import IntRange, Key, Keys, TimeSpec, is_key
from bot.lines.spec import Parameter, Params, bot_param
from bot.lines.timespec import resolve_time, to_milliseconds
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import (
    AnswerView,
    Observation,
    Question,
    QuestionContext,
    View,
    any_transient,
    failure_text,
    no_access_text,
    result_or_failure,
)
from bot.questions.catalog import MAX_ITEMS, Flag, Listing
from bot.questions.cleanup.candidates import (
    READY,
    Candidate,
    CleanupReply,
    CodeReferences,
    Group,
    StaleChart,
    candidates,
    fetch_extinctions,
    fetch_references,
    fetch_stale_chart,
    group_candidates,
)
from bot.questions.cleanup.filters import NameType, check_owner, check_tag, created_before, owned_by, tagged, team_key
from bot.questions.cleanup.wording import (
    BUTTON_WORDS,
    MAX_TICKET_FLAGS,
    MEANINGS,
    CandidateView,
    TicketGroup,
    candidate_view,
    describe_age,
    describe_filters,
    group_title,
    ticket_text,
)
from bot.questions.cleanup.words import WORDS
from bot.store import Snapshot

DEFAULT_AGE = "90d"
OVERVIEW_FLAGS = {Group.REMOVE: 5, Group.ARCHIVE: 5, Group.OLD: 3}  # shown of each group at first
PAGE_FLAGS = 20  # shown of one group
SECTION_FLAGS = 5
MAX_NAMED_REMOVALS = 5


class CleanupParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment whose evaluations count")]
    owner: Annotated[
        str | None,
        NameType("a team's key, or a person's name"),
        Parameter("maintainerTeamKey", "only flags of this team or person"),
    ] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "only flags that these applications evaluate")] = None
    tag: Annotated[str | None, NameType("a tag"), Parameter("tag", "only flags with this tag")] = None
    older: Annotated[TimeSpec | None, bot_param("only flags created before this; temporary ones are too old then")] = (
        None
    )
    group: Annotated[
        Literal["remove", "archive", "old"] | None,
        bot_param("only flags to remove from code, to archive, or temporary and too old"),
    ] = None
    sort: Annotated[Literal["age", "owner"], bot_param("oldest first, or by owner")] = "age"
    page: Annotated[int, IntRange(1, 100), bot_param("page of a group")] = 1


class GroupView(View):
    """The flags of a group, or as many as are shown at first, in sections that are short enough for Slack."""

    title: str
    meaning: str
    sections: tuple[tuple[CandidateView, ...], ...]
    more: str


class CleanupView(AnswerView):
    scope: str
    filters: str
    ready: str
    remove: str
    archive: str
    old: str
    old_age: str
    checked: str
    burn_down: str
    stale: str
    groups: tuple[GroupView, ...]
    position: str
    removed: str
    removed_flags: str
    missing: tuple[str, ...]
    capped: str
    buttons: tuple[tuple[str, str], ...]
    ticket_line: str


async def fetch(params: CleanupParams, ctx: QuestionContext) -> CleanupReply:
    (flags, stale_chart), statuses, references, extinctions, snapshots = await gather(
        _fetch_flags(params, ctx),
        result_or_failure(ctx.catalog.statuses(params.project, params.env)),
        result_or_failure(fetch_references(ctx.launchdarkly, params.project)),
        result_or_failure(fetch_extinctions(ctx.launchdarkly, params.project, resolve_time("now", ctx.now, ctx.zone))),
        _load_snapshots(params, ctx),
    )
    if isinstance(statuses, NotFound | Rejected):  # there's no such environment
        raise statuses
    _check_filters(params, flags.items)
    return CleanupReply(flags, statuses, references, extinctions, stale_chart, snapshots)


async def _fetch_flags(params: CleanupParams, ctx: QuestionContext) -> tuple[Listing[Flag], StaleChart]:
    """Fetch the flags, and the chart of the team that owns them.

    Only the flags tell whether an owner is a team, so a key is taken for one meanwhile.
    """

    async def fetch_chart(team: str) -> StaleChart:
        if not team:
            return None
        chart = fetch_stale_chart(ctx.launchdarkly, params.project, params.env, params.app or (), team)
        return await result_or_failure(chart)

    owner = params.owner or ""
    supposed_team = owner if is_key(owner) else ""
    flags, chart = await gather(ctx.catalog.flags(params.project, params.app or ()), fetch_chart(supposed_team))
    team = team_key(owner, flags.items) if owner else ""
    return flags, chart if team == supposed_team else await fetch_chart(team)


def _check_filters(params: CleanupParams, flags: Sequence[Flag]) -> None:
    """Raise InvalidLine for an owner or a tag that no flag has."""

    def write_line(name: str) -> Callable[[str], str]:
        return lambda value: QUESTION.line({**dict(params), name: value})

    if params.owner:
        check_owner(params.owner, flags, write_line("owner"))
    if params.tag:
        check_tag(params.tag, flags, write_line("tag"))


async def _load_snapshots(params: CleanupParams, ctx: QuestionContext) -> tuple[Snapshot, ...]:
    """Load the numbers of past weeks, from this question and from the digest. They count all flags, unfiltered."""
    if not _counts_all(params):
        return ()
    keys = (_history_key(params), history.key_for(params.project, params.env, params.app))
    own, digest = await gather(*(history.load_snapshots(ctx.read_snapshots, key, ctx.today) for key in keys))
    return (*own, *digest)


def _counts_all(params: CleanupParams) -> bool:
    return not (params.owner or params.tag or params.older)


def _history_key(params: CleanupParams) -> str:
    """Return a key apart from the digest's: the store keeps one snapshot a day for each."""
    return f"cleanup {history.key_for(params.project, params.env, params.app)}"


@dataclass(frozen=True)
class Selection:
    """The flags that match the filters, and those of them that can go."""

    flags: Sequence[Flag]
    owner: str
    groups: dict[Group, list[Candidate]]

    @property
    def ready_count(self) -> int:
        return sum(len(self.groups[group]) for group in READY)


def select_flags(params: CleanupParams, reply: CleanupReply, ctx: QuestionContext) -> Selection:
    """Filter and group the flags."""
    max_created = to_milliseconds(resolve_time(params.older or DEFAULT_AGE, ctx.now, ctx.zone))
    flags = list(reply.flags.items)
    if params.owner:
        flags = owned_by(params.owner, flags)
    owner = (flags[0].owner if flags else params.owner) if params.owner else ""
    if params.tag:
        flags = tagged(params.tag, flags)
    if params.older:
        flags = created_before(max_created, flags)
    return Selection(flags, owner, group_candidates(candidates(flags, reply.usage), max_created))


def build_view(params: CleanupParams, reply: CleanupReply, ctx: QuestionContext) -> CleanupView:
    selection = select_flags(params, reply, ctx)
    counts = {group: len(found) for group, found in selection.groups.items()}
    shown = [Group(params.group)] if params.group else list(Group)
    filters = describe_filters(params.app, selection.owner, params.tag, params.older)
    removed = _removed_flags(reply, selection, filtered=bool(filters))
    return CleanupView(
        scope=f"{params.project}/{params.env}",
        filters=filters,
        ready=humanize.count(selection.ready_count, "flag") if selection.ready_count else "",
        remove=f"{counts[Group.REMOVE]:,}" if counts[Group.REMOVE] else "",
        archive=f"{counts[Group.ARCHIVE]:,}" if counts[Group.ARCHIVE] else "",
        old=_count_old(counts[Group.OLD], selection.ready_count),
        old_age=describe_age(params.older or DEFAULT_AGE),
        checked=humanize.count(len(selection.flags), "flag"),
        burn_down=_burn_down(reply, selection, ctx),
        stale=humanize.number(reply.stale_count) if reply.stale_count else "",
        groups=tuple(_group_view(group, selection, params, ctx) for group in shown if selection.groups[group]),
        position=_position(params, counts),
        removed=humanize.count(len(removed), "flag") if removed else "",
        removed_flags=humanize.join_truncated(removed, MAX_NAMED_REMOVALS),
        missing=tuple(_missing(reply)),
        capped=f"{MAX_ITEMS:,}" if reply.flags.capped else "",
        buttons=tuple(button for button in _buttons(params, counts) if button[1]),
        ticket_line=QUESTION.button_line(params) if any(selection.groups[group] for group in shown) else "",
        url=ctx.urls.flags(params.project, params.env),
    )


def _count_old(old: int, ready: int) -> str:
    """Count the flags that are old, after those that are ready; empty if there are none."""
    return "" if not old else f"{old:,} more" if ready else humanize.count(old, "flag")


def _group_view(group: Group, selection: Selection, params: CleanupParams, ctx: QuestionContext) -> GroupView:
    found = selection.groups[group]
    if params.sort == "owner":
        found = sorted(found, key=lambda candidate: (not candidate.flag.owner, candidate.flag.owner.casefold()))
    first = (params.page - 1) * PAGE_FLAGS if params.group else 0
    shown = found[first : first + (PAGE_FLAGS if params.group else OVERVIEW_FLAGS[group])]
    flags = tuple(candidate_view(one, group, params.project, params.env, ctx) for one in shown)
    hidden = 0 if params.group else len(found) - len(shown)
    return GroupView(
        title=group_title(group, params.older or DEFAULT_AGE),
        meaning=MEANINGS[group],
        sections=tuple(flags[n : n + SECTION_FLAGS] for n in range(0, len(flags), SECTION_FLAGS)) or ((),),
        more=f"{hidden:,}" if hidden else "",
    )


def _position(params: CleanupParams, counts: dict[Group, int]) -> str:
    """Describe which flags of a group are shown, if not all: `21–40 of 106`."""
    if not params.group or (total := counts[Group(params.group)]) <= PAGE_FLAGS:
        return ""
    first, last = (params.page - 1) * PAGE_FLAGS + 1, min(params.page * PAGE_FLAGS, total)
    return f"{first:,}–{last:,} of {total:,}" if first <= last else f"none of {total:,} on page {params.page}"


def _buttons(params: CleanupParams, counts: dict[Group, int]) -> Iterator[tuple[str, str]]:
    """Yield the labels and lines of the buttons: to each group, or to a group's other pages and its other order."""

    def line(**changes: Any) -> str:
        return QUESTION.button_line({**dict(params), "page": 1, **changes})

    if not params.group:
        cut = [group for group in Group if counts[group] > OVERVIEW_FLAGS[group]]
        yield from ((f"See all {counts[group]:,} {BUTTON_WORDS[group]}", line(group=group.value)) for group in cut)
        return
    if params.page > 1:
        yield "Previous", line(page=params.page - 1)
    if params.page * PAGE_FLAGS < counts[Group(params.group)]:
        yield "Next", line(page=params.page + 1)
    yield ("Oldest first", line(sort="age")) if params.sort == "owner" else ("By owner", line(sort="owner"))
    yield "All groups", line(group=None, sort="age")


def _burn_down(reply: CleanupReply, selection: Selection, ctx: QuestionContext) -> str:
    """Compare how many flags are ready with four weeks ago; where only digests were posted, how many are done."""
    if isinstance(reply.statuses, Failure):
        return ""
    statuses = reply.statuses.by_flag()
    done = sum(1 for flag in selection.flags if flag.key in statuses and statuses[flag.key].is_stale)
    for metric, count, name in (
        (history.READY_FLAGS, selection.ready_count, "ready"),
        (history.DONE_FLAGS, done, "launched or inactive"),
    ):
        if change := history.describe_burn_down(reply.snapshots, ctx.today, metric, count):
            return f"{count:,} {name}, {change}"
    return ""


def take_snapshot(params: CleanupParams, reply: CleanupReply, ctx: QuestionContext) -> Snapshot | None:
    """Build the snapshot with the number of flags that are ready, if all are counted and nothing is missing."""
    if not _counts_all(params) or any_transient(reply.statuses, reply.references):
        return None
    numbers: dict[str, float] = {history.READY_FLAGS: select_flags(params, reply, ctx).ready_count}
    return Snapshot(_history_key(params), ctx.today, numbers, material=True)


def _removed_flags(reply: CleanupReply, selection: Selection, *, filtered: bool) -> list[str]:
    """Name the flags that left the code this week: some of their repositories may still mention them."""
    if isinstance(reply.extinctions, Failure):
        return []
    references = {} if isinstance(reply.references, Failure) else reply.references.flags or {}
    wanted = {flag.key for flag in selection.flags}
    gone = [flag for flag in reply.extinctions.flags() if not references.get(flag)]
    return [humanize.truncate_text(flag, 80) for flag in gone if flag in wanted or not filtered]


def _missing(reply: CleanupReply) -> Iterator[str]:
    """Say what LaunchDarkly didn't send, and how that limits the answer."""
    if isinstance(reply.statuses, Failure):
        yield f"{_why(reply.statuses, 'flag statuses')} Only LaunchDarkly's own verdict counts."
    if isinstance(reply.stale_chart, Failure):
        yield _why(reply.stale_chart, "the team's flag health")
    code = [part for part in (reply.references, reply.extinctions) if isinstance(part, Failure)]
    if code:
        yield _why(code[0], "code references")
    elif isinstance(reply.references, CodeReferences) and not reply.references.flags:
        yield "No repository sends code references to LaunchDarkly."
    if reply.flags.items and all(flag.stale is None for flag in reply.flags.items):
        yield "LaunchDarkly sent no verdict on any flag, so I went by status and code references."


def _why(failure: Failure, feature: str) -> str:
    return no_access_text(failure, feature) or f"I couldn't load {feature}. {failure_text(failure)}"


def write_ticket(params: CleanupParams, reply: CleanupReply, ctx: QuestionContext) -> str:
    """Write a ticket about a whole group; without one, about the flags that are ready, or else those that are old."""
    groups = select_flags(params, reply, ctx).groups
    wanted = [Group(params.group)] if params.group else [group for group in READY if groups[group]] or [Group.OLD]
    ticket_groups = [
        TicketGroup(
            group_title(group, params.older or DEFAULT_AGE),
            [candidate_view(one, group, params.project, params.env, ctx) for one in groups[group][:MAX_TICKET_FLAGS]],
        )
        for group in wanted
    ]
    total = sum(len(groups[group]) for group in wanted)
    title = f"Clean up {humanize.count(total, 'flag')} in {params.project}/{params.env}"
    source = f"From {QUESTION.line(dict(params))}, {ctx.today:%-d %b %Y}"
    return ticket_text(title, ticket_groups, total, source) if total else ""


def observe(params: CleanupParams, reply: CleanupReply, ctx: QuestionContext) -> dict[str, Observation]:
    """Return for each flag whether it is ready to clean up."""
    selection = select_flags(params, reply, ctx)
    ready = {one.flag.key: group for group in READY for one in selection.groups[group]}
    return {flag.key: _observation(flag, ready.get(flag.key), params, ctx) for flag in selection.flags}


def _observation(flag: Flag, group: Group | None, params: CleanupParams, ctx: QuestionContext) -> Observation:
    return Observation(
        what=humanize.truncate_text(flag.key, 80),
        owner=flag.owner,
        state=group or "in use",
        says=group_title(group, "").lower() if group else "in use",
        url=ctx.urls.flag(params.project, flag.key, (params.env,)),
        line=f"flag {flag.key} {params.project}/{params.env}" if is_key(flag.key) else "",
        tells=group is not None,
    )


QUESTION = Question[CleanupParams, CleanupReply, CleanupView](
    name="cleanup",
    summary="Flags to remove from code or archive, with their owners",
    examples=(
        "cleanup web/production",
        "cleanup platform/production owner=platform older=180d",
        "cleanup warehouse/production group=old sort=owner",
    ),
    label="Flags to clean up",
    words=WORDS,
    params=CleanupParams,
    reply=CleanupReply,
    view=CleanupView,
    fetch=fetch,
    build_view=build_view,
    is_partial=lambda reply: any_transient(reply.statuses, reply.references, reply.extinctions, reply.stale_chart),
    suspect_keys=lambda params, reply: {} if reply.flags.items else {"app": params.app or ()},
    snapshot=take_snapshot,
    ticket=write_ticket,
    observe=observe,
)
