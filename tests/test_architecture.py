"""Rules about the source that no other tool checks."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
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
from tests.source_tree import ROOT, composed_of, imported_questions, imports, nodes, source, syntax_tree

MODULES = sorted((ROOT / "bot").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.j2"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SOURCES = [*MODULES, *TESTS]
QUESTIONS = discover()
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
RETIRED = """
    porch shelf rounds telling tellings troubles whoever beat sky cloud deed deeds pen wire letter outdoors desk office
    bureau road monday spoken understood circumstances obey sight asking begun blind opening parts reach reached at_hand
    kept way told said dressed judged found given slot cadence rhythm twin weather endpoint order note place
"""
RETIRED_NAMES = set(RETIRED.split())
RETIRED_CONSTANTS = {"MOST", "LONGEST", "FAR", "LATE", "WHOLE", "HERE", "OPEN", "AWAY"}
RETIRED_CONSTANTS |= {name.upper() for name in RETIRED_NAMES - {"monday"}}  # a MONDAY is a date


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_top_level_holds_only_the_allowed_files() -> None:
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_module_is_short_and_has_a_docstring(path: Path) -> None:
    assert len(source(path).splitlines()) <= 400
    assert ast.get_docstring(syntax_tree(path))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_the_command_line_and_signatures_read_the_clock(path: Path) -> None:
    """An event loop's own time counts seconds, and tells no date."""
    reads_it = re.search(r"\b(datetime\.(now|utcnow|today)|date\.today|(?<!\.)time\.(time|monotonic))\b", source(path))
    assert bool(reads_it) == (relative(path) in ("bot/cli.py", "bot/slack/request_checks.py"))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_settings_read_the_environment(path: Path) -> None:
    """pydantic reads it for them, and a function of slack_sdk's the proxies."""
    readers = {"BaseSettings": "bot/settings.py", "load_http_proxy_from_env": "bot/slack/responder.py"}
    read_by = {reader for reader in readers if re.search(rf"\b{reader}\b", source(path))}
    assert not re.search(r"\bos\.(environ|getenv)\b", source(path))
    assert read_by == {reader for reader, owner in readers.items() if owner == relative(path)}


def test_tests_of_a_module_share_a_process(request: pytest.FixtureRequest) -> None:
    """A group that xdist follows is a part of each test's id; one that it can't read, it ignores without a word."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("There is only one process.")
    assert request.node.nodeid.endswith("@tests/test_architecture.py")


@pytest.mark.parametrize("path", TESTS, ids=relative)
def test_tests_use_no_mocks_and_never_sleep(path: Path) -> None:
    calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
    called = {_called(call.func) for call in calls}
    imported = {name.rpartition(".")[2] for name in imports(path)}
    assert not {"patch", "Mock", "MagicMock", "AsyncMock", "setattr"} & (called | imported)
    assert all(map(_yields_only, calls))


def _yields_only(call: ast.Call) -> bool:
    """Whether a call is no sleep, or one that only lets other tasks run."""
    return _called(call.func) != "sleep" or [ast.unparse(argument) for argument in call.args] == ["0"]


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


# Names


def test_retired_names_stay_out() -> None:
    """The code speaks the field's words. Names of libraries, such as `order_by`, are not defined here."""
    retired = [(relative(path), name) for path in SOURCES for name in _defined_names(path) if _is_retired(name)]
    assert retired == []


def _is_retired(name: str) -> bool:
    return name.strip("_") in RETIRED_NAMES | RETIRED_CONSTANTS


def _defined_names(path: Path) -> Iterator[str]:
    """The names of a module, and of its functions, parameters, constants and classes, these in lower case."""
    yield path.parent.name if path.stem == "__init__" else path.stem
    for node in nodes(path):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.ClassDef(name=name):
                yield name.lower()
    for statement in syntax_tree(path).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = chain.from_iterable(map(ast.walk, targets))
            yield from (name.id for name in names if isinstance(name, ast.Name))


