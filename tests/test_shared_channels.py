"""In a channel that another organization reads, whatever the bot would post there is asked about first."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.sandbox.slack import Fault, Message, Slack
from bot.sandbox.slack.elements import find_elements
from bot.slack.shared_channels import SharedChannels
from tests.sandbox_slack import Clock, web_client
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.workspace import Workspace, open_workspace, visible_text

pytestmark = LOOP

HERE = "C6"  # which Quayside Partners read
BUTTON = "Post here anyway"
WARNING = "This channel is shared with another organization."
EVERY = "every monday 9:00 scores web/production"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


def asks(message: Message) -> bool:
    """Whether a message, which one person sees, asks before anything is posted."""
    labels = [found.label for found in find_elements(message.blocks, ("button",))]
    return WARNING in visible_text(message) and labels == [BUTTON] and message.to == "U1"


def posted(slack: Slack) -> list[str]:
    return [visible_text(message) for message in slack.channels[HERE].messages]


async def confirmed(found: Workspace, asked: Message) -> Message:
    """What comes of it when it is done all the same; the message that asked is gone, or that answer stands there."""
    answer = await found.press(asked, BUTTON)
    await found.slack.until(lambda: asked.deleted or answer is asked)
    return answer


# Sharing.


@pytest_asyncio.fixture(name="bureau", loop_scope="module")
async def a_bureau() -> AsyncIterator[Workspace]:
    async with open_workspace() as found:
        yield found


async def test_share_option_asks_first(bureau: Workspace) -> None:
    asked = await bureau.send("scores web/production --share", channel=HERE)
    assert asks(asked)
    assert "`scores web/production`, posted here now" in visible_text(asked)
    assert posted(bureau.slack) == []
    await confirmed(bureau, asked)
    [shared] = posted(bureau.slack)
    assert "Release maturity" in shared
    assert "Shared by <@U1>" in shared
    assert len(bureau.faults.requests) == 1


async def test_share_button_asks_first_and_shares_what_was_seen(bureau: Workspace) -> None:
    seen = await bureau.send("status web/production", channel=HERE)
    asked = await bureau.press(seen, "Share to channel")
    assert asks(asked)
    assert posted(bureau.slack) == []
    await confirmed(bureau, asked)
    [shared] = bureau.slack.channels[HERE].messages
    tables = [[b for b in message.blocks if b["type"] == "data_table"] for message in (seen, shared)]
    assert tables[0] == tables[1]
    assert len(bureau.faults.requests) == 1


async def test_an_answer_shared_before_is_not_shared_again(bureau: Workspace) -> None:
    seen = await bureau.send("scores web/production", channel=HERE)
    first, second = [await bureau.press(seen, "Share to channel") for _ in range(2)]
    await confirmed(bureau, first)
    again = await confirmed(bureau, second)
    assert "shared in the channel already" in visible_text(again)
    assert again is second
    assert len(posted(bureau.slack)) == 1


@pytest.mark.parametrize("line", ["help", "scores web/production", "scors --share", "use web/production", "schedules"])
async def test_what_is_for_one_person_does_not_ask(bureau: Workspace, line: str) -> None:
    answer = await bureau.send(line, channel=HERE)
    assert answer.to == "U1"
    assert WARNING not in visible_text(answer)
    assert "conversations.info" not in [call.method for call in bureau.slack.calls]


async def test_a_channel_of_ones_own_does_not_ask(bureau: Workspace) -> None:
    await bureau.send("scores web/production --share", channel="C1")
    assert len(bureau.slack.channels["C1"].messages) == 1


# Scheduling.


@pytest.mark.parametrize(
    ("line", "posts"),
    [
        ("every tuesday 9:00 status web/production", "`status web/production`, posted here every Tuesday at 9:00"),
        ("watch on events web/production", "`events web/production`, posted here whenever there is something new"),
        ("change 1 friday 10:00", "`scores web/production`, posted here every Friday at 10:00"),
        ("change 1 status web/production", "`status web/production`, posted here every Monday at 9:00"),
        ("now 1", "`scores web/production`, posted here now"),
        ("resume 1", "`scores web/production`, posted here every Monday at 9:00"),
    ],
)
async def test_commands_that_post_ask_first(scheduler: SchedulerHarness, line: str, posts: str) -> None:
    await confirmed(scheduler.workspace, await scheduler.workspace.send(EVERY, channel=HERE))
    if line == "resume 1":
        await scheduler.send("pause 1", channel=HERE)
    before, listed = posted(scheduler.workspace.slack), await scheduler.send("schedules", channel=HERE)
    asked = await scheduler.workspace.send(line, channel=HERE)
    assert asks(asked)
    assert posts in visible_text(asked)
    assert posted(scheduler.workspace.slack) == before
    assert await scheduler.send("schedules", channel=HERE) == listed
    await confirmed(scheduler.workspace, asked)
    assert await scheduler.send("schedules", channel=HERE) != listed
    assert len(posted(scheduler.workspace.slack)) == len(before) + (
        line != "now 1"
    )  # which says so where it was confirmed


@pytest.mark.parametrize(
    ("line", "button"),
    [(EVERY, "Send one now"), ("pause 1", "Resume"), ("watch flag new-checkout web/production", "Watch it")],
)
async def test_buttons_that_post_ask_first(scheduler: SchedulerHarness, line: str, button: str) -> None:
    made = await confirmed(scheduler.workspace, await scheduler.workspace.send(EVERY, channel=HERE))
    message = made if line == EVERY else await scheduler.workspace.send(line, channel=HERE)
    before = posted(scheduler.workspace.slack)
    asked = await scheduler.workspace.press(message, button, user="U1")
    assert asks(asked)
    assert posted(scheduler.workspace.slack) == before
    assert not asks(await confirmed(scheduler.workspace, asked))


async def test_the_form_asks_first(scheduler: SchedulerHarness) -> None:
    slack = scheduler.workspace.slack
    made = await confirmed(scheduler.workspace, await scheduler.workspace.send(EVERY, channel=HERE))
    await slack.press(made, "Change", user="U1")
    await slack.until(lambda: slack.views)
    await slack.submit(slack.views[0], {"days": "tuesday"})
    await slack.until(lambda: slack.ephemeral["U1"] and asks(slack.ephemeral["U1"][-1]))
    asked = slack.ephemeral["U1"][-1]
    assert "posted here every Tuesday at 9:00" in visible_text(asked)
    assert "has changed number 1" in visible_text(await confirmed(scheduler.workspace, asked))


async def test_commands_that_post_nothing_do_not_ask(scheduler: SchedulerHarness) -> None:
    await confirmed(scheduler.workspace, await scheduler.workspace.send(EVERY, channel=HERE))
    for line in ("watch events web/production", "history", "snooze 1", "pause 1", "stop 1"):
        assert WARNING not in await scheduler.send(line, channel=HERE)


async def test_what_fails_after_it_was_confirmed_says_so_in_its_place(scheduler: SchedulerHarness) -> None:
    first, second = [await scheduler.workspace.send(EVERY, channel=HERE) for _ in range(2)]
    await confirmed(scheduler.workspace, first)
    failed = await confirmed(scheduler.workspace, second)
    assert failed is second
    assert "That is asked here already" in visible_text(failed)


async def test_what_was_confirmed_is_posted_at_its_time(scheduler: SchedulerHarness) -> None:
    await scheduler.workspace.send(EVERY, channel=HERE)
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted(HERE) == []
    await confirmed(scheduler.workspace, await scheduler.workspace.send(EVERY, channel=HERE))
    await scheduler.advance_to(MONDAY + timedelta(weeks=1))
    assert len(scheduler.posted(HERE)) == 1


async def test_who_may_not_schedule_is_not_asked(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(allowed_schedulers="U2") as desk:
        assert "You are not among those" in await desk.send(EVERY, channel=HERE, user="U1")


# How it is known.


INFO = "conversations.info"


async def test_slack_is_asked_every_few_minutes() -> None:
    clock = Clock()
    slack = Slack(clock)
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        shared = SharedChannels(client, clock)
        assert [await shared.is_shared(channel) for channel in ("C1", HERE, "C1", HERE)] == [False, True, False, True]
        assert [call.method for call in slack.calls] == [INFO, INFO]
        slack.channels["C1"].is_ext_shared = True
        assert not await shared.is_shared("C1")
        clock.advance(minutes=5)
        assert await shared.is_shared("C1")


@pytest.mark.parametrize("trouble", [Fault(status=500), Fault(error="ratelimited"), Fault(body="<html>")])
async def test_what_slack_does_not_tell_stays_as_it_was(trouble: Fault) -> None:
    clock = Clock()
    slack = Slack(clock)
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        shared = SharedChannels(client, clock)
        assert await shared.is_shared(HERE)
        slack.faults[INFO] = trouble
        clock.advance(minutes=5)
        assert await shared.is_shared(HERE)
        assert not await shared.is_shared("C1")
        assert not await shared.is_shared("C4")  # private, and without the bot
        asked = len(slack.calls)
        assert not await shared.is_shared("C1")
        assert len(slack.calls) == asked
        del slack.faults[INFO]
        slack.channels["C1"].is_ext_shared = True
        clock.advance(seconds=30)
        assert await shared.is_shared("C1")


async def test_few_channels_are_remembered() -> None:
    slack = Slack(Clock())
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        shared = SharedChannels(client, slack.now, max_channels=2)
        for channel in ("C1", "C2", HERE, HERE, "C2", "C1"):
            await shared.is_shared(channel)
        assert [call.arguments["channel"] for call in slack.calls] == ["C1", "C2", HERE, "C1"]
