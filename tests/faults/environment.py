"""What faults are played on: many that are due at one moment, processes that deliver them, and a count at the end."""

import asyncio
import json
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from bot.errors import TryLater
from bot.store import Slot
from tests.databases import Postgres, a_server
from tests.faults.slack_proxy import Bumpy
from tests.faults.table import Row
from tests.load_harness import Monday, monday, right_now
from tests.processes import Process

AHEAD = timedelta(seconds=12)  # so long before they are due are they ordered, so that processes are there in time
PATIENCE = 420  # seconds: what fails often waits longer each time
GLANCE = 0.5  # seconds between two looks whether all is done
CHANNELS = 60
PARTS = 1.7  # messages of one that is due, a little less than on average
SETTINGS = {"LEASE_SECONDS": "6", "DELIVERIES_AT_ONCE": "8", "DRAIN_SECONDS": "10", "LOG_LEVEL": "INFO"}
SAYS_NOTHING = ("delivered", "asked", "listening", "answering", "As you gave `client` as well, `token` will be unused.")


@dataclass(frozen=True)
class Theatre:
    """A PostgreSQL, and how much is due."""

    postgres: Postgres
    due: int
    logs: Path | None  # where what the processes say is kept


@contextmanager
def theatre(due: int, logs: Path | None) -> Iterator[Theatre]:
    with a_server() as postgres:
        if logs:
            logs.mkdir(parents=True, exist_ok=True)
        yield Theatre(postgres, due, logs)


@dataclass
class Actor:
    """A process, what it says, and its way to Slack."""

    process: Process
    road: Bumpy
    hearing: "asyncio.Task[None]"

    def tell(self, what: signal.Signals) -> None:
        self.process.running.send_signal(what)

    async def end(self, what: signal.Signals) -> int:
        """It is sent this, and is gone."""
        if self.process.running.returncode is None:
            self.tell(what)
        async with asyncio.timeout(60):
            await self.hearing
            return await self.process.running.wait()


@dataclass
class Stage:
    """One run."""

    monday: Monday
    at: datetime
    began: float
    logs: Path | None
    actors: list[Actor] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    async def actor(self, *, refused: float = 0, silent: float = 0) -> Actor:
        """A process that has begun to answer."""
        road = Bumpy(self.monday.slack, self.monday.random, refused=refused, silent=silent)
        process = await self.monday.by(road)
        await process.line("answering")
        found = Actor(process, road, asyncio.create_task(_hear(process)))
        self.actors.append(found)
        return found

    @property
    def accepted(self) -> int:
        """How much Slack has taken so far."""
        return sum(actor.road.accepted for actor in self.actors)

    async def random_moment(self) -> None:
        """Some time between the first post and the last."""
        wanted = self.monday.random.randint(0, int(len(self.monday.schedules) * PARTS))
        await pause((self.at - right_now()).total_seconds())
        await self.monday.slack.until(lambda: self.accepted >= wanted, PATIENCE)
        await pause(self.monday.random.uniform(0, 0.3))
        self.remarks.append(f"after {self.accepted}")

    async def done(self, patience: float = PATIENCE) -> bool:
        """Until every slot is closed, unless that takes too long."""
        until = perf_counter() + patience
        while perf_counter() < until:
            with suppress(TryLater):
                if await self.monday.closed():
                    return True
            await pause(GLANCE)
        return False

    async def row(self, fault: str, seed: int, *, may_be_twice: bool = False) -> Row:
        """What became of it, once all processes are gone."""
        for actor in self.actors:
            actor.road.free.set()
            await actor.end(signal.SIGKILL)
        self._keep_logs(fault, seed)
        slots = await self.monday.slots()
        return Row(
            fault,
            seed,
            len(self.monday.schedules),
            await self.monday.count(),
            max([(message.at - self.at).total_seconds() for _, message in self.monday.posted()], default=0),
            perf_counter() - self.began,
            "; ".join([*self.remarks, *_states(slots), *self._said()]),
            may_be_twice,
        )

    def _keep_logs(self, fault: str, seed: int) -> None:
        for number, actor in enumerate(self.actors if self.logs else ()):
            name = f"{fault} {seed} {number}.log".replace(" ", "-")
            (self.logs or Path()).joinpath(name).write_text("".join(actor.process.log))

    def _said(self) -> Iterator[str]:
        """What the processes said besides what went well."""
        said = [line for actor in self.actors for line in actor.process.log]
        facts = [json.loads(line) for line in said if line.startswith("{")]
        counted = Counter(str(fact.get("message"))[:70] for fact in facts if fact.get("message") not in SAYS_NOTHING)
        yield from (f"{count} × “{what}”" for what, count in counted.most_common(4))
        if traces := sum("trace" in fact for fact in facts):
            yield f"{traces} traces"
        if others := len(said) - len(facts):
            yield f"{others} lines of others"


def _states(slots: list[Slot]) -> list[str]:
    """How slots ended otherwise than well."""
    counted = Counter(f"{slot.state} ({slot.why})" for slot in slots if slot.state != "delivered")
    return [f"{count} {state}" for state, count in counted.items()]


async def _hear(process: Process) -> None:
    """A pipe that nobody reads is full one day."""
    assert process.running.stderr
    async for line in process.running.stderr:
        process.log.append(line.decode())


@asynccontextmanager
async def stage(where: Theatre, kind: str, seed: int, **settings: str) -> AsyncIterator[Stage]:
    """So many are due a little later, on a database of this kind."""
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        database = f"sqlite:///{place / 'bot.db'}" if kind == "sqlite" else where.postgres.empty()
        async with monday(database, place, seed) as found:
            found.variables |= {**SETTINGS, **settings}
            at = right_now().replace(microsecond=0) + AHEAD
            await found.order(where.due, at, CHANNELS)
            yield Stage(found, at, began, where.logs)


async def pause(seconds: float) -> None:
    """So long nothing is done here."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0)):
            await asyncio.Event().wait()
