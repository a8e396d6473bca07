"""What is due is delivered once and in time, or it is said why not: whatever Slack and LaunchDarkly do meanwhile."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack import Fault
from bot.sandbox.slack.message import Message
from bot.slack.publisher import EVENT_TYPE
from tests.golden_cases import CASES
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.workspace import visible_text

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
SCORES, DIGEST = "every monday 9:00 scores web/production", "every monday 9:00 digest web/production"
POST = "chat.postMessage"


@dataclass
class Second(Fault):
    """Weather that only the second request meets, and those that follow while it lasts."""

    fair: int = 1

    def consume(self) -> bool:
        self.fair -= 1
        return self.fair < 0 and super().consume()


async def everything(scheduler: SchedulerHarness) -> tuple[Message, list[Message]]:
    """The one digest that stands in the channel, and what stands below it."""
    [digest] = scheduler.posted()
    return digest, scheduler.thread_replies(digest)


# What is delivered.


async def test_the_details_of_a_digest_stand_below_it_in_their_order(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    await scheduler.advance_to(MONDAY)
    digest, details = await everything(scheduler)
    assert "Weekly digest · web/production" in visible_text(digest)
    assert [message.blocks[0]["text"]["text"] for message in details] == [
        "Scores",
        "Large-impact changes",
        "Flag status",
    ]


async def test_each_message_bears_the_key_of_its_slot(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    await scheduler.advance_to(MONDAY)
    digest, details = await everything(scheduler)
    told = [message.metadata or {} for message in (digest, *details)]
    assert {metadata["event_type"] for metadata in told} == {EVENT_TYPE}
    keys = [metadata["event_payload"]["key"] for metadata in told]
    assert [key.partition("@")[2] for key in keys] == [f"{int(MONDAY.timestamp())}#{part}" for part in range(4)]


async def test_where_nothing_moved_a_single_line_proves_that_it_was_looked(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every monday 9:00 digest platform/production quiet=on-change")
    await scheduler.advance_to(MONDAY)
    digest, details = await everything(scheduler)
    assert details == []
    assert "no large-impact change, no score moved" in visible_text(digest)
    assert "Mon 30 Nov 2026, 09:00" in visible_text(digest)
    assert "delivered: nothing had moved" in await scheduler.send("history")


async def test_unless_it_is_to_be_quiet_it_always_speaks(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every monday 9:00 digest platform/production")
    await scheduler.advance_to(MONDAY)
    digest, details = await everything(scheduler)
    assert "Weekly digest · platform/production" in visible_text(digest)
    assert details


async def test_a_part_that_cannot_be_had_is_said_in_its_place(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.faults.status, scheduler.workspace.faults.path_contains = 403, "flag-events"
    await scheduler.advance_to(MONDAY)
    digest, details = await everything(scheduler)
    assert "*Large-impact changes* cannot be had." in visible_text(digest)
    assert "Release maturity" in visible_text(digest)
    assert len(details) == 2


async def test_the_largest_digest_fits_with_what_stands_below_it(scheduler_factory: OpenScheduler) -> None:
    [more] = [case.edit for case in CASES if (case.question, case.name) == ("digest", "more")]
    async with scheduler_factory(edit=more) as desk:
        await desk.send(DIGEST)
        await desk.advance_to(MONDAY)
        digest, details = await everything(desk)
        assert "🔁 Comes every Monday" in visible_text(digest)
        assert details


async def test_a_workspace_without_charts_gets_them_in_characters(scheduler: SchedulerHarness) -> None:
    scheduler.workspace.slack.charts = False
    await scheduler.send(DIGEST)
    await scheduler.advance_to(MONDAY)
    digest, details = await everything(scheduler)
    assert "data_visualization" not in {block["type"] for block in digest.blocks}
    assert len(details) == 3


async def test_what_several_channels_want_is_asked_once_and_delivered_to_each(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, channel="C1")
    await scheduler.send(SCORES, channel="C2")
    scheduler.workspace.faults.requests.clear()
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted("C1")) == len(scheduler.posted("C2")) == 1
    assert len(scheduler.workspace.faults.requests) == 1


# Slack.


async def test_what_arrived_unseen_is_found_and_not_posted_again(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(drop_response=True, times=1)
    await scheduler.advance_to(MONDAY)
    assert "on its way" in await scheduler.send("history")
    await scheduler.advance(seconds=20)
    [posted] = scheduler.posted()
    assert f"p{posted.ts.replace('.', '')}|delivered>" in await scheduler.send("history")


async def test_what_may_have_arrived_and_cannot_be_looked_for_is_not_posted_again(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.scopes.remove("channels:history")
    scheduler.workspace.slack.faults[POST] = Fault(reset=True, times=1)
    await scheduler.advance_to(MONDAY)
    for _ in range(5):
        await scheduler.advance(minutes=10)
    assert scheduler.posted() == []
    shown = await scheduler.send("history")
    assert "perhaps delivered · It may have been posted. I may not look, and do not post twice." in shown


async def test_what_did_not_arrive_is_posted_as_soon_as_that_is_sure(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(status=500, times=1)
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    await scheduler.advance(seconds=20)
    assert len(scheduler.posted()) == 1


@pytest.mark.parametrize(
    "weather", [Second(status=500, times=1), Second(drop_response=True, times=1), Second(status=429, times=1)]
)
async def test_a_thread_that_was_cut_is_completed(scheduler: SchedulerHarness, weather: Second) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.faults[POST] = replace(weather)
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.thread_replies(scheduler.posted()[0])) < 3
    await scheduler.advance(seconds=60)
    _, details = await everything(scheduler)
    assert [message.blocks[0]["text"]["text"] for message in details] == [
        "Scores",
        "Large-impact changes",
        "Flag status",
    ]
    assert "delivered" in await scheduler.send("history")


async def test_of_a_thread_that_cannot_be_completed_the_history_says_why(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.faults[POST] = Second(error="msg_too_long")
    await scheduler.advance_to(MONDAY)
    _, details = await everything(scheduler)
    assert details == []
    shown = await scheduler.send("history")
    assert "delivered" in shown
    assert "What belongs below it is missing. Slack does not take the message (msg_too_long)." in shown


async def test_a_thread_that_cannot_be_looked_at_is_left_as_it_is(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.scopes.remove("channels:history")
    scheduler.workspace.slack.faults[POST] = Second(drop_response=True, times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=1)
    _, details = await everything(scheduler)
    assert len(details) == 1
    assert "What belongs below it may be missing." in await scheduler.send("history")


async def test_slack_says_how_long_to_wait(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(status=429, retry_after=300, times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=4)
    assert scheduler.posted() == []
    await scheduler.advance(minutes=1)
    assert len(scheduler.posted()) == 1


async def test_a_message_that_slack_does_not_take_is_said_to_be_that(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="msg_too_long")
    await scheduler.advance_to(MONDAY)
    shown = await scheduler.send("history")
    assert "failed · Slack does not take the message (msg_too_long)." in shown
    assert "admin" not in shown
    assert "Paused" not in await scheduler.send("schedules")


async def test_what_slack_does_not_take_within_the_hour_has_failed(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="team_added_to_org")
    await scheduler.advance_to(MONDAY)
    for _ in range(13):
        await scheduler.advance(minutes=5)
    assert "failed · Slack did not take it in time." in await scheduler.send("history")
    scheduler.workspace.slack.faults.clear()
    await scheduler.advance_to(MONDAY + WEEK)
    [posted] = scheduler.posted()
    assert "What was due on 23 Nov 2026 did not come" in visible_text(posted)


# LaunchDarkly.


async def test_what_launchdarkly_does_not_answer_is_asked_again_within_the_hour(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=20)
    scheduler.workspace.faults.status = None
    await scheduler.advance(minutes=20)
    assert len(scheduler.posted()) == 1
    assert "delivered" in await scheduler.send("history")


async def test_what_launchdarkly_does_not_answer_within_the_hour_has_failed(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    await scheduler.advance_to(MONDAY + HOUR)
    shown = await scheduler.send("history")
    assert "failed · LaunchDarkly has trouble of its own (503). (Reference " in shown
    assert "Ask again" not in shown


async def test_what_cannot_be_answered_has_failed_and_is_said_in_a_sentence(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status = 401
    await scheduler.advance_to(MONDAY)
    shown = await scheduler.send("history")
    assert "❌" in shown
    assert "failed · LaunchDarkly" in shown
    assert scheduler.posted() == []


async def test_owner_is_told_once_of_three_failures_in_a_row_that_may_pass(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every day 9:00 scores web/production", user="U1")
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    for days, told in enumerate((0, 0, 1, 1, 1)):
        await scheduler.advance_to(MONDAY + days * DAY)
        await scheduler.advance_to(MONDAY + days * DAY + HOUR)
        assert len(scheduler.direct_messages("U1")) == told
    [said] = scheduler.direct_messages("U1")
    assert "`scores web/production` in <#C1>, every day at 9:00 (Europe/Berlin), has failed *3 times in a row*" in said
    scheduler.workspace.faults.status = None
    await scheduler.advance_to(MONDAY + 5 * DAY)
    assert len(scheduler.posted()) == 1
    assert scheduler.direct_messages("U2") == []


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_owner_is_told_of_a_lasting_failure_at_once_and_once(scheduler: SchedulerHarness, status: int) -> None:
    await scheduler.send("every day 9:00 scores web/production", user="U1")
    scheduler.workspace.faults.status = status
    for days in range(4):
        await scheduler.advance_to(MONDAY + days * DAY)
        assert len(scheduler.direct_messages("U1")) == 1
    [said] = scheduler.direct_messages("U1")
    assert "`scores web/production` in <#C1>, every day at 9:00 (Europe/Berlin), *has failed*." in said
    assert "LaunchDarkly" in said
    assert scheduler.direct_messages("U2") == []


async def test_owner_is_told_again_when_a_lasting_failure_is_another_or_comes_back(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every day 9:00 scores web/production", user="U1")
    for days, (status, told) in enumerate(((403, 1), (404, 2), (404, 2), (None, 2), (404, 3))):
        scheduler.workspace.faults.status = status
        await scheduler.advance_to(MONDAY + days * DAY)
        assert len(scheduler.direct_messages("U1")) == told


# Late.


async def test_what_was_due_within_the_last_hour_is_caught_up(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.advance_to(MONDAY + HOUR)
    assert len(scheduler.posted()) == 1


async def test_what_was_due_before_is_left_out_and_that_is_said(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.advance_to(MONDAY + HOUR + MINUTE)
    assert scheduler.posted() == []
    assert "skipped · I was not there in time." in await scheduler.send("history")
    await scheduler.advance_to(MONDAY + WEEK)
    [posted] = scheduler.posted()
    assert "What was due on 23 Nov 2026 did not come: `history` says why." in visible_text(posted)
    await scheduler.advance_to(MONDAY + 2 * WEEK)
    assert "did not come" not in visible_text(scheduler.posted()[1])


async def test_after_a_week_away_it_goes_on_with_what_is_due(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every day 9:00 scores web/production")
    await scheduler.advance_to(MONDAY + WEEK)
    [posted] = scheduler.posted()
    assert "What was due on 6 earlier days, 27 Nov 2026, 28 Nov 2026 and 29 Nov 2026 did not come" in visible_text(
        posted
    )
    await scheduler.advance_to(MONDAY + WEEK + DAY)
    assert len(scheduler.posted()) == 2


async def test_the_window_is_a_setting(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(window_seconds=600.0) as desk:
        await desk.send(SCORES)
        await desk.advance_to(MONDAY + 11 * MINUTE)
        assert desk.posted() == []


async def test_what_was_begun_and_left_is_not_delivered_late(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    scheduler.workspace.faults.status = None
    await scheduler.advance_to(MONDAY + DAY)
    assert scheduler.posted() == []
    assert "skipped · I was not there in time." in await scheduler.send("history")


async def test_what_was_answered_and_left_is_not_delivered_late(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="team_added_to_org", times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance_to(MONDAY + 5 * HOUR)
    assert scheduler.posted() == []
    assert "skipped · I was not there in time." in await scheduler.send("history")


async def test_a_thread_that_was_cut_is_completed_also_late(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.faults[POST] = Second(drop_response=True, times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance_to(MONDAY + 5 * HOUR)
    _, details = await everything(scheduler)
    assert len(details) == 3


# What changed meanwhile.


async def test_what_is_stopped_while_it_is_on_its_way_does_not_come(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    await scheduler.send("stop")
    scheduler.workspace.faults.status = None
    await scheduler.advance(minutes=5)
    assert scheduler.posted() == []
    assert "skipped · It was stopped or paused before that." in await scheduler.send("history")
