"""Real clients of the sandbox's Slack, and a small real Bolt app that it calls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

Json = dict[str, Any]


def option(name: str) -> Json:
    return {"text": {"type": "plain_text", "text": name}, "value": name.lower()}


OLDER_BUTTON = {
    "type": "button",
    "action_id": "older",
    "text": {"type": "plain_text", "text": "Older"},
    "value": "events x",
}
ENVIRONMENT_MENU = {
    "type": "static_select",
    "action_id": "place",
    "placeholder": {"type": "plain_text", "text": "Where"},
    "options": [option(name) for name in ("Production", "Staging")],
}
CHART_BLOCK = {
    "type": "data_visualization",
    "title": "Events",
    "chart": {"type": "pie", "segments": [{"label": "Toggled", "value": 1}]},
}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


MESSAGE_BLOCKS: list[Json] = [section("*Events*"), {"type": "actions", "elements": [OLDER_BUTTON, ENVIRONMENT_MENU]}]


class Clock:
    """A clock that starts now, since Bolt reads the real time, and moves only when advanced."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture(name="clock")
def clock_fixture() -> Clock:
    return Clock()


@pytest.fixture(name="slack")
async def slack_fixture(clock: Clock) -> AsyncIterator[Slack]:
    """A Slack that is served, on a clock that stands still."""
    slack = Slack(clock)
    async with slack.serving():
        yield slack


@pytest.fixture(name="client")
async def client_fixture(slack: Slack) -> AsyncIterator[AsyncWebClient]:
    async with web_client(slack) as client:
        yield client


@asynccontextmanager
async def web_client(slack: Slack, token: str = BOT_TOKEN, **options: Any) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(token, base_url=slack.api, session=session, **options)


def bolt_app(slack: Slack, received: list[Json]) -> AsyncApp:
    """Create an app that answers `/insights` and records its payloads."""
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)

    @app.command("/insights")
    async def insights(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        received.append(body)
        await ack()
        await respond(text="Asking LaunchDarkly…")
        await respond(text=f"Answer to {body['text']}", blocks=MESSAGE_BLOCKS, replace_original=True)

    @app.command("/now")
    async def at_once(ack: AsyncAck) -> None:
        await ack(text="At once", response_type="in_channel")

    @app.action("older")
    @app.action("place")
    @app.action("flag")
    async def older(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        received.append(body)
        await ack()
        if "response_url" in body:
            await respond(text="Older events", replace_original=True)

    @app.options("flag")
    async def flags(ack: AsyncAck, body: Json) -> None:
        received.append(body)
        await ack(options=[option(f"{body['value']}-{name}") for name in ("checkout", "search")])

    @app.view("save")
    @app.view_closed("save")
    async def saved_or_closed(ack: AsyncAck, body: Json) -> None:
        received.append(body)
        await ack()

    @app.event("app_home_opened")
    @app.event("app_uninstalled")
    @app.event("link_shared")
    async def notified(body: Json) -> None:
        received.append(body)

    return app


@asynccontextmanager
async def over_http(slack: Slack) -> AsyncIterator[list[Json]]:
    received: list[Json] = []
    app: Any = AsyncSlackRequestHandler(bolt_app(slack, received))  # its types are narrower than ASGI's
    async with serving(app) as url:
        slack.request_url = f"{url}/slack/events"
        yield received


@asynccontextmanager
async def record_requests(slack: Slack, *, hangs: bool = False) -> AsyncIterator[list[tuple[Headers, str]]]:
    """Record each request's headers and body, with a bot that only acknowledges, or hangs."""
    requests: list[tuple[Headers, str]] = []

    async def bot(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        requests.append((request.headers, (await request.body()).decode()))
        if hangs:
            await asyncio.Event().wait()
        await Response()(scope, receive, send)

    async with serving(bot) as slack.request_url:
        yield requests


@asynccontextmanager
async def over_socket(slack: Slack, ping_interval: float = 10) -> AsyncIterator[list[Json]]:
    received: list[Json] = []
    handler: Any = AsyncSocketModeHandler(bolt_app(slack, received), APP_TOKEN, ping_interval=ping_interval)
    try:
        await handler.connect_async()
        await slack.until(lambda: slack.socket.connections)
        yield received
    finally:
        await handler.close_async()
        await slack.until(lambda: not slack.socket.connections)


async def slack_error(call: Callable[..., Any], **arguments: Any) -> Json:
    with pytest.raises(SlackApiError) as raised:
        await call(**arguments)
    response: Json = raised.value.response.data
    return response


def webhook(url: str, session: aiohttp.ClientSession) -> AsyncWebhookClient:
    return AsyncWebhookClient(url, session=session, retry_handlers=[])
