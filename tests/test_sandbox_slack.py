"""The sandbox's Web API accepts and refuses calls as Slack's does, seen through slack_sdk."""

import asyncio

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Slack, signature_headers
from bot.sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, BOT_USER_ID
from bot.sandbox.slack.workspace import Content
from tests.sandbox_slack import CHART_BLOCK, MESSAGE_BLOCKS, Clock, Json, section, slack_error, web_client

# The example from Slack's documentation of request signing.
EXAMPLE = (
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14"
    "d10d2c447fce8b6703c"
)
LENAS_MESSAGE = Content("Mine")


# ------------------------------------------------------------------------------------------------------- authentication


async def test_auth_test_names_the_bot_and_its_scopes(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0HARBOUR", BOT_USER_ID, "B0INSIGHTS")
    assert answer["url"] == "https://harbour-goods.slack.com/"
    assert "chat:write" in answer.headers["X-OAuth-Scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("xoxb-other", "auth.test", "invalid_auth"),
        ("", "auth.test", "not_authed"),
        (APP_TOKEN, "auth.test", "not_allowed_token_type"),
        (BOT_TOKEN, "apps.connections.open", "not_allowed_token_type"),
        (BOT_TOKEN, "chat.shout", "unknown_method"),
    ],
)
async def test_wrong_token_or_method_is_refused_with_a_200(slack: Slack, token: str, method: str, error: str) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with session.post(f"{slack.api}{method}", headers=headers) as response:
            reply = await response.json()
    assert (response.status, reply["ok"], reply["error"]) == (200, False, error)


async def test_form_json_and_query_string_are_equivalent(slack: Slack) -> None:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    arguments = {"channel": "C1", "text": "Hi"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for encoding in ({"data": arguments}, {"json": arguments}, {"params": arguments}):
            async with session.post(f"{slack.api}chat.postMessage", **encoding) as response:  # type: ignore[arg-type]
                assert (await response.json())["ok"]
        async with session.post(f"{slack.api}auth.test", data={"token": "xoxb-other"}, headers={}) as response:
            assert (await response.json())["ok"]  # the header takes precedence over the form
    assert [call.arguments for call in slack.calls if call.method == "chat.postMessage"] == [
        arguments,
        arguments,
        arguments,
    ]
    assert [message.text for message in slack.channels["C1"].messages] == ["Hi", "Hi", "Hi"]


async def test_missing_scope_is_named(slack: Slack, client: AsyncWebClient) -> None:
    slack.scopes.remove("users:read")
    answer = await slack_error(client.users_info, user="U1")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")


async def test_api_test_needs_no_token(slack: Slack) -> None:
    async with web_client(slack, token="") as stranger:
        assert (await stranger.api_test(foo="bar"))["args"] == {"foo": "bar"}
        assert (await slack_error(stranger.api_test, error="my_error"))["error"] == "my_error"


# ------------------------------------------------------------------------------------------------------------- messages


async def test_message_is_stored_as_sent(slack: Slack, client: AsyncWebClient) -> None:
    metadata = {"event_type": "digest", "event_payload": {"slot": "1"}}
    first = await client.chat_postMessage(channel="C1", text="Scores", blocks=MESSAGE_BLOCKS, metadata=metadata)
    await client.chat_postMessage(channel="C1", text="Why?", thread_ts=first["ts"])
    stored, reply = slack.channels["C1"].messages
    assert (stored.text, stored.blocks, stored.metadata, stored.user) == (
        "Scores",
        MESSAGE_BLOCKS,
        metadata,
        BOT_USER_ID,
    )
    assert (stored.ts, reply.thread_ts, stored.at) == (first["ts"], first["ts"], slack.now())
    assert first["message"]["blocks"][0]["block_id"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C3", "not_in_channel"),
        ("C4", "channel_not_found"),  # private, and the bot is not in it
        ("C5", "is_archived"),
        ("C7", "channel_not_found"),
        ("checkout", "channel_not_found"),
    ],
)
async def test_unavailable_channel_is_refused(client: AsyncWebClient, channel: str, error: str) -> None:
    assert (await slack_error(client.chat_postMessage, channel=channel, text="Hi"))["error"] == error
    assert (await slack_error(client.chat_postEphemeral, channel=channel, user="U1", text="Hi"))["error"] == error


async def test_public_scope_allows_posting_without_membership(slack: Slack, client: AsyncWebClient) -> None:
    slack.scopes.add("chat:write.public")
    assert (await client.chat_postMessage(channel="C3", text="Hi"))["ok"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "Hi", "blocks": [{"type": "text"}]}, "invalid_blocks"),
        ({"text": "Hi", "blocks": [section("Hi")] * 51}, "invalid_blocks"),
        ({"text": "Hi", "blocks": "[{"}, "invalid_blocks_format"),
        ({"text": "Hi", "metadata": {"event_type": "digest"}}, "invalid_metadata_format"),
    ],
)
async def test_invalid_message_is_refused(client: AsyncWebClient, arguments: Json, error: str) -> None:
    for method in ("chat.postMessage", "chat.postEphemeral"):
        answer = await slack_error(
            client.api_call, api_method=method, json={"channel": "C1", "user": "U1", **arguments}
        )
        assert answer["error"] == error


