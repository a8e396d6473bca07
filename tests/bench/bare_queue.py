"""The engine alone, with as many empty jobs as it is told: `python -m tests.bench.bare_queue [jobs]`.

It works as the bot's workers do: a queue of the same pace, and the same serializer. Whoever is told a number enqueues
that many once it is told to begin, by a file of that name; with none, it only works."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID

from bot.store.database_url import address
from tests.bench.workers import GLANCE, pause

QUEUES = ("asks", "looks", "deliveries")
BEGIN = Path("begin")


@DBOS.workflow()
async def nothing(name: str, at: int) -> None:
    """An empty job."""


async def main(jobs: int) -> None:
    DBOS(
        config={
            "name": "bare",
            "system_database_url": address(os.environ["DATABASE_URL"]).plain,
            "serializer": DBOSPortableJSONSerializer(),
            "executor_id": os.environ["ME"],
            "application_version": "bare-1",
            "log_level": "WARNING",
        }
    )
    DBOS.launch()
    polling = float(os.environ.get("QUEUE_SECONDS", "1"))
    at_once = int(os.environ.get("DELIVERIES_AT_ONCE", "8"))
    pace: dict[str, Any] = {"worker_concurrency": at_once, "polling_interval_sec": polling}
    for queue in QUEUES:
        await DBOS.register_queue_async(queue, **pace)
    print("answering", file=sys.stderr, flush=True)
    while jobs and not await asyncio.to_thread(BEGIN.exists):
        await asyncio.to_thread(pause, GLANCE)
    for job in range(jobs):
        with SetWorkflowID(f"job:{job}"):
            await DBOS.enqueue_workflow_async(QUEUES[-1], nothing, f"job:{job}", job)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
