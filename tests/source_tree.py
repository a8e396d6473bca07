"""The source of the bot and its tests, parsed once, for tests of what imports what."""

import ast
from functools import cache
from pathlib import Path

from bot.questions import discover

ROOT = Path(__file__).parent.parent


@cache
def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(source(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(syntax_tree(path)))


def imports(path: Path) -> set[str]:
    """The full name of everything that a module imports: `bot.errors.Failure`, `asyncio`."""
    names = set[str]()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_questions(*paths: Path) -> set[str]:
    """The names of the questions whose modules these files import."""
    names = [name.split(".") for path in paths for name in imports(path)]
    return {parts[2] for parts in names if parts[:2] == ["bot", "questions"] and len(parts) > 2} & set(discover())


def composed_of(question: str) -> set[str]:
    """The questions that a question asks."""
    folder = ROOT / "bot" / "questions"
    return imported_questions(*folder.glob(f"{question}.py"), *(folder / question).glob("*.py")) - {question}
