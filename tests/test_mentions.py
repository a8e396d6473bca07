"""Mentions and direct messages, over HTTP and Socket Mode."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from bot.sandbox.slack import Acknowledgement, Fault, Message
from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.elements import find_elements
from bot.sandbox.slack.workspace import Content
from tests.databases import Postgres
from tests.workspace import Workspace, open_workspace, visible_text

BOT = f"<@{BOT_USER_ID}>"
SHARED = "C6"  # with Quayside Partners
OUTSIDER = "U9"


@pytest.fixture(params=["http", "socket"])
async def either_workspace(request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    async with open_workspace(socket=request.param == "socket") as workspace:
        yield workspace


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as workspace:
        yield workspace


async def say(workspace: Workspace, text: str, **where: Any) -> Message:
    """Write a message, and return the bot's reply."""
    seen = set(_from_bot(workspace))
    return await _reply(workspace, seen, await workspace.slack.say(text, **where))


async def press(workspace: Workspace, message: Message, name: str, **options: Any) -> Message:
    """Press a button, and return the reply that was posted."""
    seen = set(_from_bot(workspace))
    return await _reply(workspace, seen, await workspace.slack.press(message, name, **options))


async def _reply(workspace: Workspace, seen: Iterable[Message], delivered: Acknowledgement | None) -> Message:
    assert delivered is not None
    assert (delivered.status, delivered.error) == (200, "")

    def new() -> list[Message]:
        return [one for one in _from_bot(workspace) if one not in seen and not one.text.startswith("Asking Launch")]

    await workspace.slack.until(new)
    [reply] = new()
    return reply


def _from_bot(workspace: Workspace) -> list[Message]:
    slack = workspace.slack
    posted = [one for channel in slack.channels.values() for one in channel.messages if one.bot]
    return [*posted, *(one for messages in slack.ephemeral.values() for one in messages)]


def dm(workspace: Workspace, user: str = "U1") -> str:
    return workspace.slack.open_dm(user).id


def labels(message: Message) -> list[str]:
    return [found.label for found in find_elements(message.blocks, ("button",))]


# ------------------------------------------------------------------------------------------------------------- mentions


async def test_mention_is_answered_for_everyone_in_its_thread(either_workspace: Workspace) -> None:
    answer = await say(either_workspace, f"{BOT} scores web/production", user="U2")
    [asked, posted] = either_workspace.slack.channels["C1"].messages
    assert posted is answer
    assert answer.thread_ts == asked.ts
    assert "Release maturity" in visible_text(answer)
    assert "Asked by <@U2>" in visible_text(answer)
    assert labels(answer)[-2:] == ["Refresh", "Open in LaunchDarkly"]
    assert "Share to channel" not in labels(answer)


async def test_mention_in_a_thread_is_answered_there(workspace: Workspace) -> None:
    await workspace.slack.say("Deployments are slow.")
    [parent] = workspace.slack.channels["C1"].messages
    answer = await say(workspace, f"{BOT} deploys web/production", thread=parent)
    assert (answer.thread_ts, answer.to) == (parent.ts, None)


@pytest.mark.parametrize(
    "text",
    [
        f"{BOT}: scores web/production",
        f"scores web/production {BOT}",
        f"<@{BOT_USER_ID}|insights>, `scores web/production`",
        f"{BOT} scores\nproject=web env=production",
    ],
)
async def test_mention_may_stand_anywhere(workspace: Workspace, text: str) -> None:
    assert "`scores web/production`" in visible_text(await say(workspace, text))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "which flags to clean up"),
        ("help events", "since"),
        ("scors web/production", "Did you mean scores?"),
        ("what changed yesterday?", "events"),
        ("scores nope/production", "nope"),
        ("schedules", "No schedules in this channel yet"),
    ],
)
async def test_only_the_caller_sees_what_is_no_answer(workspace: Workspace, line: str, expected: str) -> None:
    reply = await say(workspace, f"{BOT} {line}", user="U2")
    assert reply.to == "U2"
    assert reply.thread_ts is None  # Slack shows ephemeral messages only in threads with replies
    assert expected in visible_text(reply)
    assert not [one for one in workspace.slack.channels["C1"].messages if one.bot]


