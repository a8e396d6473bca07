"""The HTTP endpoints: the Web API and the response URLs, each behind its faults, and the socket's URL.

Documented of a response_url, through which the bot responds to a command or a click: five uses in thirty minutes;
ephemeral by default; the bot need not be in the channel; `replace_original` can't make a message public;
`delete_original` does nothing after a command. Not documented, so either a field of `Quirks` or a choice with a
comment: what an error looks like, and what `replace_original` replaces after a command.
"""

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN
from bot.sandbox.slack.faults import RESPONSE_URL, Quirks
from bot.sandbox.slack.methods import METHODS
from bot.sandbox.slack.request import ApiError, Call, read_call, validate_content
from bot.sandbox.slack.socket_mode import Socket
from bot.sandbox.slack.state import ResponseUrl, State
from bot.sandbox.slack.workspace import Message

Json = dict[str, Any]

TOKENLESS_METHODS = ("api.test",)
APP_TOKEN_METHODS = ("apps.connections.open",)  # they need the app-level token, which no other method accepts
# Seen in the wild, documented nowhere: a URL that is used up or expired returns 404.
NOT_FOUND_ERRORS = ("expired_url", "used_url")


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
        _respond(state, url, _parse_payload(body))
    except ApiError as error:
        return _error_response(state.quirks, error)
    return 200, "ok"


def _respond(state: State, response_url: ResponseUrl, body: Json) -> None:
    """Use a response_url once."""
    response_url.use(state.now())
    if body.get("delete_original"):
        if response_url.source:
            _delete_original(state, response_url, response_url.source)
        return
    post_response(state, response_url, body)


def post_response(state: State, response_url: ResponseUrl, body: Json) -> Message:
    """Post or edit a message. An acknowledgement with a body does the same."""
    content = validate_content(body.get("text"), body.get("blocks"), body.get("metadata"), charts=state.charts)
    original = _message_to_replace(state.quirks, response_url) if body.get("replace_original") is True else None
    if original is not None:
        original.edit(content)
        message = original
    elif body.get("response_type") == "in_channel":
        channel = state.channels[response_url.channel]
        message = state.post(channel, content, thread_ts=str(body.get("thread_ts") or ""))
    else:
        message = state.post_ephemeral(response_url.user, state.channels[response_url.channel], content)
    response_url.messages.append(message)
    return message


def _message_to_replace(quirks: Quirks, response_url: ResponseUrl) -> Message | None:
    """Return what `replace_original` replaces: the message that was clicked, or the command's last response."""
    if response_url.source is not None:
        return None if response_url.source.deleted else response_url.source
    return response_url.latest if quirks.replaces_progress else None


def _delete_original(state: State, response_url: ResponseUrl, source: Message) -> None:
    state.delete(source)
    response_url.messages.append(source)


def _error_response(quirks: Quirks, error: ApiError) -> tuple[int, str | Json]:
    """Return the status and body of an error."""
    if error.error in NOT_FOUND_ERRORS:
        return 404, error.error
    return (200, error.body) if quirks.errors_with_200 else (400, error.error)


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
