"""The command line as people use it: real output and exit codes, and real processes where those matter."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.questions import discover
from bot.sandbox.block_kit import violations
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.command_line import invoke
from tests.conversation import NOW
from tests.processes import ROOT, run

NOTICE = "Using the built-in LaunchDarkly simulator.\n"
NOTICES = (NOTICE, f"LAUNCHDARKLY_ACCESS_TOKEN isn't set. {NOTICE}")


def test_answer_goes_to_stdout_and_the_sandbox_notice_to_stderr() -> None:
    asked = run("ask", "scores web/production")
    assert asked.returncode == 0
    assert "Release maturity" in asked.stdout
    assert "▰" in asked.stdout
    assert asked.stderr == "LAUNCHDARKLY_ACCESS_TOKEN isn't set. Using the built-in LaunchDarkly simulator.\n"


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["--version"],
        ["ask", "--help"],
        ["manifest"],
        ["ask", "digest web/production", "--sandbox"],
        ["ask", "digest web/production", "--sandbox", "--json"],
        ["demo", "--once"],
        ["preview"],
        ["schedules"],
    ],
)
def test_closed_pipe_ends_quietly(command: list[str], tmp_path: Path) -> None:
    assert unread(tmp_path, "-m", "bot", *command) in ((0, ""), *((0, notice) for notice in NOTICES))


def test_unwritable_output_at_exit_is_discarded(tmp_path: Path) -> None:
    """`print` writes into a buffer, which Python would flush at its exit, complain about, and end with 120."""
    script = "from bot.cli import main; main.command('say')(lambda: print('x')); main(['say'])"
    assert unread(tmp_path, "-c", script) == (0, "")


def unread(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run Python with an unread output; return its exit code and standard error."""
    with (folder / "said").open("w") as said:
        asked = subprocess.Popen(
            [sys.executable, *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        assert asked.stdout is not None
        asked.stdout.close()
        code = asked.wait(timeout=60)
    return code, (folder / "said").read_text()


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["ask", "help"],
        ["ask", "digest web/production", "--sandbox"],
        ["ask", "deploys web/production", "--sandbox"],
        ["ask", "status web/production", "--sandbox"],
        ["preview", "events", "--sandbox"],
        ["manifest"],
    ],
)
def test_piped_output_has_no_trailing_whitespace(command: list[str]) -> None:
    shown = invoke(*command).stdout
    assert not [line for line in shown.splitlines() if line != line.rstrip()]
    assert shown == f"{shown.strip()}\n"


def test_question_needs_no_quotes() -> None:
    asked = invoke("ask", "deploys", "web/production", "--since", "2w", "by=application", "--sandbox")
    assert asked.returncode == 0
    assert "deploys web/production since=2w by=application" in asked.stdout
    assert asked.stderr == "Using the built-in LaunchDarkly simulator.\n"


def test_thread_is_printed_below_the_message() -> None:
    message, rule, thread = invoke("ask", "digest web/production").stdout.partition("In the thread")
    assert rule
    assert "Weekly digest" in message
    assert "everyone has been served one variation" not in message
    assert "\n  ↳ " in thread
    assert "everyone has been served one variation" in thread


def test_json_leaves_the_thread_out() -> None:
    message = json.loads(invoke("ask", "digest web/production", "--json").stdout)
    assert message.keys() == {"text", "blocks"}


def test_json_prints_only_the_message() -> None:
    asked = invoke("ask", "status web/production", "--json")
    message = json.loads(asked.stdout)
    assert message.keys() == {"text", "blocks"}
    assert not violations(message)


def test_builder_link_contains_the_blocks() -> None:
    link = invoke("ask", "compare web/production,staging", "--builder").stdout.strip()
    address, fragment = link.split("#")
    assert address == "https://app.slack.com/block-kit-builder/"
    assert {block["type"] for block in json.loads(unquote(fragment))["blocks"]} >= {"data_visualization", "data_table"}
    assert " " not in link


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "help"], ["ask", ""]])
def test_without_a_question_help_is_shown(arguments: list[str]) -> None:
    asked = invoke(*arguments)
    assert asked.returncode == 0
    assert "[This week] digest web/production\n" in asked.stdout
    assert "[All commands] help commands\n" in asked.stdout


def test_mistyped_question_exits_2_with_the_corrected_line() -> None:
    asked = invoke("ask", "scors web/production")
    assert asked.returncode == 2
    assert asked.stdout == ""
    assert "Did you mean scores?" in asked.stderr
    assert "scores web/production" in asked.stderr


def test_mistyped_question_with_json_prints_a_message() -> None:
    asked = invoke("ask", "scors web/production", "--json")
    assert asked.returncode == 2
    assert "Did you mean scores?" in json.loads(asked.stdout)["text"]


