"""Channels, users, modals and Home tabs of the sandbox's Slack, seen through slack_sdk."""

import json
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.state import View
from tests.sandbox_slack import Clock, Json, record_requests, section, slack_error

MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Watch"}, "blocks": [section("A flag")]}
HOME = {"type": "home", "blocks": [section("Hello")]}


# -------------------------------------------------------------------------------------------------------- conversations


async def test_history_is_paginated_newest_first(client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel="C1", text=str(at)))["ts"] for at in range(5)]
    await client.chat_postMessage(channel="C1", text="reply", thread_ts=stamps[0])
    first = await client.conversations_history(channel="C1", limit=3)
    assert ([message["text"] for message in first["messages"]], first["has_more"]) == (["4", "3", "2"], True)
    rest = await client.conversations_history(channel="C1", limit=3, cursor=first["response_metadata"]["next_cursor"])
    assert ([message["text"] for message in rest["messages"]], rest["has_more"]) == (["1", "0"], False)


@pytest.mark.parametrize(("inclusive", "texts"), [(False, ["2"]), (True, ["3", "2", "1"])])
async def test_history_can_be_limited_to_a_range(client: AsyncWebClient, inclusive: bool, texts: list[str]) -> None:
    stamps = [(await client.chat_postMessage(channel="C1", text=str(at)))["ts"] for at in range(5)]
    answer = await client.conversations_history(channel="C1", oldest=stamps[1], latest=stamps[3], inclusive=inclusive)
    assert [message["text"] for message in answer["messages"]] == texts


async def channels_of(client: AsyncWebClient, user: str, **arguments: Any) -> list[str]:
    listed = await client.users_conversations(user=user, **arguments)
    return [channel["id"] for channel in listed["channels"]]


async def test_channels_of_a_person_are_those_they_are_in(slack: Slack, client: AsyncWebClient) -> None:
    slack.open_dm("U1")
    assert await channels_of(client, "U1") == ["C1", "C3", "C5", "C6", "C10"]
    assert await channels_of(client, "U1", types="private_channel,im", exclude_archived=True) == ["C2", "D1"]
    assert await channels_of(client, "U9") == ["C6"]
    slack.leave("C1", user="U1")
    assert await channels_of(client, "U1", limit=2) == ["C3", "C5"]


async def test_private_channels_without_the_bot_stay_secret(slack: Slack, client: AsyncWebClient) -> None:
    slack.channels["C2"].is_member = False
    assert await channels_of(client, "U1", types="private_channel") == []
    slack.scopes.remove("groups:read")
    error = await slack_error(client.users_conversations, user="U1", types="private_channel")
    assert error["needed"] == "groups:read"


async def test_only_a_channels_members_get_ephemeral_messages(slack: Slack, client: AsyncWebClient) -> None:
    slack.leave("C1", user="U2")
    for user in ("U2", "U9"):
        error = await slack_error(client.chat_postEphemeral, channel="C1", user=user, text="x")
        assert error["error"] == "user_not_in_channel"


async def test_bot_joining_or_leaving_is_in_the_history(slack: Slack, client: AsyncWebClient) -> None:
    slack.scopes.remove("channels:read")  # otherwise an app would have to receive the events
    await slack.remove("C1")
    await slack.invite("C1", by="U2")
    leave, join = slack.channels["C1"].messages
    assert leave.text == "was removed from #checkout by Lena Hoffmann."
    assert join.text == "was added to #checkout by Mateo Ruiz."
    history = await client.conversations_history(channel="C1")
    assert history["messages"] == [
        {
            "type": "message",
            "subtype": "channel_join",
            "user": BOT_USER_ID,
            "ts": join.ts,
            "text": f"<@{BOT_USER_ID}> has joined the channel",
            "inviter": "U2",
        },
        {
            "type": "message",
            "subtype": "channel_leave",
            "user": BOT_USER_ID,
            "ts": leave.ts,
            "text": f"<@{BOT_USER_ID}> has left the channel",
        },
    ]


async def test_full_metadata_is_sent_only_on_request(client: AsyncWebClient) -> None:
    metadata = {"event_type": "digest", "event_payload": {"slot": "1"}}
    await client.chat_postMessage(channel="C1", text="Digest", metadata=metadata)
    short = await client.conversations_history(channel="C1")
    whole = await client.conversations_history(channel="C1", include_all_metadata=True)
    assert short["messages"][0]["metadata"] == {"event_type": "digest"}
    assert whole["messages"][0]["metadata"] == metadata


