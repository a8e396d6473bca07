"""The HTTP side: the Web API, the response_urls and the socket's address, each behind its weather."""

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.sandbox.slack import response_url
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.faults import RESPONSE_URL
from bot.sandbox.slack.methods import METHODS
from bot.sandbox.slack.request import Call, read
from bot.sandbox.slack.socket_mode import Socket
from bot.sandbox.slack.state import State

Json = dict[str, Any]

TOKENLESS = ("api.test",)
FOR_THE_APP = ("apps.connections.open",)  # with the app's own token, and no other method takes that


def doors(state: State, socket: Socket) -> Starlette:
    async def api(request: Request) -> Response:
        return await _api(state, request)

    async def response(request: Request) -> Response:
        return await _response(state, request)

    async def link(websocket: WebSocket) -> None:
        await socket.serve(websocket)

    return Starlette(
        routes=[
            Route("/api/{method}", api, methods=["GET", "POST"]),
            Route("/response/{id}", response, methods=["POST"]),
            WebSocketRoute("/link/", link),
        ]
    )


async def _api(state: State, request: Request) -> Response:
    method = request.path_params["method"]
    weather = state.weather.over(method)
    try:
        call = await read(request, method, state.now(), asyncio.get_running_loop().time())
    except Refused as refusal:
        return JSONResponse(refusal.body)
    state.calls.append(call)
    if weather and (instead := await weather.before(request.scope["wire"])):
        await state.changed()
        return instead
    answer = JSONResponse(_answer(state, call), headers=_scopes(state, call))
    await state.changed()
    if weather:
        await weather.after(request.scope["wire"])
    return answer


def _answer(state: State, call: Call) -> Json:
    try:
        method = METHODS.get(call.method)
        if method is None:
            raise Refused("unknown_method", req_method=call.method)
        _check_token(call)
        return {"ok": True, **method(state, call)}
    except Refused as refusal:
        return refusal.body


def _check_token(call: Call) -> None:
    if call.method in TOKENLESS:
        return
    if not call.token:
        raise Refused("not_authed")
    if call.token not in (BOT_TOKEN, APP_TOKEN):
        raise Refused("invalid_auth")
    if (call.token == APP_TOKEN) != (call.method in FOR_THE_APP):
        raise Refused("not_allowed_token_type")


def _scopes(state: State, call: Call) -> dict[str, str]:
    """Every answer tells what the token may do."""
    known = {BOT_TOKEN: ",".join(sorted(state.scopes)), APP_TOKEN: "connections:write"}
    return {"X-OAuth-Scopes": known[call.token]} if call.token in known else {}


async def _response(state: State, request: Request) -> Response:
    weather = state.weather.over(RESPONSE_URL)
    body = await request.body()
    state.calls.append(_noted(state, body))
    if weather and (instead := await weather.before(request.scope["wire"])):
        await state.changed()
        return instead
    status, answer = _respond(state, request.path_params["id"], body)
    await state.changed()
    if weather:
        await weather.after(request.scope["wire"])
    return PlainTextResponse(answer, status) if isinstance(answer, str) else JSONResponse(answer, status)


def _respond(state: State, name: str, body: bytes) -> tuple[int, str | Json]:
    try:
        chain = state.chains.get(name)
        if chain is None:
            raise Refused("expired_url")
        response_url.use(state, state.habits, chain, _payload(body))
    except Refused as refusal:
        return response_url.refused(state.habits, refusal)
    return 200, "ok"


def _noted(state: State, body: bytes) -> Call:
    """A use of a response_url stands among the calls, whatever comes of it."""
    try:
        arguments = _payload(body)
    except Refused:
        arguments = {}
    return Call(RESPONSE_URL, arguments, state.now(), asyncio.get_running_loop().time())


def _payload(body: bytes) -> Json:
    """Not documented: what is no JSON object is refused with the code that incoming webhooks have for it."""
    try:
        found = json.loads(body)
    except ValueError:
        raise Refused("invalid_payload") from None
    if not isinstance(found, dict):
        raise Refused("invalid_payload")
    return found
