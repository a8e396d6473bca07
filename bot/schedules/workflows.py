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
from bot.schedules.context import SchedulerContext
from bot.schedules.delivery_job import deliver
from bot.schedules.query_job import answer_query
from bot.schedules.scheduler import Offer, defer, requeue
from bot.schedules.watch_job import check_watch
from bot.store import QueryKey, Run
from bot.store.rate_limit import max_batch_size

log = logging.getLogger(__name__)

T = TypeVar("T")

WORKFLOW_RETENTION = timedelta(days=14)  # workflows that have ended
WATCH_WORKFLOW_RETENTION = timedelta(hours=1)  # the looks of watches, of which there are many
MAX_HOUSEKEEPING_DELAY = timedelta(minutes=2)
MAX_DELIVERIES_PER_WORKFLOW = 8  # deliveries in one workflow
MAX_LISTED_WORKFLOWS = 1000  # workflows that are looked at in one go
DATABASE_RETRY_DELAYS = (1, 2, 4, 8, 16)  # seconds until a database that is away is tried again
QUERY_JOBS = {"ask": answer_query, "look": check_watch}


@dataclass
class WorkerContext:
    """What this process works for. There is one engine in a process, as DBOS has it."""

    ctx: SchedulerContext
    clock: Callable[[], datetime]  # the real one, which the engine keeps
    deliveries_per_minute: int  # so many deliveries begin, of all processes together
    concurrency: asyncio.Semaphore  # and so many are under way in this one
    shutdown: asyncio.Event = field(default_factory=asyncio.Event)  # then none begins any more
    last_housekeeping: str = ""  # the minute of the last housekeeping

    # Workspaces that share a database do not do each other's work.

    @property
    def app_name(self) -> str:
        return f"insights-bot-{self.ctx.team.lower()}"

    @property
    def query_queue(self) -> str:
        return f"asks-{self.ctx.team}"

    @property
    def watch_queue(self) -> str:
        return f"looks-{self.ctx.team}"

    @property
    def delivery_queue(self) -> str:
        return f"deliveries-{self.ctx.team}"


_bound: list[WorkerContext] = []


def bind(worker: WorkerContext) -> None:
    _bound[:] = [worker]


def worker_context() -> WorkerContext:
    return _bound[0]


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, TryLater)


@DBOS.step(retries_allowed=True, max_attempts=6, should_retry=_is_transient)
async def _query_step(kind: str, team: str, line: str, zone: str, timestamp: int) -> list[str]:
    """The deliveries that are offered then. They are offered as if from outside: what a workflow offers is written down
    twice, once of them with it, and a step may not offer anything."""
    runs = await QUERY_JOBS[kind](worker_context().ctx, QueryKey(team, line, zone, _from_timestamp(timestamp)))
    return await asyncio.create_task(_enqueue_deliveries(runs), context=Context()) if runs else []


@DBOS.workflow(max_recovery_attempts=5)
async def _run_query(kind: str, team: str, line: str, zone: str, timestamp: int) -> list[str]:
    """Ask, or look; the deliveries that this sets going."""
    return await _query_step(kind, team, line, zone, timestamp)


@DBOS.workflow(max_recovery_attempts=5)
async def _deliver_batch(schedule_ids: list[str], timestamp: int) -> None:
    """Without a step: what is done is written down in the slots, and whoever begins anew goes on from there."""
    worker, due_at, remaining = worker_context(), _from_timestamp(timestamp), set(schedule_ids)

    async def deliver_one(schedule_id: str) -> None:
        async with worker.concurrency:
            if not worker.shutdown.is_set():
                remaining.discard(schedule_id)
                await _with_retries(lambda: deliver(worker.ctx, schedule_id, due_at))

    await _wait_for_rate_limit(worker, len(schedule_ids))
    deliveries = asyncio.gather(*map(deliver_one, schedule_ids), return_exceptions=True)
    if await _shutdown_before(worker, deliveries) and remaining:
        await _with_retries(lambda: requeue(worker.ctx, remaining, due_at))
    for error in filter(None, await deliveries):
        raise error


async def _wait_for_rate_limit(worker: WorkerContext, count: int) -> None:
    """Until so many may begin, or none does any more."""
    acquire = worker.ctx.store.rate_limits.acquire
    while not worker.shutdown.is_set() and (
        delay := await _with_retries(
            lambda: acquire(worker.ctx.team, count, worker.deliveries_per_minute, worker.clock())
        )
    ):
        with suppress(TimeoutError):
            await asyncio.wait_for(worker.shutdown.wait(), delay)


async def _shutdown_before(worker: WorkerContext, deliveries: "asyncio.Future[Any]") -> bool:
    """Whether none begins any more, and this is not done yet."""
    shutdown = asyncio.ensure_future(worker.shutdown.wait())
    await asyncio.wait((deliveries, shutdown), return_when=asyncio.FIRST_COMPLETED)
    shutdown.cancel()
    return worker.shutdown.is_set()


