"""Schedules of a lost or closed channel are paused, their owner is notified once, and they resume later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack import Fault
from tests.databases import DatabaseFactory
from tests.scheduler_harness import LOOP, SchedulerHarness, SharedEngine
from tests.workspace import visible_text

pytestmark = LOOP
DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 9:00 in Berlin
WEEK = timedelta(weeks=1)
SCORES, STATUS = "every monday 9:00 scores web/production", "every monday 9:00 status web/production"
POST = "chat.postMessage"


async def wait_for_dm(scheduler: SchedulerHarness, user: str, times: int = 1) -> str:
    """Wait until a person has this many direct messages, and return the last."""
    await scheduler.workspace.slack.until(lambda: len(scheduler.direct_messages(user)) == times)
    return scheduler.direct_messages(user)[-1]


@pytest.mark.parametrize(
    ("error", "reason", "how_to_resume"),
    [
        ("channel_not_found", "The channel is gone", "Your schedules resume as soon as I can post there again."),
        (
            "not_in_channel",
            "I'm not in the channel.",
            "Invite me there with `/invite @insights`. Your schedules resume as soon as I can post there again.",
        ),
        (
            "is_archived",
            "The channel is archived.",
            "Ask someone to unarchive it. Your schedules resume as soon as I can post there again.",
        ),
        ("restricted_action", "A workspace setting", "Then run in that channel: `/insights resume 1`"),
        ("account_inactive", "The app was removed", "Then run in that channel: `/insights resume 1`"),
        ("token_revoked", "My token was revoked.", "Then run in that channel: `/insights resume 1`"),
    ],
)
async def test_lost_channel_notifies_owner_once_with_how_to_resume(
    scheduler: SchedulerHarness, error: str, reason: str, how_to_resume: str
) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.scopes.discard("channels:join")
    scheduler.workspace.slack.faults[POST] = Fault(error=error, times=1)
    await scheduler.advance_to(MONDAY)
    [dm] = scheduler.direct_messages("U1")
    assert "I can no longer post in <#C1>" in dm
    assert "`scores web/production` every Monday at 9:00 (Europe/Berlin)" in dm
    assert reason in dm
    assert how_to_resume in dm
    shown = await scheduler.send("schedules")
    assert "⏸️ *Paused.*" in shown
    assert shown.count(reason) == 2  # in the blocks and in the text for screen readers
    assert reason in await scheduler.send("history")
    await scheduler.advance_to(MONDAY + WEEK)
    assert scheduler.posted() == []
    assert len(scheduler.direct_messages("U1")) == 1


async def test_each_owner_is_notified_of_their_own_schedules(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, user="U1")
    await scheduler.send(STATUS, user="U1")
    await scheduler.send("every friday 9:00 deploys web/production", user="U2")
    await scheduler.workspace.slack.archive("C1")
    first, second = await wait_for_dm(scheduler, "U1"), await wait_for_dm(scheduler, "U2")
    assert "`scores web/production`" in first
    assert "`status web/production`" in first
    assert "`deploys web/production`" not in first
    assert "`deploys web/production`" in second


async def test_invitation_resumes_schedules_and_says_so_in_the_channel(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.workspace.slack.remove("C1")
    await wait_for_dm(scheduler, "U1")
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    await scheduler.workspace.slack.invite("C1")
    await scheduler.workspace.slack.until(scheduler.posted)
    [notice] = scheduler.posted()
    assert "I'm back. These schedules are running again:" in visible_text(notice)
    assert "`scores web/production` every Monday at 9:00 (Europe/Berlin)" in visible_text(notice)
    assert "Mon 30 Nov 2026, 09:00" in visible_text(notice)
    await scheduler.advance_to(MONDAY + WEEK)
    assert len(scheduler.posted()) == 2
    assert len(scheduler.direct_messages("U1")) == 1


async def test_owner_can_add_the_bot_to_a_public_channel_again(scheduler: SchedulerHarness) -> None:
    slack = scheduler.workspace.slack
    await scheduler.send(SCORES)
    await slack.remove("C1")
    await slack.until(lambda: slack.open_dm("U1").messages)
    [message] = slack.open_dm("U1").messages
    assert "I'm not in the channel. Your schedules resume as soon as I can post there again." in visible_text(message)
    assert "/invite" not in visible_text(message)
    await slack.press(message, "Add me to this channel", user="U1")
    await slack.until(scheduler.posted)
    assert "I'm back. These schedules are running again:" in visible_text(scheduler.posted()[0])


async def test_private_channel_is_paused_and_resumed(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, channel="C2")
    await scheduler.workspace.slack.remove("C2")
    assert "I can no longer post in <#C2>" in await wait_for_dm(scheduler, "U1")
    await scheduler.workspace.slack.invite("C2")
    await scheduler.workspace.slack.until(lambda: scheduler.posted("C2"))
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted("C2")) == 2


async def test_unarchived_channel_resumes(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.workspace.slack.archive("C1")
    assert "The channel is archived. Ask someone to unarchive it." in await wait_for_dm(scheduler, "U1")
    await scheduler.workspace.slack.unarchive("C1")
    await scheduler.workspace.slack.until(scheduler.posted)
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted()) == 2


async def test_owner_is_notified_of_a_deleted_channel(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.workspace.slack.delete_channel("C1")
    assert "The channel is gone" in await wait_for_dm(scheduler, "U1")


async def test_schedule_paused_by_a_person_stays_paused_on_return(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.send(STATUS)
    await scheduler.send("pause 1")
    await scheduler.workspace.slack.remove("C1")
    assert "`scores web/production`" not in await wait_for_dm(scheduler, "U1")
    await scheduler.workspace.slack.invite("C1")
    await scheduler.workspace.slack.until(scheduler.posted)
    assert "`status web/production`" in visible_text(scheduler.posted()[0])
    assert "`scores web/production`" not in visible_text(scheduler.posted()[0])


async def test_schedule_of_an_unjoined_channel_starts_on_invitation(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, channel="C3")
    await scheduler.advance_to(MONDAY)
    assert "I'm not in the channel." in scheduler.direct_messages("U1")[0]
    await scheduler.workspace.slack.invite("C3")
    await scheduler.workspace.slack.until(lambda: scheduler.posted("C3"))
    await scheduler.advance_to(MONDAY + WEEK)
    assert "Release maturity" in visible_text(scheduler.posted("C3")[-1])
    assert "Missed run: 23 Nov 2026." in visible_text(scheduler.posted("C3")[-1])


async def test_restricted_channel_is_resumed_by_command(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="restricted_action", times=1)
    await scheduler.advance_to(MONDAY)
    assert "Mon 30 Nov 2026, 09:00" in await scheduler.send("resume 1", user="U2")
    await scheduler.advance_to(MONDAY + WEEK)
    assert len(scheduler.posted()) == 1
    assert "Paused" not in await scheduler.send("schedules")


@pytest.mark.parametrize(
    "fault",
    [Fault(status=500, times=1), Fault(status=429, retry_after=1, times=1), Fault(reset=True, times=1)],
    ids=["broken", "limited", "reset"],
)
async def test_transient_failure_pauses_nothing(scheduler: SchedulerHarness, fault: Fault) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = replace(fault)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=1)
    assert len(scheduler.posted()) == 1
    assert scheduler.direct_messages("U1") == []
    assert "Paused" not in await scheduler.send("schedules")


async def test_revoked_token_pauses_without_notifying(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="token_revoked")
    await scheduler.advance_to(MONDAY)
    assert scheduler.direct_messages("U1") == []
    assert "My token was revoked." in await scheduler.send("schedules")


async def test_disallowed_channel_or_project_gets_no_posts(
    shared_engine: SharedEngine, databases: DatabaseFactory
) -> None:
    database = databases()
    async with shared_engine.open_scheduler(database.url) as scheduler:
        await scheduler.send(SCORES, channel="C1")
        await scheduler.send("every monday 9:00 scores mobile/production", channel="C2")
    async with shared_engine.open_scheduler(
        database.url, allowed_channels="C2,C3", allowed_projects="web"
    ) as scheduler:
        await scheduler.advance_to(MONDAY)
        assert scheduler.posted("C1") == scheduler.posted("C2") == []
        assert "I can't read the project mobile here." in await scheduler.send("history", channel="C2")
    async with shared_engine.open_scheduler(database.url, MONDAY) as scheduler:
        assert "failed · The bot's settings don't allow this channel." in await scheduler.send("history")
