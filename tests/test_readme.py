"""The README, SECURITY.md and `.env.example` match the code."""

import re
from pathlib import Path

import pytest

from bot import commands, manifest
from bot.help import usage_line
from bot.lines.parser import Registry, parse
from bot.questions import discover
from bot.settings import (
    GROUPS,
    AccessSettings,
    RequiredSettings,
    Settings,
    SettingsGroup,
    TuningSettings,
    read_settings,
)

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SECURITY = ROOT / ".github" / "SECURITY.md"
ENV_EXAMPLE = ROOT / ".env.example"


def table_of(registry: Registry, heading: str) -> str:
    rows = [f"| `{usage_line(s)}` | {s.summary} | `{s.examples[0]}` |" for s in registry.values()]
    return "\n".join([f"| {heading} | what you get | example |", "|---|---|---|", *rows])


def settings_table(group: type[SettingsGroup]) -> str:
    rows = []
    for name, field in group.model_fields.items():
        default = "–" if field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def scopes() -> str:
    rows = [f"| `{name}` | {reason} |" for name, reason in manifest.scopes().items()]
    rows += [f"| `{name}` (optional) | {reason} |" for name, reason in manifest.optional_scopes().items()]
    return "\n".join(["| scope | purpose |", "|---|---|", *rows])


def env_example() -> str:
    """Return a `.env` that has every setting: the required ones empty, the others commented out with their defaults."""
    lines = ["# Copy this file to .env and fill in the required settings. All others have a default."]
    for group in GROUPS:
        lines += ["", f"# {group.title}"]
        mark = "" if group is RequiredSettings else "# "
        for name, field in group.model_fields.items():
            default = "" if field.default is None else field.default
            lines += ["", f"# {field.description}", f"{mark}{name.upper()}={default}"]
    return "\n".join(lines) + "\n"


TABLES = [
    (README, "questions", table_of(discover(), "question")),
    (README, "commands", table_of(commands.discover(), "command")),
    (SECURITY, "scopes", scopes()),
    (README, "required", settings_table(RequiredSettings)),
    (README, "access", settings_table(AccessSettings)),
    (README, "tuning", settings_table(TuningSettings)),
]


@pytest.mark.parametrize(("path", "name", "table"), TABLES, ids=[name for _, name, _ in TABLES])
def test_tables_match_the_code(path: Path, name: str, table: str, rewrite: bool) -> None:
    part = re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end -->)", re.DOTALL)
    if rewrite:
        path.write_text(part.sub(lambda section: f"{section[1]}{table}\n{section[2]}", path.read_text(), count=1))
    section = part.search(path.read_text())
    assert section
    assert section[0].removeprefix(section[1]).removesuffix(section[2]).strip() == table


def test_lines_in_the_readme_are_valid() -> None:
    lines = re.findall(r"insights-bot ask ((?!help)\w.*)", README.read_text())
    assert len(lines) >= 2
    for line in lines:
        assert parse(line, discover()).canonical == line


def test_readme_links_lead_to_files_and_headings() -> None:
    text = README.read_text()
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in re.findall("^#.*", text, re.M)
    }
    targets = [*re.findall(r"\]\(([^)]+)\)", text), *re.findall(r'src="([^"]+)"', text)]
    local = [target for target in targets if not target.startswith("https://")]
    assert local
    for target in local:
        assert target.removeprefix("#") in headings if target.startswith("#") else (ROOT / target).exists(), target


def test_readme_has_fewer_than_250_lines() -> None:
    assert len(README.read_text().splitlines()) < 250


def test_env_example_matches_the_settings(rewrite: bool) -> None:
    if rewrite:
        ENV_EXAMPLE.write_text(env_example())
    assert ENV_EXAMPLE.read_text() == env_example()


def test_env_example_sets_nothing_but_defaults(tmp_path: Path) -> None:
    everything = tmp_path / ".env"
    everything.write_text(re.sub(r"^# (?=[A-Z_]+=)", "", ENV_EXAMPLE.read_text(), flags=re.MULTILINE))
    for path in (ENV_EXAMPLE, everything):
        assert read_settings(_env_file=path) == Settings(_env_file=None)
