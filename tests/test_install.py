"""The bot runs from a checkout and from an installed wheel."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path

import httpx
import pytest

from bot import __version__
from bot.sandbox.launchdarkly.app import TOKEN
from bot.sandbox.slack import Slack
from tests.databases import Postgres
from tests.pinned_requirements import applicable, pins
from tests.processes import Process, slack_tokens

ROOT = Path(__file__).parent.parent
NOT_CHECKED_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "*.db*", "build", "dist")


@dataclass(frozen=True)
class Platform:
    """A checkout beside a virtual environment that holds only the pins of requirements.txt."""

    checkout: Path
    programs: Path

    def environment(self, **variables: str) -> dict[str, str]:
        return {"PATH": f"{self.programs}:{os.defpath}", "HOME": str(self.checkout.parent), **variables}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.checkout,
            env=self.environment(PYTHONUTF8="1", COLUMNS="100"),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @asynccontextmanager
    async def started(self, line: str, **variables: str) -> AsyncIterator[Process]:
        """Run a command line of the Procfile as it is."""
        running = await asyncio.create_subprocess_shell(
            f"exec {line}",
            cwd=self.checkout,
            env=self.environment(**variables),
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield Process(running)
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()


@pytest.fixture(name="platform", scope="module")
def a_platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    folder = tmp_path_factory.mktemp("platform")
    checkout = Path(shutil.copytree(ROOT, folder / "checkout", ignore=NOT_CHECKED_OUT))
    venv.create(folder / "venv")
    [packages] = (folder / "venv").glob("lib/*/site-packages")
    link_pinned(packages)
    return Platform(checkout, folder / "venv" / "bin")


def link_pinned(packages: Path) -> None:
    """Link the pinned packages of this environment, which has the same ones: pip would take a quarter of a minute."""
    pinned = pins(ROOT / "requirements.txt")
    for name in applicable(pinned):
        installed = distribution(name)
        assert pinned[name].specifier.contains(installed.version), f"{name} {installed.version} isn't what is pinned."
        for top in {file.parts[0] for file in installed.files or () if file.parts[0] != ".."}:  # not its scripts
            (packages / top).symlink_to(str(installed.locate_file(top)))


@pytest.mark.parametrize(("process", "mode"), [("web", "http"), ("web", "socket"), ("worker", "http")])
async def test_platform_starts_each_process_of_the_procfile(
    process: str, mode: str, platform: Platform, tmp_path: Path, postgres: Postgres
) -> None:
    lines = dict(line.split(": ", 1) for line in (platform.checkout / "Procfile").read_text().splitlines())
    slack = Slack(lambda: datetime.now(UTC))
    async with slack.serving() as api:
        variables = {"SLACK_API_URL": api, "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "PORT": "0", **slack_tokens(mode)}
        postgresql = process == "worker"
        variables["DATABASE_URL"] = postgres.new_schema() if postgresql else f"sqlite:///{tmp_path}/bot.db"
        async with platform.started(lines[process], **variables) as bot:
            url = await bot.wait_until_listening()
            async with httpx.AsyncClient(base_url=url) as http:
                assert (await http.get("/healthz")).status_code == 200
                assert (await http.get("/readyz")).status_code == 200
            assert await bot.stop() == 0
    assert "Traceback" not in "".join(bot.log)


def test_checkout_reports_its_version(platform: Platform) -> None:
    completed = platform.run("python", "-m", "bot", "--version")
    assert completed.stdout == f"insights-bot, version {__version__}\n", completed.stderr


def test_demo_shows_questions_a_button_a_digest_and_a_watch(platform: Platform) -> None:
    shown = platform.run("python", "-m", "bot", "demo")  # here, since there is no terminal
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert "which flags to clean up" in shown.stdout
    assert "/insights use web/production" in shown.stdout
    assert "[Why?]" in shown.stdout
    for heading in (
        "Scores ─",
        "Flag events",
        "New checkout",
        "Flag status ─",
        "Deployments ─",
        "Flag events ─",
    ):
        assert heading in shown.stdout
    asked, delivered, watched = re.split(
        "digest web/production span=week was posted in #releases.|/insights watch on", shown.stdout
    )
    assert "Weekly digest · " in asked
    assert "Weekly digest · " in delivered
    assert "Large changes ─" in delivered.partition("In the thread ─")[2]
    assert "Alert posted in #checkout: events web/production." in watched
    assert watched.count("👀") == 2


def test_wheel_contains_all_that_an_answer_needs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    [metadata] = installed.glob("*.dist-info/METADATA")
    assert message_from_bytes(metadata.read_bytes())["Version"] == __version__
    assert not (installed / "templates").exists()
    page = Path("bot/sandbox/web")
    for path in (ROOT / page).rglob("*.*"):
        assert path.suffix == ".pyc" or (installed / path.relative_to(ROOT)).is_file()
    script = "import bot; print(bot.__file__); from bot.cli import main; main()"
    completed = _run(installed, script, "ask", "status web/production", "--sandbox")
    assert str(installed) in completed.stdout
    assert "Flag status" in completed.stdout, completed.stderr
    assert "socket_mode_enabled: true" in _run(installed, script, "manifest").stdout


def _run(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
