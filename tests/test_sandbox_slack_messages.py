"""The sandbox's Slack sends the events of mentions and direct messages as Slack does, over HTTP and a socket."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.credentials import BOT_ID, BOT_USER_ID
from bot.sandbox.slack.workspace import Content
from tests.sandbox_slack import Json, over_http, over_socket, record_requests, web_client

Transport = Callable[[Slack], AbstractAsyncContextManager[list[Json]]]
BOT = f"<@{BOT_USER_ID}>"

both_transports = pytest.mark.parametrize("transport", [over_http, over_socket])


def payload(delivered: Acknowledgement | None) -> Any:
    assert delivered is not None
    assert delivered.payload is not None
    return delivered.payload.body


@both_transports
async def test_mention_has_all_documented_fields(slack: Slack, transport: Transport) -> None:
    async with transport(slack):
        body = payload(await slack.say(f"{BOT} scores", user="U2"))
    [message] = slack.channels["C1"].messages
    assert body.pop("event_id").startswith("Ev")
    assert body.pop("event_time") == int(slack.now().timestamp())
    authorization = {"enterprise_id": None, "team_id": "T0HARBOUR", "user_id": BOT_USER_ID, "is_bot": True}
    assert body == {
        "token": "sandbox-verification",
        "team_id": "T0HARBOUR",
        "context_team_id": "T0HARBOUR",
        "context_enterprise_id": None,
        "api_app_id": "A0INSIGHTS",
        "type": "event_callback",
        "authorizations": [authorization | {"is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event": {
            "type": "app_mention",
            "user": "U2",
            "team": "T0HARBOUR",
            "text": f"{BOT} scores",
            "ts": message.ts,
            "client_msg_id": f"client-{message.ts}",
            "channel": "C1",
            "event_ts": message.ts,
        },
    }


@both_transports
async def test_direct_message_is_an_event_also_from_the_bot(slack: Slack, transport: Transport) -> None:
    channel = slack.open_dm("U1")
    async with transport(slack):
        written = payload(await slack.say(f"{BOT} scores", channel=channel.id))["event"]
        own = payload(await slack.announce(slack.post(channel, Content("Hello"))))["event"]
    assert (written["type"], written["channel_type"], written["user"]) == ("message", "im", "U1")
    assert (own["type"], own["channel_type"], own["user"], own["bot_id"]) == ("message", "im", BOT_USER_ID, BOT_ID)
    assert "client_msg_id" not in own


async def test_reply_in_a_thread_names_the_thread(slack: Slack) -> None:
    parent = slack.post(slack.channels["C1"], Content("Deployments are slow."), user="U1")
    async with record_requests(slack):
        event = payload(await slack.say(f"{BOT} deploys", thread=parent))["event"]
    assert (event["thread_ts"], event["ts"] != parent.ts) == (parent.ts, True)


async def test_author_from_another_organization_is_named_with_it(slack: Slack) -> None:
    async with record_requests(slack):
        body = payload(await slack.say(f"{BOT} help", channel="C6", user="U9"))
    assert body["is_ext_shared_channel"] is True
    assert body["team_id"] == body["authorizations"][0]["team_id"] == "T0HARBOUR"
    assert {body["event"][name] for name in ("team", "user_team", "source_team")} == {"T0QUAYSIDE"}


async def test_edit_is_an_event_of_the_mention_or_the_direct_message(slack: Slack) -> None:
    async with record_requests(slack):
        await slack.say(f"{BOT} scores")
        await slack.say("scores", channel=slack.open_dm("U1").id)
        [mention], [direct] = slack.channels["C1"].messages, slack.channels["D1"].messages
        mentioned = payload(await slack.edit(mention, f"{BOT} status"))["event"]
        edited = payload(await slack.edit(direct, "status"))["event"]
        deleted = payload(await slack.take_back(direct))["event"]
    assert (mentioned["type"], mentioned["ts"], mentioned["text"]) == ("app_mention", mention.ts, f"{BOT} status")
    assert mentioned["edited"]["user"] == "U1"
    assert (edited["subtype"], edited["channel"], edited["hidden"]) == ("message_changed", "D1", True)
    assert (edited["message"]["text"], edited["previous_message"]["text"]) == ("status", "scores")
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", direct.ts)
    assert len({mentioned["event_ts"], edited["event_ts"], deleted["event_ts"]}) == 3


@pytest.mark.parametrize(
    ("scope", "channel", "text"),
    [
        ("app_mentions:read", "C1", f"{BOT} help"),
        ("im:history", "D1", "help"),
        ("", "C1", "help"),
        ("", "C3", f"{BOT} help"),
    ],
)
async def test_bot_gets_no_event_without_scope_mention_or_membership(
    slack: Slack, scope: str, channel: str, text: str
) -> None:
    slack.open_dm("U1")
    slack.scopes.discard(scope)
    async with record_requests(slack) as requests:
        assert await slack.say(text, channel=channel) is None
    assert requests == []
    assert [message.text for message in slack.channels[channel].messages] == [text]


async def test_mention_may_invite_the_bot(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        assert await slack.say(f"{BOT} help", channel="C3", invites=True)
    assert [json.loads(body)["event"]["type"] for _, body in requests] == ["member_joined_channel", "app_mention"]


async def test_event_can_be_redelivered_with_its_id(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        delivered = await slack.say(f"{BOT} help")
        assert delivered
        await slack.redeliver(await slack.redeliver(delivered))
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in requests] == [None, "1", "2"]
    assert len({body for _, body in requests}) == 1


async def test_ephemeral_message_is_shown_only_in_a_thread_with_replies(slack: Slack) -> None:
    parent = slack.post(slack.channels["C1"], Content("Deployments are slow."), user="U1")
    async with web_client(slack) as client:
        for _ in range(2):
            await client.chat_postEphemeral(channel="C1", user="U1", text="Psst", thread_ts=parent.ts)
            slack.post(slack.channels["C1"], Content("Why?"), thread_ts=parent.ts)
    assert [message.thread_ts for message in slack.ephemeral["U1"]] == [parent.ts]
