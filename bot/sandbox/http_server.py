"""The sandbox on a port of this machine, for whoever cannot be handed an app: a browser, another process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

if TYPE_CHECKING:
    import uvicorn

GRACE_SECONDS = 0.1  # seconds for answers that are on their way when it ends


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve HTTP and websockets until the block is left, and say under which address. Port 0 is any free one."""
    # The socket listens before the server runs: whoever connects early waits in line.
    with socket.create_server(("127.0.0.1", port)) as listener:
        # asyncio does this only for sockets that name their protocol, which those of create_server do not. Without it
        # every second answer on a connection waits 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server, stopping = _server(app)
        server_task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stopping.set()
            await server_task


def _server(app: ASGIApp) -> "tuple[uvicorn.Server, asyncio.Event]":
    import uvicorn  # noqa: PLC0415  a quarter of a second that only those pay who serve

    stopping = asyncio.Event()

    class EmbeddedServer(uvicorn.Server):
        """Signals belong to the program that we are a part of. Its time does too: an idle server is left at once."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

        async def main_loop(self) -> None:
            main_task = asyncio.create_task(super().main_loop())
            await stopping.wait()
            main_task.cancel()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for server in self.servers:
                server.close()
            await _drain_connections(self.server_state)

    # A websocket sends no pings of its own: an app must be able to be silent on it.
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, ws_ping_interval=None)
    return EmbeddedServer(config), stopping


async def _drain_connections(state: "uvicorn.server.ServerState") -> None:
    """Connections are closed, once what is being answered had its grace."""
    for connection in list(state.connections):
        connection.shutdown()
    if pending := set(state.tasks):
        _, timed_out = await asyncio.wait(pending, timeout=GRACE_SECONDS)
        for task in timed_out:
            task.cancel()
        await asyncio.gather(*timed_out, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)  # the loop tells them that they are closed
