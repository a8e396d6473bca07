"""The sandbox's company, read from `company.toml`: people, teams, projects, applications and flags.

This is only what the file says; changes and deployments are derived in `history`.
"""

import hashlib
import json
import tomllib
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

Status = Literal["new", "active", "launched", "inactive"]


class TomlTable(BaseModel):
    """A table in the file. Unknown keys are rejected, so a misspelling is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(TomlTable):
    """A member of the company's LaunchDarkly account."""

    key: str
    first: str
    last: str = ""
    email: str
    role: str = "writer"

    @property
    def full_name(self) -> str:
        return f"{self.first} {self.last}".strip()


class Team(TomlTable):
    """A team that may maintain flags."""

    key: str
    name: str


class Application(TomlTable):
    """An application that is deployed, and whose project it belongs to."""

    key: str
    name: str
    project: str
    kind: Literal["server", "browser", "mobile"]


class Repository(TomlTable):
    """A repository that is scanned for flags: those of the applications whose code it holds."""

    name: str
    type: Literal["bitbucket", "custom", "github", "gitlab"] = "github"
    apps: frozenset[str]

    @property
    def url(self) -> str:
        return f"https://code.harbourgoods.example/{self.name}"


class Environment(TomlTable):
    """An environment: how much happens on a working day, and how much its scores vary. All zeros: it was never used.

    `edits` and `scares` (something is switched, and soon back) are per day, `deployments` per application and day,
    `traffic` is evaluations in ten minutes. Scores vary by `wander` points at most around `scores`.
    """

    key: str
    name: str
    edits: float = 0
    scares: float = 0
    deployments: float = 0
    traffic: int = 0
    scores: dict[str, int] = {}
    wander: int = 7


class Project(TomlTable):
    """A project with its environments."""

    key: str
    name: str
    environments: tuple[Environment, ...]

    def environment(self, key: str) -> Environment | None:
        return next((one for one in self.environments if one.key == key), None)


