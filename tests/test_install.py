"""The bot works from a checkout and from an installed wheel alike."""

import subprocess
import sys
import zipfile
from pathlib import Path

HOUSE = Path(__file__).parent.parent


def test_a_wheel_holds_all_that_an_answer_needs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=HOUSE,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    assert not (installed / "templates").exists()
    page = Path("bot/sandbox/page")
    for path in (HOUSE / page).rglob("*.*"):
        assert path.suffix == ".pyc" or (installed / path.relative_to(HOUSE)).is_file()
    script = "import bot; print(bot.__file__); from bot.cli import main; main()"
    asked = _run(installed, script, "ask", "status web/production", "--sandbox")
    assert str(installed) in asked.stdout
    assert "Flag status · web/production" in asked.stdout, asked.stderr
    assert "socket_mode_enabled: true" in _run(installed, script, "manifest").stdout


def _run(place: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
