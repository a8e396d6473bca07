"""Which flags can go, by their status and references: a flag belongs to the first group whose condition it meets.

All of a project's code references are in one reply, and so are the extinctions: none costs a request per flag."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from bot.errors import Failure
from bot.launchdarkly import Int64, LaunchDarkly, Number, Reply, Version, field
from bot.lines.timespec import to_milliseconds
from bot.questions.catalog import Flag, FlagStatus, FlagStatuses, Listing, Stale
from bot.questions.chart import ChartReply
from bot.store import Snapshot

STALE_CHART_PATH = "/api/v2/engineering-insights/charts/flags/stale"


class RepositoryReferences(Reply):
    """A flag's references in one repository."""

    name: str | None = None
    files: Int64 | None = field(name="fileCount", default=None)


class CodeReferences(Reply):
    """The references to each flag. A flag without any isn't listed."""

    flags: dict[str, list[RepositoryReferences] | None] | None = None


class Extinction(Reply):
    """A commit that removed a flag's last reference from a repository."""

    flag: str | None = field(name="flagKey", default=None)


class Extinctions(Reply):
    items: dict[str, list[Extinction] | None] | None = None

    def flags(self) -> Iterator[str]:
        """Yield the key of each flag once."""
        removed = (one.flag for repository in (self.items or {}).values() for one in repository or ())
        yield from dict.fromkeys(flag for flag in removed if flag)


async def fetch_references(launchdarkly: LaunchDarkly, project: str) -> CodeReferences:
    path = f"/api/v2/code-refs/statistics/{quote(project, safe='')}"
    return await launchdarkly.get(CodeReferences, path, version=Version.CURRENT)


async def fetch_extinctions(launchdarkly: LaunchDarkly, project: str, end: datetime) -> Extinctions:
    """Fetch the extinctions of the week before a time."""
    start = end - timedelta(weeks=1)
    parameters = (("projKey", project), ("from", str(to_milliseconds(start))), ("to", str(to_milliseconds(end))))
    return await launchdarkly.get(Extinctions, "/api/v2/code-refs/extinctions", parameters, version=Version.CURRENT)


async def fetch_stale_chart(
    launchdarkly: LaunchDarkly, project: str, env: str, apps: Sequence[str], team: str
) -> ChartReply:
    """Fetch how many stale flags a team has. No other chart of LaunchDarkly's knows teams."""
    place = (("projectKey", project), ("environmentKey", env), ("maintainerTeamKey", team))
    parameters = (*place, ("applicationKey", ",".join(apps))) if apps else place
    return await launchdarkly.get(ChartReply, STALE_CHART_PATH, parameters, version=Version.BETA)


StaleChart = ChartReply | Failure | None  # of the team that owns the flags; None for any other owner


class Group(StrEnum):
    """What to do with a flag, the easiest first."""

    REMOVE = "remove"  # from the code
    ARCHIVE = "archive"
    OLD = "old"  # temporary for too long: ask its owner


READY = (Group.REMOVE, Group.ARCHIVE)


@dataclass(frozen=True)
class Usage:
    """The status and references of all flags. None is unknown, which isn't the same as none."""

    statuses: Mapping[str, FlagStatus] | None
    references: CodeReferences | None

    def references_to(self, flag: Flag) -> Sequence[RepositoryReferences] | None:
        """Return a flag's references. If no flag has any, nobody scans the code, so they are unknown."""
        found = self.references and self.references.flags
        return found.get(flag.key) or () if found else None


@dataclass(frozen=True)
class CleanupReply:
    """The flags, and how they are used; a part of that may be missing."""

    flags: Listing[Flag]
    statuses: FlagStatuses | Failure
    references: CodeReferences | Failure
    extinctions: Extinctions | Failure
    stale_chart: StaleChart = None
    snapshots: tuple[Snapshot, ...] = ()

    @property
    def usage(self) -> Usage:
        return Usage(
            None if isinstance(self.statuses, Failure) else self.statuses.by_flag(),
            None if isinstance(self.references, Failure) else self.references,
        )

    @property
    def stale_count(self) -> Number | None:
        """LaunchDarkly's own count of the team's stale flags, if it is known."""
        if self.stale_chart is None or isinstance(self.stale_chart, Failure):
            return None
        return sum(point.y or 0 for series in self.stale_chart.series or () for point in series.data or ())


@dataclass(frozen=True)
class Candidate:
    """A flag, and how it is used."""

    flag: Flag
    status: FlagStatus | None
    references: Sequence[RepositoryReferences] | None

    @property
    def status_name(self) -> str:
        return ((self.status and self.status.name) or "").lower()

    @property
    def has_left_code(self) -> bool:
        """Whether a temporary flag is known to have no references. A permanent one may be a safety switch."""
        return bool(self.flag.temporary) and self.references is not None and not self.references

    def group(self, created_before: float) -> Group | None:
        """Return the group of a flag that is too old if it was created before a time."""
        verdict, status = self.flag.stale or Stale(), self.status_name
        if verdict.code and status in ("launched", ""):
            return Group.REMOVE
        if verdict.archive or (status == "inactive" and self.has_left_code and self.flag.stale is None):
            return Group.ARCHIVE
        if status == "launched" and self.has_left_code:
            return Group.REMOVE
        is_old = self.flag.created is not None and self.flag.created < created_before
        return Group.OLD if self.flag.temporary and is_old else None


def candidates(flags: Sequence[Flag], usage: Usage) -> list[Candidate]:
    """Return the flags with how they are used, the oldest first."""
    return [
        Candidate(flag, (usage.statuses or {}).get(flag.key), usage.references_to(flag))
        for flag in sorted(flags, key=lambda flag: (flag.created is None, flag.created, flag.key))
        if not flag.archived
    ]


def group_candidates(flags: Sequence[Candidate], created_before: float) -> dict[Group, list[Candidate]]:
    """Group the flags that can go. A group may be empty. Of flags that are too old, those in use are last."""
    groups: dict[Group, list[Candidate]] = {group: [] for group in Group}
    for candidate in flags:
        if group := candidate.group(created_before):
            groups[group].append(candidate)
    groups[Group.OLD].sort(key=lambda candidate: not (candidate.status and candidate.status.is_stale))
    return groups
