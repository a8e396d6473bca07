"""From the start of a process to its first answer, or to its first acknowledgement; and what it imports until then."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter

from bot.sandbox.slack.credentials import BOT_TOKEN, SIGNING_SECRET
from tests.bench.clients import CommandWriter
from tests.bench.comparison import Row, at_least, at_most
from tests.bench.processes import fake_slack
from tests.bench.raw_http import one_by_one

ASK_REPEATS = 7
ROOT = Path(__file__).parents[2]
ALONE_SCRIPT = Path(__file__).with_name("alone.py")
ASK = ("-m", "bot", "ask", "scores web/production", "--sandbox", "--json")
OFFICIAL = ("-c", "import launchdarkly_api; launchdarkly_api.ApiClient, launchdarkly_api.InsightsScoresBetaApi")
UNNEEDED_BY_ASK = ("slack_bolt", "sqlalchemy", "dbos")
RUN_REPEATS = 9
RUN_COMMAND = ("-m", "bot", "run")
MAX_START_SECONDS = 2
BOT_COMMAND = (*RUN_COMMAND, "--only", "web")
BOLT_COMMAND = ("-m", "tests.bench.bare_bolt")
UNNEEDED_BY_RUN = ("rich", "alembic", "mako", "psycopg", "websockets", "wsproto", "bot.sandbox", "bot.doctor")
START_TIMEOUT_SECONDS = 30  # seconds for a process to listen
POLL_SECONDS = 0.002  # seconds between two attempts to reach it


@dataclass(frozen=True)
class ProcessUsage:
    """The resources of a process, from its start to its end."""

    seconds: float
    memory: float


def start_rows() -> Iterator[Row]:
    """Measure time, memory, and unneeded imports."""
    with TemporaryDirectory() as folder:
        _, *results = [
            (_measure_ask(ASK, folder), _measure_ask(OFFICIAL, folder)) for _ in range(1 + ASK_REPEATS)
        ]  # the first run compiles
        imported = _imported_by_ask(folder)
    faster = median(official.seconds / ours.seconds for ours, official in results)
    memory = median(ours.memory / official.memory for ours, official in results)
    labels = ("insights-bot ask", "import launchdarkly_api")
    yield Row("start: until the first answer", *labels, faster, "faster", at_least(4))
    yield Row("start: peak of memory", *labels, memory, "the memory", at_most(0.45))
    unneeded = sum(name in imported for name in UNNEEDED_BY_ASK) / len(UNNEEDED_BY_ASK)
    yield Row(
        "start: imports that it does not need", labels[0], ", ".join(UNNEEDED_BY_ASK), unneeded, "of them", at_most(0)
    )


def _measure_ask(command: tuple[str, ...], folder: str) -> ProcessUsage:
    output = _run((str(ALONE_SCRIPT), sys.executable, *command), folder).stdout
    seconds, memory = map(float, output.split())
    return ProcessUsage(seconds, memory)


def _imported_by_ask(folder: str) -> set[str]:
    """Return the packages that a question imports, as Python lists them."""
    listed = _run(("-X", "importtime", *ASK), folder).stderr
    return {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in listed.splitlines()
        if line.startswith("import time:")
    }


def _run(arguments: tuple[str, ...], folder: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a directory without settings."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": folder}
    command = (sys.executable, *arguments)
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)


def first_rows() -> Iterator[Row]:
    """Measure in turns; the first round creates the database, compiles, and does not count."""
    with TemporaryDirectory() as folder, fake_slack() as api:
        env = bot_environment(folder, api)
        _, *results = [
            tuple(_seconds_to_acknowledge(command, env) for command in (RUN_COMMAND, BOT_COMMAND, BOLT_COMMAND))
            for _ in range(1 + RUN_REPEATS)
        ]
        imported = _imported_by_run(env)
    what = "insights-bot run --only web"
    slower = median(web / bare for _, web, bare in results)
    yield Row("first: until an acknowledgement", what, "Bolt as it comes", slower, "the time")
    seconds = median(whole for whole, *_ in results)
    limit = f"{MAX_START_SECONDS} s"
    ours = f"insights-bot run ({seconds:.1f} s)"
    yield Row("first: until an acknowledgement", ours, limit, seconds / MAX_START_SECONDS, "the time", at_most(1))
    found = [name for name in UNNEEDED_BY_RUN if any(module.startswith(f"{name}.") for module in imported)]
    unneeded = f"{', '.join(found) or 'none'} of {len(UNNEEDED_BY_RUN)}"
    yield Row(
        "first: imports that it does not need", what, unneeded, len(found) / len(UNNEEDED_BY_RUN), "of them", at_most(0)
    )


def bot_environment(folder: str, api: str) -> dict[str, str]:
    """Return an environment with only the bot's variables."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "HOME": folder,
        "LAUNCHDARKLY_ACCESS_TOKEN": "api-bench",
        "LAUNCHDARKLY_API_HOST": "http://127.0.0.1:9",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": api,
        "DATABASE_URL": f"sqlite:///{folder}/bot.db",
        "SHUTDOWN_GRACE_SECONDS": "0",
    }


def _seconds_to_acknowledge(command: tuple[str, ...], env: Mapping[str, str]) -> float:
    """Return the seconds from the start of a process to its first acknowledgement."""
    [request] = CommandWriter().requests(1)
    began = perf_counter()
    with running_process(command, env) as port:
        one_by_one(port, [request])
        return perf_counter() - began


def _imported_by_run(env: Mapping[str, str]) -> set[str]:
    """Return the modules imported until the first acknowledgement, as Python lists them."""
    with running_process(("-X", "importtime", *BOT_COMMAND), env) as port:
        one_by_one(port, CommandWriter().requests(1))
    log_lines = _log_file(env).read_text().splitlines()
    return {line.rpartition("|")[2].strip() for line in log_lines if line.startswith("import time:")}


@contextmanager
def running_process(command: tuple[str, ...], env: Mapping[str, str]) -> Iterator[int]:
    """Run a process within the block, and return its port."""
    port, home = _free_port(), env["HOME"]
    process_env = {**env, "PORT": str(port)}
    with _log_file(env).open("w") as log:
        process = subprocess.Popen((sys.executable, *command), cwd=home, env=process_env, stderr=log)
    try:
        _wait_until_listening(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


def _log_file(env: Mapping[str, str]) -> Path:
    """Return the file of a process's log."""
    return Path(env["HOME"]) / "said"


def _wait_until_listening(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until the process listens."""
    timer, deadline = Event(), perf_counter() + START_TIMEOUT_SECONDS
    while perf_counter() < deadline:
        with socket.socket() as connection:
            if not connection.connect_ex(("127.0.0.1", port)):
                return
        if process.poll() is not None:
            sys.exit(f"{process.args!r} ended with {process.returncode}")
        timer.wait(POLL_SECONDS)
    sys.exit(f"{process.args!r} did not listen within {START_TIMEOUT_SECONDS} seconds")


def _free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
