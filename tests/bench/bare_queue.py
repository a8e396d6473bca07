"""The engine alone, with a number of empty jobs: `python -m tests.bench.bare_queue [jobs]`.

It runs like the bot's workers: a queue of the same pace, and the same serializer. With a number, it enqueues that many
jobs once the start file exists; without one, it only runs jobs."""

import asyncio
import os
import sys
from pathlib import Path
from threading import Event
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID

from bot.store.database_url import parse_database_url

QUEUES = ("asks", "looks", "deliveries")
START_FILE = Path("begin")
POLL_SECONDS = 0.1  # seconds between checks


@DBOS.workflow()
async def empty_job(name: str, at: int) -> None:
    """An empty job."""


async def main(jobs: int) -> None:
    DBOS(
        config={
            "name": "bare",
            "system_database_url": parse_database_url(os.environ["DATABASE_URL"]).plain_url,
            "serializer": DBOSPortableJSONSerializer(),
            "executor_id": os.environ["ME"],
            "application_version": "bare-1",
            "log_level": "WARNING",
        }
    )
    DBOS.launch()
    polling = float(os.environ.get("QUEUE_POLL_SECONDS", "1"))
    concurrency = int(os.environ.get("MAX_CONCURRENT_DELIVERIES", "8"))
    queue_options: dict[str, Any] = {"worker_concurrency": concurrency, "polling_interval_sec": polling}
    for queue in QUEUES:
        await DBOS.register_queue_async(queue, **queue_options)
    print("listening", file=sys.stderr, flush=True)
    while jobs and not await asyncio.to_thread(START_FILE.exists):
        await asyncio.to_thread(Event().wait, POLL_SECONDS)
    for job in range(jobs):
        with SetWorkflowID(f"job:{job}"):
            await DBOS.enqueue_workflow_async(QUEUES[-1], empty_job, f"job:{job}", job)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
