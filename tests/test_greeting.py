"""The bot greets a channel when it is invited: once, with buttons that work for everyone."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import Fault, Message, Slack
from bot.sandbox.slack.credentials import BOT_USER_ID
from tests.databases import TemporaryDatabase, temporary_sqlite
from tests.form_filling import choose, open_form, preview, save, shown
from tests.workspace import Workspace, open_workspace, visible_text

CHANNEL = "C3"  # public; the bot isn't in it yet
SHARED = "C6"  # with Quayside Partners
GREETING = "I show what changed in LaunchDarkly, how your releases are doing, and which flags to clean up"
DIGEST, ALERTS, MENU = "Schedule a Monday digest", "Set up alerts", "Project / environment"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as workspace:
        yield workspace


def posts(slack: Slack, channel: str = CHANNEL) -> list[Message]:
    """Return what the bot posted in a channel."""
    return [message for message in slack.channels[channel].messages if message.bot]


def labels(message: Message) -> list[str]:
    """Return the labels of a message's buttons and menus."""
    elements = [element for block in message.blocks if block["type"] == "actions" for element in block["elements"]]
    return [(element.get("text") or element["placeholder"])["text"] for element in elements]


async def invite(workspace: Workspace, channel: str = CHANNEL) -> Message:
    """Invite the bot, and return its greeting."""
    slack, before = workspace.slack, len(posts(workspace.slack, channel))
    await slack.invite(channel, by="U2")
    await slack.until(lambda: len(posts(slack, channel)) > before)
    return posts(slack, channel)[-1]


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
async def test_invited_bot_says_what_it_does_with_buttons(socket: bool) -> None:
    async with open_workspace(socket=socket) as workspace:
        greeting = await invite(workspace)
        assert greeting.text.startswith(f"{GREETING}.")
        assert labels(greeting) == [MENU, DIGEST, ALERTS]
        assert "Which project is this channel about?" in visible_text(greeting)
        assert len(greeting.blocks) == 4


async def test_greeting_names_the_default_of_the_workspace_or_channel() -> None:
    async with open_workspace(default_project="mobile/beta") as workspace:
        assert f"{GREETING}, by default in *mobile/beta*." in visible_text(await invite(workspace))
        await workspace.slack.remove("C1")
        await workspace.send("use web/production app=storefront")
        assert f"{GREETING}, by default in *web/production* (storefront)." in visible_text(
            await invite(workspace, "C1")
        )


async def test_channel_is_greeted_once_despite_restarts() -> None:
    with temporary_sqlite() as database:
        async with open_workspace(database) as workspace:
            await invite(workspace)
            await workspace.slack.remove(CHANNEL)
            await workspace.slack.invite(CHANNEL)
        assert len(posts(workspace.slack)) == 1
        async with open_workspace(database) as restarted:
            await restarted.slack.invite(CHANNEL)
        assert posts(restarted.slack) == []


async def test_one_of_several_processes_greets(database: TemporaryDatabase) -> None:
    async with open_workspace(database.url) as one, open_workspace(database.url) as other:
        await one.slack.invite(CHANNEL)
        await other.slack.invite(CHANNEL)
    assert len([*posts(one.slack), *posts(other.slack)]) == 1


async def test_channel_that_the_settings_exclude_is_not_greeted() -> None:
    async with open_workspace(allowed_channels="C1") as workspace:
        await workspace.slack.invite(CHANNEL)
    assert posts(workspace.slack) == []


async def test_mention_that_invites_the_bot_is_answered_alone() -> None:
    async with open_workspace(greeting_delay_seconds=1.0) as workspace:
        line = f"<@{BOT_USER_ID}> scores web/production"
        await workspace.slack.say(line, channel=CHANNEL, invites=True)
        await workspace.slack.until(lambda: posts(workspace.slack))
    [answer] = posts(workspace.slack)
    assert "Release maturity" in visible_text(answer)


async def test_being_back_is_greeting_enough() -> None:
    async with open_workspace() as workspace:
        await workspace.send("every monday 9:00 scores web/production")
        await workspace.slack.remove("C1")
        await workspace.slack.until(lambda: workspace.slack.open_dm("U1").messages)
        assert "I'm back" in visible_text(await invite(workspace, "C1"))
        await workspace.stop("stop 1")
        await workspace.slack.remove("C1")
        await workspace.slack.invite("C1")
    assert [message for message in posts(workspace.slack, "C1") if GREETING in message.text] == []


