"""Socket Mode: the bot connects, Slack sends envelopes, and the bot acknowledges each by its ID.

Each envelope goes to one connection, the newest that isn't deaf. A deaf connection is open, receives frames and answers
pings, but never sends anything again, as happens when Slack has lost track of a connection.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.slack.credentials import APP_ID
from bot.sandbox.slack.faults import RawConnection
from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.state import State
from bot.sandbox.slack.webhook import FAILED, TIMEOUT, Acknowledgement

Json = dict[str, Any]

DEBUG_INFO = {"host": "applink-sandbox"}
DISCONNECTED = (WebSocketDisconnect, RuntimeError)  # the latter if this side closed it


class Connection:
    """A bot's open Socket Mode connection."""

    def __init__(self, websocket: WebSocket, *, deaf: bool) -> None:
        self.websocket = websocket
        self.raw: RawConnection = websocket.scope["wire"]
        self.deaf = deaf
        self.received: list[Json] = []  # every frame from the bot

    async def send(self, frame: Json) -> None:
        """Send a frame; it is lost if the bot disconnects at the same time."""
        if not self.deaf:
            with suppress(*DISCONNECTED):
                await self.websocket.send_text(json.dumps(frame))

    def ping(self) -> None:
        """Ping the bot."""
        if not self.deaf:
            self.raw.ping()


class Socket:
    """Slack's side of Socket Mode, with all of the bot's connections."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.connections: list[Connection] = []
        self.opened_count = 0  # including closed ones
        self.ping_interval: float | None = 10  # seconds; read when a connection opens, None for no pings
        self._deaf = False
        self._pending: dict[str, asyncio.Future[Json]] = {}

    @property
    def deaf(self) -> bool:
        """Whether new connections are deaf."""
        return self._deaf

    @deaf.setter
    def deaf(self, deaf: bool) -> None:
        """Make open connections deaf for good, and later ones deaf for as long as this is true."""
        self._deaf = deaf
        for connection in self.connections:
            connection.deaf = connection.deaf or deaf

    # ---------------------------------------------------------------------------------------------------- Slack's side

    async def deliver(self, payload: Payload, timeout_seconds: float, envelope_id: str = "") -> Acknowledgement:
        """Send a payload to the bot, and wait for its acknowledgement."""
        envelope_id = envelope_id or self.state.new_id("envelope-")
        started_at = asyncio.get_running_loop().time()
        if not self.connections:
            return Acknowledgement(error=FAILED, payload=payload)
        answer = await self._send_envelope(payload.to_envelope(envelope_id), timeout_seconds)
        acknowledgement = Acknowledgement(error=TIMEOUT) if answer is None else _parse_acknowledgement(answer)
        return replace(acknowledgement, seconds=asyncio.get_running_loop().time() - started_at, payload=payload)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Close all connections, as Slack does every few hours. `warning` announces it ten seconds ahead."""
        for connection in list(self.connections):
            await connection.send({"type": "disconnect", "reason": reason, "debug_info": DEBUG_INFO})
            if reason != "warning":
                connection.deaf = True
                await connection.websocket.close()

    def reset(self) -> None:
        """Reset all connections without notice."""
        for connection in list(self.connections):
            connection.deaf = True
            connection.raw.reset_nowait()

    def ping(self) -> None:
        """Ping over all connections."""
        for connection in self.connections:
            connection.ping()

    def freeze(self) -> None:
        """Make connections deaf and stop answering pings, as when the network fails without either side noticing."""
        self.deaf = True
        for connection in self.connections:
            connection.raw.freeze()

    # ------------------------------------------------------------------------------------------------------- bot's side

    async def serve(self, websocket: WebSocket) -> None:
        """Accept a connection of the bot, if its ticket is valid, and serve it until it closes."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self.state.tickets:
            await websocket.close()  # before accepting it: HTTP 403
            return
        self.state.tickets.remove(ticket)
        await websocket.accept()
        async with self._registered(Connection(websocket, deaf=self._deaf)) as connection:
            await connection.send(self._hello())
            await self.state.notify_change()
            await self._listen(connection)

    @asynccontextmanager
    async def _registered(self, connection: Connection) -> AsyncIterator[Connection]:
        self.connections.append(connection)
        self.opened_count += 1
        ping_task = asyncio.create_task(self._ping_forever(connection))
        try:
            yield connection
        except DISCONNECTED:
            pass
        finally:
            ping_task.cancel()
            self.connections.remove(connection)
            await self.state.notify_change()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {**DEBUG_INFO, "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }

    async def _listen(self, connection: Connection) -> None:
        while True:
            frame: Json = json.loads(await connection.websocket.receive_text())
            connection.received.append(frame)
            future = self._pending.pop(str(frame.get("envelope_id")), None)
            if future is not None and not future.done() and not connection.deaf:
                future.set_result(frame)
            await self.state.notify_change()

    async def _ping_forever(self, connection: Connection) -> None:
        while self.ping_interval is not None:
            await asyncio.sleep(self.ping_interval)
            connection.ping()

    async def _send_envelope(self, envelope: Json, timeout_seconds: float) -> Json | None:
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._pending[envelope["envelope_id"]] = future
        connection = next((one for one in reversed(self.connections) if not one.deaf), None)
        try:
            async with asyncio.timeout(timeout_seconds):
                if connection is not None:
                    await connection.send(envelope)
                return await future
        except TimeoutError:
            return None
        finally:
            self._pending.pop(envelope["envelope_id"], None)


def _parse_acknowledgement(frame: Json) -> Acknowledgement:
    payload = frame.get("payload")
    return Acknowledgement(200, json.dumps(payload) if payload else "")
