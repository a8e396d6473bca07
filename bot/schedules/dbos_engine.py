"""The engine on DBOS: its workflows, what it enqueues, and how it starts and stops.

The runs table tells what is due, the workflow id makes sure that it is done once, and the queue decides which process
does it. DBOS keeps its tables in the bot's database: SQLite for one process, PostgreSQL for several. The arguments and
results of workflows are strings and numbers only; messages and progress are in the store.

https://docs.dbos.dev/python/programming-guide
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer

from bot.errors import Failure
from bot.schedules.context import SchedulerContext
from bot.schedules.scheduler import collect_work
from bot.schedules.workflows import (
    WorkerContext,
    bind,
    enqueue_offer,
    enqueue_query,
    start_housekeeping,
    worker_context,
)
from bot.store.errors import translate_errors

log = logging.getLogger(__name__)

VERSION = "4"  # of the workflows: one version doesn't recover what another has begun


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
        self._wake_event = asyncio.Event()
        self._workflow_ids: list[str] = []

    def wake(self) -> None:
        """Dispatch at once instead of at the next interval."""
        self._wake_event.set()

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

    async def dispatch_forever(self, interval: float) -> None:
        """Dispatch at each interval, and whenever woken. Failures, such as an unavailable database, don't end it."""
        while True:
            self._wake_event.clear()
            try:
                with translate_errors():  # the engine's own tables are in the same database
                    await self.dispatch(self._ctx.now())
                    await start_housekeeping()
            except Exception as error:
                log.warning("nothing can be offered: %s", error if isinstance(error, Failure) else type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake_event.wait(), interval)


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
