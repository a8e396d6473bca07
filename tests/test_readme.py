"""The README says what the code says."""

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
    return spoken(discover())


def spoken(register: Registry) -> str:
    rows = [f"| `{usage_line(s)}` | {s.summary} | `{s.examples[0]}` |" for s in register.values()]
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
    ("orders", spoken(commands.discover())),
    ("scopes", scopes()),
    ("settings", settings()),
]


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_a_table_of_the_readme_equals_the_code(name: str, table: str, rewrite: bool) -> None:
    part = re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end -->)", re.DOTALL)
    if rewrite:
        README.write_text(part.sub(lambda found: f"{found[1]}{table}\n{found[2]}", README.read_text(), count=1))
    found = part.search(README.read_text())
    assert found
    assert found[0].removeprefix(found[1]).removesuffix(found[2]).strip() == table


def test_the_lines_of_the_readme_can_be_asked() -> None:
    lines = re.findall(r"insights-bot ask ((?!help)\w.*)", README.read_text())
    assert len(lines) >= 2
    for line in lines:
        assert parse(line, discover()).canonical == line