async def _with_retries(operation: Callable[[], Awaitable[T]]) -> T:
    for delay in DATABASE_RETRY_DELAYS:
        with suppress(TryLater):
            return await operation()
        await asyncio.sleep(delay)
    return await operation()


@DBOS.step()
async def _sweep() -> None:
    """In a step: what a workflow itself asks of the engine is written down, and this cannot be."""
    options: dict[str, Any] = {"load_input": False, "load_output": False, "limit": MAX_LISTED_WORKFLOWS}
    for queue in (worker_context().query_queue, worker_context().watch_queue, worker_context().delivery_queue):
        lost = await DBOS.list_workflows_async(
            status="PENDING", queue_name=queue, dequeued_before=_iso_ago(worker_context().ctx.timing.lease), **options
        )
        if lost:
            log.warning("taken back from a process that is gone", extra={"facts": {"queue": queue, "work": len(lost)}})
            await DBOS.resume_workflows_async([workflow.workflow_id for workflow in lost], queue_name=queue)
    old = await DBOS.list_workflows_async(completed_before=_iso_ago(WORKFLOW_RETENTION), **options)
    old += await DBOS.list_workflows_async(
        queue_name=worker_context().watch_queue, completed_before=_iso_ago(WATCH_WORKFLOW_RETENTION), **options
    )
    if old:
        await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])
    await worker_context().ctx.store.prune(worker_context().ctx.now())


@DBOS.workflow()
async def housekeeping(at: str, _: Any = None) -> None:
    """What a process that is gone had begun goes back, and what is old goes. A late run leaves it to the next."""
    if worker_context().clock() - datetime.fromisoformat(str(at)) <= MAX_HOUSEKEEPING_DELAY:
        await _sweep()


async def start_housekeeping() -> None:
    """Start housekeeping, once a minute among all processes; minutes that nobody was there for are not made up for."""
    worker = worker_context()
    at = worker.clock().replace(second=0, microsecond=0).isoformat()
    if at != worker.last_housekeeping:
        with SetWorkflowID(f"housekeeping:{worker.ctx.team}:{at}"):
            await DBOS.start_workflow_async(housekeeping, at)
        worker.last_housekeeping = at


async def _enqueue_deliveries(runs: Sequence[Run]) -> list[str]:
    """Some at a time, which is as many times cheaper."""
    batch_size = min(MAX_DELIVERIES_PER_WORKFLOW, max_batch_size(worker_context().deliveries_per_minute))
    workflow_ids = [
        await _enqueue_delivery(runs[start : start + batch_size]) for start in range(0, len(runs), batch_size)
    ]
    await defer(worker_context().ctx, runs)
    return workflow_ids


async def _enqueue_delivery(runs: Sequence[Run]) -> str:
    """What others offer as well has the same name."""
    schedule_ids, timestamp = [run.schedule for run in runs], int(runs[0].at.timestamp())
    batch_key = sha256(" ".join(f"{run.schedule}:{run.offered}" for run in runs).encode()).hexdigest()
    return await _enqueue(
        f"deliver:{timestamp}:{batch_key}", worker_context().delivery_queue, _deliver_batch, schedule_ids, timestamp
    )


async def _enqueue(workflow_id: str, queue: str, function: Any, *args: Any) -> str:
    with SetWorkflowID(workflow_id):
        await DBOS.enqueue_workflow_async(queue, function, *args)
    return workflow_id


async def enqueue_offer(offer: Offer) -> list[str]:
    if offer.answered:
        return await _enqueue_deliveries(offer.runs)
    workflow_id = await enqueue_query("ask", worker_context().query_queue, offer.query_key, f":{offer.offer_count}")
    if await _has_ended(workflow_id):  # in vain, before these came
        await requeue(worker_context().ctx, [run.schedule for run in offer.runs], offer.query_key.at)
    else:
        await defer(worker_context().ctx, offer.runs)
    return [workflow_id]


async def _has_ended(workflow_id: str) -> bool:
    options: dict[str, Any] = {"load_input": False, "load_output": False}
    return not await DBOS.list_workflows_async(workflow_ids=[workflow_id], status=["ENQUEUED", "PENDING"], **options)


async def enqueue_query(kind: str, queue: str, query_key: QueryKey, suffix: str = "") -> str:
    args = kind, query_key.team, query_key.line, query_key.zone, int(query_key.at.timestamp())
    return await _enqueue(":".join(map(str, args)) + suffix, queue, _run_query, *args)


def _from_timestamp(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


def _iso_ago(span: timedelta) -> str:
    return (worker_context().clock() - span).isoformat()
