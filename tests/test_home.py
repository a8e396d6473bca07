"""The App Home: a person's own schedules and alerts in all channels, which they can manage from there."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.block_kit import view_violations
from bot.sandbox.slack import Fault, Slack
from bot.sandbox.slack.state import View
from tests.conversation import NOW, texts
from tests.databases import temporary_sqlite
from tests.form_filling import loaded, save
from tests.scheduler_harness import LOOP, Clock, OpenScheduler
from tests.workspace import Workspace, open_workspace

LINE = "every monday 9:00 scores web/production"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as workspace:
        yield workspace


async def next_home(slack: Slack, user: str, seen: object) -> View:
    """Wait until another Home is published than the one with this hash."""
    await slack.until(lambda: user in slack.homes and slack.homes[user].body["hash"] != seen)
    assert view_violations({"type": "home", "blocks": slack.homes[user].body["blocks"]}) == []
    return slack.homes[user]


def shown_hash(slack: Slack, user: str) -> object:
    return slack.homes[user].body["hash"] if user in slack.homes else None


async def open_home(workspace: Workspace, user: str = "U1") -> View:
    before = shown_hash(workspace.slack, user)
    assert not (await workspace.slack.open_home(user=user)).error
    return await next_home(workspace.slack, user, before)


async def press(workspace: Workspace, home: View, name: str, nth: int = 0) -> View:
    before = home.body["hash"]
    assert not (await workspace.slack.press(home, name, nth=nth)).error
    return await next_home(workspace.slack, home.user, before)


def text(home: View) -> str:
    return "\n".join(texts(home.body["blocks"]))


def labels(home: View) -> list[str]:
    blocks: Any = home.body["blocks"]
    elements = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return [element["text"]["text"] for element in elements]


def posts(slack: Slack, channel: str) -> list[str]:
    return [message.text for message in slack.channels[channel].messages if message.bot]


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
async def test_home_lists_own_schedules_in_all_channels(socket: bool) -> None:
    async with open_workspace(socket=socket, default_project="web/production") as workspace:
        await workspace.send(LINE)
        await workspace.send("watch on events web/production", channel="C2")
        await workspace.send("every tuesday 9:00 scores web/staging", user="U2")
        home = await open_home(workspace)
        shown = text(home)
        assert "`scores web/production` *every Monday at 9:00 (Europe/Berlin)* in <#C1>" in shown
        assert "Schedule 1 · Next run: <!date^" in shown
        assert "`events web/production` *when there's a large change* in <#C2>\nSchedule 1 · 🔔 On" in shown
        assert "staging" not in shown
        assert "unless a channel has its own default" in shown
        assert "Higher is better: 🟢 excellent · 🔵 good · 🟡 fair · 🔴 needs attention" in shown
        assert "How I'm doing" not in shown
        assert labels(home) == ["Run now", "Pause", "Change", "Stop", "Pause", "Stop"]


async def test_home_without_schedules_says_how_to_begin(workspace: Workspace) -> None:
    home = await open_home(workspace)
    assert "You have none yet. Type `/insights` in a channel" in text(home)
    assert "This workspace has no default project." in text(home)
    assert labels(home) == []


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
async def test_pressing_acts_in_the_channel_and_refreshes_the_home(socket: bool) -> None:
    async with open_workspace(socket=socket) as workspace:
        await workspace.send(LINE, channel="C10")
        home = await press(workspace, await open_home(workspace), "Pause")
        assert "Paused schedule 1 in <#C10>." in text(home)
        assert "⏸️ *Paused.*" in text(home)
        assert posts(workspace.slack, "C10")[-1].startswith("<@U1> paused schedule 1")
        home = await press(workspace, home, "Resume")
        assert "Resumed schedule 1 in <#C10>." in text(home)
        assert "Next run:" in text(home)
        home = await press(workspace, home, "Stop")
        assert "Stopped schedule 1 in <#C10>." in text(home)
        assert labels(home) == []
        assert posts(workspace.slack, "C10")[-1].startswith("<@U1> stopped schedule 1")
        assert workspace.slack.ephemeral["U1"] == []


async def test_run_now_posts_in_the_channel_and_home_shows_the_outcome(workspace: Workspace) -> None:
    await workspace.send(LINE)
    home = await press(workspace, await open_home(workspace), "Run now")
    assert "Running schedule 1 in <#C1>." in text(home)
    assert "Last run: ⏳" in text(home)


async def test_change_opens_the_form_and_saving_it_refreshes_the_home(workspace: Workspace) -> None:
    slack = workspace.slack
    await workspace.send(LINE, channel="C10")
    home = await press(workspace, await open_home(workspace), "Change")
    assert "⚠️" not in text(home)
    before = home.body["hash"]
    await save(slack, await loaded(slack), Days=["Friday"])
    home = await next_home(slack, "U1", before)
    assert "*every Friday at 9:00 (Europe/Berlin)*" in text(home)
    assert "Changed schedule 1 in <#C10>." in text(home)
    assert "Changed" not in text(await open_home(workspace))


async def test_schedule_changed_elsewhere_is_refused_with_what_it_is_now(workspace: Workspace) -> None:
    await workspace.send(LINE)
    home = await open_home(workspace)
    await workspace.send("pause 1", user="U2")
    home = await press(workspace, home, "Pause")
    assert "⚠️ Schedule 1 is already paused." in text(home)
    assert workspace.slack.ephemeral["U1"] == []
    assert "Resume" in labels(home)
    stale = await open_home(workspace)
    await workspace.stop("stop 1", user="U2")
    assert "⚠️ This schedule no longer exists." in text(await press(workspace, stale, "Resume"))


async def test_command_in_a_channel_refreshes_a_home_shown_lately(workspace: Workspace) -> None:
    await workspace.send(LINE)
    before = (await open_home(workspace)).body["hash"]
    await workspace.send("pause 1")
    assert "⏸️ *Paused.*" in text(await next_home(workspace.slack, "U1", before))


# Channels that the person has left


async def test_left_channel_shows_no_question_and_offers_only_stop(workspace: Workspace) -> None:
    slack = workspace.slack
    await workspace.send(LINE)
    slack.leave("C1", user="U1")
    home = await open_home(workspace)
    assert "scores" not in str(home.body["blocks"])
    assert "*every Monday at 9:00 (Europe/Berlin)* in <#C1>\nSchedule 1 · Next run:" in text(home)
    assert "One of us isn't in this channel, so you can only stop this." in text(home)
    assert labels(home) == ["Stop"]
    home = await press(workspace, home, "Stop")
    assert "Stopped schedule 1 in <#C1>." in text(home)
    assert "scores" not in str(home.body["blocks"])
    assert slack.open_dm("U1").messages == []


async def test_private_channel_that_lost_the_bot_can_only_be_stopped(workspace: Workspace) -> None:
    await workspace.send(LINE, channel="C2")
    await workspace.slack.remove("C2")
    home = await open_home(workspace)
    assert labels(home) == ["Stop"]
    notices = len(workspace.slack.open_dm("U1").messages)
    home = await press(workspace, home, "Stop")
    assert "Stopped schedule 1 in <#C2>." in text(home)
    assert len(workspace.slack.open_dm("U1").messages) == notices


async def test_button_pressed_after_leaving_does_nothing_but_stop() -> None:
    clock = Clock(NOW)
    async with open_workspace(clock=clock) as workspace:
        await workspace.send(LINE)
        home = await open_home(workspace)
        workspace.slack.leave("C1", user="U1")
        clock.now += timedelta(minutes=2)  # until it is looked up again
        refused = await press(workspace, home, "Pause")
        assert "⚠️ You're not in that channel, so you can only stop this schedule." in text(refused)
        assert labels(refused) == ["Stop"]
        assert "paused" not in str(posts(workspace.slack, "C1"))


async def test_unknown_memberships_leave_only_stop(workspace: Workspace) -> None:
    await workspace.send(LINE)
    workspace.slack.faults["users.conversations"] = Fault(error="missing_scope", times=1)
    home = await open_home(workspace)
    assert "⚠️ Slack didn't tell me which channels you're in" in text(home)
    assert "scores" not in str(home.body["blocks"])
    assert labels(home) == ["Stop"]
    assert labels(await open_home(workspace)) == ["Run now", "Pause", "Change", "Stop"]


async def test_memberships_are_looked_up_once_a_minute(workspace: Workspace) -> None:
    await workspace.send(LINE)
    await press(workspace, await open_home(workspace), "Pause")
    await open_home(workspace)
    calls = [call.arguments for call in workspace.slack.calls if call.method == "users.conversations"]
    assert [(call["user"], call["types"]) for call in calls] == [("U1", "public_channel,private_channel")]


# Who may see and do what


async def test_nobody_can_press_for_the_owner(workspace: Workspace) -> None:
    slack = workspace.slack
    await workspace.send(LINE)
    home = await open_home(workspace)
    await slack.press(home, "Stop", user="U2")
    theirs = await next_home(slack, "U2", None)
    assert "⚠️ This schedule no longer exists." in text(theirs)
    assert labels(await open_home(workspace)) == ["Run now", "Pause", "Change", "Stop"]


async def test_outsiders_get_a_polite_sentence(workspace: Workspace) -> None:
    home = await open_home(workspace, "U9")
    assert text(home) == "I only answer members of this workspace. Ask one of them to share an answer here."


async def test_home_waits_until_slack_says_who_opened_it() -> None:
    clock = Clock(NOW)
    async with open_workspace(clock=clock) as workspace:
        workspace.slack.faults["users.info"] = Fault(error="internal_error", times=1)
        assert "Open this tab again in a minute." in text(await open_home(workspace, "U9"))
        clock.now += timedelta(minutes=2)
        assert "I only answer members of this workspace." in text(await open_home(workspace, "U9"))


async def test_only_allowed_users_see_a_home_if_channels_are_listed() -> None:
    async with open_workspace(allowed_channels="C1", allowed_users="U2") as workspace:
        assert text(await open_home(workspace)) == (
            "I only answer in certain channels. Ask there, or ask an admin for access here."
        )
        assert "Your schedules and alerts" in text(await open_home(workspace, "U2"))


async def test_who_may_not_manage_schedules_gets_no_buttons() -> None:
    with temporary_sqlite() as database:
        async with open_workspace(database) as workspace:
            await workspace.send(LINE)
        async with open_workspace(database, allowed_schedule_managers="U2") as workspace:
            home = await open_home(workspace)
            assert "`scores web/production`" in text(home)
            assert "You don't have permission to manage schedules." in text(home)
            assert labels(home) == []


async def test_posting_to_two_organizations_is_confirmed_first(workspace: Workspace) -> None:
    slack = workspace.slack
    slack.channels["C6"].is_ext_shared = False
    await workspace.send(LINE, channel="C6")
    slack.channels["C6"].is_ext_shared = True
    home = await open_home(workspace)
    assert "People in both would see scores web/production." in text(home)
    home = await press(workspace, home, "Run now")
    assert "Running schedule 1 in <#C6>." in text(home)


async def test_channel_that_became_shared_meanwhile_is_confirmed_first() -> None:
    clock = Clock(NOW)
    async with open_workspace(clock=clock) as workspace:
        await workspace.send(LINE)
        home = await open_home(workspace)
        workspace.slack.channels["C1"].is_ext_shared = True
        clock.now += timedelta(minutes=6)
        home = await press(workspace, home, "Run now")
        assert "⚠️ That channel is shared with another organization now. Press again to confirm." in text(home)
        assert "Last run" not in text(home)
        assert "Running schedule 1" in text(await press(workspace, home, "Run now"))


# Pages


async def test_many_schedules_are_on_several_pages(workspace: Workspace) -> None:
    for hour in range(11):
        await workspace.send(f"every monday {hour}:00 scores web/production")
    first = await open_home(workspace)
    assert "Page 1 of 2." in text(first)
    assert labels(first).count("Stop") == 10
    second = await press(workspace, first, "Next page")
    assert "every Monday at 10:00" in text(second)
    paused = await press(workspace, second, "Pause")
    assert "Page 2 of 2." in text(paused)
    only = await press(workspace, paused, "Stop")
    assert "Page" not in text(only)
    assert labels(only).count("Stop") == 10


# Events


async def test_opening_the_messages_shows_no_home(workspace: Workspace) -> None:
    await workspace.slack.open_home(tab="messages")
    await open_home(workspace, "U2")
    assert list(workspace.slack.homes) == ["U2"]


async def test_event_delivered_twice_shows_the_home_once(workspace: Workspace) -> None:
    opened = await workspace.slack.open_home()
    await next_home(workspace.slack, "U1", None)
    await workspace.slack.redeliver(opened)
    await open_home(workspace, "U2")
    published = [call.arguments["user_id"] for call in workspace.slack.calls if call.method == "views.publish"]
    assert published == ["U1", "U2"]


# What admins see

HEALTHY = """*How I'm doing* (only admins see this)
✅ LaunchDarkly token: accepted
✅ Engineering insights: can read web/production
❔ Last delivery: none yet
✅ Queue: empty"""


async def test_admins_see_how_the_bot_is_doing_for_one_request() -> None:
    async with open_workspace(default_project="web/production", admin_users="U2, U1") as workspace:
        assert HEALTHY in text(await open_home(workspace))
        assert HEALTHY in text(await open_home(workspace, "U2"))
        assert len(workspace.faults.requests) == 1


@pytest.mark.parametrize(
    ("status", "token", "insights"),
    [
        (401, "❌ LaunchDarkly token: LaunchDarkly rejected the bot's access token.", "❔ Engineering insights: not"),
        (403, "✅ LaunchDarkly token: accepted", "❌ Engineering insights: this token or plan has none"),
        (503, "❔ LaunchDarkly token: LaunchDarkly is having problems (503).", "❔ Engineering insights: not checked"),
    ],
)
async def test_admins_see_what_launchdarkly_refuses(status: int, token: str, insights: str) -> None:
    async with open_workspace(default_project="web/production", admin_users="U1") as workspace:
        workspace.faults.status = status
        shown = text(await open_home(workspace))
        assert token in shown
        assert insights in shown
        await open_home(workspace)
        assert len(workspace.faults.requests) == 1


async def test_without_a_default_project_only_the_token_is_checked() -> None:
    async with open_workspace(admin_users="U1") as workspace:
        shown = text(await open_home(workspace))
    assert "✅ LaunchDarkly token: accepted" in shown
    assert "❔ Engineering insights: set `DEFAULT_PROJECT` to check" in shown


async def test_slow_launchdarkly_does_not_hold_up_the_home() -> None:
    async with open_workspace(default_project="web/production", admin_users="U1") as workspace:
        workspace.faults.delay = 2.5
        assert "❔ LaunchDarkly token: LaunchDarkly hasn't answered yet" in text(await open_home(workspace))


@LOOP
async def test_admins_see_the_last_delivery_and_a_stuck_queue(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(admin_users="U1") as scheduler:
        await scheduler.send(LINE)
        await scheduler.send("now 1")
        assert "✅ Queue: 1 run, the oldest due just now" in text(await open_home(scheduler.workspace))
        await scheduler.advance(seconds=1)
        home = text(await open_home(scheduler.workspace))
        assert "✅ Last delivery: <!date^" in home
        assert "✅ Queue: empty" in home
        assert "Last run: ✅" in home
        await scheduler.send("now 1")
        scheduler.clock.now += timedelta(minutes=11)
        assert "❌ Queue: 1 run, the oldest due 11 minutes ago" in text(await open_home(scheduler.workspace))