async def test_thread_starts_with_its_parent_message(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="Scores"))["ts"]
    await client.chat_postMessage(channel="C1", text="Why?", thread_ts=ts)
    answer = await client.conversations_replies(channel="C1", ts=ts)
    assert [message["text"] for message in answer["messages"]] == ["Scores", "Why?"]
    assert (await slack_error(client.conversations_replies, channel="C1", ts="1.0"))["error"] == "thread_not_found"


async def test_channel_info_has_the_right_flags(client: AsyncWebClient) -> None:
    ids = ("C1", "C2", "C3", "C5", "C6")
    channels = [(await client.conversations_info(channel=channel))["channel"] for channel in ids]
    flags = ("is_private", "is_member", "is_archived", "is_ext_shared")
    assert {channel["id"]: [flag for flag in flags if channel[flag]] for channel in channels} == {
        "C1": ["is_member"],
        "C2": ["is_private", "is_member"],
        "C3": [],
        "C5": ["is_member", "is_archived"],
        "C6": ["is_member", "is_ext_shared"],
    }
    assert (await slack_error(client.conversations_info, channel="C4"))["error"] == "channel_not_found"
    assert (await slack_error(client.conversations_history, channel="C3"))["error"] == "not_in_channel"


async def test_bot_joins_a_public_channel_and_gets_the_event(slack: Slack, client: AsyncWebClient) -> None:
    async with record_requests(slack) as requests:
        assert (await client.conversations_join(channel="C3"))["channel"]["is_member"]
        await slack.until(lambda: requests)
    event = json.loads(requests[0][1])["event"]
    assert (event["type"], event["user"], event["channel"]) == ("member_joined_channel", BOT_USER_ID, "C3")
    assert "inviter" not in event
    assert [message.text for message in slack.channels["C3"].messages] == ["joined #random."]
    again = await client.conversations_join(channel="C3")
    assert (again["warning"], again["response_metadata"]["warnings"]) == ("already_in_channel", ["already_in_channel"])


async def test_joining_is_refused_as_slack_does(slack: Slack, client: AsyncWebClient) -> None:
    async def refusal(channel: str) -> str:
        return str((await slack_error(client.conversations_join, channel=channel))["error"])

    dm = (await client.conversations_open(users="U1"))["channel"]["id"]
    assert [await refusal(channel) for channel in ("C4", "C7", "C2", dm, "C5")] == [
        "channel_not_found",
        "channel_not_found",
        *["method_not_supported_for_channel_type"] * 2,
        "is_archived",
    ]
    slack.scopes.remove("channels:join")
    assert (await slack_error(client.conversations_join, channel="C3"))["needed"] == "channels:join"
    assert not slack.channels["C3"].is_member


async def test_bot_can_message_one_person(slack: Slack, client: AsyncWebClient) -> None:
    channel = (await client.conversations_open(users="U1"))["channel"]["id"]
    await client.chat_postMessage(channel=channel, text="Paused")
    await client.chat_postMessage(channel="U1", text="Resumed")
    assert [message.text for message in slack.channels[channel].messages] == ["Paused", "Resumed"]
    assert (await slack_error(client.conversations_open, users="U7"))["error"] == "user_not_found"


async def test_users_have_a_time_zone_and_a_team(client: AsyncWebClient) -> None:
    lena, robin = [(await client.users_info(user=user))["user"] for user in ("U1", "U9")]
    assert (lena["tz"], lena["tz_offset"] in (3600, 7200), lena["team_id"]) == ("Europe/Berlin", True, "T0HARBOUR")
    assert robin["team_id"] != lena["team_id"]
    assert (await slack_error(client.users_info, user="U7"))["error"] == "user_not_found"


# ---------------------------------------------------------------------------------------------------------------- views


async def test_trigger_opens_one_modal_within_three_seconds(slack: Slack, client: AsyncWebClient, clock: Clock) -> None:
    once, late = slack.issue_trigger("U1"), slack.issue_trigger("U1")
    await client.views_open(trigger_id=once, view=MODAL)
    assert [view.body["title"] for view in slack.views] == [MODAL["title"]]
    clock.advance(seconds=1)
    assert (await slack_error(client.views_open, trigger_id=once, view=MODAL))["error"] == "exchanged_trigger_id"
    clock.advance(seconds=2.5)
    assert (await slack_error(client.views_open, trigger_id=late, view=MODAL))["error"] == "expired_trigger_id"
    assert (await slack_error(client.views_push, trigger_id=late, view=MODAL))["error"] == "expired_trigger_id"
    assert (await slack_error(client.views_open, trigger_id="1.2.3", view=MODAL))["error"] == "invalid_trigger_id"