def test_zone_option_sets_the_time_zone() -> None:
    asked = invoke("ask", "events web/production", "--zone", "Asia/Kolkata")
    assert "IST" in asked.stdout


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE must be an IANA time zone, for example Europe/Berlin. "),
        (
            {"LAUNCHDARKLY_ACCESS_TOKEN": "sdk-123"},
            "LAUNCHDARKLY_ACCESS_TOKEN must be an access token, not an SDK key. ",
        ),
        (
            {"LAUNCHDARKLY_API_HOST": "app.launchdarkly.com"},
            "LAUNCHDARKLY_API_HOST must be an address without a path, ",
        ),
        (
            {"LAUNCHDARKLY_API_HOST": "https://me:pw@app.launchdarkly.com"},
            "LAUNCHDARKLY_API_HOST must be an address without a path, ",
        ),
        ({"ANSWER_TIMEOUT_SECONDS": "soon"}, "ANSWER_TIMEOUT_SECONDS must be a number above 0, up to 86400. "),
    ],
)
def test_invalid_setting_exits_1_with_one_line_naming_it(variables: dict[str, str], message: str) -> None:
    asked = invoke("ask", "scores web/production", **variables)
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert message in asked.stderr
    assert asked.stderr.count("\n") == 1
    assert "sdk-123" not in asked.stderr


@pytest.mark.parametrize("command", [["demo", "--once"], ["preview"], ["schedules"]])
def test_invalid_setting_stops_any_command_with_one_line(command: list[str]) -> None:
    ended = invoke(*command, TIME_ZONE="Mars/Olympus")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "TIME_ZONE must be an IANA time zone" in ended.stderr


def test_binary_env_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    command = [sys.executable, "-m", "bot", "ask", "scores web/production"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("The file .env isn't UTF-8 text.")


def test_zero_width_ascii_terminal_still_shows_numbers() -> None:
    asked = run("ask", "scores web/production", COLUMNS="0", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert asked.returncode == 0
    assert re.search(r"Release maturity in web/production:\s[0-9]", asked.stdout)


async def test_token_selects_the_real_launchdarkly() -> None:
    weather = FaultInjector()
    async with serving(launchdarkly(lambda: NOW, faults=weather)) as url:
        asked = await _elsewhere(
            "ask", "scores web/production", LAUNCHDARKLY_ACCESS_TOKEN=TOKEN, LAUNCHDARKLY_API_HOST=url
        )
    assert asked.returncode == 0
    assert asked.stderr == ""
    assert [seen.path for seen in weather.requests] == ["/api/v2/engineering-insights/insights/scores"]


async def test_rejected_token_exits_1_and_says_what_to_do() -> None:
    async with serving(launchdarkly(lambda: NOW)) as url:
        variables = {"LAUNCHDARKLY_ACCESS_TOKEN": "api-wrong", "LAUNCHDARKLY_API_HOST": url}
        asked = await _elsewhere("ask", "scores web/production", **variables)
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert "rejected the bot's access token" in asked.stderr
    assert "api-wrong" not in asked.stderr


async def _elsewhere(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the bot in a thread, so that this process can respond to it."""
    import asyncio  # noqa: PLC0415 - for this alone

    return await asyncio.to_thread(run, *arguments, **variables)


def test_preview_shows_every_example_of_every_question() -> None:
    shown = invoke("preview")
    assert shown.returncode == 0
    for endpoint in discover().values():
        for line in endpoint.examples:
            assert f'$ insights-bot ask "{line}"' in shown.stdout


def test_preview_of_one_question_shows_only_that() -> None:
    shown = invoke("preview", "status")
    assert shown.stdout.count("$ insights-bot ask") == 2
    assert invoke("preview", "stats").returncode == 2


def test_ask_imports_no_heavy_packages() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from bot.cli import main; "
        "CliRunner().invoke(main, ['ask', 'scores web/production', '--json', '--sandbox']); "
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "'httpx'" in loaded
    for name in ("slack_bolt", "slack_sdk", "sqlalchemy", "alembic", "dbos", "uvicorn", "launchdarkly_api"):
        assert f"'{name}'" not in loaded


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_serves_other_programs_until_stopped(how: signal.Signals) -> None:
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            url = served.stdout.readline().split()[6].removesuffix(".")
            asked = invoke("ask", "scores web/production", LAUNCHDARKLY_API_HOST=url, LAUNCHDARKLY_ACCESS_TOKEN=TOKEN)
            assert asked.returncode == 0
            assert asked.stderr == ""
            served.send_signal(how)
            assert served.communicate(timeout=20)[0].endswith("The LaunchDarkly simulator has stopped.\n")
        finally:
            served.kill()
    assert served.returncode == 0


async def test_taken_port_is_reported() -> None:
    async with serving(launchdarkly(lambda: NOW)) as url:
        asked = await _elsewhere("sandbox", "--port", url.rsplit(":", 1)[1])
    assert asked.returncode == 1
    assert "Can't listen on port" in asked.stderr
