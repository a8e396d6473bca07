"""An app in a separate process, served by uvicorn like the bot."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from socket import socket

import uvicorn
from starlette.types import ASGIApp

AppFactory = Callable[[], ASGIApp]  # runs in the app's own process; has to be importable there


@contextmanager
def served_app(make_app: AppFactory) -> Iterator[int]:
    """Serve the app within the block, and return its port."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_serve, args=(theirs, make_app), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, make_app: AppFactory) -> None:
    config = uvicorn.Config(make_app(), "127.0.0.1", 0, log_config=None, lifespan="off", ws="none")
    asyncio.run(_Server(config, pipe).serve())


class _Server(uvicorn.Server):
    """A server that tells its port, and ends when the other end of the pipe is closed."""

    def __init__(self, config: uvicorn.Config, pipe: Connection) -> None:
        super().__init__(config)
        self._pipe = pipe

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._stop)
        self._pipe.send(self.servers[0].sockets[0].getsockname()[1])

    def _stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pipe.fileno())
        self.should_exit = True
