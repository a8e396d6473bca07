"""The engine on DBOS: its workflows, what it enqueues, and how it starts and stops.

The runs table tells what is due, the workflow id makes sure that it is done once, and the queue decides which process
does it. DBOS keeps its tables in the bot's database: SQLite for one process, PostgreSQL for several. The arguments and
results of workflows are strings and numbers only; messages and progress are in the store.

https://docs.dbos.dev/python/programming-guide
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import groupby
from math import ceil
from typing import Any, TypeVar

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID

from bot.errors import Failure, TryLater
from bot.schedules.context import SchedulerContext
from bot.schedules.delivery_job import deliver
from bot.schedules.failover import Failover
from bot.schedules.query_job import answer_query
from bot.schedules.scheduler import Offer, collect_work, defer, requeue
from bot.schedules.watch_job import check_watch
from bot.store import QueryKey, Run
from bot.store.database import database_errors
from bot.store.workspaces import max_batch_size

log = logging.getLogger(__name__)

T = TypeVar("T")

VERSION = "4"  # of the workflows: one version doesn't recover what another has begun
WORKFLOW_RETENTION = timedelta(days=14)  # of completed workflows
WATCH_WORKFLOW_RETENTION = timedelta(hours=1)  # shorter, as there are many
MAX_HOUSEKEEPING_DELAY = timedelta(minutes=2)
MAX_DELIVERIES_PER_WORKFLOW = 8
LIST_OPTIONS: dict[str, Any] = {"load_input": False, "load_output": False, "limit": 1000}
NOTIFICATION_POLL_SECONDS = 0.1  # nobody sends any, but a shutdown on SQLite waits for the poll
DATABASE_RETRY_DELAYS = (1, 2, 4, 8, 16)  # seconds
QUERY_JOBS = {"ask": answer_query, "look": check_watch}


@dataclass
class WorkerContext:
    """What the workflows of this process work with. DBOS allows one engine per process."""

    ctx: SchedulerContext
    clock: Callable[[], datetime]  # the real time, by which the engine keeps its records
    deliveries_per_minute: int  # limit on deliveries begun, for all processes together
    concurrency: asyncio.Semaphore  # limits concurrent deliveries in this process
    shutdown: asyncio.Event = field(default_factory=asyncio.Event)  # once set, no delivery begins
    last_housekeeping: str = ""  # the minute of the last housekeeping

    # The names contain the workspace: those that share a database must not do each other's work.

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
    """Set the context that this process's workflows use."""
    _bound[:] = [worker]


def worker_context() -> WorkerContext:
    """Return the context that was bound."""
    return _bound[0]


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, TryLater)


@DBOS.step(retries_allowed=True, max_attempts=6, should_retry=_is_transient)
async def _query_step(kind: str, team: str, line: str, zone: str, timestamp: int) -> list[str]:
    """Run the query job, enqueue the deliveries that it allows, and return their workflow ids.

    They are enqueued in an empty context, as if from outside: DBOS would record what a workflow enqueues a second time
    as a part of it, and a step may not enqueue anything.
    """
    runs = await QUERY_JOBS[kind](worker_context().ctx, QueryKey(team, line, zone, _from_timestamp(timestamp)))
    return await asyncio.create_task(_enqueue_deliveries(runs), context=Context()) if runs else []


@DBOS.workflow(max_recovery_attempts=5)
async def _run_query(kind: str, team: str, line: str, zone: str, timestamp: int) -> list[str]:
    """Answer a query or check a watch; return the ids of the delivery workflows."""
    async with worker_context().ctx.heartbeat.working():
        return await _query_step(kind, team, line, zone, timestamp)


@DBOS.workflow(max_recovery_attempts=5)
async def _deliver_batch(schedule_ids: list[str], timestamp: int) -> None:
    """Deliver several runs. It needs no steps: runs record their progress, and a restart continues from that."""
    worker, due_at, remaining = worker_context(), _from_timestamp(timestamp), set(schedule_ids)

    async def deliver_one(schedule_id: str) -> None:
        async with worker.concurrency:
            if not worker.shutdown.is_set():
                remaining.discard(schedule_id)
                await _with_retries(lambda: deliver(worker.ctx, schedule_id, due_at))

    async with worker.ctx.heartbeat.working():
        await _wait_for_quota(worker, len(schedule_ids))
        deliveries = asyncio.gather(*map(deliver_one, schedule_ids), return_exceptions=True)
        if await _shutdown_before(worker, deliveries) and remaining:
            await _with_retries(lambda: requeue(worker.ctx, remaining, due_at))
        for error in filter(None, await deliveries):
            raise error


async def _wait_for_quota(worker: WorkerContext, count: int) -> None:
    """Wait until the rate limit allows so many deliveries, or for the shutdown."""
    acquire = worker.ctx.store.delivery_quotas.acquire
    while not worker.shutdown.is_set() and (
        delay := await _with_retries(
            lambda: acquire(worker.ctx.team, count, worker.deliveries_per_minute, worker.clock())
        )
    ):
        with suppress(TimeoutError):
            await asyncio.wait_for(worker.shutdown.wait(), delay)


