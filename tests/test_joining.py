"""Where the bot isn't in a public channel, a button adds it, if the scope for that is granted."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import Fault, Message
from bot.sandbox.slack.faults import RESPONSE_URL
from tests.workspace import Workspace, open_workspace, visible_text

PUBLIC, PRIVATE = "C3", "C4"  # the bot is in neither
JOIN = "Add me to this channel"
WEEKLY = "every monday 9:00 scores web/production"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as workspace:
        yield workspace


def offers_to_join(message: Message) -> bool:
    return JOIN in visible_text(message)


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
async def test_button_adds_the_bot_which_then_greets(socket: bool) -> None:
    async with open_workspace(socket=socket) as workspace:
        slack = workspace.slack
        scheduled = await workspace.send(WEEKLY, channel=PUBLIC)
        assert "I can't post here until I'm in this channel." in visible_text(scheduled)
        joined = await workspace.press(scheduled, JOIN, user="U2")
        assert "I've joined <#C3>." in visible_text(joined)
        assert joined.to == "U2"
        await slack.until(
            lambda: any("I show what changed" in message.text for message in slack.channels[PUBLIC].messages)
        )


@pytest.mark.parametrize("line", [WEEKLY, "watch events web/production", "watch on events web/production"])
async def test_commands_that_post_offer_it_before_the_first_post(workspace: Workspace, line: str) -> None:
    assert offers_to_join(await workspace.send(line, channel=PUBLIC))
    assert not offers_to_join(await workspace.send(line, channel="C1"))


async def test_run_that_needs_the_bot_offers_it(workspace: Workspace) -> None:
    await workspace.send(WEEKLY, channel=PUBLIC)
    refusal = await workspace.send("now 1", channel=PUBLIC)
    assert "Add me, then run `now 1` again." in visible_text(refusal)
    await workspace.press(refusal, JOIN)
    assert workspace.slack.channels[PUBLIC].is_member
    assert not offers_to_join(await workspace.send("now 1", channel=PUBLIC))


@pytest.mark.parametrize("line", [WEEKLY, "now 1"])
async def test_without_the_scope_people_are_told_to_invite(workspace: Workspace, line: str) -> None:
    workspace.slack.scopes.remove("channels:join")
    await workspace.send("every friday 9:00 scores web/production", channel=PUBLIC)
    answer = await workspace.send(line, channel=PUBLIC)
    assert "`/invite @insights`" in visible_text(answer)
    assert not offers_to_join(answer)


async def test_private_channel_takes_an_invitation(workspace: Workspace) -> None:
    scheduled = await workspace.send(WEEKLY, channel=PRIVATE)
    assert "`/invite @insights`" in visible_text(scheduled)
    assert not offers_to_join(scheduled)


async def test_direct_message_takes_no_invitation(workspace: Workspace) -> None:
    workspace.slack.scopes.remove("im:read")
    dm = workspace.slack.open_dm("U1").id
    scheduled = visible_text(await workspace.send(WEEKLY, channel=dm))
    assert "scheduled `scores web/production` here" in scheduled
    assert "I can't post here" not in scheduled


async def test_direct_message_offers_it_for_the_channel_it_is_about() -> None:
    async with open_workspace(allowed_channels=PUBLIC) as workspace:
        slack = workspace.slack
        slack.faults[RESPONSE_URL] = Fault(status=404)
        await slack.type("/insights scores web/production", channel=PUBLIC)
        await slack.until(lambda: slack.open_dm("U1").messages)
        [message] = slack.open_dm("U1").messages
        assert "I'm not in <#C3>, so I'm replying here. To get answers there, add me." in visible_text(message)
        slack.faults.clear()
        await slack.press(message, JOIN, user="U1")
        await slack.until(lambda: len(slack.open_dm("U1").messages) == 2)
        assert "I've joined <#C3>." in visible_text(slack.open_dm("U1").messages[1])
        assert slack.channels[PUBLIC].is_member


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("missing_scope", "I'm no longer allowed to join channels."),
        ("is_archived", "The channel is archived."),
        ("restricted_action", "Slack doesn't let me join the channel (restricted_action)."),
        ("internal_error", "Slack couldn't add me to the channel."),
    ],
)
async def test_refusal_says_why(workspace: Workspace, fault: str, reason: str) -> None:
    scheduled = await workspace.send(WEEKLY, channel=PUBLIC)
    workspace.slack.faults["conversations.join"] = Fault(error=fault)
    assert reason in visible_text(await workspace.press(scheduled, JOIN))
    assert not workspace.slack.channels[PUBLIC].is_member


async def test_joining_twice_is_no_mistake(workspace: Workspace) -> None:
    scheduled = await workspace.send(WEEKLY, channel=PUBLIC)
    for _ in range(2):
        assert "I've joined <#C3>." in visible_text(await workspace.press(scheduled, JOIN))


async def test_only_those_who_may_use_the_bot_can_add_it() -> None:
    async with open_workspace(allowed_users="U1") as workspace:
        scheduled = await workspace.send(WEEKLY, channel=PUBLIC)
        for stranger in ("U2", "U9"):
            refusal = await workspace.press(scheduled, JOIN, user=stranger)
            assert refusal.to == stranger
            assert not workspace.slack.channels[PUBLIC].is_member
