"""Tracks the answers in progress, so that they finish before the process exits.

asyncio keeps only weak references to tasks: one without a strong reference may be garbage-collected.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class BackgroundTasks:
    """Tasks that continue after the acknowledgement."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Start a task, and hold a reference until it is done."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("work broke", exc_info=error)

    async def drain(self, timeout_seconds: float) -> int:
        """Wait for all tasks, then cancel what is left after the timeout. Return how many were canceled."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_seconds)
        abandoned = list(self._running)
        for task in abandoned:
            task.cancel()
        await asyncio.gather(*abandoned, return_exceptions=True)
        return len(abandoned)
