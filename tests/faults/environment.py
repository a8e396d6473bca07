"""The setup of a fault scenario: many schedules due at once, processes that deliver them, and a count at the end."""

import asyncio
import json
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from bot.errors import TryLater
from bot.sandbox.slack import Slack
from bot.store import Run
from tests.databases import Postgres, running_postgres
from tests.load_harness import POST_PATH, DeliveryCount, LoadHarness, open_load_harness, right_now
from tests.processes import Process

HEADING = ("fault", "seed", "due", "sent", "lost", "twice", "last one late", "took", "")
WIDTHS = (46, 4, 4, 5, 4, 5, 13, 6, 4)
REFUSALS: tuple[Response, ...] = (
    JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"}),
    JSONResponse({"ok": False, "error": "internal_error"}),
    PlainTextResponse("upstream is away", 503),
)
LEAD_TIME = timedelta(seconds=12)  # how early schedules are added, so that processes start in time
TIMEOUT_SECONDS = 420  # seconds, since backoff grows with each failure
POLL_SECONDS = 0.5  # seconds between checks whether all is done
CHANNEL_COUNT = 60
MESSAGES_PER_RUN = 1.7  # messages per run, a little less than the average
SETTINGS = {
    "JOB_LEASE_SECONDS": "6",
    "MAX_CONCURRENT_DELIVERIES": "8",
    "SHUTDOWN_GRACE_SECONDS": "10",
    "LOG_LEVEL": "INFO",
}
EXPECTED_LOG_MESSAGES = (
    "delivered",
    "asked",
    "listening",
    "As you gave `client` as well, `token` will be unused.",
)


@dataclass(frozen=True)
class Row:
    """One run."""

    fault: str
    seed: int
    due: int
    count: DeliveryCount  # messages; a run may have several
    max_lateness: float  # seconds
    seconds: float  # seconds, including process startup
    remark: str = ""
    may_duplicate: bool = False

    @property
    def ok(self) -> bool:
        return not self.count.lost and (self.may_duplicate or not self.count.duplicates)

    @property
    def cells(self) -> tuple[str, ...]:
        count = self.count
        numbers = (self.seed, self.due, count.sent, count.lost, count.duplicates)
        verdict = "" if self.ok else "WRONG"
        remarks = "; ".join(part for part in (verdict, self.remark) if part)
        return self.fault, *map(str, numbers), f"{self.max_lateness:.1f} s", f"{self.seconds:.0f} s", remarks


def heading() -> str:
    return "\n".join((line(HEADING), line(["-" * width for width in WIDTHS])))


def line(cells: Sequence[str]) -> str:
    """Format a row for both the terminal and Markdown."""
    return "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)) + " |"


