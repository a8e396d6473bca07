"""The files for contributors point to what exists."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def test_ci_runs_the_gate() -> None:
    steps = load(".github/workflows/ci.yml")["jobs"]["gate"]["steps"]
    gate = steps[-1]["run"]
    assert gate == ".ci/run"
    assert (ROOT / gate).stat().st_mode & 0o100


def test_dependabot_reads_every_requirements_file() -> None:
    [pip] = [update for update in load(".github/dependabot.yml")["updates"] if update["package-ecosystem"] == "pip"]
    folders = {
        path.parent.relative_to(ROOT) for path in [*ROOT.glob("requirements.txt"), *ROOT.glob("*/requirements.txt")]
    }
    assert {Path(folder.lstrip("/")) for folder in pip["directories"]} == folders


def test_pre_commit_uses_the_virtual_environment() -> None:
    [repo] = load(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        command, *arguments = hook["entry"].split()
        assert command.startswith(".venv/bin/")
        assert all((ROOT / argument).exists() for argument in arguments if argument.startswith("tests/"))
