"""Workers of the bot in processes of their own, and what they have to deliver."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Engine, create_engine, func, insert, select, update

from bot.sandbox.slack.credentials import BOT_TOKEN, SIGNING_SECRET
from bot.sandbox.slack.workspace import HOME_TEAM
from bot.schedules.recurrence import RECURRENCE
from bot.store.database_url import parse_database_url
from bot.store.tables import RUNS, SCHEDULES

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 900  # seconds
POLL_SECONDS = 0.1  # seconds between two looks
FAST_SETTINGS = {
    "LOOK_SECONDS": "0.1",
    "QUEUE_SECONDS": "0.1",
    "SPREAD_SECONDS": "0",
    "GAP_SECONDS": "0",
    "DELIVERIES_PER_MINUTE": "1000000",
    "DELIVERIES_AT_ONCE": "25",
    "PORT": "0",
}


@dataclass(frozen=True)
class Program:
    """A process, and a folder with what it says."""

    process: "subprocess.Popen[bytes]"
    log_file: Path

    def wait_for_log(self, text: str) -> None:
        """Until it says so."""
        wait_until(lambda: text in self.log_file.read_text() or self.process.poll() is not None)
        assert text in self.log_file.read_text(), self.log_file.read_text()

    def peak(self) -> int:
        """The most memory that it has had so far, in kB."""
        return self._status("VmHWM")

    def memory(self) -> int:
        """The memory that it has, in kB."""
        return self._status("VmRSS")

    def cpu(self) -> float:
        """The seconds that it has worked."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0])


@contextmanager
def running_program(module: Sequence[str], folder: Path, variables: dict[str, str]) -> Iterator[Program]:
    """A module of ours in a process of its own, until the block is left."""
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
    """What a bot is told that lives between stand-ins at this address."""
    return {
        "LAUNCHDARKLY_ACCESS_TOKEN": "api-bench",
        "LAUNCHDARKLY_API_HOST": url,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{url}/api/",
        "DATABASE_URL": database,
        "DRAIN_SECONDS": "0",
    }


@dataclass(frozen=True)
class BotDatabase:
    """The database, as one who stands beside it sees it."""

    engine: Engine

    @classmethod
    def connect(cls, url: str) -> "BotDatabase":
        database_url = parse_database_url(url).url
        return cls(create_engine(database_url.set(drivername=database_url.drivername.replace("+aiosqlite", ""))))

    def add_schedules(
        self, lines: Sequence[str], channels: int, at: datetime, recurrence: str = "", first: int = 0
    ) -> None:
        """A schedule for each channel, which asks one of the lines, and is due at that moment. Channels are
        numbered from the *first* on."""
        stored_recurrence = recurrence or str(RECURRENCE.read(f"{at + timedelta(days=3):%A} 12:00 UTC"))
        shared = {
            "team": HOME_TEAM.id,
            "number": 1,
            "owner": "U1",
            "cadence": stored_recurrence,
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
        """Those that are due at one moment are due one after the other instead, so many each second."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(SCHEDULES.c.id, SCHEDULES.c.next_at).order_by(SCHEDULES.c.id)).all()
            for number, (schedule, at) in enumerate(rows):
                next_at = at + timedelta(seconds=number // per_second)
                connection.execute(update(SCHEDULES).where(SCHEDULES.c.id == schedule).values(next_at=next_at))

    def delivered(self, lines: Sequence[str]) -> int:
        """In how many slots one of the lines was answered."""
        conditions = (RUNS.c.state == "delivered", RUNS.c.line.in_(lines))
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).where(*conditions)) or 0


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def wait_until(condition: Callable[[], bool], timeout: float = TIMEOUT_SECONDS) -> None:
    """Until it is so."""
    deadline = perf_counter() + timeout
    while not condition():
        assert perf_counter() < deadline, "it takes too long"
        pause(POLL_SECONDS)


def pause(seconds: float) -> None:
    Event().wait(seconds)


def right_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
