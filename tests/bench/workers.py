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
from bot.sandbox.slack.workspace import HOME
from bot.schedules.recurrence import CADENCE
from bot.store.database_url import address
from bot.store.tables import SCHEDULES, SLOTS

ROOT = Path(__file__).parents[2]
PATIENCE = 900  # seconds
GLANCE = 0.1  # seconds between two looks
FAST = {
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
    said: Path

    def until(self, part: str) -> None:
        """Until it says so."""
        wait(lambda: part in self.said.read_text() or self.process.poll() is not None)
        assert part in self.said.read_text(), self.said.read_text()

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
def program(module: Sequence[str], place: Path, variables: dict[str, str]) -> Iterator[Program]:
    """A module of ours in a process of its own, until the block is left."""
    said = place / f"{uuid4().hex}.log"
    own = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(place), **variables}
    with said.open("wb") as there:
        process = subprocess.Popen((sys.executable, "-m", *module), cwd=place, env=own, stderr=there)
    try:
        yield Program(process, said)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def variables(database: str, url: str) -> dict[str, str]:
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
class Table:
    """The database, as one who stands beside it sees it."""

    engine: Engine

    @classmethod
    def of(cls, url: str) -> "Table":
        found = address(url).url
        return cls(create_engine(found.set(drivername=found.drivername.replace("+aiosqlite", ""))))

    def order(self, lines: Sequence[str], channels: int, at: datetime, cadence: str = "", first: int = 0) -> None:
        """A schedule for each channel, which asks one of the lines, and is due at that moment. Channels are
        numbered from the *first* on."""
        often = cadence or str(CADENCE.read(f"{at + timedelta(days=3):%A} 12:00 UTC"))
        same = {"team": HOME.id, "number": 1, "owner": "U1", "cadence": often, "state": "active", "why": ""}
        rows = [
            same
            | {"id": uuid4().hex, "channel": f"C{first + n:06d}", "line": lines[n % len(lines)]}
            | {"next_at": at, "made_at": at, "changed_at": at}
            for n in range(channels)
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(SCHEDULES), rows)

    def spread(self, a_second: int) -> None:
        """Those that are due at one moment are due one after the other instead, so many each second."""
        with self.engine.begin() as connection:
            found = connection.execute(select(SCHEDULES.c.id, SCHEDULES.c.next_at).order_by(SCHEDULES.c.id)).all()
            for number, (schedule, at) in enumerate(found):
                next_at = at + timedelta(seconds=number // a_second)
                connection.execute(update(SCHEDULES).where(SCHEDULES.c.id == schedule).values(next_at=next_at))

    def delivered(self, lines: Sequence[str]) -> int:
        """In how many slots one of the lines was answered."""
        well = (SLOTS.c.state == "delivered", SLOTS.c.line.in_(lines))
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).where(*well)) or 0


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        port: int = there.getsockname()[1]
    return port


def wait(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Until it is so."""
    until = perf_counter() + patience
    while not condition():
        assert perf_counter() < until, "it takes too long"
        pause(GLANCE)


def pause(seconds: float) -> None:
    Event().wait(seconds)


def right_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
