"""The README matches the code."""

import re
from pathlib import Path

import pytest

from bot import commands, manifest
from bot.lines.parser import Registry, parse
from bot.notices import usage_line
from bot.questions import discover
from bot.settings import Settings

README = Path(__file__).parent.parent / "README.md"


def questions() -> str:
    return table_of(discover())


def table_of(registry: Registry) -> str:
    rows = [f"| `{usage_line(s)}` | {s.summary} | `{s.examples[0]}` |" for s in registry.values()]
    return "\n".join(["| question | what comes back | for example |", "|---|---|---|", *rows])


def settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = "–" if field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(["| setting | unless set | meaning |", "|---|---|---|", *rows])


def scopes() -> str:
    rows = [f"| `{name}` | {reason} |" for name, reason in manifest.scopes().items()]
    rows += [f"| `{name}` (optional) | {reason} |" for name, reason in manifest.optional_scopes().items()]
    return "\n".join(["| scope | what for |", "|---|---|", *rows])


TABLES = [
    ("questions", questions()),
    ("orders", table_of(commands.discover())),
    ("scopes", scopes()),
    ("settings", settings()),
]


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_readme_tables_match_the_code(name: str, table: str, rewrite: bool) -> None:
    part = re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end -->)", re.DOTALL)
    if rewrite:
        README.write_text(part.sub(lambda section: f"{section[1]}{table}\n{section[2]}", README.read_text(), count=1))
    section = part.search(README.read_text())
    assert section
    assert section[0].removeprefix(section[1]).removesuffix(section[2]).strip() == table


def test_lines_in_the_readme_are_valid() -> None:
    lines = re.findall(r"insights-bot ask ((?!help)\w.*)", README.read_text())
    assert len(lines) >= 2
    for line in lines:
        assert parse(line, discover()).canonical == line
