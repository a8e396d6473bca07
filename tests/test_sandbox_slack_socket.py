"""The sandbox's Socket Mode: connections that end, break, fall silent, and a real client that gets over it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import APP_TOKEN
from tests.sandbox_slack import Clock, over_socket, web_client

OFTEN = 0.02  # seconds between two looks of the client at its connection


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    slack = Slack(Clock())
    async with slack.serving():
        yield slack


async def address(slack: Slack) -> str:
    async with web_client(slack) as client:
        return str((await client.apps_connections_open(app_token=APP_TOKEN))["url"])


@asynccontextmanager
async def connected(slack: Slack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A bare websocket, so that every frame can be looked at."""
    url = await address(slack)
    async with aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as websocket:
        yield websocket


async def test_it_says_hello(slack: Slack) -> None:
    async with connected(slack) as first, connected(slack) as second:
        hello, later = await first.receive_json(), await second.receive_json()
    assert (hello["type"], hello["num_connections"], later["num_connections"]) == ("hello", 1, 2)
    assert hello["connection_info"] == {"app_id": "A0INSIGHTS"}
    assert hello["debug_info"]["approximate_connection_time"] > 0


async def test_an_address_is_good_for_one_connection(slack: Slack) -> None:
    url = await address(slack)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_an_envelope_goes_to_one_connection_and_is_acknowledged_by_its_id(slack: Slack) -> None:
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


async def test_an_event_tells_whether_it_comes_again(slack: Slack) -> None:
    async with connected(slack) as websocket:
        await websocket.receive_json()
        telling = asyncio.create_task(slack.event("app_uninstalled", retry=1))
        envelope = await websocket.receive_json()
        await websocket.send_json({"envelope_id": envelope["envelope_id"]})
        await telling
    assert (envelope["type"], envelope["retry_attempt"], envelope["retry_reason"]) == ("events_api", 1, "http_timeout")


async def test_a_socket_that_nobody_acknowledges_on_is_given_up(slack: Slack) -> None:
    slack.ack_timeout = 0.02
    async with connected(slack):
        assert (await slack.type("/insights")).error == "operation_timeout"
    await slack.until(lambda: not slack.socket.connections)
    assert (await slack.type("/insights")).error == "dispatch_failed"


async def test_slack_pings(slack: Slack) -> None:
    slack.socket.ping_interval = OFTEN
    async with connected(slack) as websocket:
        await websocket.receive_json()
        assert (await websocket.receive()).type is aiohttp.WSMsgType.PING
        slack.socket.ping()
        assert (await websocket.receive()).type is aiohttp.WSMsgType.PING


async def test_a_deaf_connection_is_alive_and_never_says_anything(slack: Slack) -> None:
    slack.socket.ping_interval, slack.ack_timeout = OFTEN, OFTEN * 2
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
            await websocket.receive(timeout=OFTEN)
    assert acknowledged.error == "operation_timeout"
    assert [(frame.type, frame.data) for frame in frames] == [(aiohttp.WSMsgType.PONG, b"there?")]


async def test_what_opens_after_the_deafness_hears_again(slack: Slack) -> None:
    async with connected(slack):
        slack.socket.deaf = True
        slack.socket.deaf = False
        assert slack.socket.connections[0].deaf
        async with over_socket_too(slack):
            assert (await slack.type("/insights scores")).status == 200


@asynccontextmanager
async def over_socket_too(slack: Slack) -> AsyncIterator[None]:
    async with connected(slack) as websocket:
        await websocket.receive_json()

        async def acknowledge() -> None:
            envelope = await websocket.receive_json()
            await websocket.send_json({"envelope_id": envelope["envelope_id"]})

        acknowledging = asyncio.create_task(acknowledge())
        yield
        await acknowledging


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_a_client_that_is_asked_to_come_again_comes_again(slack: Slack, reason: str) -> None:
    async with over_socket(slack, OFTEN):
        await slack.socket.disconnect(reason)
        await slack.until(lambda: slack.socket.opened_count == 2)
        await slack.until(lambda: len(slack.socket.connections) == 1)
        assert (await slack.type("/insights scores")).status == 200


async def test_a_client_gets_over_a_broken_connection(slack: Slack) -> None:
    async with over_socket(slack, OFTEN):
        slack.socket.reset()
        await slack.until(lambda: slack.socket.opened_count == 2)
        assert (await slack.type("/insights scores")).status == 200


async def test_a_frozen_connection_answers_no_pings(slack: Slack) -> None:
    async with connected(slack) as websocket:
        await websocket.receive_json()
        slack.socket.freeze()
        await websocket.ping(b"there?")
        with pytest.raises(TimeoutError):
            await websocket.receive(timeout=OFTEN)
        slack.socket.reset()
