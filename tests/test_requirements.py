"""requirements.txt pins what the bot needs, and tests/requirements.txt what the tests need as well."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from tests.pinned_requirements import applicable, pins

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
NEEDED_BY_TESTS = [Requirement(line) for line in PROJECT["optional-dependencies"]["test"]]
FILES = [ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt"]
USED_BY_OTHERS = {
    "aiosqlite": "SQLAlchemy, when the database is SQLite",
    "psycopg": "SQLAlchemy and dbos, when it is PostgreSQL",
    "sniffio": "httpcore",
    "tzdata": "zoneinfo",
    "wsproto": "uvicorn, when the sandbox serves Socket Mode",
}


def closure(needed: Iterable[Requirement]) -> set[NormalizedName]:
    """The names of these requirements and of all that they need in turn."""
    seen: set[tuple[NormalizedName, str]] = set()
    pending = [(requirement, extra) for requirement in needed for extra in ("", *requirement.extras)]
    while pending:
        requirement, extra = pending.pop()
        if (key := (canonicalize_name(requirement.name), extra)) in seen:
            continue
        seen.add(key)
        for nested in map(Requirement, requires(requirement.name) or ()):
            if nested.marker is None or nested.marker.evaluate({"extra": extra}):
                pending += [(nested, nested_extra) for nested_extra in ("", *nested.extras)]
    return {name for name, _ in seen}


def imported() -> Iterator[str]:
    """The top-level name of everything that a module of the bot imports."""
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def test_requirements_pin_what_the_bot_needs_and_nothing_else() -> None:
    assert applicable(pins(FILES[0])) == closure(NEEDED)


def test_test_requirements_pin_what_tests_need_beyond_the_bot() -> None:
    ours, theirs = map(pins, FILES)
    assert applicable(theirs) == closure([*NEEDED, *NEEDED_BY_TESTS])
    assert {name: str(theirs[name]) for name in ours} == {name: str(pin) for name, pin in ours.items()}


@pytest.mark.parametrize("file", FILES, ids=["bot", "tests"])
def test_every_pin_is_exact_and_within_bounds(file: Path) -> None:
    pinned = pins(file)
    exact = {name: re.fullmatch(r"==([^,*]+)", str(pin.specifier)) for name, pin in pinned.items()}
    assert all(exact.values())
    bounds = {canonicalize_name(one.name): one for one in [*NEEDED, *NEEDED_BY_TESTS]}
    outside = [n for n, pin in exact.items() if pin and n in bounds and pin[1] not in bounds[n].specifier]
    assert not outside


@pytest.mark.parametrize("file", FILES, ids=["bot", "tests"])
def test_no_requirement_names_a_registry_or_url(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert not [line for line in lines if "://" in line or "--index" in line or "--find-links" in line or " @ " in line]
    assert lines[1].startswith("#    uv pip compile ")


def test_every_dependency_is_imported_by_the_bot_or_has_a_reason() -> None:
    owners = packages_distributions()
    used = {canonicalize_name(owner) for name in set(imported()) for owner in owners.get(name, ())}
    assert {canonicalize_name(one.name) for one in NEEDED} - used == set(USED_BY_OTHERS)


@pytest.mark.parametrize(
    ("name", "affected", "fixed"),
    [
        ("aiohttp", "3.14.2", "3.14.3"),
        ("starlette", "1.3.0", "1.3.1"),
        ("pydantic-settings", "2.15.0", "2.16.0"),  # 2.16 requires a python-dotenv without the advisory
    ],
)
def test_versions_with_known_advisories_are_not_admitted(name: str, affected: str, fixed: str) -> None:
    [needed] = [one for one in NEEDED if one.name == name]
    assert affected not in needed.specifier
    assert fixed in needed.specifier