async def test_private_reply_stays_in_the_thread(workspace: Workspace) -> None:
    answer = await say(workspace, f"{BOT} scores web/production")
    [asked, _] = workspace.slack.channels["C1"].messages
    mistake = await say(workspace, f"{BOT} scors web/production", thread=asked)
    assert (mistake.to, mistake.thread_ts) == ("U1", answer.thread_ts)
    corrected = await press(workspace, mistake, "Ask: scores web/production")
    assert (corrected.to, corrected.thread_ts) == ("U1", answer.thread_ts)
    shared = await press(workspace, corrected, "Share in thread")
    assert (shared.to, shared.thread_ts) == (None, answer.thread_ts)
    assert "Shared by <@U1>" in visible_text(shared)


async def test_command_by_mention_announces_its_result_in_the_thread(workspace: Workspace) -> None:
    assert "is now this channel's default" in visible_text(await say(workspace, f"{BOT} use web/production"))
    assert "`scores web/production`" in visible_text(await say(workspace, f"{BOT} scores"))


async def test_buttons_below_an_answer_reply_in_its_thread(either_workspace: Workspace) -> None:
    answer = await say(either_workspace, f"{BOT} events web/production impact=any limit=5")
    detail = await press(either_workspace, answer, "Older", user="U2")
    assert (detail.to, detail.thread_ts) == ("U2", answer.thread_ts)
    refreshed = await either_workspace.press(answer, "Refresh", user="U2")
    assert refreshed is answer
    assert "Refreshed by <@U2>" in visible_text(answer)


async def test_button_below_a_post_with_a_thread_replies_in_the_channel(workspace: Workspace) -> None:
    shared = await workspace.send("scores web/production --share")
    shared.thread_ts = shared.ts  # as Slack has it of a message with replies
    why = await workspace.press(shared, "Why?")
    assert (why.to, why.thread_ts) == ("U1", None)


async def test_slow_mention_shows_progress_to_the_caller_alone() -> None:
    async with open_workspace(progress_notice_seconds=0.05) as workspace:
        workspace.faults.delay = 0.3
        answer = await say(workspace, f"{BOT} scores web/production")
        assert answer.to is None
        assert [one.text for one in workspace.slack.ephemeral["U1"]] == ["Asking LaunchDarkly…"]


async def test_mention_without_access_to_the_channel_is_answered_directly(workspace: Workspace) -> None:
    workspace.slack.faults["chat.postMessage"] = Fault(error="not_in_channel", times=1)
    workspace.slack.faults["chat.postEphemeral"] = Fault(error="not_in_channel")
    answer = await say(workspace, f"{BOT} scores web/production")
    assert answer.channel == dm(workspace)
    assert "I'm not in <#C1>" in visible_text(answer)


async def test_workspace_without_charts_gets_a_plain_answer(workspace: Workspace) -> None:
    workspace.slack.charts = False
    answer = await say(workspace, f"{BOT} status web/production")
    assert answer.to is None
    assert "data_table" not in [block["type"] for block in answer.blocks]


# ------------------------------------------------------------------------------------------- shared channels and access


async def test_mention_in_a_shared_channel_is_confirmed_before_it_is_posted(workspace: Workspace) -> None:
    warning = await say(workspace, f"{BOT} scores web/production", channel=SHARED)
    assert warning.to == "U1"
    assert "This channel is shared with another organization." in visible_text(warning)
    answer = await press(workspace, warning, "Post here anyway")
    [asked, posted] = workspace.slack.channels[SHARED].messages
    assert posted is answer
    assert answer.thread_ts == asked.ts
    await workspace.slack.until(lambda: warning.deleted)


