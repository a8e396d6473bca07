"""The HTTP endpoints: the Web API and the response URLs, each behind its faults, and the socket's URL."""

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
from bot.sandbox.slack.faults import RESPONSE_URL
from bot.sandbox.slack.methods import METHODS
from bot.sandbox.slack.request import ApiError, Call, read_call
from bot.sandbox.slack.socket_mode import Socket
from bot.sandbox.slack.state import State

Json = dict[str, Any]

TOKENLESS_METHODS = ("api.test",)
APP_TOKEN_METHODS = ("apps.connections.open",)  # they need the app-level token, which no other method accepts


def build_routes(state: State, socket: Socket) -> Starlette:
    """Build the ASGI app."""

    async def api(request: Request) -> Response:
        return await _handle_api_call(state, request)

    async def response(request: Request) -> Response:
        return await _handle_response_url(state, request)

    async def link(websocket: WebSocket) -> None:
        await socket.serve(websocket)

    return Starlette(
        routes=[
            Route("/api/{method}", api, methods=["GET", "POST"]),
            Route("/response/{id}", response, methods=["POST"]),
            WebSocketRoute("/link/", link),
        ]
    )


async def _handle_api_call(state: State, request: Request) -> Response:
    method = request.path_params["method"]
    fault = state.faults.take(method)
    try:
        call = await read_call(request, method, state.now(), asyncio.get_running_loop().time())
    except ApiError as error:
        return JSONResponse(error.body)
    state.calls.append(call)
    if fault and (fault_response := await fault.before(request.scope["wire"])):
        await state.notify_change()
        return fault_response
    response = JSONResponse(_call_method(state, call), headers=_scope_headers(state, call))
    await state.notify_change()
    if fault:
        await fault.after(request.scope["wire"])
    return response


def _call_method(state: State, call: Call) -> Json:
    try:
        method = METHODS.get(call.method)
        if method is None:
            raise ApiError("unknown_method", req_method=call.method)
        _check_token(call)
        return {"ok": True, **method(state, call)}
    except ApiError as error:
        return error.body


def _check_token(call: Call) -> None:
    if call.method in TOKENLESS_METHODS:
        return
    if not call.token:
        raise ApiError("not_authed")
    if call.token not in (BOT_TOKEN, APP_TOKEN):
        raise ApiError("invalid_auth")
    if (call.token == APP_TOKEN) != (call.method in APP_TOKEN_METHODS):
        raise ApiError("not_allowed_token_type")


def _scope_headers(state: State, call: Call) -> dict[str, str]:
    """Return the header that lists a token's scopes in every response."""
    known = {BOT_TOKEN: ",".join(sorted(state.scopes)), APP_TOKEN: "connections:write"}
    return {"X-OAuth-Scopes": known[call.token]} if call.token in known else {}


async def _handle_response_url(state: State, request: Request) -> Response:
    fault = state.faults.take(RESPONSE_URL)
    body = await request.body()
    state.calls.append(_call_record(state, body))
    if fault and (fault_response := await fault.before(request.scope["wire"])):
        await state.notify_change()
        return fault_response
    status, answer = _use_response_url(state, request.path_params["id"], body)
    await state.notify_change()
    if fault:
        await fault.after(request.scope["wire"])
    return PlainTextResponse(answer, status) if isinstance(answer, str) else JSONResponse(answer, status)


def _use_response_url(state: State, url_id: str, body: bytes) -> tuple[int, str | Json]:
    try:
        url = state.response_urls.get(url_id)
        if url is None:
            raise ApiError("expired_url")
        response_url.use(state, state.quirks, url, _parse_payload(body))
    except ApiError as error:
        return response_url.error_response(state.quirks, error)
    return 200, "ok"


def _call_record(state: State, body: bytes) -> Call:
    """Return the record of a request to a response_url, valid or not, for the list of calls."""
    try:
        arguments = _parse_payload(body)
    except ApiError:
        arguments = {}
    return Call(RESPONSE_URL, arguments, state.now(), asyncio.get_running_loop().time())


def _parse_payload(body: bytes) -> Json:
    """Parse a JSON object. Not documented: anything else gets the error code that incoming webhooks have for it."""
    try:
        payload = json.loads(body)
    except ValueError:
        raise ApiError("invalid_payload") from None
    if not isinstance(payload, dict):
        raise ApiError("invalid_payload")
    return payload
