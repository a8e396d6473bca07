"""From the start of the process to the first answer, against a process that imports what the official client needs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.table import Row, at_least, at_most

REPEATS = 7
ROOT = Path(__file__).parents[2]
ALONE_SCRIPT = Path(__file__).with_name("alone.py")
ASK = ("-m", "bot", "ask", "scores web/production", "--sandbox", "--json")
OFFICIAL = ("-c", "import launchdarkly_api; launchdarkly_api.ApiClient, launchdarkly_api.InsightsScoresBetaApi")
UNNEEDED = ("slack_bolt", "sqlalchemy", "dbos")


@dataclass(frozen=True)
class ProcessUsage:
    """The resources of a process, from its start to its end."""

    seconds: float
    memory: float


def rows() -> Iterator[Row]:
    """Measure time, memory, and unneeded imports."""
    with TemporaryDirectory() as folder:
        _, *results = [
            (_measure(ASK, folder), _measure(OFFICIAL, folder)) for _ in range(1 + REPEATS)
        ]  # the first run compiles
        imported = _imported(folder)
    faster = median(official.seconds / ours.seconds for ours, official in results)
    memory = median(ours.memory / official.memory for ours, official in results)
    labels = ("insights-bot ask", "import launchdarkly_api")
    yield Row("start: until the first answer", *labels, faster, "faster", at_least(4))
    yield Row("start: peak of memory", *labels, memory, "the memory", at_most(0.45))
    unneeded = sum(name in imported for name in UNNEEDED) / len(UNNEEDED)
    yield Row("start: imports that it does not need", labels[0], ", ".join(UNNEEDED), unneeded, "of them", at_most(0))


def _measure(command: tuple[str, ...], folder: str) -> ProcessUsage:
    output = _run((str(ALONE_SCRIPT), sys.executable, *command), folder).stdout
    seconds, memory = map(float, output.split())
    return ProcessUsage(seconds, memory)


def _imported(folder: str) -> set[str]:
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