async def _shutdown_before(worker: WorkerContext, deliveries: "asyncio.Future[Any]") -> bool:
    """Wait for either; return whether the shutdown has begun."""
    shutdown = asyncio.ensure_future(worker.shutdown.wait())
    await asyncio.wait((deliveries, shutdown), return_when=asyncio.FIRST_COMPLETED)
    shutdown.cancel()
    return worker.shutdown.is_set()


async def _with_retries(operation: Callable[[], Awaitable[T]]) -> T:
    """Retry while the database is unavailable."""
    for delay in DATABASE_RETRY_DELAYS:
        with suppress(TryLater):
            return await operation()
        await asyncio.sleep(delay)
    return await operation()


@DBOS.step()
async def _sweep() -> None:
    """Resume workflows of lost processes, and delete old ones.

    It is a step: DBOS records the result of each call that a workflow itself makes, and can't record these.
    """
    await _resume_pending(dequeued_before=_iso_ago(worker_context().ctx.timing.lease))
    old = await DBOS.list_workflows_async(completed_before=_iso_ago(WORKFLOW_RETENTION), **LIST_OPTIONS)
    old += await DBOS.list_workflows_async(
        queue_name=worker_context().watch_queue, completed_before=_iso_ago(WATCH_WORKFLOW_RETENTION), **LIST_OPTIONS
    )
    if old:
        await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])
    await worker_context().ctx.store.prune(worker_context().ctx.now())


async def _resume_pending(**lost: Any) -> None:
    """Put the workflows that lost processes have begun back into their queues."""
    for queue in (worker_context().query_queue, worker_context().watch_queue, worker_context().delivery_queue):
        workflows = await DBOS.list_workflows_async(status="PENDING", queue_name=queue, **lost, **LIST_OPTIONS)
        if workflows:
            facts = {"queue": queue, "work": len(workflows)}
            log.warning("recovered from a process that ended", extra={"facts": facts})
            await DBOS.resume_workflows_async([workflow.workflow_id for workflow in workflows], queue_name=queue)


@DBOS.workflow()
async def housekeeping(at: str, _: Any = None) -> None:
    """Resume the work of lost processes and delete what is old. A late run leaves that to the next one."""
    if worker_context().clock() - datetime.fromisoformat(str(at)) <= MAX_HOUSEKEEPING_DELAY:
        await _sweep()


async def start_housekeeping() -> None:
    """Start housekeeping once a minute among all processes. Missed minutes aren't caught up."""
    worker = worker_context()
    at = worker.clock().replace(second=0, microsecond=0).isoformat()
    if at != worker.last_housekeeping:
        with SetWorkflowID(f"housekeeping:{worker.ctx.team}:{at}"):
            await DBOS.start_workflow_async(housekeeping, at)
        worker.last_housekeeping = at


async def _enqueue_deliveries(runs: Sequence[Run]) -> list[str]:
    """Enqueue deliveries in batches, since each workflow has a cost."""
    batch_size = min(MAX_DELIVERIES_PER_WORKFLOW, max_batch_size(worker_context().deliveries_per_minute))
    groups = [list(group) for _, group in groupby(sorted(runs, key=_due_at), key=_due_at)]
    workflow_ids = [
        await _enqueue_delivery(group[start : start + batch_size])
        for group in groups
        for start in range(0, len(group), batch_size)
    ]
    await defer(worker_context().ctx, runs)
    return workflow_ids


def _due_at(run: Run) -> datetime:
    return run.at


async def _enqueue_delivery(runs: Sequence[Run]) -> str:
    """Enqueue one batch, due at one moment, under an id that is the same in all processes, so it is enqueued once."""
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
    """Enqueue the query, or the deliveries if it is answered; return the workflow ids."""
    if offer.answered:
        return await _enqueue_deliveries(offer.runs)
    workflow_id = await enqueue_query("ask", worker_context().query_queue, offer.query_key, f":{offer.offer_count}")
    if await _has_ended(workflow_id):  # without an answer for these, which were added later
        await requeue(worker_context().ctx, [run.schedule for run in offer.runs], offer.query_key.at)
    else:
        await defer(worker_context().ctx, offer.runs)
    return [workflow_id]


async def _has_ended(workflow_id: str) -> bool:
    options: dict[str, Any] = {"load_input": False, "load_output": False}
    return not await DBOS.list_workflows_async(workflow_ids=[workflow_id], status=["ENQUEUED", "PENDING"], **options)


async def enqueue_query(kind: str, queue: str, query_key: QueryKey, suffix: str = "") -> str:
    """Enqueue a query or a watch, once per key and suffix; return the workflow id."""
    args = kind, query_key.team, query_key.line, query_key.zone, int(query_key.at.timestamp())
    return await _enqueue(":".join(map(str, args)) + suffix, queue, _run_query, *args)


