"""A flag that can go in words: who owns it, how old it is, and how it is still used."""

import re
from collections.abc import Sequence

from bot.messages import humanize
from bot.questions.base import QuestionContext, View
from bot.questions.cleanup.candidates import Candidate, Group
from bot.questions.cleanup.reply import RepositoryReferences

MEANINGS = {
    Group.REMOVE: "everyone gets the same variation, oldest first",
    Group.ARCHIVE: "no longer used",
    Group.OLD: "still needed?",
}
BUTTON_WORDS = {Group.REMOVE: "to remove", Group.ARCHIVE: "to archive", Group.OLD: "temporary"}
MAX_NAMED_REPOSITORIES = 2
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
