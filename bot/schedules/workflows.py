"""What the engine does, in workflows: it asks or looks, delivers, and keeps house. What they are given, and what they
give, are words and numbers: messages and marks are in the store.

https://docs.dbos.dev/python/programming-guide
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from dbos import DBOS, SetWorkflowID

from bot.errors import TryLater
from bot.schedules.context import Rounds
from bot.schedules.delivery_job import deliver
from bot.schedules.query_job import ask
from bot.schedules.scheduler import Offer, hold_back, put_back
from bot.schedules.watch_job import look
from bot.store import Asking, Slot
from bot.store.rate_limit import in_one_go

log = logging.getLogger(__name__)

T = TypeVar("T")

REMEMBERED = timedelta(days=14)  # workflows that have ended
LOOKED = timedelta(hours=1)  # the looks of watches, of which there are many
LATE_HOUSEKEEPING = timedelta(minutes=2)
TOGETHER = 8  # deliveries in one workflow
MOST = 1000  # workflows that are looked at in one go
WAITS = (1, 2, 4, 8, 16)  # seconds until a database that is away is tried again
FINDS = {"ask": ask, "look": look}


@dataclass
class Here:
    """What this process works for. There is one engine in a process, as DBOS has it."""

    rounds: Rounds
    clock: Callable[[], datetime]  # the real one, which the engine keeps
    a_minute: int  # so many deliveries begin, of all processes together
    turns: asyncio.Semaphore  # and so many are under way in this one
    ending: asyncio.Event = field(default_factory=asyncio.Event)  # then none begins any more
    kept_house: str = ""  # the minute of the last housekeeping

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


def work_for(found: Here) -> None:
    _here[:] = [found]


def here() -> Here:
    return _here[0]


def _passes(error: BaseException) -> bool:
    return isinstance(error, TryLater)


@DBOS.step(retries_allowed=True, max_attempts=6, should_retry=_passes)
async def _found(kind: str, team: str, line: str, zone: str, at: int) -> list[str]:
    """The deliveries that are offered then. They are offered as if from outside: what a workflow offers is written down
    twice, once of them with it, and a step may not offer anything."""
    slots = await FINDS[kind](here().rounds, Asking(team, line, zone, _moment(at)))
    return await asyncio.create_task(_offer_deliveries(slots), context=Context()) if slots else []


@DBOS.workflow(max_recovery_attempts=5)
async def _find(kind: str, team: str, line: str, zone: str, at: int) -> list[str]:
    """Ask, or look; the deliveries that this sets going."""
    return await _found(kind, team, line, zone, at)


@DBOS.workflow(max_recovery_attempts=5)
async def _deliver(schedules: list[str], at: int) -> None:
    """Without a step: what is done is written down in the slots, and whoever begins anew goes on from there."""
    me, moment, left = here(), _moment(at), set(schedules)

    async def one(schedule: str) -> None:
        async with me.turns:
            if not me.ending.is_set():
                left.discard(schedule)
                await _patiently(lambda: deliver(me.rounds, schedule, moment))

    await _allowed(me, len(schedules))
    under_way = asyncio.gather(*map(one, schedules), return_exceptions=True)
    if await _ends_before(me, under_way) and left:
        await _patiently(lambda: put_back(me.rounds, left, moment))
    for wrong in filter(None, await under_way):
        raise wrong


async def _allowed(me: Here, many: int) -> None:
    """Until so many may begin, or none does any more."""
    take = me.rounds.store.allowances.take
    while not me.ending.is_set() and (
        wait := await _patiently(lambda: take(me.rounds.team, many, me.a_minute, me.clock()))
    ):
        with suppress(TimeoutError):
            await asyncio.wait_for(me.ending.wait(), wait)


async def _ends_before(me: Here, done: "asyncio.Future[Any]") -> bool:
    """Whether none begins any more, and this is not done yet."""
    ending = asyncio.ensure_future(me.ending.wait())
    await asyncio.wait((done, ending), return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    return me.ending.is_set()


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    for wait in WAITS:
        with suppress(TryLater):
            return await work()
        await asyncio.sleep(wait)
    return await work()


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
async def housekeeping(at: str, _: Any = None) -> None:
    """What a process that is gone had begun goes back, and what is old goes. A late run leaves it to the next."""
    if here().clock() - datetime.fromisoformat(str(at)) <= LATE_HOUSEKEEPING:
        await _swept()


async def keep_house() -> None:
    """Start housekeeping, once a minute among all processes; minutes that nobody was there for are not made up for."""
    me = here()
    at = me.clock().replace(second=0, microsecond=0).isoformat()
    if at != me.kept_house:
        with SetWorkflowID(f"housekeeping:{me.rounds.team}:{at}"):
            await DBOS.start_workflow_async(housekeeping, at)
        me.kept_house = at


async def _offer_deliveries(slots: Sequence[Slot]) -> list[str]:
    """Some at a time, which is as many times cheaper."""
    most = min(TOGETHER, in_one_go(here().a_minute))
    offered = [await _offer_delivery(slots[first : first + most]) for first in range(0, len(slots), most)]
    await hold_back(here().rounds, slots)
    return offered


async def _offer_delivery(slots: Sequence[Slot]) -> str:
    """What others offer as well has the same name."""
    schedules, at = [slot.schedule for slot in slots], int(slots[0].at.timestamp())
    which = sha256(" ".join(f"{slot.schedule}:{slot.offered}" for slot in slots).encode()).hexdigest()
    return await _enqueue(f"deliver:{at}:{which}", here().deliveries, _deliver, schedules, at)


async def _enqueue(workflow: str, queue: str, work: Any, *given: Any) -> str:
    with SetWorkflowID(workflow):
        await DBOS.enqueue_workflow_async(queue, work, *given)
    return workflow


async def offer(offer: Offer) -> list[str]:
    if offer.answered:
        return await _offer_deliveries(offer.slots)
    asked = await offer_to_find("ask", here().asks, offer.asking, f":{offer.offered}")
    if await _has_ended(asked):  # in vain, before these came
        await put_back(here().rounds, [slot.schedule for slot in offer.slots], offer.asking.at)
    else:
        await hold_back(here().rounds, offer.slots)
    return [asked]


async def _has_ended(workflow: str) -> bool:
    few: dict[str, Any] = {"load_input": False, "load_output": False}
    return not await DBOS.list_workflows_async(workflow_ids=[workflow], status=["ENQUEUED", "PENDING"], **few)


async def offer_to_find(kind: str, queue: str, asking: Asking, again: str = "") -> str:
    given = kind, asking.team, asking.line, asking.zone, int(asking.at.timestamp())
    return await _enqueue(":".join(map(str, given)) + again, queue, _find, *given)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _ago(span: timedelta) -> str:
    return (here().clock() - span).isoformat()
