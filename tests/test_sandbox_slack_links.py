"""Links to registered domains: the sandbox's Slack tells the bot about them, and takes what it shows for them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Slack
from bot.sandbox.slack.workspace import Content, Message
from tests.sandbox_slack import CHART_BLOCK, Json, over_http, over_socket, section, slack_error

FLAG_URL = "https://app.launchdarkly.com/web/production/features/new-checkout"
BLOCKS = {"blocks": [section("*New checkout* is on")]}
RICH_TEXT = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
}


@pytest.fixture(autouse=True)
def _registered(slack: Slack) -> None:
    slack.unfurl_domains = {"launchdarkly.com"}


@pytest.fixture(name="payloads", params=[over_http, over_socket])
async def payloads_fixture(slack: Slack, request: pytest.FixtureRequest) -> AsyncIterator[list[Json]]:
    async with request.param(slack) as payloads:
        yield payloads


def posted(slack: Slack, text: str = f"Look at {FLAG_URL}", channel: str = "C1", user: str = "U1") -> Message:
    return slack.post(slack.channels[channel], Content(text), user=user)


async def test_bot_is_told_about_links_to_its_domains(slack: Slack, payloads: list[Json]) -> None:
    message = posted(
        slack, f"See <{FLAG_URL}|it>, https://example.com/x and http://launchdarkly.com:8080/y", "C3", "U2"
    )
    await slack.share_links(message)
    await slack.until(lambda: payloads)
    event = payloads[0]["event"]
    assert event.pop("event_ts")
    assert event.pop("unfurl_id").startswith("U2-")
    assert event == {
        "type": "link_shared",
        "channel": "C3",
        "is_bot_user_member": False,
        "user": "U2",
        "message_ts": message.ts,
        "source": "conversations_history",
        "links": [
            {"url": FLAG_URL, "domain": "launchdarkly.com"},
            {"url": "http://launchdarkly.com:8080/y", "domain": "launchdarkly.com"},
        ],
    }


async def test_drafted_links_have_no_channel(slack: Slack, payloads: list[Json], client: AsyncWebClient) -> None:
    await slack.draft_links(FLAG_URL, user="U2")
    await slack.until(lambda: payloads)
    event = payloads[0]["event"]
    assert (event["channel"], event["source"], event["message_ts"]) == ("COMPOSER", "composer", event["unfurl_id"])
    await client.chat_unfurl(unfurl_id=event["unfurl_id"], source="composer", unfurls={FLAG_URL: BLOCKS})
    assert slack.shared_links[0].unfurls == {FLAG_URL: BLOCKS}


@pytest.mark.parametrize(
    ("registered", "url", "is_told"),
    [
        ("launchdarkly.com", "https://launchdarkly.com/x", True),
        ("launchdarkly.com", "https://app.launchdarkly.com/x", True),
        ("app.launchdarkly.com", "https://launchdarkly.com/x", False),
        ("launchdarkly.com", "https://notlaunchdarkly.com/x", False),
        ("launchdarkly.com", "https://launchdarkly.com.example/x", False),
        ("launchdarkly.com", "app.launchdarkly.com/x", False),
    ],
)
async def test_only_registered_domains_and_their_subdomains_count(
    slack: Slack, registered: str, url: str, is_told: bool
) -> None:
    slack.unfurl_domains = {registered}
    async with over_http(slack):
        assert (await slack.share_links(posted(slack, url)) is not None) == is_told


async def test_links_of_apps_and_other_organizations_are_not_sent(slack: Slack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1", text=FLAG_URL)
    assert await slack.share_links(slack.channels["C1"].messages[0]) is None
    assert await slack.share_links(posted(slack, channel="C6", user="U9")) is None
    slack.scopes.remove("links:read")
    assert await slack.share_links(posted(slack)) is None
    assert slack.shared_links == []


@pytest.mark.parametrize("by_id", [True, False])
async def test_link_is_unfurled_below_its_message(slack: Slack, client: AsyncWebClient, by_id: bool) -> None:
    message = posted(slack)
    async with over_http(slack):
        await slack.share_links(message)
    where: Json = (
        {"unfurl_id": slack.shared_links[0].unfurl_id, "source": "conversations_history"}
        if by_id
        else {"channel": "C1", "ts": message.ts}
    )
    for preview in ({}, {"preview": {"title": {"type": "plain_text", "text": "new-checkout"}}}):
        await client.chat_unfurl(**where, unfurls={FLAG_URL: BLOCKS | preview})
        assert message.unfurls == {FLAG_URL: BLOCKS | preview}  # the second time replaces the first


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"unfurls": {}}, "missing_unfurls"),
        ({"unfurls": []}, "missing_unfurls"),
        ({"unfurls": [BLOCKS]}, "invalid_unfurls_format"),
        ({"unfurls": "{"}, "invalid_unfurls_format"),
        ({"unfurls": {f"{FLAG_URL}/": BLOCKS}}, "cannot_unfurl_url"),
        ({"unfurls": {FLAG_URL: BLOCKS, "https://example.com": BLOCKS}}, "cannot_unfurl_url"),
        ({"unfurls": {FLAG_URL: {"blocks": [RICH_TEXT]}}}, "invalid_blocks"),
        ({"unfurls": {FLAG_URL: {"blocks": [CHART_BLOCK]}}}, "invalid_blocks"),
        ({"unfurls": {FLAG_URL: {"blocks": []}}}, "invalid_blocks"),
        ({"channel": "C7"}, "cannot_find_channel"),
        ({"channel": "C2"}, "cannot_unfurl_url"),
        ({"ts": "1.0"}, "cannot_unfurl_url"),
        ({"channel": ""}, "missing_channel"),
        ({"ts": ""}, "missing_ts"),
        ({"unfurl_id": "U1-000001"}, "missing_source"),
        ({"source": "composer"}, "missing_unfurl_id"),
        ({"unfurl_id": "U1-7", "source": "composer"}, "invalid_unfurl_id"),
        ({"unfurl_id": "U1-7", "source": "elsewhere"}, "invalid_source"),
    ],
)
async def test_invalid_unfurl_is_refused(slack: Slack, client: AsyncWebClient, arguments: Json, error: str) -> None:
    message = posted(slack)
    async with over_http(slack):
        await slack.share_links(message)
    valid: dict[str, Any] = {"channel": "C1", "ts": message.ts, "unfurls": {FLAG_URL: BLOCKS}}
    answer = await slack_error(client.api_call, api_method="chat.unfurl", json={**valid, **arguments})
    assert answer["error"] == error
    assert message.unfurls == {}


async def test_unshared_link_or_missing_scope_is_refused(slack: Slack, client: AsyncWebClient) -> None:
    message = posted(slack)  # which the bot wasn't told about
    unfurl: dict[str, Any] = {"channel": "C1", "ts": message.ts, "unfurls": {FLAG_URL: BLOCKS}}
    assert (await slack_error(client.chat_unfurl, **unfurl))["error"] == "cannot_unfurl_url"
    slack.scopes.remove("links:write")
    assert (await slack_error(client.chat_unfurl, **unfurl))["needed"] == "links:write"
