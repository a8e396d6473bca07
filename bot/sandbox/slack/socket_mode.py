"""Socket Mode: the bot connects, Slack talks. Envelopes go out, acknowledgements come back by the envelope's id.

Each envelope goes to one connection, the newest that hears. A deaf connection is alive, takes what it is sent, answers
pings, and never says anything again: that is how it is when Slack has forgotten a connection.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.slack.connection import RawConnection
from bot.sandbox.slack.credentials import APP_ID
from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.state import State
from bot.sandbox.slack.webhook import FAILED, TIMEOUT, Acknowledgement

Json = dict[str, Any]

DEBUG_INFO = {"host": "applink-sandbox"}
DISCONNECTED = (WebSocketDisconnect, RuntimeError)  # the latter where it was closed from here


class Connection:
    def __init__(self, websocket: WebSocket, *, deaf: bool) -> None:
        self.websocket = websocket
        self.raw: RawConnection = websocket.scope["wire"]
        self.deaf = deaf
        self.received: list[Json] = []  # every frame that the bot sent

    async def send(self, frame: Json) -> None:
        """What is told to somebody who leaves in the same moment is lost."""
        if not self.deaf:
            with suppress(*DISCONNECTED):
                await self.websocket.send_text(json.dumps(frame))

    def ping(self) -> None:
        if not self.deaf:
            self.raw.ping()


class Socket:
    def __init__(self, state: State) -> None:
        self.state = state
        self.connections: list[Connection] = []
        self.opened_count = 0  # connections ever
        self.ping_interval: float | None = 10  # seconds; read when a connection opens
        self._deaf = False
        self._pending: dict[str, asyncio.Future[Json]] = {}

    @property
    def deaf(self) -> bool:
        return self._deaf

    @deaf.setter
    def deaf(self, deaf: bool) -> None:
        """What is open becomes deaf and stays so; what opens later is deaf while this is true."""
        self._deaf = deaf
        for connection in self.connections:
            connection.deaf = connection.deaf or deaf

    # -------------------------------------------------------------------------------------------------- what Slack does

    async def deliver(self, payload: Payload, timeout_seconds: float, envelope_id: str = "") -> Acknowledgement:
        envelope_id = envelope_id or self.state.new_id("envelope-")
        started_at = asyncio.get_running_loop().time()
        if not self.connections:
            return Acknowledgement(error=FAILED, payload=payload)
        answer = await self._send_envelope(payload.to_envelope(envelope_id), timeout_seconds)
        acknowledgement = Acknowledgement(error=TIMEOUT) if answer is None else _parse_acknowledgement(answer)
        return replace(acknowledgement, seconds=asyncio.get_running_loop().time() - started_at, payload=payload)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Slack ends every connection every few hours; after `warning` it does so ten seconds later."""
        for connection in list(self.connections):
            await connection.send({"type": "disconnect", "reason": reason, "debug_info": DEBUG_INFO})
            if reason != "warning":
                connection.deaf = True
                await connection.websocket.close()

    def reset(self) -> None:
        """Every connection breaks, without a word."""
        for connection in list(self.connections):
            connection.deaf = True
            connection.raw.reset_nowait()

    def ping(self) -> None:
        for connection in self.connections:
            connection.ping()

    def freeze(self) -> None:
        """Deaf, and not even pings are answered: the line is dead, and neither side has been told."""
        self.deaf = True
        for connection in self.connections:
            connection.raw.freeze()

    # ------------------------------------------------------------------------------------------------ what the bot does

    async def serve(self, websocket: WebSocket) -> None:
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self.state.tickets:
            await websocket.close()  # before it is accepted: HTTP 403
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