def test_public_class_names_are_unique_outside_the_sandbox() -> None:
    classes = [
        (node.name, relative(path))
        for path in MODULES
        if "sandbox" not in path.relative_to(ROOT).parts
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert _shared(classes) == {}


def test_module_names_are_unique_within_a_package() -> None:
    """Also without the underscore of a private module."""
    paths = [path.parent if path.stem == "__init__" else path for path in SOURCES]
    names = [((path.parent, path.stem.strip("_")), relative(path)) for path in paths]
    assert _shared(names) == {}


def _shared(owners: Iterable[tuple[object, str]]) -> dict[object, list[str]]:
    """The names that have more than one owner."""
    by_name = defaultdict[object, list[str]](list)
    for name, owner in owners:
        by_name[name].append(owner)
    return {name: shared for name, shared in by_name.items() if len(shared) > 1}


def test_private_names_are_imported_only_within_their_package() -> None:
    imported = [(path, name) for path in SOURCES for name in imports(path)]
    assert [(relative(path), name) for path, name in imported if not _may_import(path, name)] == []


def _may_import(path: Path, name: str) -> bool:
    owner = _private_owner(name)
    return path.relative_to(ROOT).parts[: len(owner)] == tuple(owner)


def _private_owner(name: str) -> list[str]:
    """The package of ours to which an imported name is private; none if it is public."""
    names = name.split(".")
    private = [n for n, part in enumerate(names) if part.startswith("_") and not part.endswith("__")]
    if names[0] not in ("bot", "tests") or not private:
        return []
    owner = names[: private[0]]
    return owner if ROOT.joinpath(*owner).is_dir() else owner[:-1]


def test_tests_import_no_test_module() -> None:
    """Code that several tests share has a module of its own, such as `tests/processes.py`."""
    imported = [(relative(path), name) for path in TESTS for name in imports(path)]
    assert [(path, name) for path, name in imported if re.match(r"tests\.(\w+\.)*test_", name)] == []


# Templates


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_template_does_no_escaping_by_hand(path: Path) -> None:
    """These bypass the escaping, or double it: see `bot/messages/renderer.py`."""
    assert not re.search(r"\|\s*(tojson|safe|e|escape)\b|~|\{%-?\s*set\s|\{%-?\s*autoescape", source(path))


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.stem not in QUESTIONS], ids=relative)
def test_template_is_a_question_a_notice_a_modal_or_shared(path: Path) -> None:
    assert path.parent.name in ("notices", "modals") or path.stem.startswith("_")


# A question is one file, one template, one test, and its goldens.


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_question_has_a_template_a_test_and_goldens(question: AnyQuestion) -> None:
    assert (ROOT / "templates" / f"{question.name}.j2").is_file()
    assert (ROOT / "tests" / f"test_{question.name}.py").is_file()
    goldens = {path.name for path in (GOLDENS / question.name).iterdir()}
    assert {"example-1.json", *(f"{state}.txt" for state in REQUIRED_STATES)} <= goldens


@pytest.mark.parametrize("name", QUESTIONS)
def test_composed_question_is_not_used_by_other_questions(name: str) -> None:
    """So no question ends up asking itself, and a reader follows one step at most."""
    assert [other for other in composed_of(name) if composed_of(other)] == []


def test_shared_question_code_imports_no_question() -> None:
    files = (ROOT / "bot" / "questions").rglob("*.py")
    shared = [path for path in files if not {path.stem, path.parent.name} & QUESTIONS.keys()]
    assert imported_questions(*shared) == set()


@pytest.mark.parametrize("module", ["watch_job", "question_check", "scheduler"])
def test_code_of_watches_names_no_question(module: str) -> None:
    """A question's own file says what a watch observes."""
    path = ROOT / "bot" / "schedules" / f"{module}.py"
    constants = {node.value for node in nodes(path) if isinstance(node, ast.Constant)}
    assert imported_questions(path) | (QUESTIONS.keys() & constants) == set()


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_example_is_its_own_canonical_line(question: AnyQuestion) -> None:
    assert [parse(line, QUESTIONS).canonical for line in question.examples] == list(question.examples)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
async def test_template_reads_every_field_of_its_view(question: AnyQuestion) -> None:
    read: set[tuple[type[View], str]] = set()
    renderer = Renderer()
    for case in (case for case in CASES if case.question == question.name):
        view = await _view(case)
        footer = AnswerFooter(case.line, Timestamp(1, "now"))
        renderer.render(question.name, view=RecordingView(view, read), asked=footer)
    fields = {(view_type, name) for view_type in _views(question.view) for name in view_type.model_fields}
    assert {f"{view_type.__name__}.{name}" for view_type, name in fields - read} == set()


class RecordingView:
    """A view that records which of its fields are read."""

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
        return RecordingView(value, self._read) if isinstance(value, View) else value


async def _view(case: Case) -> View:
    """Build the view of a golden message."""
    params = parse(case.line, QUESTIONS).params
    ctx = question_context(menus=True, edit=case.edit or (lambda reply: reply))
    question = QUESTIONS[case.question]
    view: View = question.build_view(params, await question.fetch(params, ctx), ctx)
    return view


def _views(annotation: Any) -> set[type[View]]:
    """A view type and those of all that it holds."""
    if isinstance(annotation, type) and issubclass(annotation, View):
        return {annotation}.union(*(_views(field.annotation) for field in annotation.model_fields.values()))
    return set[type[View]]().union(*(_views(part) for part in get_args(annotation)))
