"""From the start of a process to its first acknowledgement, against a bare Bolt app; and modules imported by then."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter

from bot.sandbox.slack.credentials import BOT_TOKEN, SIGNING_SECRET
from tests.bench.commands import CommandWriter
from tests.bench.fake_slack import fake_slack
from tests.bench.http_load import one_by_one
from tests.bench.table import Row, at_most

REPEATS = 9
ROOT = Path(__file__).parents[2]
BOT_COMMAND = ("-m", "bot", "run", "--only", "web")
BOLT_COMMAND = ("-m", "tests.bench.bare_bolt")
UNNEEDED = ("rich", "alembic", "mako", "psycopg", "websockets", "wsproto", "bot.sandbox", "bot.doctor")
START_TIMEOUT_SECONDS = 30  # seconds for a process to listen
POLL_SECONDS = 0.002  # seconds between two attempts to reach it


def rows() -> Iterator[Row]:
    """Measure in turns; the first round creates the database, compiles, and does not count."""
    with TemporaryDirectory() as folder, fake_slack() as api:
        env = bot_environment(folder, api)
        _, *results = [
            (_seconds_to_acknowledge(BOT_COMMAND, env), _seconds_to_acknowledge(BOLT_COMMAND, env))
            for _ in range(1 + REPEATS)
        ]
        imported = _imported(env)
    what = "insights-bot run --only web"
    slower = median(ours / bare for ours, bare in results)
    yield Row("first: until an acknowledgement", what, "Bolt as it comes", slower, "the time", at_most(1.4))
    found = [name for name in UNNEEDED if any(module.startswith(f"{name}.") for module in imported)]
    unneeded = f"{', '.join(found) or 'none'} of {len(UNNEEDED)}"
    yield Row("first: imports that it does not need", what, unneeded, len(found) / len(UNNEEDED), "of them", at_most(0))


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


def _imported(env: Mapping[str, str]) -> set[str]:
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
