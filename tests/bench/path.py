"""The files of the bot that a line passes through, counted with a profiler: a line typed in Slack, and a digest's run.

The sandbox's files don't count."""

import asyncio
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import bot
from tests.bench.table import Row, at_most
from tests.conversation import NOW
from tests.scheduler_harness import SchedulerHarness, open_scheduler

TYPED_LINE = "events web/production"
SCHEDULED_LINE = "every friday 15:30 UTC digest web/production"
MAX_FILES_TYPED, MAX_FILES_RUN = 36, 55
MAX_LOOP_TURNS = 100

_FOLDER = Path(bot.__file__).parent


class FileRecorder:
    """The files whose functions have run, in the order of their first call."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(f"{_FOLDER}/") and not path.startswith(f"{_FOLDER}/sandbox/"):
            self.files[path.removeprefix(f"{_FOLDER}/")] = None


@contextmanager
def recorded_files() -> Iterator[dict[str, None]]:
    """Record the files that any thread enters within the block."""
    recorder = FileRecorder()
    threading.setprofile(recorder)
    sys.setprofile(recorder)
    try:
        yield recorder.files
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def path_rows() -> Iterator[Row]:
    """Count the files, and list them on standard error."""
    typed, run = asyncio.run(_trace())
    for label, files, most in (("a typed line", typed, MAX_FILES_TYPED), ("a digest's run", run, MAX_FILES_RUN)):
        print(f"{label}: {len(files)} files\n  {' '.join(files)}", file=sys.stderr)
        yield Row(f"path: {label}", f"{len(files)} files", f"{most} files", len(files) / most, "the files", at_most(1))


async def _trace() -> tuple[dict[str, None], dict[str, None]]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_scheduler(f"sqlite:///{folder}/bot.db") as scheduler:
            await scheduler.send(SCHEDULED_LINE)
            await _type_line(scheduler)  # what runs only once, such as an import, doesn't count
            with recorded_files() as typed:
                await _type_line(scheduler)
            with recorded_files() as run:
                await _run_digest(scheduler)
    return typed, run


async def _type_line(scheduler: SchedulerHarness) -> None:
    await scheduler.send(TYPED_LINE)
    for _ in range(MAX_LOOP_TURNS):  # until the bot has logged and counted the answer
        await asyncio.sleep(0)


async def _run_digest(scheduler: SchedulerHarness) -> None:
    await scheduler.advance_to(NOW + timedelta(minutes=30))
    assert scheduler.posted(), "the digest was not posted"
