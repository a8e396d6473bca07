"""The engine, and the one room that knows it: the table says what is due, the workflow's id says once, and the queue
says who. DBOS keeps its tables in the bot's database: SQLite for one process, PostgreSQL for several.

What a workflow is given, and what it gives, are words and numbers: messages and marks are in the store.
https://docs.dbos.dev/python/programming-guide
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID

from bot.errors import Failure, TryLater
from bot.schedules.asking import ask
from bot.schedules.delivering import deliver
from bot.schedules.dispatching import Offer, hold_back, looks, offers
from bot.schedules.looking import look
from bot.schedules.rounds import Rounds
from bot.store import Asking
from bot.store.troubles import explained

log = logging.getLogger(__name__)

VERSION = "1"  # of the workflows: what one version has begun is not taken up by another
REMEMBERED = timedelta(days=14)  # workflows that have ended
LOOKED = timedelta(hours=1)  # the looks of watches, of which there are many
MOST = 1000  # of them are looked at in one go
FINDS = {"ask": ask, "look": look}


@dataclass
class Here:
    """What this process works for. There is one engine in a process, as DBOS has it."""

    rounds: Rounds
    clock: Callable[[], datetime]  # the real one, which the engine keeps

    # Workspaces that share a database do not do each other's work.

    @property
    def name(self) -> str:
        return f"insights-bot-{self.rounds.team.lower()}"

    @property
    def asks(self) -> str:
        return f"asks-{self.rounds.team}"

    @property
    def looks(self) -> str:
        return f"looks-{self.rounds.team}"

    @property
    def deliveries(self) -> str:
        return f"deliveries-{self.rounds.team}"


_here: list[Here] = []


def here() -> Here:
    return _here[0]


def _passes(error: BaseException) -> bool:
    return isinstance(error, TryLater)


@DBOS.step(retries_allowed=True, max_attempts=6, should_retry=_passes)
async def _found(kind: str, team: str, line: str, zone: str, at: int) -> list[tuple[str, int]]:
    """Where something is to be said, and how often it was offered there."""
    slots = await FINDS[kind](here().rounds, Asking(team, line, zone, _moment(at)))
    if slots:
        await hold_back(here().rounds, slots)
    return [(slot.schedule, slot.offered) for slot in slots]


@DBOS.workflow(max_recovery_attempts=5)
async def _find(kind: str, team: str, line: str, zone: str, at: int) -> list[str]:
    """Ask, or look; the deliveries that this sets going."""
    found = await _found(kind, team, line, zone, at)
    return [await _offer_delivery(schedule, at, offered) for schedule, offered in found]


@DBOS.step(retries_allowed=True, max_attempts=6, should_retry=_passes)
async def _delivered(schedule: str, at: int) -> None:
    await deliver(here().rounds, schedule, _moment(at))


@DBOS.workflow(max_recovery_attempts=5)
async def _deliver(schedule: str, at: int) -> None:
    await _delivered(schedule, at)


@DBOS.step()
async def _swept() -> None:
    """In a step: what a workflow itself asks of the engine is written down, and this cannot be."""
    few: dict[str, Any] = {"load_input": False, "load_output": False, "limit": MOST}
    for queue in (here().asks, here().looks, here().deliveries):
        left = await DBOS.list_workflows_async(
            status="PENDING", queue_name=queue, dequeued_before=_ago(here().rounds.times.lease), **few
        )
        if left:
            log.warning("taken back from a process that is gone", extra={"facts": {"queue": queue, "work": len(left)}})
            await DBOS.resume_workflows_async([workflow.workflow_id for workflow in left], queue_name=queue)
    old = await DBOS.list_workflows_async(completed_before=_ago(REMEMBERED), **few)
    old += await DBOS.list_workflows_async(queue_name=here().looks, completed_before=_ago(LOOKED), **few)
    if old:
        await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])
    await here().rounds.store.forget(here().rounds.now())


@DBOS.workflow()
async def _housekeeping(_: datetime, __: Any) -> None:
    """Each minute, by one process: what a process that is gone had begun goes back, and what is old goes."""
    await _swept()


async def _offer_delivery(schedule: str, at: int, offered: int) -> str:
    return await _enqueue(f"deliver:{schedule}:{at}:{offered}", here().deliveries, _deliver, schedule, at)


async def _enqueue(workflow: str, queue: str, work: Any, *given: str | int) -> str:
    with SetWorkflowID(workflow):
        await DBOS.enqueue_workflow_async(queue, work, *given)
    return workflow


async def _offer(offer: Offer) -> list[str]:
    if offer.answered:
        return [await _offer_delivery(slot.schedule, int(slot.at.timestamp()), slot.offered) for slot in offer.slots]
    return [await _offer_to_find("ask", here().asks, offer.asking, f":{offer.offered}")]


async def _offer_to_find(kind: str, queue: str, asking: Asking, again: str = "") -> str:
    given = kind, asking.team, asking.line, asking.zone, int(asking.at.timestamp())
    return await _enqueue(":".join(map(str, given)) + again, queue, _find, *given)


async def _ended(workflows: Sequence[str], polling: float) -> None:
    """Until these are done, and what they set going."""
    for workflow in workflows:
        ended: Any = await (await DBOS.retrieve_workflow_async(workflow)).get_result(polling_interval_sec=polling)
        await _ended(ended or [], polling)


class Engine:
    """The engine at work."""

    def __init__(self, rounds: Rounds, polling: float) -> None:
        self._rounds = rounds
        self._polling = polling
        self._wanted = asyncio.Event()
        self._offered: list[str] = []

    def wake(self) -> None:
        """There is something to do at once."""
        self._wanted.set()

    async def dispatch(self, now: datetime) -> None:
        """Offer what is due by *now* to whoever works. Every process does: the workflow's id makes it once. What is
        not held back yet when a process is lost is offered again at once."""
        self._offered = []
        for offer in await offers(self._rounds, now):
            self._offered += await _offer(offer)
            await hold_back(self._rounds, offer.slots)
        for asking in await looks(self._rounds, now):
            self._offered.append(await _offer_to_find("look", here().looks, asking))

    async def idle(self) -> None:
        """Until all that was offered last is done, whoever does it."""
        await _ended(self._offered, self._polling)

    async def keep_dispatching(self, seconds: float) -> None:
        """Look every so often, and whenever there is something to do at once; a database that is away comes back."""
        while True:
            self._wanted.clear()
            try:
                with explained():  # the engine's own tables are in the same database
                    await self.dispatch(self._rounds.now())
            except Exception as error:
                log.warning("nothing can be offered: %s", error if isinstance(error, Failure) else type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), seconds)


@dataclass(frozen=True)
class Pace:
    """How fast the engine works."""

    polling: float = 1.0  # seconds between two looks at a queue
    at_once: int = 8
    per_minute: int = 200  # messages of all processes together
    drain: float = 20  # seconds that the end waits for work under way
    sweep: str = "* * * * *"  # when what a process that is gone had begun is taken back


@asynccontextmanager
async def opened(url: str, rounds: Rounds, pace: Pace, clock: Callable[[], datetime]) -> AsyncIterator[Engine]:
    """The engine on the database at *url*, until the block is left; what is under way then is finished first."""
    _here[:] = [Here(rounds, clock)]
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # with none, it would write past our log
    queues: dict[str, Any] = {"worker_concurrency": pace.at_once, "polling_interval_sec": pace.polling}
    DBOS(
        config={
            "name": here().name,
            "system_database_url": url,
            "serializer": DBOSPortableJSONSerializer(),
            "executor_id": rounds.me,
            "application_version": f"{here().name}-{VERSION}",
            "log_level": "WARNING",
        }
    )
    DBOS.launch()  # inside the running loop, or the work would be done in another, where no client of ours is of use
    try:
        await DBOS.register_queue_async(here().asks, **queues)
        await DBOS.register_queue_async(here().looks, **queues | {"worker_concurrency": 2})  # digests come first
        await DBOS.register_queue_async(here().deliveries, limiter={"limit": pace.per_minute, "period": 60}, **queues)
        await DBOS.apply_schedules_async(
            [{"schedule_name": f"housekeeping-{rounds.team}", "workflow_fn": _housekeeping, "schedule": pace.sweep}]
        )
        yield Engine(rounds, pace.polling)
    finally:
        await _closed(pace.drain)


async def _closed(drain: float) -> None:
    """No more work is begun, and what is under way ends. The engine has made its threads those of the loop, and takes
    them along: others need some that stay."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as aside:
        await loop.run_in_executor(aside, partial(DBOS.destroy, workflow_completion_timeout_sec=ceil(drain)))
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _ago(span: timedelta) -> str:
    return (here().clock() - span).isoformat()
