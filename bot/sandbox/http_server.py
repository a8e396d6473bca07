"""The sandbox on a port of this machine, for whoever cannot be handed an app: a browser, another process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

if TYPE_CHECKING:
    import uvicorn

GRACE = 0.1  # seconds for answers that are on their way when it ends


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve HTTP and websockets until the block is left, and say under which address. Port 0 is any free one."""
    # The socket listens before the server runs: whoever connects early waits in line.
    with socket.create_server(("127.0.0.1", port)) as listening:
        # asyncio does this only for sockets that name their protocol, which those of create_server do not. Without it
        # every second answer on a connection waits 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server, leaving = _server(app)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            leaving.set()
            await running


def _server(app: ASGIApp) -> "tuple[uvicorn.Server, asyncio.Event]":
    import uvicorn  # noqa: PLC0415  a quarter of a second that only those pay who serve

    leaving = asyncio.Event()

    class Guest(uvicorn.Server):
        """Signals belong to the program that we are a part of. Its time does too: an idle server is left at once."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

        async def main_loop(self) -> None:
            ticking = asyncio.create_task(super().main_loop())
            await leaving.wait()
            ticking.cancel()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for server in self.servers:
                server.close()
            await _ended(self.server_state)

    # A websocket sends no pings of its own: an app must be able to be silent on it.
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, ws_ping_interval=None)
    return Guest(config), leaving


async def _ended(state: "uvicorn.server.ServerState") -> None:
    """Connections are closed, once what is being answered had its grace."""
    for connection in list(state.connections):
        connection.shutdown()
    if answering := set(state.tasks):
        _, late = await asyncio.wait(answering, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)  # the loop tells them that they are closed
