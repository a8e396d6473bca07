"""The latency of a signed command's acknowledgement during a flood of hostile connections, against its usual latency.

A thousand of them open connections and send nothing; four send bodies of a megabyte, one after the other, that look
signed. All of that comes from a process of its own.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from tempfile import TemporaryDirectory

from bot.sandbox.slack.webhook import signature_headers
from tests.bench.acknowledge import typical_latency
from tests.bench.commands import PATH, now
from tests.bench.fake_slack import fake_slack
from tests.bench.first import BOT_COMMAND, bot_environment, running_process
from tests.bench.table import Row, at_most

REPEATS = 5
IDLE, FLOODING = 1_000, 4
BODY = b"a=&" * 333_000  # the slowest input to parse
PAUSE_SECONDS = 0.01  # seconds between commands, so that one doesn't wait for another


def rows() -> Iterator[Row]:
    """Measure in turns, with and without the flood."""
    with (
        TemporaryDirectory() as folder,
        fake_slack() as api,
        running_process(BOT_COMMAND, bot_environment(folder, api)) as port,
    ):
        typical_latency(port)
        results = [_measure(port) for _ in range(REPEATS)]
    slower = median(flooded / usual for usual, flooded in results)
    yield Row(
        "flood: an acknowledgement", f"{IDLE:,} idle, {FLOODING} flood", "nobody else", slower, "the time", at_most(3)
    )


def _measure(port: int) -> tuple[float, float]:
    usual = typical_latency(port, PAUSE_SECONDS)
    with hostile_clients(port):
        return usual, typical_latency(port, PAUSE_SECONDS)


@contextmanager
def hostile_clients(port: int) -> Iterator[None]:
    """Flood the bot within the block."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_flood, args=(theirs, port), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield
    finally:
        ours.close()
        process.join()


def _flood(pipe: Connection, port: int) -> None:
    with suppress(asyncio.CancelledError):
        asyncio.run(_flood_until_closed(pipe, port))


async def _flood_until_closed(pipe: Connection, port: int) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IDLE)]
    flooding = [asyncio.create_task(_send(port)) for _ in range(FLOODING)]
    closed = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), closed.set)
    pipe.send(len(idle))
    await closed.wait()
    for task in flooding:
        task.cancel()
    for _, writer in idle:
        writer.transport.abort()


async def _send(port: int) -> None:
    """Send one body after the other, reconnecting when the connection is closed."""
    headers = signature_headers(BODY, "a guess", int(now().timestamp())) | {
        "Host": "127.0.0.1",
        "Content-Length": str(len(BODY)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"POST {PATH} HTTP/1.1\r\n{lines}\r\n".encode() + BODY
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                writer.write(request)
                await writer.drain()
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len("not from Slack"))
