"""The sandbox on a port of this machine, for whoever cannot be handed an app: a browser, another process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.types import ASGIApp


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve until the block is left, and say under which address. Port 0 is any free one."""
    import uvicorn  # noqa: PLC0415  a quarter of a second that only those pay who serve

    class Guest(uvicorn.Server):
        """Signals belong to the program that we are a part of."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    # The socket listens before the server runs: whoever connects early waits in line.
    with socket.create_server(("127.0.0.1", port)) as listening:
        config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=0)
        server = Guest(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
