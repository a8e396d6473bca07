"""The rules of the house that no other tool holds."""

import ast
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.answers import AnswerFooter
from bot.lines.parser import parse
from bot.messages.mrkdwn import Timestamp
from bot.messages.renderer import Renderer
from bot.questions import discover
from bot.questions.base import AnyQuestion, View
from tests.conversation import question_context
from tests.golden_cases import CASES, GOLDENS, REQUIRED_STATES, Case

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "bot").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.j2"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
ENDPOINTS = discover()
TOP_LEVEL = {
    "bot",
    "templates",
    "tests",
    "pyproject.toml",
    "README.md",
    "requirements.txt",
    "LICENSE",
    "manifest.yml",
    "Procfile",
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_top_level_holds_only_the_allowed_files() -> None:
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_module_is_short_and_has_a_docstring(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(source))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_entry_points_read_the_clock(path: Path) -> None:
    reads_it = re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.(time|monotonic)\(", path.read_text())
    assert not reads_it or named(path) in ("bot/app.py", "bot/cli.py")


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_settings_read_the_environment(path: Path) -> None:
    assert not re.search(r"\bos\.(environ|getenv)\b", path.read_text())


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_tests_use_no_mocks_and_never_sleep(path: Path) -> None:
    tree = ast.parse(path.read_text())
    called = {_called(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    }
    assert not {"patch", "Mock", "MagicMock", "AsyncMock", "setattr"} & (called | imported)
    assert all(map(_yields_only, (node for node in ast.walk(tree) if isinstance(node, ast.Call))))


def _yields_only(call: ast.Call) -> bool:
    """Whether a call is no sleep, or one that only lets others go on."""
    return _called(call.func) != "sleep" or [ast.unparse(argument) for argument in call.args] == ["0"]


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_does_no_escaping_by_hand(path: Path) -> None:
    """These pass by the escaping, or double it: see `bot/messages/template_tags.py`."""
    source = path.read_text()
    assert not re.search(r"\|\s*(tojson|safe|e|escape)\b|~|\{%-?\s*set\s|\{%-?\s*autoescape", source)


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.stem not in ENDPOINTS], ids=named)
def test_template_is_a_question_a_notice_or_shared(path: Path) -> None:
    assert path.parent.name == "notices" or path.stem.startswith("_")


# A question is one file, one template, one test, and its goldens.


@pytest.mark.parametrize("question", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_question_has_a_template_a_test_and_goldens(question: AnyQuestion) -> None:
    assert (ROOT / "templates" / f"{question.name}.j2").is_file()
    assert (ROOT / "tests" / f"test_{question.name}.py").is_file()
    goldens = {path.name for path in (GOLDENS / question.name).iterdir()}
    assert {"example-1.json", *(f"{state}.txt" for state in REQUIRED_STATES)} <= goldens


@pytest.mark.parametrize("name", ENDPOINTS)
def test_composed_question_is_not_used_by_other_questions(name: str) -> None:
    """So none ends up asking itself, and whoever reads one needs to read one step further at most."""
    assert [other for other in asks(name) if asks(other)] == []


def asks(name: str) -> set[str]:
    """The questions that a question knows. What several share knows none."""
    folder = ROOT / "bot" / "questions"
    return _known(*folder.glob(f"{name}.py"), *(folder / name).glob("*.py")) & ENDPOINTS.keys() - {name}


def test_shared_question_code_imports_no_question() -> None:
    shared = [
        path
        for path in (ROOT / "bot" / "questions").rglob("*.py")
        if not {path.stem, path.parent.name} & ENDPOINTS.keys()
    ]
    assert _known(*shared) & ENDPOINTS.keys() == set()


def _known(*paths: Path) -> set[str]:
    return set(re.findall(r"(?:from|import) bot\.questions\.([a-z]\w*)", "".join(path.read_text() for path in paths)))


@pytest.mark.parametrize("question", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_example_is_its_own_canonical_line(question: AnyQuestion) -> None:
    assert [parse(line, ENDPOINTS).canonical for line in question.examples] == list(question.examples)


@pytest.mark.parametrize("question", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
async def test_template_reads_every_field_of_its_view(question: AnyQuestion) -> None:
    read: set[tuple[type[View], str]] = set()
    for case in (case for case in CASES if case.question == question.name):
        view = await _view(case)
        asked = AnswerFooter(case.line, Timestamp(1, "now"))
        Renderer().render(question.name, view=Recorded(view, read), asked=asked)
    written = {(kind, name) for kind in _views(question.view) for name in kind.model_fields}
    assert {f"{kind.__name__}.{name}" for kind, name in written - read} == set()


class Recorded:
    """A view that writes down which of its fields are read."""

    def __init__(self, view: View, read: set[tuple[type[View], str]]) -> None:
        self._view = view
        self._read = read

    def __getattr__(self, name: str) -> Any:
        if name in type(self._view).model_fields:
            self._read.add((type(self._view), name))
        return self._wrapped(getattr(self._view, name))

    def _wrapped(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._wrapped(part) for part in value)
        return Recorded(value, self._read) if isinstance(value, View) else value


async def _view(case: Case) -> View:
    """The view that the message of a golden case shows."""
    query, asking = (
        parse(case.line, ENDPOINTS).params,
        question_context(menus=True, edit=case.edit or (lambda reply: reply)),
    )
    endpoint = ENDPOINTS[case.question]
    view: View = endpoint.build_view(query, await endpoint.fetch(query, asking), asking)
    return view


def _views(kind: Any) -> set[type[View]]:
    """A view and all that it holds."""
    if isinstance(kind, type) and issubclass(kind, View):
        return {kind}.union(*(_views(field.annotation) for field in kind.model_fields.values()))
    return set[type[View]]().union(*(_views(part) for part in get_args(kind)))
