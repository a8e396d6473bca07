"""The sandbox's Socket Mode: connections that close, break or hang, and a real client that recovers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import APP_TOKEN
from tests.sandbox_slack import over_socket, web_client

PING_SECONDS = 0.02  # how often the client checks its connection


async def new_socket_url(slack: Slack) -> str:
    async with web_client(slack) as client:
        return str((await client.apps_connections_open(app_token=APP_TOKEN))["url"])


@asynccontextmanager
async def connected(slack: Slack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a bare websocket, so that a test can inspect every frame."""
    url = await new_socket_url(slack)
    async with aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as websocket:
        yield websocket


async def test_socket_greets_with_hello(slack: Slack) -> None:
    async with connected(slack) as first, connected(slack) as second:
        hello, later = await first.receive_json(), await second.receive_json()
    assert (hello["type"], hello["num_connections"], later["num_connections"]) == ("hello", 1, 2)
    assert hello["connection_info"] == {"app_id": "A0INSIGHTS"}
    assert hello["debug_info"]["approximate_connection_time"] > 0


async def test_socket_url_allows_one_connection(slack: Slack) -> None:
    url = await new_socket_url(slack)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_envelope_goes_to_one_connection_and_is_acknowledged_by_id(slack: Slack) -> None:
    async with connected(slack) as other, connected(slack) as websocket:
        await websocket.receive_json()
        typing = asyncio.create_task(slack.type("/insights scores"))
        envelope = await websocket.receive_json()
        await websocket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "Here"}})
        acknowledged = await typing
        assert (await other.receive_json())["type"] == "hello"
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert envelope["payload"]["text"] == "scores"
    assert (await slack.answer(acknowledged)).text == "Here"


async def test_event_says_whether_it_is_a_retry(slack: Slack) -> None:
    async with connected(slack) as websocket:
        await websocket.receive_json()
        sending = asyncio.create_task(slack.event("app_uninstalled", retry=1))
        envelope = await websocket.receive_json()
        await websocket.send_json({"envelope_id": envelope["envelope_id"]})
        await sending
    assert (envelope["type"], envelope["retry_attempt"], envelope["retry_reason"]) == ("events_api", 1, "http_timeout")


async def test_unacknowledged_socket_is_closed(slack: Slack) -> None:
    slack.ack_timeout = 0.02
    async with connected(slack):
        assert (await slack.type("/insights")).error == "operation_timeout"
    await slack.until(lambda: not slack.socket.connections)
    assert (await slack.type("/insights")).error == "dispatch_failed"


async def test_slack_sends_pings(slack: Slack) -> None:
    slack.socket.ping_interval = PING_SECONDS
    async with connected(slack) as websocket:
        await websocket.receive_json()
        assert (await websocket.receive()).type is aiohttp.WSMsgType.PING
        slack.socket.ping()
        assert (await websocket.receive()).type is aiohttp.WSMsgType.PING


async def test_deaf_connection_answers_pings_but_sends_no_envelopes(slack: Slack) -> None:
    slack.socket.ping_interval, slack.ack_timeout = PING_SECONDS, PING_SECONDS * 2
    async with connected(slack) as websocket:
        await websocket.receive_json()
        slack.socket.deaf = True
        await websocket.ping(b"there?")
        acknowledged = await slack.type("/insights")
        slack.socket.ping()
        await websocket.send_json({"type": "anything"})
        await slack.until(lambda: slack.socket.connections[0].received)
        frames = [await websocket.receive()]
        with pytest.raises(TimeoutError):
            await websocket.receive(timeout=PING_SECONDS)
    assert acknowledged.error == "operation_timeout"
    assert [(frame.type, frame.data) for frame in frames] == [(aiohttp.WSMsgType.PONG, b"there?")]


async def test_connection_opened_after_deafness_receives_envelopes(slack: Slack) -> None:
    async with connected(slack):
        slack.socket.deaf = True
        slack.socket.deaf = False
        assert slack.socket.connections[0].deaf
        async with acknowledging_client(slack):
            assert (await slack.type("/insights scores")).status == 200


@asynccontextmanager
async def acknowledging_client(slack: Slack) -> AsyncIterator[None]:
    async with connected(slack) as websocket:
        await websocket.receive_json()

        async def acknowledge() -> None:
            envelope = await websocket.receive_json()
            await websocket.send_json({"envelope_id": envelope["envelope_id"]})

        acknowledging = asyncio.create_task(acknowledge())
        yield
        await acknowledging


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_client_reconnects_on_request(slack: Slack, reason: str) -> None:
    async with over_socket(slack, PING_SECONDS):
        await slack.socket.disconnect(reason)
        await slack.until(lambda: slack.socket.opened_count == 2)
        await slack.until(lambda: len(slack.socket.connections) == 1)
        assert (await slack.type("/insights scores")).status == 200


async def test_client_recovers_from_a_broken_connection(slack: Slack) -> None:
    async with over_socket(slack, PING_SECONDS):
        slack.socket.reset()
        await slack.until(lambda: slack.socket.opened_count == 2)
        assert (await slack.type("/insights scores")).status == 200


async def test_frozen_connection_answers_no_pings(slack: Slack) -> None:
    async with connected(slack) as websocket:
        await websocket.receive_json()
        slack.socket.freeze()
        await websocket.ping(b"there?")
        with pytest.raises(TimeoutError):
            await websocket.receive(timeout=PING_SECONDS)
        slack.socket.reset()