def _from_timestamp(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


def _iso_ago(span: timedelta) -> str:
    return (worker_context().clock() - span).isoformat()


async def _wait_for_workflows(workflow_ids: Sequence[str], poll_interval: float) -> None:
    """Wait for these workflows, and for those that they enqueued."""
    for workflow_id in workflow_ids:
        child_ids: Any = await (await DBOS.retrieve_workflow_async(workflow_id)).get_result(
            polling_interval_sec=poll_interval
        )
        await _wait_for_workflows(child_ids or [], poll_interval)


class Engine:
    """The running engine."""

    def __init__(self, ctx: SchedulerContext, poll_interval: float) -> None:
        self._ctx = ctx
        self._poll_interval = poll_interval
        self._failover = Failover(ctx)
        self._workflow_ids: list[str] = []

    async def dispatch(self, now: datetime) -> None:
        """Enqueue what is due by *now*.

        Every process does this; the workflow ids make sure that each piece of work is enqueued once. If a process is
        lost before it defers what it has enqueued, that is enqueued again at once.
        """
        self._workflow_ids = []
        pending, watch_keys = await collect_work(self._ctx, now)
        for work_item in pending:
            self._workflow_ids += await enqueue_offer(work_item)
        for query_key in watch_keys:
            self._workflow_ids.append(await enqueue_query("look", worker_context().watch_queue, query_key))

    async def wait_until_idle(self) -> None:
        """Wait until all work of the last dispatch is done, in whichever process."""
        await _wait_for_workflows(self._workflow_ids, self._poll_interval)

    async def take_over(self) -> None:
        """Take over the work of processes whose heartbeat has stopped: first their leases, then their workflows."""
        for lost in await self._failover.release_leases(asyncio.get_running_loop().time()):
            await _resume_pending(executor_id=lost.worker)
            await self._failover.forget(lost)

    async def dispatch_forever(self, interval: float) -> None:
        """Dispatch and take over at each interval, and whenever work is available.

        Failures, such as an unavailable database, don't end it.
        """
        while True:
            self._ctx.work_available.clear()
            try:
                with database_errors():  # the engine's own tables are in the same database
                    await self.dispatch(self._ctx.now())
                    await self.take_over()
                    await start_housekeeping()
            except Exception as error:
                log.warning("can't enqueue jobs: %s", error if isinstance(error, Failure) else type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ctx.work_available.wait(), interval)


@dataclass(frozen=True)
class EngineConfig:
    """The engine's pace and limits."""

    poll_interval: float = 1.0  # seconds between polls of a queue
    concurrency: int = 8
    deliveries_per_minute: int = 200  # for all processes together
    shutdown_grace: float = 20  # seconds that a shutdown waits for running work


@asynccontextmanager
async def open_engine(
    url: str, ctx: SchedulerContext, engine_config: EngineConfig, clock: Callable[[], datetime]
) -> AsyncIterator[Engine]:
    """Run the engine on the database at *url*. On exit, running work is finished first."""
    bind(WorkerContext(ctx, clock, engine_config.deliveries_per_minute, asyncio.Semaphore(engine_config.concurrency)))
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # without a handler, DBOS adds its own
    queue_options: dict[str, Any] = {
        "worker_concurrency": engine_config.concurrency,
        "polling_interval_sec": engine_config.poll_interval,
    }
    DBOS(
        config={
            "name": worker_context().app_name,
            "system_database_url": url,
            "serializer": DBOSPortableJSONSerializer(),
            "executor_id": ctx.worker,
            "application_version": f"{worker_context().app_name}-{VERSION}",
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": NOTIFICATION_POLL_SECONDS,
        }
    )
    DBOS.launch()  # inside the running loop: else DBOS runs workflows in its own, where our clients don't work
    try:
        await DBOS.register_queue_async(worker_context().query_queue, **queue_options)
        # Few watches at a time: digests come first.
        await DBOS.register_queue_async(worker_context().watch_queue, **queue_options | {"worker_concurrency": 2})
        # Each workflow has several deliveries: half as many workflows use the full concurrency, and a lost process
        # delays fewer deliveries.
        await DBOS.register_queue_async(
            worker_context().delivery_queue,
            **queue_options | {"worker_concurrency": ceil(engine_config.concurrency / 2)},
        )
        # Earlier versions had this as a DBOS schedule, which catches up every minute that the machine was suspended.
        await DBOS.delete_schedule_async(f"housekeeping-{ctx.team}")
        yield Engine(ctx, engine_config.poll_interval)
    finally:
        await _shut_down(engine_config.shutdown_grace)


async def _shut_down(grace: float) -> None:
    """Begin no more work, and wait for what is running.

    DBOS has made its thread pool the loop's default executor, and shuts it down: the loop needs a new one.
    """
    worker_context().shutdown.set()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as executor:
        await loop.run_in_executor(executor, partial(DBOS.destroy, workflow_completion_timeout_sec=ceil(grace)))
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
