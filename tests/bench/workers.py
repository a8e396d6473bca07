"""The bot's workers in separate processes, and their schedules."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Event
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Engine, create_engine, func, insert, select, update

from bot.sandbox.slack.credentials import BOT_TOKEN, SIGNING_SECRET
from bot.sandbox.slack.workspace import HOME_TEAM
from bot.schedules.recurrence import Recurrence
from bot.schedules.triggers import Trigger, trigger_fields
from bot.store.database_url import parse_database_url
from bot.store.tables import RUNS, SCHEDULES

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 900  # seconds
POLL_SECONDS = 0.1  # seconds between checks
FAST_SETTINGS = {
    "SCHEDULER_POLL_SECONDS": "0.1",
    "QUEUE_POLL_SECONDS": "0.1",
    "SCHEDULE_JITTER_SECONDS": "0",
    "CHANNEL_MESSAGE_INTERVAL_SECONDS": "0",
    "MAX_DELIVERIES_PER_MINUTE": "1000000",
    "MAX_CONCURRENT_DELIVERIES": "25",
    "PORT": "0",
}


@dataclass(frozen=True)
class Program:
    """A process, and a folder with its log."""

    process: "subprocess.Popen[bytes]"
    log_file: Path

    def wait_for_log(self, text: str) -> None:
        """Wait until its log contains this text."""
        wait_until(lambda: text in self.log_file.read_text() or self.process.poll() is not None)
        assert text in self.log_file.read_text(), self.log_file.read_text()

    def peak(self) -> int:
        """Return its peak memory, in kB."""
        return self._status("VmHWM")

    def memory(self) -> int:
        """Return its current memory, in kB."""
        return self._status("VmRSS")

    def cpu(self) -> float:
        """Return its CPU time, in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0])


@contextmanager
def running_program(module: Sequence[str], folder: Path, variables: dict[str, str]) -> Iterator[Program]:
    """Run a module of this repository in a separate process, within the block."""
    log_file = folder / f"{uuid4().hex}.log"
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(folder), **variables}
    with log_file.open("wb") as log:
        process = subprocess.Popen((sys.executable, "-m", *module), cwd=folder, env=env, stderr=log)
    try:
        yield Program(process, log_file)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def bot_environment(database: str, url: str) -> dict[str, str]:
    """Return the environment of a bot that uses the stub servers at this address."""
    return {
        "LAUNCHDARKLY_ACCESS_TOKEN": "api-bench",
        "LAUNCHDARKLY_API_HOST": url,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{url}/api/",
        "DATABASE_URL": database,
        "SHUTDOWN_GRACE_SECONDS": "0",
    }


@dataclass(frozen=True)
class BotDatabase:
    """The bot's database, seen from outside."""

    engine: Engine

    @classmethod
    def connect(cls, url: str) -> "BotDatabase":
        database_url = parse_database_url(url).url
        return cls(create_engine(database_url.set(drivername=database_url.drivername.replace("+aiosqlite", ""))))

    def add_schedules(
        self, lines: Sequence[str], channels: int, at: datetime, trigger: Trigger | None = None, first: int = 0
    ) -> None:
        """Add a schedule for each channel, with one of the lines, due at this time. Channels are numbered
        from `first` on."""
        trigger = trigger or Recurrence(((at + timedelta(days=3)).weekday(),), 0, time(12), "UTC")
        shared = trigger_fields(trigger) | {
            "team": HOME_TEAM.id,
            "number": 1,
            "owner": "U1",
            "state": "active",
            "why": "",
        }
        rows = [
            shared
            | {"id": uuid4().hex, "channel": f"C{first + n:06d}", "line": lines[n % len(lines)]}
            | {"next_at": at, "made_at": at, "changed_at": at}
            for n in range(channels)
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(SCHEDULES), rows)

    def spread(self, per_second: int) -> None:
        """Spread schedules due at one time, with a number of them each second."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(SCHEDULES.c.id, SCHEDULES.c.next_at).order_by(SCHEDULES.c.id)).all()
            for number, (schedule, at) in enumerate(rows):
                next_at = at + timedelta(seconds=number // per_second)
                connection.execute(update(SCHEDULES).where(SCHEDULES.c.id == schedule).values(next_at=next_at))

    def delivered(self, lines: Sequence[str]) -> int:
        """Count the delivered runs with one of these lines."""
        conditions = (RUNS.c.state == "delivered", RUNS.c.line.in_(lines))
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).where(*conditions)) or 0


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def wait_until(condition: Callable[[], bool], timeout: float = TIMEOUT_SECONDS) -> None:
    """Wait until a condition holds."""
    deadline = perf_counter() + timeout
    while not condition():
        assert perf_counter() < deadline, "it takes too long"
        pause(POLL_SECONDS)


def pause(seconds: float) -> None:
    Event().wait(seconds)


def right_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
