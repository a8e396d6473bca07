"""From the start of a process to its first acknowledgement, against a bare Bolt app; and what was imported by then."""

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
from tests.bench.commands import Author
from tests.bench.fake_slack import slack_there
from tests.bench.http_load import one_by_one
from tests.bench.table import Row, at_most

ROUNDS = 9
ROOT = Path(__file__).parents[2]
RUN = ("-m", "bot", "run", "--only", "web")
BARE = ("-m", "tests.bench.bare_bolt")
UNNEEDED = ("rich", "alembic", "mako", "psycopg", "websockets", "wsproto", "bot.sandbox", "bot.doctor")
PATIENCE = 30  # seconds for a process to listen
GLANCE = 0.002  # seconds between two attempts to reach it


def rows() -> Iterator[Row]:
    """In turns; the first round makes the database, compiles, and does not count."""
    with TemporaryDirectory() as place, slack_there() as api:
        given = settings(place, api)
        _, *rounds = [(_seconds(RUN, given), _seconds(BARE, given)) for _ in range(1 + ROUNDS)]
        imported = _imported(given)
    what = "insights-bot run --only web"
    slower = median(ours / bare for ours, bare in rounds)
    yield Row("first: until an acknowledgement", what, "Bolt as it comes", slower, "the time", at_most(1.4))
    found = [name for name in UNNEEDED if any(module.startswith(f"{name}.") for module in imported)]
    unneeded = f"{', '.join(found) or 'none'} of {len(UNNEEDED)}"
    yield Row("first: imports that it does not need", what, unneeded, len(found) / len(UNNEEDED), "of them", at_most(0))


def settings(place: str, api: str) -> dict[str, str]:
    """An environment that says nothing else."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "HOME": place,
        "LAUNCHDARKLY_ACCESS_TOKEN": "api-bench",
        "LAUNCHDARKLY_API_HOST": "http://127.0.0.1:9",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": api,
        "DATABASE_URL": f"sqlite:///{place}/bot.db",
        "DRAIN_SECONDS": "0",
    }


def _seconds(command: tuple[str, ...], settings: Mapping[str, str]) -> float:
    """From the start of a process to its first acknowledgement."""
    [request] = Author().requests(1)
    began = perf_counter()
    with started(command, settings) as port:
        one_by_one(port, [request])
        return perf_counter() - began


def _imported(settings: Mapping[str, str]) -> set[str]:
    """The modules that are imported until the first acknowledgement, as Python itself lists them."""
    with started(("-X", "importtime", *RUN), settings) as port:
        one_by_one(port, Author().requests(1))
    said = _said(settings).read_text().splitlines()
    return {line.rpartition("|")[2].strip() for line in said if line.startswith("import time:")}


@contextmanager
def started(command: tuple[str, ...], settings: Mapping[str, str]) -> Iterator[int]:
    """The port at which a process listens, until the block is left."""
    port, home = _free(), settings["HOME"]
    own = {**settings, "PORT": str(port)}
    with _said(settings).open("w") as said:
        process = subprocess.Popen((sys.executable, *command), cwd=home, env=own, stderr=said)
    try:
        _reach(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


def _said(settings: Mapping[str, str]) -> Path:
    """What a process says lies here."""
    return Path(settings["HOME"]) / "said"


def _reach(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Returns as soon as the process listens."""
    glance, until = Event(), perf_counter() + PATIENCE
    while perf_counter() < until:
        with socket.socket() as line:
            if not line.connect_ex(("127.0.0.1", port)):
                return
        if process.poll() is not None:
            sys.exit(f"{process.args!r} ended with {process.returncode}")
        glance.wait(GLANCE)
    sys.exit(f"{process.args!r} did not listen within {PATIENCE} seconds")


def _free() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        port: int = there.getsockname()[1]
    return port
