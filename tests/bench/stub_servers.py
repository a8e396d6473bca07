"""A Slack and a LaunchDarkly in one process of this machine, without latency, that say the same to all and count how
often they were asked."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import cast

from bot.sandbox.slack.credentials import BOT, BOT_USER
from bot.sandbox.slack.workspace import HOME
from tests.bench.at_work import bodies
from tests.bench.http_load import END, complete, length
from tests.bench.stub import answered

TS = "1795000000.000100"


@dataclass(frozen=True)
class StandIns:
    """Where they are."""

    url: str
    pipe: Connection

    @property
    def slack(self) -> str:
        return f"{self.url}/api/"

    def asked(self) -> Counter[str]:
        """How often each path has been asked for so far."""
        self.pipe.send("?")
        found: Counter[str] = self.pipe.recv()
        return found

    def of_launchdarkly(self) -> int:
        return sum(count for path, count in self.asked().items() if path.startswith("/api/v2/"))

    def posted(self) -> int:
        return self.asked()["/api/chat.postMessage"]


@contextmanager
def stand_ins() -> Iterator[StandIns]:
    """Both, until the block is left."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    server = processes.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    theirs.close()
    try:
        yield StandIns(f"http://127.0.0.1:{ours.recv()}", ours)
    finally:
        ours.close()
        server.join()


def _serve(pipe: Connection) -> None:
    said = {path: answered(body) for path, body in (bodies() | _slack()).items()}
    asyncio.run(_until_left(pipe, said))


def _slack() -> dict[str, bytes]:
    me: dict[str, object] = {
        "team": "Bench",
        "team_id": HOME.id,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "url": "https://bench.slack.com/",
    }
    answers: dict[str, dict[str, object]] = {
        "auth.test": me,
        "chat.postMessage": {"channel": "C1", "ts": TS},
        "users.info": {"user": {"id": "U1", "tz": "Europe/Berlin", "team_id": HOME.id}},
        "conversations.info": {"channel": {"id": "C1", "is_member": True}},
        "conversations.history": {"messages": [], "has_more": False},
        "conversations.replies": {"messages": [], "has_more": False},
    }
    return {f"/api/{method}": json.dumps({"ok": True, **answer}).encode() for method, answer in answers.items()}


async def _until_left(pipe: Connection, said: dict[str, bytes]) -> None:
    loop, left, asked = asyncio.get_running_loop(), asyncio.Event(), Counter[str]()
    server = await loop.create_server(lambda: _Visit(said, asked), "127.0.0.1", 0)

    def told() -> None:
        try:
            pipe.recv()
        except EOFError:
            loop.remove_reader(pipe.fileno())
            left.set()
        else:
            pipe.send(asked)

    loop.add_reader(pipe.fileno(), told)
    pipe.send(server.sockets[0].getsockname()[1])
    await left.wait()


class _Visit(asyncio.Protocol):
    """A connection that stays open."""

    def __init__(self, said: dict[str, bytes], asked: Counter[str]) -> None:
        self._said = said
        self._asked = asked
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while complete(self._read):
            head, _, rest = self._read.partition(END)
            path = head.split(b" ", 2)[1].partition(b"?")[0].decode()
            self._asked[path] += 1
            self._transport.write(self._said[path])
            self._read = rest[length(head) :]