async def test_confirmed_answer_finds_its_thread_after_a_restart(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_workspace(database) as workspace:
        warning = await say(workspace, f"{BOT} scores web/production", channel=SHARED)
        [asked] = workspace.slack.channels[SHARED].messages
    async with open_workspace(database) as workspace:
        workspace.slack.channels[SHARED].messages.append(asked)
        workspace.slack.ephemeral["U1"].append(warning)
        assert (await press(workspace, warning, "Post here anyway")).thread_ts == asked.ts


@pytest.mark.parametrize("line", ["scores web/production", "help", "nope"])
async def test_outsider_is_refused_in_private(workspace: Workspace, line: str) -> None:
    refusal = await say(workspace, f"{BOT} {line}", channel=SHARED, user=OUTSIDER)
    assert refusal.to == OUTSIDER
    assert "I only answer members of this workspace." in visible_text(refusal)
    assert workspace.faults.requests == []


async def test_author_without_a_team_in_a_shared_channel_is_an_outsider(workspace: Workspace) -> None:
    await workspace.slack.event("app_mention", user="U1", channel=SHARED, text=BOT, ts="1.0")
    await workspace.slack.until(lambda: workspace.slack.ephemeral["U1"])
    assert "I only answer members" in visible_text(workspace.slack.ephemeral["U1"][0])


async def test_direct_messages_are_for_allowed_users_where_channels_are_limited() -> None:
    async with open_workspace(allowed_channels="C1", allowed_users="U2") as workspace:
        refused = await say(workspace, "scores web/production", channel=dm(workspace))
        assert "I only answer in certain channels." in visible_text(refused)
        assert "Release maturity" in visible_text(
            await say(workspace, "scores web/production", channel=dm(workspace, "U2"), user="U2")
        )
        assert "I'm not enabled in this channel." in visible_text(await say(workspace, BOT, channel="C10", user="U2"))
        typed = await workspace.send("scores web/production", channel=dm(workspace))
        assert "I only answer in certain channels." in visible_text(typed)


async def test_direct_messages_are_refused_where_only_channels_are_allowed() -> None:
    async with open_workspace(allowed_channels="C1") as workspace:
        refused = await say(workspace, "help", channel=dm(workspace))
        assert "I only answer in certain channels." in visible_text(refused)


# ------------------------------------------------------------------------------------------------------ direct messages


async def test_direct_message_is_answered_in_the_conversation(either_workspace: Workspace) -> None:
    channel = dm(either_workspace)
    answer = await say(either_workspace, "scores web/production", channel=channel)
    assert (answer.channel, answer.to, answer.thread_ts) == (channel, None, None)
    assert "Release maturity" in visible_text(answer)
    assert "Asked by" not in visible_text(answer)
    assert labels(answer)[-2:] == ["Refresh", "Open in LaunchDarkly"]
    assert "Share to channel" not in labels(answer)


async def test_direct_message_in_a_thread_is_answered_there(workspace: Workspace) -> None:
    first = await say(workspace, "help", channel=dm(workspace))
    answer = await say(workspace, "scores web/production", channel=dm(workspace), thread=first)
    assert answer.thread_ts == first.ts


async def test_buttons_in_direct_messages_reply_there(either_workspace: Workspace) -> None:
    mistake = await say(either_workspace, "scors web/production", channel=dm(either_workspace))
    assert mistake.to is None
    answer = await press(either_workspace, mistake, "Ask: scores web/production")
    assert (answer.channel, answer.to) == (mistake.channel, None)
    again = await either_workspace.press(answer, "Refresh")
    assert again is answer
    assert "Refreshed by" not in visible_text(again)


async def test_pages_turn_in_place_in_direct_messages(workspace: Workspace) -> None:
    first = await say(workspace, "events web/production impact=any limit=5", channel=dm(workspace))
    assert await workspace.press(first, "Older") is first


async def test_share_option_means_nothing_in_direct_messages(workspace: Workspace) -> None:
    answer = await say(workspace, "scores web/production --share", channel=dm(workspace))
    assert "Shared by" not in visible_text(answer)


async def test_schedule_can_be_managed_in_direct_messages(workspace: Workspace) -> None:
    saved = await say(workspace, "every monday 9:00 scores web/production", channel=dm(workspace))
    assert "every Monday at 9:00" in visible_text(saved)
    assert "paused schedule 1" in visible_text(await say(workspace, "pause 1", channel=dm(workspace)))
    assert "paused schedule 1" in visible_text(saved)
    assert await workspace.press(saved, "Stop") is saved
    assert "stopped schedule 1" in visible_text(saved)


async def test_schedule_by_mention_is_announced_in_the_thread(workspace: Workspace) -> None:
    created = await say(workspace, f"{BOT} every monday 9:00 scores web/production")
    [asked, _] = workspace.slack.channels["C1"].messages
    assert (created.to, created.thread_ts) == (None, asked.ts)
    paused = await say(workspace, f"{BOT} pause 1", user="U2")
    assert paused.to is None
    assert paused.thread_ts != asked.ts
    for message in (created, paused):
        assert "<@U2> paused schedule 1" in visible_text(message)


async def test_typed_stop_in_direct_messages_asks_first(workspace: Workspace) -> None:
    card = await say(workspace, "watch on events web/production", channel=dm(workspace))
    question = await say(workspace, "stop 1", channel=dm(workspace))
    assert await workspace.press(question, "Stop") is question
    for message in (card, question):
        assert "turned off alerts" in visible_text(message)


# ------------------------------------------------------------------------------------------------- what isn't answered


async def test_bot_ignores_its_own_messages_and_other_apps() -> None:
    async with open_workspace() as workspace:  # at its end, the bot has answered everything
        slack = workspace.slack
        channel = slack.channels[dm(workspace)]
        own = slack.post(channel, Content("scores web/production"))
        assert await slack.announce(own)
        apps: list[dict[str, Any]] = [
            {"bot_id": "B9"},
            {"app_id": "A9"},
            {"subtype": "bot_message"},
            {"user": BOT_USER_ID},
        ]
        for fields in apps:
            event = {"user": "U1", "text": f"{BOT} help", "ts": slack.new_ts(), "team": slack.team.id} | fields
            assert await slack.event("app_mention", channel="C1", **event)
            assert await slack.event("message", channel=channel.id, channel_type="im", **event)
    assert _from_bot(workspace) == [own]


async def test_edits_and_deletions_are_not_answered() -> None:
    async with open_workspace() as workspace:
        slack, channel = workspace.slack, dm(workspace)
        answers = [await say(workspace, "help", channel=channel), await say(workspace, f"{BOT} help")]
        direct, mention = slack.channels[channel].messages[0], slack.channels["C1"].messages[0]
        assert await slack.edit(direct, "scores web/production")
        assert await slack.edit(mention, f"{BOT} scores web/production")
        assert await slack.take_back(direct)
    assert _from_bot(workspace) == answers


async def test_message_that_does_not_mention_the_bot_is_not_delivered(workspace: Workspace) -> None:
    assert await workspace.slack.say("scores web/production") is None
    assert await workspace.slack.say(f"{BOT} help", channel="C3") is None  # it isn't there


@pytest.mark.parametrize("socket", [False, True])
async def test_redelivered_event_is_answered_once(socket: bool) -> None:
    async with open_workspace(socket=socket) as workspace:
        delivered = await workspace.slack.say(f"{BOT} scores web/production")
        assert delivered
        assert [(await workspace.slack.redeliver(delivered)).status for _ in range(3)] == [200, 200, 200]
    assert len(_from_bot(workspace)) == 1


async def test_event_redelivered_to_another_process_is_answered_once(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_workspace(database) as first, open_workspace(database) as second:
        delivered = await first.slack.say(f"{BOT} scores web/production")
        assert delivered
        await first.slack.until(lambda: _from_bot(first))
        assert (await second.slack.redeliver(delivered)).status == 200
    assert _from_bot(second) == []


@pytest.mark.parametrize("scope", ["app_mentions:read", "im:history"])
async def test_declined_scope_turns_off_only_its_surface(workspace: Workspace, scope: str) -> None:
    workspace.slack.scopes.remove(scope)
    surfaces = {"app_mentions:read": (f"{BOT} help", "C1"), "im:history": ("help", dm(workspace))}
    text, channel = surfaces.pop(scope)
    assert await workspace.slack.say(text, channel=channel) is None
    [(text, channel)] = surfaces.values()
    assert "which flags to clean up" in visible_text(await say(workspace, text, channel=channel))
    assert "which flags to clean up" in visible_text(await workspace.send("help"))
