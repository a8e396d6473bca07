"""Serve an ASGI app on a local port, for clients that can't call it in-process: a browser, another process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

if TYPE_CHECKING:
    import uvicorn

GRACE_SECONDS = 0.1  # for responses in progress at shutdown


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve HTTP and websockets until the block exits, and yield the base URL. Port 0 picks a free port."""
    # The socket listens before the server runs, so early connections wait in its backlog.
    with socket.create_server(("127.0.0.1", port)) as listener:
        # asyncio sets this only on sockets that name their protocol, which those of create_server don't. Without it,
        # every second response on a connection is delayed by 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server, stopping = _server(app)
        server_task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stopping.set()
            await server_task


def _server(app: ASGIApp) -> "tuple[uvicorn.Server, asyncio.Event]":
    import uvicorn  # noqa: PLC0415  the import takes a quarter of a second: only pay for it when serving

    stopping = asyncio.Event()

    class EmbeddedServer(uvicorn.Server):
        """A server that leaves signals to the program around it, and stops without waiting for uvicorn's next tick."""

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

    # No websocket pings by the server: an app must be able to simulate a silent connection.
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, ws_ping_interval=None)
    return EmbeddedServer(config), stopping


async def _drain_connections(state: "uvicorn.server.ServerState") -> None:
    """Close all connections, after a grace period for requests in progress."""
    for connection in list(state.connections):
        connection.shutdown()
    if pending := set(state.tasks):
        _, timed_out = await asyncio.wait(pending, timeout=GRACE_SECONDS)
        for task in timed_out:
            task.cancel()
        await asyncio.gather(*timed_out, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)  # lets the event loop run the connections' close callbacks
