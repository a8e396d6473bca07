"""A channel is gone, or closed to the bot: its schedules are paused, whoever owns them is told once, and they go on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack import Fault
from tests.databases import DatabaseFactory
from tests.scheduler_harness import LOOP, SchedulerHarness, SharedEngine
from tests.workspace import visible_text

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
WEEK = timedelta(weeks=1)
SCORES, STATUS = "every monday 9:00 scores web/production", "every monday 9:00 status web/production"
POST = "chat.postMessage"


async def until_told(scheduler: SchedulerHarness, user: str, times: int = 1) -> str:
    """The last that somebody was told directly, once they were told so often."""
    await scheduler.workspace.slack.until(lambda: len(scheduler.direct_messages(user)) == times)
    return scheduler.direct_messages(user)[-1]


@pytest.mark.parametrize(
    ("error", "says", "way_back"),
    [
        ("channel_not_found", "The channel is gone", "Then I go on by myself."),
        ("not_in_channel", "I am not in the channel.", "Type `/invite` and my name there. Then I go on by myself."),
        ("is_archived", "The channel is archived:", "un-archive it. Then I go on by myself."),
        ("restricted_action", "A setting of the workspace", "Then type there: `/insights resume 1`"),
        ("account_inactive", "The app has been removed", "Then type there: `/insights resume 1`"),
        ("token_revoked", "My token was revoked.", "Then type there: `/insights resume 1`"),
    ],
)
async def test_where_it_cannot_post_any_more_its_owner_is_told_once_with_the_way_back(
    scheduler: SchedulerHarness, error: str, says: str, way_back: str
) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error=error, times=1)
    await scheduler.advance_to(MONDAY)
    [told] = scheduler.direct_messages("U1")
    assert "I cannot post in <#C1> any more" in told
    assert "`scores web/production` every Monday at 9:00 (Europe/Berlin)" in told
    assert says in told
    assert way_back in told
    shown = await scheduler.send("schedules")
    assert "⏸️ *Paused.*" in shown
    assert shown.count(says) == 2  # for the eyes and for the ears
    assert says in await scheduler.send("history")
    await scheduler.advance_to(MONDAY + WEEK)
    assert scheduler.posted() == []
    assert len(scheduler.direct_messages("U1")) == 1


async def test_each_owner_is_told_of_all_that_is_theirs(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, user="U1")
    await scheduler.send(STATUS, user="U1")
    await scheduler.send("every friday 9:00 deploys web/production", user="U2")
    await scheduler.workspace.slack.archive("C1")
    first, second = await until_told(scheduler, "U1"), await until_told(scheduler, "U2")
    assert "`scores web/production`" in first
    assert "`status web/production`" in first
    assert "`deploys web/production`" not in first
    assert "`deploys web/production`" in second


async def test_an_invitation_lets_it_go_on_and_that_is_said_in_the_channel(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.workspace.slack.remove("C1")
    await until_told(scheduler, "U1")
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    await scheduler.workspace.slack.invite("C1")
    await scheduler.workspace.slack.until(scheduler.posted)
    [back] = scheduler.posted()
    assert "I am back, and go on with what was asked of me here" in visible_text(back)
    assert "`scores web/production` every Monday at 9:00 (Europe/Berlin)" in visible_text(back)
    assert "Mon 30 Nov 2026, 09:00" in visible_text(back)
    await scheduler.advance_to(MONDAY + WEEK)
    assert len(scheduler.posted()) == 2
    assert len(scheduler.direct_messages("U1")) == 1


async def test_a_private_channel_is_lost_and_comes_back(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, channel="C2")
    await scheduler.workspace.slack.remove("C2")
    assert "I cannot post in <#C2> any more" in await until_told(scheduler, "U1")
    await scheduler.workspace.slack.invite("C2")
    await scheduler.workspace.slack.until(lambda: scheduler.posted("C2"))
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted("C2")) == 2


async def test_what_is_un_archived_goes_on(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.workspace.slack.archive("C1")
    assert "The channel is archived: un-archive it." in await until_told(scheduler, "U1")
    await scheduler.workspace.slack.unarchive("C1")
    await scheduler.workspace.slack.until(scheduler.posted)
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted()) == 2


async def test_of_a_channel_that_is_deleted_its_owner_hears(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.workspace.slack.delete_channel("C1")
    assert "The channel is gone" in await until_told(scheduler, "U1")


async def test_what_somebody_has_paused_stays_so_when_the_bot_comes_back(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.send(STATUS)
    await scheduler.send("pause 1")
    await scheduler.workspace.slack.remove("C1")
    assert "`scores web/production`" not in await until_told(scheduler, "U1")
    await scheduler.workspace.slack.invite("C1")
    await scheduler.workspace.slack.until(scheduler.posted)
    assert "`status web/production`" in visible_text(scheduler.posted()[0])
    assert "`scores web/production`" not in visible_text(scheduler.posted()[0])


async def test_what_was_ordered_where_the_bot_never_was_begins_when_it_is_invited(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, channel="C3")
    await scheduler.advance_to(MONDAY)
    assert "I am not in the channel." in scheduler.direct_messages("U1")[0]
    await scheduler.workspace.slack.invite("C3")
    await scheduler.workspace.slack.until(lambda: scheduler.posted("C3"))
    await scheduler.advance_to(MONDAY + WEEK)
    assert "Release maturity" in visible_text(scheduler.posted("C3")[-1])
    assert "What was due on 23 Nov 2026 did not come" in visible_text(scheduler.posted("C3")[-1])


async def test_what_no_event_ends_goes_on_by_hand(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="restricted_action", times=1)
    await scheduler.advance_to(MONDAY)
    assert "Mon 30 Nov 2026, 09:00" in await scheduler.send("resume 1", user="U2")
    await scheduler.advance_to(MONDAY + WEEK)
    assert len(scheduler.posted()) == 1
    assert "Paused" not in await scheduler.send("schedules")


@pytest.mark.parametrize(
    "weather",
    [Fault(status=500, times=1), Fault(status=429, retry_after=1, times=1), Fault(reset=True, times=1)],
    ids=["broken", "limited", "reset"],
)
async def test_what_passes_pauses_nothing(scheduler: SchedulerHarness, weather: Fault) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = replace(weather)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=1)
    assert len(scheduler.posted()) == 1
    assert scheduler.direct_messages("U1") == []
    assert "Paused" not in await scheduler.send("schedules")


async def test_a_token_that_is_of_no_use_tells_nobody_and_breaks_nothing(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="token_revoked")
    await scheduler.advance_to(MONDAY)
    assert scheduler.direct_messages("U1") == []
    assert "My token was revoked." in await scheduler.send("schedules")


async def test_a_channel_or_a_project_that_the_settings_allow_no_more_gets_nothing(
    shared_engine: SharedEngine, databases: DatabaseFactory
) -> None:
    database = databases()
    async with shared_engine.open_scheduler(database.url) as desk:
        await desk.send(SCORES, channel="C1")
        await desk.send("every monday 9:00 scores mobile/production", channel="C2")
    async with shared_engine.open_scheduler(database.url, allowed_channels="C2,C3", allowed_projects="web") as desk:
        await desk.advance_to(MONDAY)
        assert desk.posted("C1") == desk.posted("C2") == []
        assert "I am not to tell about the project mobile." in await desk.send("history", channel="C2")
    async with shared_engine.open_scheduler(database.url, MONDAY) as desk:
        assert "failed · The settings do not let me answer in this channel." in await desk.send("history")
