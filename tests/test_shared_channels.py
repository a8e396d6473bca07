"""In a channel shared with another organization, the bot asks before it posts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.sandbox.slack import Fault, Message, Slack
from bot.sandbox.slack.elements import find_elements
from bot.slack.directory import SlackDirectory
from tests.conversation import UTC_ZONE
from tests.form_filling import open_form, save
from tests.sandbox_slack import Clock, web_client
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.workspace import Workspace, open_workspace, visible_text

pytestmark = LOOP
DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

SHARED = "C6"  # with Quayside Partners
BUTTON = "Post here anyway"
WARNING = "This channel is shared with another organization."
WEEKLY = "every monday 9:00 scores web/production"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


def asks_to_confirm(message: Message) -> bool:
    """Tell whether an ephemeral message to U1 asks for confirmation."""
    labels = [found.label for found in find_elements(message.blocks, ("button",))]
    return WARNING in visible_text(message) and labels == [BUTTON] and message.to == "U1"


def posted(slack: Slack) -> list[str]:
    return [visible_text(message) for message in slack.channels[SHARED].messages]


async def confirm(workspace: Workspace, warning: Message) -> Message:
    """Press the button; the answer replaces the warning, or the warning is deleted."""
    answer = await workspace.press(warning, BUTTON)
    await workspace.slack.until(lambda: warning.deleted or answer is warning)
    return answer


# Sharing


@pytest_asyncio.fixture(name="workspace", loop_scope="module")
async def a_workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as workspace:
        yield workspace


async def test_share_option_asks_first(workspace: Workspace) -> None:
    warning = await workspace.send("scores web/production --share", channel=SHARED)
    assert asks_to_confirm(warning)
    assert "`scores web/production`, posted here now" in visible_text(warning)
    assert posted(workspace.slack) == []
    await confirm(workspace, warning)
    [shared] = posted(workspace.slack)
    assert "Release maturity" in shared
    assert "Shared by <@U1>" in shared
    assert len(workspace.faults.requests) == 1


async def test_share_button_asks_first_and_shares_the_seen_answer(workspace: Workspace) -> None:
    seen = await workspace.send("compare web/production,staging", channel=SHARED)
    requests = len(workspace.faults.requests)
    warning = await workspace.press(seen, "Share to channel")
    assert asks_to_confirm(warning)
    assert posted(workspace.slack) == []
    await confirm(workspace, warning)
    [shared] = workspace.slack.channels[SHARED].messages
    tables = [[b for b in message.blocks if b["type"] == "data_table"] for message in (seen, shared)]
    assert tables[0] == tables[1]
    assert len(workspace.faults.requests) == requests


async def test_answer_is_shared_only_once(workspace: Workspace) -> None:
    seen = await workspace.send("scores web/production", channel=SHARED)
    first, second = [await workspace.press(seen, "Share to channel") for _ in range(2)]
    await confirm(workspace, first)
    again = await confirm(workspace, second)
    assert "Already shared in this channel." in visible_text(again)
    assert again is second
    assert len(posted(workspace.slack)) == 1


@pytest.mark.parametrize("line", ["help", "scores web/production", "scors --share", "use web/production", "schedules"])
async def test_lines_that_post_nothing_do_not_ask(workspace: Workspace, line: str) -> None:
    answer = await workspace.send(line, channel=SHARED)
    assert answer.to == "U1"
    assert WARNING not in visible_text(answer)
    assert "conversations.info" not in [call.method for call in workspace.slack.calls]


async def test_unshared_channel_does_not_ask(workspace: Workspace) -> None:
    await workspace.send("scores web/production --share", channel="C1")
    assert len(workspace.slack.channels["C1"].messages) == 1


# Scheduling


@pytest.mark.parametrize(
    ("line", "described"),
    [
        ("every tuesday 9:00 status web/production", "`status web/production`, posted here every Tuesday at 9:00"),
        ("watch on events web/production", "`events web/production`, posted here when there's a large change"),
        ("change 1 friday 10:00", "`scores web/production`, posted here every Friday at 10:00"),
        ("change 1 status web/production", "`status web/production`, posted here every Monday at 9:00"),
        ("now 1", "`scores web/production`, posted here now"),
        ("resume 1", "`scores web/production`, posted here every Monday at 9:00"),
    ],
)
async def test_commands_that_post_ask_first(scheduler: SchedulerHarness, line: str, described: str) -> None:
    await confirm(scheduler.workspace, await scheduler.workspace.send(WEEKLY, channel=SHARED))
    if line == "resume 1":
        await scheduler.send("pause 1", channel=SHARED)
    before, listed = posted(scheduler.workspace.slack), await scheduler.send("schedules", channel=SHARED)
    warning = await scheduler.workspace.send(line, channel=SHARED)
    assert asks_to_confirm(warning)
    assert described in visible_text(warning)
    assert posted(scheduler.workspace.slack) == before
    assert await scheduler.send("schedules", channel=SHARED) == listed
    await confirm(scheduler.workspace, warning)
    assert await scheduler.send("schedules", channel=SHARED) != listed
    is_new = line.startswith(("every", "watch"))  # others update the schedule's message
    assert len(posted(scheduler.workspace.slack)) == len(before) + is_new


@pytest.mark.parametrize(
    ("line", "button"),
    [("pause 1", "Send one now"), ("pause 1", "Resume"), ("watch flag new-checkout web/production", "Turn on alerts")],
)
async def test_buttons_that_post_ask_first(scheduler: SchedulerHarness, line: str, button: str) -> None:
    schedule = await confirm(scheduler.workspace, await scheduler.workspace.send(WEEKLY, channel=SHARED))
    reply = await scheduler.workspace.send(line, channel=SHARED)
    message = reply if line.startswith("watch") else schedule
    before = posted(scheduler.workspace.slack)
    warning = await scheduler.workspace.press(message, button, user="U1")
    assert asks_to_confirm(warning)
    assert posted(scheduler.workspace.slack) == before
    assert not asks_to_confirm(await confirm(scheduler.workspace, warning))


async def test_edit_form_asks_first(scheduler: SchedulerHarness) -> None:
    slack = scheduler.workspace.slack
    schedule = await confirm(scheduler.workspace, await scheduler.workspace.send(WEEKLY, channel=SHARED))
    await save(slack, await open_form(slack, schedule, "Change", user="U1"), Days="Tuesday")
    await slack.until(lambda: slack.ephemeral["U1"] and asks_to_confirm(slack.ephemeral["U1"][-1]))
    warning = slack.ephemeral["U1"][-1]
    assert "posted here every Tuesday at 9:00" in visible_text(warning)
    assert "changed schedule 1" in visible_text(await confirm(scheduler.workspace, warning))


async def test_commands_that_post_nothing_do_not_ask(scheduler: SchedulerHarness) -> None:
    await confirm(scheduler.workspace, await scheduler.workspace.send(WEEKLY, channel=SHARED))
    for line in ("watch events web/production", "history", "snooze 1", "pause 1", "stop 1"):
        assert WARNING not in await scheduler.send(line, channel=SHARED)


async def test_failure_after_confirmation_replaces_the_question(scheduler: SchedulerHarness) -> None:
    first, second = [await scheduler.workspace.send(WEEKLY, channel=SHARED) for _ in range(2)]
    await confirm(scheduler.workspace, first)
    failed = await confirm(scheduler.workspace, second)
    assert failed is second
    assert "already scheduled here" in visible_text(failed)


async def test_confirmed_schedule_is_posted_on_time(scheduler: SchedulerHarness) -> None:
    await scheduler.workspace.send(WEEKLY, channel=SHARED)
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted(SHARED) == []
    await confirm(scheduler.workspace, await scheduler.workspace.send(WEEKLY, channel=SHARED))
    await scheduler.advance_to(MONDAY + timedelta(weeks=1))
    assert len(scheduler.posted(SHARED)) == 1


async def test_disallowed_user_is_refused_without_asking(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(allowed_schedule_managers="U2") as scheduler:
        assert "You don't have permission to manage schedules." in await scheduler.send(
            WEEKLY, channel=SHARED, user="U1"
        )


# Lookup in Slack


INFO = "conversations.info"


async def test_channel_info_is_cached_for_five_minutes() -> None:
    clock = Clock()
    slack = Slack(clock)
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        shared = SlackDirectory(client, UTC_ZONE, clock)
        assert [await shared.is_shared(id_) for id_ in ("C1", SHARED, "C1", SHARED)] == [
            False,
            True,
            False,
            True,
        ]
        assert [call.method for call in slack.calls] == [INFO, INFO]
        slack.channels["C1"].is_ext_shared = True
        assert not await shared.is_shared("C1")
        clock.advance(minutes=5)
        assert await shared.is_shared("C1")


async def test_direct_messages_are_never_looked_up() -> None:
    slack = Slack(Clock())
    channel = slack.open_dm("U1").id
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        assert not await SlackDirectory(client, UTC_ZONE, slack.now).is_shared(channel)
    assert slack.calls == []


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(error="ratelimited"), Fault(body="<html>")])
async def test_failed_lookup_keeps_the_last_known_state(fault: Fault) -> None:
    clock = Clock()
    slack = Slack(clock)
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        shared = SlackDirectory(client, UTC_ZONE, clock)
        assert await shared.is_shared(SHARED)
        slack.faults[INFO] = fault
        clock.advance(minutes=5)
        assert await shared.is_shared(SHARED)
        assert not await shared.is_shared("C1")
        assert not await shared.is_shared("C4")  # private, and the bot isn't a member
        calls = len(slack.calls)
        assert not await shared.is_shared("C1")
        assert len(slack.calls) == calls
        del slack.faults[INFO]
        slack.channels["C1"].is_ext_shared = True
        clock.advance(seconds=30)
        assert await shared.is_shared("C1")


async def test_cache_has_a_maximum_size() -> None:
    slack = Slack(Clock())
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        shared = SlackDirectory(client, UTC_ZONE, slack.now, max_cached=2)
        for channel in ("C1", "C2", SHARED, SHARED, "C2", "C1"):
            await shared.is_shared(channel)
        assert [call.arguments["channel"] for call in slack.calls] == ["C1", "C2", SHARED, "C1"]
