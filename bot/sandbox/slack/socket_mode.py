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

from bot.sandbox.slack.connection import Wire
from bot.sandbox.slack.credentials import APP
from bot.sandbox.slack.payloads import Payload
from bot.sandbox.slack.state import State
from bot.sandbox.slack.webhook import FAILED, TIMEOUT, Acknowledgement

Json = dict[str, Any]

HOST = {"host": "applink-sandbox"}
GONE = (WebSocketDisconnect, RuntimeError)  # the latter where it was closed from here


class Connection:
    def __init__(self, websocket: WebSocket, *, deaf: bool) -> None:
        self.websocket = websocket
        self.wire: Wire = websocket.scope["wire"]
        self.deaf = deaf
        self.heard: list[Json] = []  # every frame that the bot sent

    async def tell(self, frame: Json) -> None:
        """What is told to somebody who leaves in the same moment is lost."""
        if not self.deaf:
            with suppress(*GONE):
                await self.websocket.send_text(json.dumps(frame))

    def ping(self) -> None:
        if not self.deaf:
            self.wire.ping()


class Socket:
    def __init__(self, state: State) -> None:
        self.state = state
        self.connections: list[Connection] = []
        self.opened = 0  # connections ever
        self.pings_every: float | None = 10  # seconds; read when a connection opens
        self._deaf = False
        self._waiting: dict[str, asyncio.Future[Json]] = {}

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

    async def deliver(self, payload: Payload, patience: float, name: str = "") -> Acknowledgement:
        name = name or self.state.new_id("envelope-")
        begun = asyncio.get_running_loop().time()
        if not self.connections:
            return Acknowledgement(error=FAILED, payload=payload)
        answer = await self._answer(payload.enveloped(name), patience)
        found = Acknowledgement(error=TIMEOUT) if answer is None else _acknowledged(answer)
        return replace(found, seconds=asyncio.get_running_loop().time() - begun, payload=payload)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Slack ends every connection every few hours; after `warning` it does so ten seconds later."""
        for connection in list(self.connections):
            await connection.tell({"type": "disconnect", "reason": reason, "debug_info": HOST})
            if reason != "warning":
                connection.deaf = True
                await connection.websocket.close()

    def reset(self) -> None:
        """Every connection breaks, without a word."""
        for connection in list(self.connections):
            connection.deaf = True
            connection.wire.cut()

    def ping(self) -> None:
        for connection in self.connections:
            connection.ping()

    def freeze(self) -> None:
        """Deaf, and not even pings are answered: the line is dead, and neither side has been told."""
        self.deaf = True
        for connection in self.connections:
            connection.wire.freeze()

    # ------------------------------------------------------------------------------------------------ what the bot does

    async def serve(self, websocket: WebSocket) -> None:
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self.state.tickets:
            await websocket.close()  # before it is accepted: HTTP 403
            return
        self.state.tickets.remove(ticket)
        await websocket.accept()
        async with self._opened(Connection(websocket, deaf=self._deaf)) as connection:
            await connection.tell(self._hello())
            await self.state.changed()
            await self._listen(connection)

    @asynccontextmanager
    async def _opened(self, connection: Connection) -> AsyncIterator[Connection]:
        self.connections.append(connection)
        self.opened += 1
        pinging = asyncio.create_task(self._pinging(connection))
        try:
            yield connection
        except GONE:
            pass
        finally:
            pinging.cancel()
            self.connections.remove(connection)
            await self.state.changed()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {**HOST, "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP},
        }

    async def _listen(self, connection: Connection) -> None:
        while True:
            frame: Json = json.loads(await connection.websocket.receive_text())
            connection.heard.append(frame)
            waiting = self._waiting.pop(str(frame.get("envelope_id")), None)
            if waiting is not None and not waiting.done() and not connection.deaf:
                waiting.set_result(frame)
            await self.state.changed()

    async def _pinging(self, connection: Connection) -> None:
        while self.pings_every is not None:
            await asyncio.sleep(self.pings_every)
            connection.ping()

    async def _answer(self, envelope: Json, patience: float) -> Json | None:
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = waiting
        hearing = next((one for one in reversed(self.connections) if not one.deaf), None)
        try:
            async with asyncio.timeout(patience):
                if hearing is not None:
                    await hearing.tell(envelope)
                return await waiting
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(envelope["envelope_id"], None)


def _acknowledged(frame: Json) -> Acknowledgement:
    payload = frame.get("payload")
    return Acknowledgement(200, json.dumps(payload) if payload else "")
