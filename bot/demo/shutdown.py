"""Stop the demo on Ctrl-C, on SIGTERM, or when its terminal is closed.

Work in progress is abandoned then, so logging is switched off: its errors would only confuse.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeVar

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

Resource = TypeVar("Resource")


@asynccontextmanager
async def cancelled_by_signal(manager: AbstractAsyncContextManager[Resource]) -> AsyncIterator[Resource]:
    """Enter *manager* for the block; a stop signal cancels the block, or the setup before it."""
    _cancel_on_signal(asyncio.current_task())
    async with manager as resource:
        try:
            yield resource
        finally:
            logging.disable()


def _cancel_on_signal(task: "asyncio.Task[object] | None") -> None:
    def cancel() -> None:
        logging.disable()
        if task and not task.cancelling():  # a second signal must not cancel the shutdown
            task.cancel()

    with suppress(NotImplementedError):  # on Windows, Ctrl-C still works
        for name in STOP_SIGNALS:
            if signum := getattr(signal, name, None):
                asyncio.get_running_loop().add_signal_handler(signum, cancel)