async def test_unarchived_channel_is_not_greeted() -> None:
    async with open_workspace() as workspace:
        await workspace.slack.archive("C1")
        await workspace.slack.unarchive("C1")
    assert posts(workspace.slack, "C1") == []


async def test_greeting_that_slack_refused_comes_with_the_next_invitation() -> None:
    with temporary_sqlite() as database:
        async with open_workspace(database) as refused:
            refused.slack.faults["chat.postMessage"] = Fault(error="restricted_action", times=1)
            await refused.slack.invite(CHANNEL)
        assert posts(refused.slack) == []
        async with open_workspace(database) as workspace:
            assert GREETING in visible_text(await invite(workspace))


async def test_greeting_comes_without_launchdarkly_too(workspace: Workspace) -> None:
    workspace.faults.status = 503
    greeting = await invite(workspace)
    assert labels(greeting) == ["Choose a default project", DIGEST, ALERTS]
    workspace.faults.status = None
    assert MENU in labels(await workspace.press(greeting, "Choose a default project"))


async def test_monday_digest_asks_for_a_project_first(workspace: Workspace) -> None:
    slack = workspace.slack
    form = await open_form(slack, await invite(workspace), DIGEST, user="U2")
    await choose(slack, form, "Project", "mobile", typed="mob")
    await slack.suggest(form, "Environment")
    await save(slack, form, Environment="beta")
    await slack.until(lambda: len(posts(slack)) == 2)
    scheduled = visible_text(posts(slack)[-1])
    assert "<@U2> scheduled `digest mobile/beta span=week` here, *every Monday at 9:00 (America/New_York)*" in scheduled


async def test_menu_sets_the_default_that_the_forms_start_with(workspace: Workspace) -> None:
    slack, greeting = workspace.slack, await invite(workspace)
    reply = await workspace.wait_for_answer(await slack.select(greeting, MENU, "mobile/beta", user="U1"))
    assert "*mobile/beta* is now this channel's default" in visible_text(reply)
    await save(slack, await open_form(slack, greeting, ALERTS))
    await slack.until(lambda: "<@U1> turned on alerts for `events mobile/beta`" in visible_text(posts(slack)[-1]))


async def test_same_monday_digest_is_scheduled_once(workspace: Workspace) -> None:
    await workspace.send("use web/production", channel=CHANNEL)
    slack, greeting = workspace.slack, await invite(workspace)
    await save(slack, await open_form(slack, greeting, DIGEST))
    await slack.until(lambda: len(posts(slack)) == 2)
    again = await preview(slack, await open_form(slack, greeting, DIGEST))
    assert "That's already scheduled here (schedule 1)" in shown(again)


# Channels shared with another organization


async def invite_to_shared(workspace: Workspace) -> Message:
    await workspace.slack.remove(SHARED)
    return await invite(workspace, SHARED)


async def test_greeting_in_a_shared_channel_names_no_project() -> None:
    async with open_workspace(default_project="web/production") as workspace:
        greeting = await invite_to_shared(workspace)
        assert greeting.text.startswith(f"{GREETING}.")
        assert labels(greeting) == ["Choose a default project", DIGEST, ALERTS]
        assert "web" not in str(greeting.blocks)


async def test_monday_digest_in_a_shared_channel_asks_before_it_is_scheduled() -> None:
    async with open_workspace(default_project="web/production") as workspace:
        greeting = await invite_to_shared(workspace)
        slack = workspace.slack
        await save(slack, await open_form(slack, greeting, DIGEST))
        await slack.until(lambda: slack.ephemeral["U1"])
        [warning] = slack.ephemeral["U1"]
        assert warning.to == "U1"
        assert (
            "People in both would see `digest web/production span=week`, posted here every Monday at 9:00"
            in visible_text(warning)
        )
        assert len(posts(workspace.slack, SHARED)) == 1
        scheduled = await workspace.press(warning, "Post here anyway")
        assert "<@U1> scheduled `digest web/production span=week` here" in visible_text(scheduled)


async def test_outsider_presses_in_vain() -> None:
    async with open_workspace() as workspace:
        greeting = await invite_to_shared(workspace)
        refusal = await workspace.press(greeting, "Choose a default project", user="U9")
        assert refusal.to == "U9"
        for text in (
            visible_text(refusal),
            *[shown(await open_form(workspace.slack, greeting, button, user="U9")) for button in (DIGEST, ALERTS)],
        ):
            assert "I only answer members of this workspace." in text
