"""Code references and extinctions: their decoded fields, and how they are fetched.

All of a project's flags are in one reply each, so none costs a request per flag."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

from bot.launchdarkly import Int64, LaunchDarkly, Reply, Version, field
from bot.lines.timespec import to_milliseconds


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
