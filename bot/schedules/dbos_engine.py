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
from bot.schedules.context import Rounds
from bot.schedules.scheduler import offers
from bot.schedules.workflows import Here, here, keep_house, offer, offer_to_find, work_for
from bot.store.errors import explained

log = logging.getLogger(__name__)

VERSION = "3"  # of the workflows: what one version has begun is not taken up by another


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
        open_, looks = await offers(self._rounds, now)
        for wanted in open_:
            self._offered += await offer(wanted)
        for asking in looks:
            self._offered.append(await offer_to_find("look", here().looks, asking))

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
                    await keep_house()
            except Exception as error:
                log.warning("nothing can be offered: %s", error if isinstance(error, Failure) else type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), seconds)


@dataclass(frozen=True)
class Pace:
    """How fast the engine works."""

    polling: float = 1.0  # seconds between two looks at a queue
    at_once: int = 8
    per_minute: int = 200  # deliveries of all processes together
    drain: float = 20  # seconds that the end waits for work under way


@asynccontextmanager
async def opened(url: str, rounds: Rounds, pace: Pace, clock: Callable[[], datetime]) -> AsyncIterator[Engine]:
    """The engine on the database at *url*, until the block is left; what is under way then is finished first."""
    work_for(Here(rounds, clock, pace.per_minute, asyncio.Semaphore(pace.at_once)))
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
        # Each holds several deliveries: half as many keep all turns busy, and who is lost holds fewer of them back.
        await DBOS.register_queue_async(here().deliveries, **queues | {"worker_concurrency": ceil(pace.at_once / 2)})
        # The engine's own schedules make up for each minute that the machine slept. Earlier versions had this one.
        await DBOS.delete_schedule_async(f"housekeeping-{rounds.team}")
        yield Engine(rounds, pace.polling)
    finally:
        await _closed(pace.drain)


async def _closed(drain: float) -> None:
    """No more work is begun, and what is under way ends. The engine has made its threads those of the loop, and takes
    them along: others need some that stay."""
    here().ending.set()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as aside:
        await loop.run_in_executor(aside, partial(DBOS.destroy, workflow_completion_timeout_sec=ceil(drain)))
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
