"""The end: by Ctrl-C, by whoever started it, or because its terminal is closed or nobody reads it any more.

What is under way then is given up, and nobody wants to read of that.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeVar

TOLD_BY = ("SIGINT", "SIGTERM", "SIGHUP")

Staged = TypeVar("Staged")


@asynccontextmanager
async def until_told(stage: AbstractAsyncContextManager[Staged]) -> AsyncIterator[Staged]:
    """The stage, until the block is left; a signal to end cancels what is done there, also while it is being set up."""
    _be_told(asyncio.current_task())
    async with stage as found:
        try:
            yield found
        finally:
            logging.disable()


def _be_told(task: "asyncio.Task[object] | None") -> None:
    def end() -> None:
        logging.disable()
        if task and not task.cancelling():  # who is told twice would break off its own end
            task.cancel()

    with suppress(NotImplementedError):  # where there are no such signals, Ctrl-C is still heard
        for name in TOLD_BY:
            if told := getattr(signal, name, None):
                asyncio.get_running_loop().add_signal_handler(told, end)