@dataclass
class FlakyProxy:
    """Delays each response to a post."""

    slack: Slack
    random: Random
    max_delay: float = 0.3  # seconds at most
    refusal_rate: float = 0  # of all posts: refused
    timeout_rate: float = 0  # of all posts: accepted, with no response
    accepted: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)  # once set, no response is delayed or dropped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != POST_PATH:
            await self.slack(scope, receive, send)
        elif self.random.random() < self.refusal_rate:
            await self.random.choice(REFUSALS)(scope, receive, send)
        else:
            await self._accept(scope, receive, send)

    async def _accept(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def delayed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.accepted += 1
                await self.slack.notify_change()
                await self._wait(
                    None if self.random.random() < self.timeout_rate else self.random.uniform(0, self.max_delay)
                )
            await send(message)

        await self.slack(scope, receive, delayed_send)

    async def _wait(self, seconds: float | None) -> None:
        """Wait for this many seconds, or until the end."""
        try:
            async with asyncio.timeout(seconds):
                await self.released.wait()
        except TimeoutError:
            return


@dataclass(frozen=True)
class FaultEnvironment:
    """A PostgreSQL, and the number of schedules."""

    postgres: Postgres
    due: int
    logs: Path | None  # for the processes' logs


@contextmanager
def open_fault_environment(due: int, logs: Path | None) -> Iterator[FaultEnvironment]:
    with running_postgres() as postgres:
        if logs:
            logs.mkdir(parents=True, exist_ok=True)
        yield FaultEnvironment(postgres, due, logs)


@dataclass
class BotProcess:
    """A process, its log, and its proxy to Slack."""

    process: Process
    proxy: FlakyProxy
    log_task: "asyncio.Task[None]"

    def send_signal(self, sig: signal.Signals) -> None:
        self.process.running.send_signal(sig)

    async def end(self, sig: signal.Signals) -> int:
        """Send this signal, and wait for the process to end."""
        if self.process.running.returncode is None:
            self.send_signal(sig)
        async with asyncio.timeout(60):
            await self.log_task
            return await self.process.running.wait()


@dataclass
class Scenario:
    """One run."""

    load: LoadHarness
    due_at: datetime
    began_at: float
    logs: Path | None
    processes: list[BotProcess] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    async def start_process(self, *, refusal_rate: float = 0, timeout_rate: float = 0) -> BotProcess:
        """Start a process, and wait until it answers."""
        proxy = FlakyProxy(self.load.slack, self.load.random, refusal_rate=refusal_rate, timeout_rate=timeout_rate)
        process = await self.load.start_behind(proxy)
        await process.wait_for_log("listening")
        bot_process = BotProcess(process, proxy, asyncio.create_task(_collect_log(process)))
        self.processes.append(bot_process)
        return bot_process

    @property
    def accepted(self) -> int:
        """Return the number of messages that Slack has accepted so far."""
        return sum(bot_process.proxy.accepted for bot_process in self.processes)

    async def wait_for_random_moment(self) -> None:
        """Wait until a random time between the first post and the last."""
        threshold = self.load.random.randint(0, int(len(self.load.schedules) * MESSAGES_PER_RUN))
        await pause((self.due_at - right_now()).total_seconds())
        await self.load.slack.until(lambda: self.accepted >= threshold, TIMEOUT_SECONDS)
        await pause(self.load.random.uniform(0, 0.3))
        self.remarks.append(f"after {self.accepted}")

    async def wait_until_closed(self, timeout_seconds: float = TIMEOUT_SECONDS) -> bool:
        """Wait until every run is closed, or the time limit is reached."""
        deadline = perf_counter() + timeout_seconds
        while perf_counter() < deadline:
            with suppress(TryLater):
                if await self.load.all_closed():
                    return True
            await pause(POLL_SECONDS)
        return False

    async def result_row(self, fault: str, seed: int, *, may_duplicate: bool = False) -> Row:
        """Return the result, once all processes have ended."""
        for bot_process in self.processes:
            bot_process.proxy.released.set()
            await bot_process.end(signal.SIGKILL)
        self._keep_logs(fault, seed)
        runs = await self.load.runs()
        return Row(
            fault,
            seed,
            len(self.load.schedules),
            await self.load.count_deliveries(),
            max([(message.at - self.due_at).total_seconds() for _, message in self.load.posted()], default=0),
            perf_counter() - self.began_at,
            "; ".join([*self.remarks, *_states(runs), *self._log_summary()]),
            may_duplicate,
        )

    def _keep_logs(self, fault: str, seed: int) -> None:
        for number, bot_process in enumerate(self.processes if self.logs else ()):
            name = f"{fault} {seed} {number}.log".replace(" ", "-")
            (self.logs or Path()).joinpath(name).write_text("".join(bot_process.process.log))

    def _log_summary(self) -> Iterator[str]:
        """Summarize the log lines that don't report success."""
        lines = [line for bot_process in self.processes for line in bot_process.process.log]
        records = [json.loads(line) for line in lines if line.startswith("{")]
        message_counts = Counter(
            str(record.get("message"))[:70] for record in records if record.get("message") not in EXPECTED_LOG_MESSAGES
        )
        yield from (f"{count} × “{message}”" for message, count in message_counts.most_common(4))
        if traces := sum("trace" in record for record in records):
            yield f"{traces} traces"
        if other_lines := len(lines) - len(records):
            yield f"{other_lines} lines of others"


def _states(runs: list[Run]) -> list[str]:
    """Summarize the runs that were not delivered."""
    state_counts = Counter(f"{run.state} ({run.why})" for run in runs if run.state != "delivered")
    return [f"{count} {state}" for state, count in state_counts.items()]


async def _collect_log(process: Process) -> None:
    """Read the process's output, since an unread pipe fills up."""
    assert process.running.stderr
    async for line in process.running.stderr:
        process.log.append(line.decode())


@asynccontextmanager
async def open_scenario(env: FaultEnvironment, kind: str, seed: int, **settings: str) -> AsyncIterator[Scenario]:
    """Set up schedules that are due soon, on a database of this kind."""
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        folder_path = Path(folder)
        database = f"sqlite:///{folder_path / 'bot.db'}" if kind == "sqlite" else env.postgres.new_database()
        async with open_load_harness(database, folder_path, seed) as load:
            load.variables |= {**SETTINGS, **settings}
            load.fresh = True
            due_at = right_now().replace(microsecond=0) + LEAD_TIME
            await load.add_schedules(env.due, due_at, CHANNEL_COUNT)
            yield Scenario(load, due_at, began, env.logs)


async def pause(seconds: float) -> None:
    """Wait for this many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0)):
            await asyncio.Event().wait()
