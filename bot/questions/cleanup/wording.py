"""A flag that can go in words: who owns it, how old it is, and how it is still used; and a ticket about such flags."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.messages import humanize
from bot.questions.base import QuestionContext, View
from bot.questions.cleanup.candidates import Candidate, Group, RepositoryReferences

MEANINGS = {
    Group.REMOVE: "everyone gets the same variation, oldest first",
    Group.ARCHIVE: "no longer used",
    Group.OLD: "still needed?",
}
BUTTON_WORDS = {Group.REMOVE: "to remove", Group.ARCHIVE: "to archive", Group.OLD: "temporary"}
MAX_NAMED_REPOSITORIES = 2
MAX_TICKET_CHARS = 3000  # Slack's limit of an input
MAX_TICKET_FLAGS = 50  # of a group; more never fit
RESERVED_CHARS = 60  # for the number of flags that don't fit
UNITS = {"m": "minute", "h": "hour", "d": "day", "w": "week"}


class CandidateView(View):
    flag: str
    url: str
    owner: str
    age: str
    usage: str
    code: str


def candidate_view(candidate: Candidate, group: Group, project: str, env: str, ctx: QuestionContext) -> CandidateView:
    flag = candidate.flag
    return CandidateView(
        flag=humanize.truncate_text(flag.key, 80),
        url=ctx.urls.flag(project, flag.key, (env,)),
        owner=f"owned by {flag.owner}" if flag.owner else "no owner",
        age=_age(flag.created, ctx),
        usage=_usage(candidate, group, ctx),
        code=_code(candidate.references),
    )


def group_title(group: Group, older: str) -> str:
    """Name a group. `older` is the age of a flag that is too old, as typed."""
    titles = {Group.REMOVE: "Ready to remove from code", Group.ARCHIVE: "Ready to archive"}
    return titles.get(group) or f"Temporary, {describe_age(older)}"


def describe_age(older: str) -> str:
    """Describe the age of a flag that is too old: `older than 90 days`."""
    if match := re.fullmatch(r"(\d+)([mhdw])", older):
        return f"older than {humanize.count(int(match[1]), UNITS[match[2]])}"
    return f"created before {older}"


def describe_filters(apps: Sequence[str] | None, owner: str, tag: str | None, older: str | None) -> str:
    """Describe which flags were asked for, other than all: `owned by Checkout crew, tagged checkout`."""
    filters = (
        f"owned by {humanize.truncate_text(owner, 60)}" if owner else "",
        f"used by {humanize.join_truncated(list(apps))}" if apps else "",
        f"tagged {humanize.truncate_text(tag, 60)}" if tag else "",
        describe_age(older) if older else "",
    )
    return ", ".join(filter(None, filters))


def _age(created: float | None, ctx: QuestionContext) -> str:
    """Describe how old a flag is; empty if that is unknown."""
    age = humanize.time_ago(created, ctx.now)
    return f"{age.removesuffix(' ago')} old" if age.endswith(" ago") else ""


def _usage(candidate: Candidate, group: Group, ctx: QuestionContext) -> str:
    """Describe a flag's evaluations, and its status where the group doesn't tell; empty if they are unknown."""
    if candidate.status is None:
        return ""
    status = humanize.truncate_text(candidate.status_name, 30) if group is Group.OLD else ""
    evaluated = candidate.status.evaluated
    last = "never evaluated" if evaluated is None else f"evaluated {humanize.time_ago(evaluated, ctx.now)}"
    return ", ".join(filter(None, (status, last)))


def _code(references: Sequence[RepositoryReferences] | None) -> str:
    """Describe where a flag is in the code; empty if that is unknown."""
    if references is None:
        return ""
    names = [humanize.truncate_text(one.name or "a repository", 40) for one in references]
    if not names:
        return "not in the code"
    files = sum(one.files or 0 for one in references)
    return f"{humanize.count(files, 'file')} in {humanize.join_truncated(names, MAX_NAMED_REPOSITORIES)}"


@dataclass(frozen=True)
class TicketGroup:
    """What to do, and with which flags."""

    heading: str
    flags: Sequence[CandidateView]


def ticket_text(title: str, groups: Sequence[TicketGroup], total: int, source: str) -> str:
    """Write a ticket about *total* flags. Those that don't fit are counted."""
    room, fitting = MAX_TICKET_CHARS - len(title) - len(source) - RESERVED_CHARS, list[str]()
    for entry in _entries(groups):
        room -= len(entry) + 1
        if room < 0:
            break
        fitting.append(entry)
    hidden = total - len(fitting)
    more = [f"… and {hidden:,} more"] if hidden else []
    return "\n".join([title, *fitting, *more, "", source])[:MAX_TICKET_CHARS]


def _entries(groups: Sequence[TicketGroup]) -> Iterator[str]:
    """Yield each flag with its address; the first of a group follows its heading."""
    for group in groups:
        for n, flag in enumerate(group.flags):
            heading = "" if n else f"\n{group.heading}\n"
            facts = ", ".join(filter(None, (flag.owner, flag.age, flag.usage, flag.code)))
            yield f"{heading}- {flag.flag}: {facts}\n  {flag.url}"