async def test_stale_view_update_is_refused(slack: Slack, client: AsyncWebClient) -> None:
    view = (await client.views_open(trigger_id=slack.issue_trigger("U1"), view=MODAL))["view"]
    await client.views_update(view_id=view["id"], hash=view["hash"], view={**MODAL, "blocks": []})
    assert slack.views[0].body["blocks"] == []
    stale = await slack_error(client.views_update, view_id=view["id"], hash=view["hash"], view=MODAL)
    assert stale["error"] == "hash_conflict"
    assert (await slack_error(client.views_update, view_id="V7", view=MODAL))["error"] == "not_found"


async def test_at_most_three_modals_can_be_stacked(slack: Slack, client: AsyncWebClient) -> None:
    async def push() -> Json:
        return await slack_error(client.views_push, trigger_id=slack.issue_trigger("U1"), view=MODAL)

    assert (await push())["error"] == "not_found"
    await client.views_open(trigger_id=slack.issue_trigger("U1"), view=MODAL)
    for _ in range(2):
        await client.views_push(trigger_id=slack.issue_trigger("U1"), view=MODAL)
    assert [view.open for view in slack.views] == [True] * 3
    assert (await push())["error"] == "push_limit_reached"
    slack.views[-1].open = False
    await client.views_push(trigger_id=slack.issue_trigger("U1"), view=MODAL)


async def test_user_has_one_home_tab(slack: Slack, client: AsyncWebClient) -> None:
    for text in ("Hello", "Hello again"):
        await client.views_publish(user_id="U1", view={"type": "home", "blocks": [section(text)]})
    assert json.dumps(slack.homes["U1"].body).count("Hello again") == 1
    assert isinstance(slack.homes["U1"], View)
    assert (await slack_error(client.views_publish, user_id="U7", view=HOME))["error"] == "user_not_found"


async def test_stale_home_tab_is_refused(slack: Slack, client: AsyncWebClient) -> None:
    first = (await client.views_publish(user_id="U1", view=HOME))["view"]
    await client.views_publish(user_id="U1", view={"type": "home", "blocks": []}, hash=first["hash"])
    for user in ("U1", "U2"):  # U2 has none
        stale = await slack_error(client.views_publish, user_id=user, view=HOME, hash=first["hash"])
        assert stale["error"] == "hash_conflict"
    assert slack.homes["U1"].body["blocks"] == []
    assert "U2" not in slack.homes


async def test_view_of_the_wrong_type_is_refused(slack: Slack, client: AsyncWebClient) -> None:
    home = (await client.views_publish(user_id="U1", view=HOME))["view"]["id"]
    refused = [
        await slack_error(client.views_publish, user_id="U1", view=MODAL),
        await slack_error(client.views_open, trigger_id=slack.issue_trigger("U1"), view=HOME),
        await slack_error(client.views_update, view_id=home, view=MODAL),
    ]
    assert [answer["error"] for answer in refused] == ["invalid_arguments"] * 3


async def test_view_has_at_most_100_blocks_and_250_kilobytes(slack: Slack, client: AsyncWebClient) -> None:
    def home(blocks: int, text: str = "x") -> Json:
        return {"type": "home", "blocks": [section(text)] * blocks}

    await client.views_publish(user_id="U1", view=home(100))
    await client.views_publish(user_id="U1", view=home(80, "x" * 3000))
    many = await slack_error(client.views_publish, user_id="U1", view=home(101))
    large = await slack_error(client.views_publish, user_id="U1", view=home(84, "x" * 3000))
    accented = await slack_error(client.views_publish, user_id="U1", view=home(42, "é" * 3000))
    errors = [answer["error"] for answer in (many, large, accented)]
    assert errors == ["invalid_arguments", "view_too_large", "view_too_large"]
    assert len(json.dumps(slack.homes["U1"].body["blocks"])) > 240_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "page"},
        {"title": {"type": "plain_text", "text": "A title that is much too long"}},
        {"blocks": [section("")]},
    ],
)
async def test_invalid_view_is_refused(slack: Slack, client: AsyncWebClient, wrong: Json) -> None:
    answer = await slack_error(client.views_open, trigger_id=slack.issue_trigger("U1"), view={**MODAL, **wrong})
    assert answer["error"] == "invalid_arguments"
    assert "[json-pointer:/view/" in answer["response_metadata"]["messages"][0]
