"""The end: by Ctrl-C, by whoever started it, or because its terminal is closed or nobody reads it any more.

What is under way then is given up, and nobody wants to read of that.
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
    """The stage, until the block is left; a signal to end cancels what is done there, also while it is being set up."""
    _cancel_on_signal(asyncio.current_task())
    async with manager as resource:
        try:
            yield resource
        finally:
            logging.disable()


def _cancel_on_signal(task: "asyncio.Task[object] | None") -> None:
    def cancel() -> None:
        logging.disable()
        if task and not task.cancelling():  # who is told twice would break off its own end
            task.cancel()

    with suppress(NotImplementedError):  # where there are no such signals, Ctrl-C is still heard
        for name in STOP_SIGNALS:
            if signum := getattr(signal, name, None):
                asyncio.get_running_loop().add_signal_handler(signum, cancel)
