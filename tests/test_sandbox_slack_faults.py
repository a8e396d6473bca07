"""Configured faults of the sandbox's Slack reach slack_sdk as the real ones would."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, Slack
from tests.sandbox_slack import record_requests, slack_error, web_client, webhook

POST = "chat.postMessage"


@pytest.fixture
async def client(slack: Slack) -> AsyncIterator[AsyncWebClient]:
    async with web_client(slack, retry_handlers=[]) as client:
        yield client


def texts(slack: Slack) -> list[str]:
    return [message.text for message in slack.channels["C1"].messages]


async def test_rate_limit_sends_retry_after(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults[POST] = Fault(status=429, retry_after=7, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as limited:
            await client.chat_postMessage(channel="C1", text="Hi")
        answer = limited.value.response
        assert (answer.status_code, answer.headers["Retry-After"], answer["error"]) == (429, "7", "ratelimited")
    await client.chat_postMessage(channel="C1", text="Third")
    assert texts(slack) == ["Third"]
    assert [call.method for call in slack.calls] == [POST] * 3


async def test_fault_applies_to_one_method_or_to_all(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults[POST] = Fault(status=500)
    assert (await slack_error(client.chat_postMessage, channel="C1", text="Hi"))["error"] == "internal_error"
    assert (await client.auth_test())["ok"]
    slack.faults["*"] = Fault(status=503, times=1)
    assert (await slack_error(client.auth_test))["error"] == "service_unavailable"
    assert (await client.auth_test())["ok"]
    slack.faults.clear()
    assert (await client.chat_postMessage(channel="C1", text="Hi"))["ok"]


@pytest.mark.parametrize("error", ["account_inactive", "token_revoked", "restricted_action", "fatal_error"])
async def test_fault_can_return_any_api_error(slack: Slack, client: AsyncWebClient, error: str) -> None:
    slack.faults[POST] = Fault(error=error)
    assert await slack_error(client.chat_postMessage, channel="C1", text="Hi") == {"ok": False, "error": error}
    assert texts(slack) == []


async def test_connection_can_be_reset_before_the_call_is_executed(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults[POST] = Fault(reset=True, times=1)
    with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
        await client.chat_postMessage(channel="C1", text="Hi")
    assert texts(slack) == []
    assert (await client.chat_postMessage(channel="C1", text="Again"))["ok"]


async def test_response_can_be_lost_after_the_call_is_executed(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults[POST] = Fault(drop_response=True, drop_delay=0.01, times=1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="Posted all the same")
    assert texts(slack) == ["Posted all the same"]


async def test_retrying_client_posts_twice(slack: Slack) -> None:
    """Show slack_sdk's default: it retries when the connection is lost."""
    slack.faults[POST] = Fault(drop_response=True, times=1)
    async with web_client(slack) as client:
        await client.chat_postMessage(channel="C1", text="Hi")
    assert texts(slack) == ["Hi", "Hi"]


async def test_slow_response_exceeds_the_client_timeout(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults[POST] = Fault(delay=30, times=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await client.chat_postMessage(channel="C1", text="Hi")
    assert texts(slack) == []
    assert (await client.chat_postMessage(channel="C1", text="Again"))["ok"]


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault(status=429, retry_after=1, times=1), 429, "ratelimited"),
        (Fault(status=500, times=1), 500, "internal_error"),
        (Fault(error="invalid_blocks", times=1), 200, "invalid_blocks"),
        (Fault(status=404, body="expired_url", times=1), 404, "expired_url"),
    ],
)
async def test_response_url_has_its_own_faults(slack: Slack, fault: Fault, status: int, body: str) -> None:
    slack.faults["response_url"] = fault
    async with record_requests(slack), aiohttp.ClientSession() as session:
        acknowledged = await slack.type("/insights scores")
        assert acknowledged.payload
        url = webhook(acknowledged.payload.body["response_url"], session)
        first, second = await url.send(text="Hi"), await url.send(text="Again")
    assert (first.status_code, second.status_code) == (status, 200)
    assert body in first.body
    assert (await slack.answer(acknowledged)).text == "Again"