async def test_error_points_to_the_invalid_field(client: AsyncWebClient) -> None:
    answer = await slack_error(client.chat_postMessage, channel="C1", text="Hi", blocks=[section("")])
    (message,) = answer["response_metadata"]["messages"]
    assert message.startswith("[ERROR] ")
    assert message.endswith("[json-pointer:/blocks/0/text/text]")


async def test_workspace_can_refuse_charts(slack: Slack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1", text="1 toggle", blocks=[CHART_BLOCK])
    slack.charts = False
    answer = await slack_error(client.chat_postMessage, channel="C1", text="1 toggle", blocks=[CHART_BLOCK])
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == ["[ERROR] unsupported type: data_visualization [json-pointer:/blocks/0/type]"]


async def test_ephemeral_message_is_for_one_person(slack: Slack, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C1", user="U2", text="For you")
    assert [message.text for message in slack.ephemeral["U2"]] == ["For you"]
    assert slack.channels["C1"].messages == []
    stranger = await slack_error(client.chat_postEphemeral, channel="C1", user="U7", text="Hi")
    assert stranger["error"] == "user_not_in_channel"


async def test_ephemeral_message_cannot_be_updated_or_deleted(slack: Slack, client: AsyncWebClient) -> None:
    ts = (await client.chat_postEphemeral(channel="C1", user="U2", text="For you"))["message_ts"]
    update = await slack_error(client.chat_update, channel="C1", ts=ts, text="Changed")
    deletion = await slack_error(client.chat_delete, channel="C1", ts=ts)
    assert (update["error"], deletion["error"]) == ("message_not_found", "message_not_found")
    assert [(message.text, message.deleted) for message in slack.ephemeral["U2"]] == [("For you", False)]


async def test_message_can_be_updated_and_deleted(slack: Slack, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="Scores", blocks=MESSAGE_BLOCKS))["ts"]
    (message,) = slack.channels["C1"].messages
    await client.chat_update(channel="C1", ts=ts, text="New scores")
    assert (message.text, message.blocks) == ("New scores", MESSAGE_BLOCKS)  # omitted arguments are unchanged
    await client.chat_update(channel="C1", ts=ts, blocks=[], text="No buttons")
    assert message.blocks == []
    assert [version.text for version in message.versions] == ["Scores", "New scores"]
    await client.chat_delete(channel="C1", ts=ts)
    assert message.deleted
    assert (await slack_error(client.chat_delete, channel="C1", ts=ts))["error"] == "message_not_found"


async def test_bot_cannot_change_other_peoples_messages(slack: Slack, client: AsyncWebClient) -> None:
    theirs = slack.post(slack.channels["C1"], LENAS_MESSAGE, user="U1")
    assert (await slack_error(client.chat_update, channel="C1", ts=theirs.ts, text="x"))[
        "error"
    ] == "cant_update_message"
    assert (await slack_error(client.chat_delete, channel="C1", ts=theirs.ts))["error"] == "cant_delete_message"


async def test_message_has_a_permalink(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="Scores"))["ts"]
    link = (await client.chat_getPermalink(channel="C1", message_ts=ts))["permalink"]
    assert link == f"https://harbour-goods.slack.com/archives/C1/p{ts.replace('.', '')}"
    assert (await slack_error(client.chat_getPermalink, channel="C1", message_ts="1.0"))["error"] == "message_not_found"


async def test_gaps_between_messages_are_recorded(slack: Slack, client: AsyncWebClient, clock: Clock) -> None:
    for seconds in (0, 1.5, 0.25):
        clock.advance(seconds=seconds)
        await client.chat_postMessage(channel="C1", text="Digest")
    assert slack.message_gaps("C1") == [1.5, 0.25]
    assert [call.at for call in slack.calls] == [message.at for message in slack.channels["C1"].messages]


# ----------------------------------------------------------------------------------------------- signatures and `until`


def test_signature_matches_slacks_example() -> None:
    secret, body = "8f742231b10e8888abcd99yyyzzz85a5", EXAMPLE.encode()
    assert signature_headers(body, secret, 1531420618) == {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }


async def test_signature_depends_on_the_body() -> None:
    headers = signature_headers(b"text=scores", "secret", 1531420618)
    assert (
        SignatureVerifier("secret").generate_signature(timestamp="1531420618", body="text=scores") in headers.values()
    )
    assert headers != signature_headers(b"text=flags", "secret", 1531420618)


async def test_until_returns_as_soon_as_its_condition_holds(slack: Slack, client: AsyncWebClient) -> None:
    waiting = asyncio.create_task(slack.until(lambda: slack.channels["C1"].messages))
    await client.chat_postMessage(channel="C1", text="Here")
    await waiting


async def test_until_times_out_with_the_last_calls(slack: Slack, client: AsyncWebClient) -> None:
    await client.auth_test()
    with pytest.raises(TimeoutError, match=r"Last calls: auth\.test"):
        await slack.until(lambda: slack.channels["C1"].messages, seconds=0.01)
