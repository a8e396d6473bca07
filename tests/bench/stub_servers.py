"""A Slack and a LaunchDarkly in one local process, without latency, which send fixed replies and count requests."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import cast

from bot.sandbox.slack.credentials import BOT_ID, BOT_USER_ID
from bot.sandbox.slack.workspace import HOME_TEAM
from tests.bench.at_work import bodies
from tests.bench.http_load import END, complete, length
from tests.bench.stub import http_response

TS = "1795000000.000100"


@dataclass(frozen=True)
class StubServers:
    """Their addresses."""

    url: str
    pipe: Connection

    @property
    def slack(self) -> str:
        return f"{self.url}/api/"

    def request_counts(self) -> Counter[str]:
        """Return the number of requests to each path so far."""
        self.pipe.send("?")
        counts: Counter[str] = self.pipe.recv()
        return counts

    def launchdarkly_requests(self) -> int:
        return sum(count for path, count in self.request_counts().items() if path.startswith("/api/v2/"))

    def posted_messages(self) -> int:
        return self.request_counts()["/api/chat.postMessage"]


@contextmanager
def stub_servers() -> Iterator[StubServers]:
    """Run both within the block."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    server = processes.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    theirs.close()
    try:
        yield StubServers(f"http://127.0.0.1:{ours.recv()}", ours)
    finally:
        ours.close()
        server.join()


def _serve(pipe: Connection) -> None:
    responses = {path: http_response(body) for path, body in (bodies() | _slack_bodies()).items()}
    asyncio.run(_serve_until_closed(pipe, responses))


def _slack_bodies() -> dict[str, bytes]:
    bot_identity: dict[str, object] = {
        "team": "Bench",
        "team_id": HOME_TEAM.id,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "url": "https://bench.slack.com/",
    }
    answers: dict[str, dict[str, object]] = {
        "auth.test": bot_identity,
        "chat.postMessage": {"channel": "C1", "ts": TS},
        "users.info": {"user": {"id": "U1", "tz": "Europe/Berlin", "team_id": HOME_TEAM.id}},
        "conversations.info": {"channel": {"id": "C1", "is_member": True}},
        "conversations.history": {"messages": [], "has_more": False},
        "conversations.replies": {"messages": [], "has_more": False},
    }
    return {f"/api/{method}": json.dumps({"ok": True, **answer}).encode() for method, answer in answers.items()}


async def _serve_until_closed(pipe: Connection, responses: dict[str, bytes]) -> None:
    loop, closed, counts = asyncio.get_running_loop(), asyncio.Event(), Counter[str]()
    server = await loop.create_server(lambda: _Connection(responses, counts), "127.0.0.1", 0)

    def on_message() -> None:
        try:
            pipe.recv()
        except EOFError:
            loop.remove_reader(pipe.fileno())
            closed.set()
        else:
            pipe.send(counts)

    loop.add_reader(pipe.fileno(), on_message)
    pipe.send(server.sockets[0].getsockname()[1])
    await closed.wait()


class _Connection(asyncio.Protocol):
    """A keep-alive connection."""

    def __init__(self, responses: dict[str, bytes], counts: Counter[str]) -> None:
        self._responses = responses
        self._counts = counts
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while complete(self._read):
            head, _, rest = self._read.partition(END)
            path = head.split(b" ", 2)[1].partition(b"?")[0].decode()
            self._counts[path] += 1
            self._transport.write(self._responses[path])
            self._read = rest[length(head) :]