class Variation(TomlTable):
    """One of the values that a flag can serve."""

    value: Any
    name: str = ""
    description: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_json(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Read a value that is written as JSON, because TOML has no null."""
        if "json" not in data:
            return data
        return {"value": json.loads(data["json"]), "name": data["name"]}

    @property
    def label(self) -> str:
        return self.name or json.dumps(self.value)


class Clause(TomlTable):
    """A condition of a targeting rule."""

    attribute: str
    op: str
    values: tuple[Any, ...]
    negate: bool = False
    kind: str = "user"


class Rule(TomlTable):
    """A targeting rule, which serves one variation or a percentage rollout."""

    description: str
    clauses: tuple[Clause, ...]
    variation: int = 0
    rollout: tuple[int, ...] = ()


class Target(TomlTable):
    """Individual contexts that get one variation."""

    variation: int
    values: tuple[str, ...]
    kind: str = "user"


class Prerequisite(TomlTable):
    """Another flag, and the variation that it must serve."""

    key: str
    variation: int


class Config(TomlTable):
    """A flag's targeting in one environment. `climb` lists the percentages of a rollout that advances every week."""

    on: bool | None = None
    serve: int = 0
    rollout: tuple[int, ...] = ()
    climb: tuple[int, ...] = ()
    bucket_by: str = ""
    context_kind: str = "user"
    off: int | None = None
    code_default_when_off: bool = False
    rules: tuple[Rule, ...] = ()
    targets: tuple[Target, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()


class Experiment(TomlTable):
    """An experiment on a flag."""

    key: str
    name: str
    metric: str


class Flag(TomlTable):
    """A flag, with its targeting per environment in `where`.

    `created`, `deprecated`, `evaluated` (when an inactive flag was last requested, if ever) and `left_code` (when its
    last code reference was removed) are days before today.
    """

    project: str
    key: str
    name: str
    description: str = ""
    temporary: bool = True
    tags: tuple[str, ...] = ()
    maintainer: str = ""
    created: int
    deprecated: int | None = None
    evaluated: int | None = None
    left_code: int | None = None
    archived: bool = False
    status: Status = "inactive"
    status_in: dict[str, Status] = {}
    apps: frozenset[str] = frozenset()
    stages: int = 0
    ready_for_code_removal: bool = False
    ready_to_archive: bool = False
    experiment: Experiment | None = None
    variations: tuple[Variation, ...] = (
        Variation(value=True, name="Available"),
        Variation(value=False, name="Unavailable"),
    )
    where: dict[str, Config] = {}

    @property
    def maintainer_team(self) -> str:
        """The key of the maintaining team; empty if there is none."""
        return self.maintainer.removeprefix("team:") if self.maintainer.startswith("team:") else ""

    @property
    def maintainer_id(self) -> str:
        """The ID of the maintaining member; empty if there is none."""
        return object_id("member", self.maintainer) if self.maintainer and not self.maintainer_team else ""

    def status_at(self, environment: str) -> Status:
        return self.status_in.get(environment, self.status)

    def config(self, environment: str) -> Config:
        """Return the targeting in the file, plus defaults: an active flag is on, and off serves the last variation."""
        configured = self.where.get(environment, Config())
        off = None if configured.code_default_when_off else len(self.variations) - 1
        in_use = not self.archived and self.status_at(environment) in {"active", "launched"}
        return configured.model_copy(
            update={
                "on": in_use if configured.on is None else configured.on,
                "off": off if configured.off is None else configured.off,
            }
        )


class Step(TomlTable):
    """A change in a story: who turns targeting on or off or changes the rollout, when (day 0 is a Monday), and why."""

    day: int
    at: time
    by: str = ""
    on: bool | None = None
    rollout: tuple[int, ...] = ()
    comment: str

    @property
    def change(self) -> dict[str, Any]:
        return {"on": self.on} if self.on is not None else {"rollout": self.rollout}

    @property
    def millis(self) -> int:
        return (self.at.hour * 3600 + self.at.minute * 60 + self.at.second) * 1000


class Story(TomlTable):
    """What happens to a flag in an environment, `every` so many weeks, beginning with week number `week` of them."""

    project: str
    environment: str
    flag: str
    every: int
    week: int
    steps: tuple[Step, ...]


class Phrases(TomlTable):
    """Descriptions of changes: `scare` and `rehearsal` in pairs (change, revert), the others by event type."""

    scare: tuple[tuple[str, str], ...]
    rehearsal: tuple[tuple[str, str], ...]
    audience: tuple[str, ...]
    edits: dict[str, tuple[str, ...]]
    housekeeping: dict[str, tuple[str, ...]]


class Company(TomlTable):
    """The whole file, with lookups by key."""

    people: tuple[Person, ...]
    teams: tuple[Team, ...]
    applications: tuple[Application, ...]
    repositories: tuple[Repository, ...]
    projects: tuple[Project, ...]
    flags: tuple[Flag, ...]
    stories: tuple[Story, ...]
    phrases: Phrases

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

    def project(self, key: str) -> Project | None:
        return next((one for one in self.projects if one.key == key), None)

    def flag(self, project: Project, key: str) -> Flag | None:
        return next((one for one in self.flags_of(project) if one.key == key), None)

    def flags_of(self, project: Project) -> list[Flag]:
        return [one for one in self.flags if one.project == project.key]

    def applications_of(self, project: Project) -> list[Application]:
        return [one for one in self.applications if one.project == project.key]

    def stories_in(self, project: Project, environment: Environment) -> list[Story]:
        return [one for one in self.stories if (one.project, one.environment) == (project.key, environment.key)]

    def repositories_of(self, flag: Flag) -> list[Repository]:
        """Return the repositories that hold, or held, code for a flag."""
        return [one for one in self.repositories if one.apps & flag.apps]

    def person(self, key: str) -> Person | None:
        return next((one for one in self.people if one.key == key), None)

    def team(self, key: str) -> Team | None:
        return next((one for one in self.teams if one.key == key), None)


@cache
def harbour_goods() -> Company:
    """Return the company that ships with the sandbox."""
    return Company.read(Path(__file__).with_name("company.toml"))


def object_id(*names: str) -> str:
    """Return the ID of an object, 24 hexadecimal digits as in LaunchDarkly; the same for the same names."""
    return hashlib.sha256(":".join(names).encode()).hexdigest()[:24]
