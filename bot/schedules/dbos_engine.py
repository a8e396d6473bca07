"""The engine: the table says what is due, the workflow's id says once, and the queue says who. DBOS keeps its tables in
the bot's database: SQLite for one process, PostgreSQL for several.

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

VERSION = "4"  # of the workflows: what one version has begun is not taken up by another


async def _wait_for_workflows(workflow_ids: Sequence[str], poll_interval: float) -> None:
    """Until these are done, and what they set going."""
    for workflow_id in workflow_ids:
        child_ids: Any = await (await DBOS.retrieve_workflow_async(workflow_id)).get_result(
            polling_interval_sec=poll_interval
        )
        await _wait_for_workflows(child_ids or [], poll_interval)


class Engine:
    """The engine at work."""

    def __init__(self, ctx: SchedulerContext, poll_interval: float) -> None:
        self._ctx = ctx
        self._poll_interval = poll_interval
        self._wake_event = asyncio.Event()
        self._workflow_ids: list[str] = []

    def wake(self) -> None:
        """There is something to do at once."""
        self._wake_event.set()

    async def dispatch(self, now: datetime) -> None:
        """Offer what is due by *now* to whoever works. Every process does: the workflow's id makes it once. What is
        not held back yet when a process is lost is offered again at once."""
        self._workflow_ids = []
        pending, watch_keys = await collect_work(self._ctx, now)
        for work_item in pending:
            self._workflow_ids += await enqueue_offer(work_item)
        for query_key in watch_keys:
            self._workflow_ids.append(await enqueue_query("look", worker_context().watch_queue, query_key))

    async def wait_until_idle(self) -> None:
        """Until all that was offered last is done, whoever does it."""
        await _wait_for_workflows(self._workflow_ids, self._poll_interval)

    async def dispatch_forever(self, interval: float) -> None:
        """Look every so often, and whenever there is something to do at once; a database that is away comes back."""
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
    """How fast the engine works."""

    poll_interval: float = 1.0  # seconds between two looks at a queue
    concurrency: int = 8
    deliveries_per_minute: int = 200  # deliveries of all processes together
    shutdown_grace: float = 20  # seconds that the end waits for work under way


@asynccontextmanager
async def open_engine(
    url: str, ctx: SchedulerContext, engine_config: EngineConfig, clock: Callable[[], datetime]
) -> AsyncIterator[Engine]:
    """The engine on the database at *url*, until the block is left; what is under way then is finished first."""
    bind(WorkerContext(ctx, clock, engine_config.deliveries_per_minute, asyncio.Semaphore(engine_config.concurrency)))
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # with none, it would write past our log
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
    DBOS.launch()  # inside the running loop, or the work would be done in another, where no client of ours is of use
    try:
        await DBOS.register_queue_async(worker_context().query_queue, **queue_options)
        await DBOS.register_queue_async(
            worker_context().watch_queue, **queue_options | {"worker_concurrency": 2}
        )  # digests come first
        # Each holds several deliveries: half as many keep all turns busy, and who is lost holds fewer of them back.
        await DBOS.register_queue_async(
            worker_context().delivery_queue,
            **queue_options | {"worker_concurrency": ceil(engine_config.concurrency / 2)},
        )
        # The engine's own schedules make up for each minute that the machine slept. Earlier versions had this one.
        await DBOS.delete_schedule_async(f"housekeeping-{ctx.team}")
        yield Engine(ctx, engine_config.poll_interval)
    finally:
        await _shut_down(engine_config.shutdown_grace)


async def _shut_down(grace: float) -> None:
    """No more work is begun, and what is under way ends. The engine has made its threads those of the loop, and takes
    them along: others need some that stay."""
    worker_context().shutdown.set()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as executor:
        await loop.run_in_executor(executor, partial(DBOS.destroy, workflow_completion_timeout_sec=ceil(grace)))
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
