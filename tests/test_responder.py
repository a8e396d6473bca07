"""A due run is delivered once and in time, or its history says why not, whatever Slack and LaunchDarkly do."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack import Fault
from bot.sandbox.slack.workspace import Message
from bot.slack.publisher import EVENT_TYPE
from tests.golden_cases import CASES
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.workspace import visible_text

pytestmark = LOOP
DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 9:00 in Berlin
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
SCORES, DIGEST = "every monday 9:00 scores web/production", "every monday 9:00 digest web/production"
POST = "chat.postMessage"
THREAD = ["Scores", "Large changes", "Flag status", "Deployments"]  # the headers of a digest's replies


@dataclass
class SecondRequestFault(Fault):
    """A fault that spares the first request."""

    spared: int = 1

    def consume(self) -> bool:
        self.spared -= 1
        return self.spared < 0 and super().consume()


async def digest_and_replies(scheduler: SchedulerHarness) -> tuple[Message, list[Message]]:
    """The one digest in the channel, and its thread replies."""
    [digest] = scheduler.posted()
    return digest, scheduler.thread_replies(digest)


def headers(replies: list[Message]) -> list[str]:
    return [reply.blocks[0]["text"]["text"] for reply in replies]


# Delivery


async def test_digest_details_are_thread_replies_in_order(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    await scheduler.advance_to(MONDAY)
    digest, details = await digest_and_replies(scheduler)
    assert digest.blocks[0]["text"]["text"] == "Weekly digest · 16 – 22 Nov 2026"
    assert " in web/production. " in visible_text(digest)
    assert headers(details) == THREAD


async def test_each_message_has_its_run_key_as_metadata(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    await scheduler.advance_to(MONDAY)
    digest, details = await digest_and_replies(scheduler)
    metadata = [message.metadata or {} for message in (digest, *details)]
    assert {each["event_type"] for each in metadata} == {EVENT_TYPE}
    keys = [each["event_payload"]["key"] for each in metadata]
    assert [key.partition("@")[2] for key in keys] == [f"{int(MONDAY.timestamp())}#{part}" for part in range(5)]


async def test_quiet_digest_posts_a_single_line(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every monday 9:00 digest platform/production quiet=on-change")
    await scheduler.advance_to(MONDAY)
    digest, details = await digest_and_replies(scheduler)
    assert details == []
    assert "*Nothing to report* in *platform/production*, 16 – 22 Nov 2026: no large change, " in visible_text(digest)
    assert "Mon 30 Nov 2026, 09:00" in visible_text(digest)
    assert "delivered: nothing changed" in await scheduler.send("history")


async def test_unchanged_digest_is_posted_unless_quiet(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every monday 9:00 digest platform/production")
    await scheduler.advance_to(MONDAY)
    digest, details = await digest_and_replies(scheduler)
    assert "*platform/production was calm*, 16 – 22 Nov 2026: no large change, " in visible_text(digest)
    assert headers(details) == ["Scores", "Flag status", "Deployments"]


async def test_failed_part_of_a_digest_is_reported_in_it(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.faults.status, scheduler.workspace.faults.path_contains = 403, "flag-events"
    await scheduler.advance_to(MONDAY)
    digest, details = await digest_and_replies(scheduler)
    assert "*Large changes* couldn't be loaded. The bot's access token can't read this.\n" in visible_text(digest)
    assert "Release maturity" in visible_text(digest)
    scores, failed, *others = headers(details)
    assert [scores, *others] == ["Scores", "Flag status", "Deployments"]
    assert "*Large changes* couldn't be loaded." in failed
    assert "The token needs the Reader role or higher." in failed


async def test_largest_digest_fits_with_its_footer_and_thread(scheduler_factory: OpenScheduler) -> None:
    [more] = [case.edit for case in CASES if (case.question, case.name) == ("digest", "more")]
    async with scheduler_factory(edit=more) as scheduler:
        await scheduler.send(DIGEST)
        await scheduler.advance_to(MONDAY)
        digest, details = await digest_and_replies(scheduler)
        assert "🔁 Scheduled by <@U1> · next run " in visible_text(digest)
        assert details


async def test_workspace_without_charts_gets_text_charts(scheduler: SchedulerHarness) -> None:
    scheduler.workspace.slack.charts = False
    await scheduler.send(DIGEST)
    await scheduler.advance_to(MONDAY)
    digest, details = await digest_and_replies(scheduler)
    assert "data_visualization" not in {block["type"] for message in (digest, *details) for block in message.blocks}
    assert headers(details) == THREAD
    assert "█" in visible_text(details[2])
    assert "█" in visible_text(details[3])


async def test_question_of_several_channels_is_asked_once(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES, channel="C1")
    await scheduler.send(SCORES, channel="C2")
    scheduler.workspace.faults.requests.clear()
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted("C1")) == len(scheduler.posted("C2")) == 1
    assert len(scheduler.workspace.faults.requests) == 1


# Failures of Slack


async def test_unconfirmed_post_is_found_and_not_repeated(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(drop_response=True, times=1)
    await scheduler.advance_to(MONDAY)
    assert "in progress" in await scheduler.send("history")
    await scheduler.advance(seconds=20)
    [posted] = scheduler.posted()
    assert f"p{posted.ts.replace('.', '')}|delivered>" in await scheduler.send("history")


async def test_unconfirmed_post_is_not_repeated_without_history_access(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.scopes.remove("channels:history")
    scheduler.workspace.slack.faults[POST] = Fault(reset=True, times=1)
    await scheduler.advance_to(MONDAY)
    for _ in range(5):
        await scheduler.advance(minutes=10)
    assert scheduler.posted() == []
    shown = await scheduler.send("history")
    assert (
        "possibly delivered · Possibly posted. I can't read this channel's history, so I won't risk a duplicate."
        in shown
    )


async def test_failed_post_is_retried_once_known_missing(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(status=500, times=1)
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    await scheduler.advance(seconds=20)
    assert len(scheduler.posted()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        SecondRequestFault(status=500, times=1),
        SecondRequestFault(drop_response=True, times=1),
        SecondRequestFault(status=429, times=1),
    ],
)
async def test_interrupted_thread_is_completed(scheduler: SchedulerHarness, fault: SecondRequestFault) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.faults[POST] = replace(fault)
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.thread_replies(scheduler.posted()[0])) < len(THREAD)
    await scheduler.advance(seconds=60)
    _, details = await digest_and_replies(scheduler)
    assert headers(details) == THREAD
    assert "delivered" in await scheduler.send("history")


async def test_history_explains_an_incomplete_thread(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.faults[POST] = SecondRequestFault(error="msg_too_long")
    await scheduler.advance_to(MONDAY)
    _, details = await digest_and_replies(scheduler)
    assert details == []
    shown = await scheduler.send("history")
    assert "delivered" in shown
    assert "The thread replies are missing. Slack rejected the message (msg_too_long)." in shown


async def test_thread_is_left_incomplete_without_history_access(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.scopes.remove("channels:history")
    scheduler.workspace.slack.faults[POST] = SecondRequestFault(drop_response=True, times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=1)
    _, details = await digest_and_replies(scheduler)
    assert len(details) == 1
    assert "The thread replies may be missing." in await scheduler.send("history")


async def test_retry_after_of_slack_is_respected(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(status=429, retry_after=300, times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=4)
    assert scheduler.posted() == []
    await scheduler.advance(minutes=1)
    assert len(scheduler.posted()) == 1


async def test_message_refused_by_slack_fails_the_run(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="msg_too_long")
    await scheduler.advance_to(MONDAY)
    shown = await scheduler.send("history")
    assert "failed · Slack rejected the message (msg_too_long)." in shown
    assert "admin" not in shown
    assert "Paused" not in await scheduler.send("schedules")


async def test_run_fails_when_slack_is_down_past_the_window(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="team_added_to_org")
    await scheduler.advance_to(MONDAY)
    for _ in range(13):
        await scheduler.advance(minutes=5)
    assert "failed · Slack didn't accept it in time." in await scheduler.send("history")
    scheduler.workspace.slack.faults.clear()
    await scheduler.advance_to(MONDAY + WEEK)
    [posted] = scheduler.posted()
    assert "Missed run: 23 Nov 2026." in visible_text(posted)


@pytest.mark.parametrize(
    ("is_down", "outcome"), [(True, "failed · Slack didn't accept it in time."), (False, "delivered")]
)
async def test_retry_just_after_the_window_is_made(is_down: bool, outcome: str, scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="team_added_to_org", times=2 if is_down else 1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance_to(MONDAY + HOUR + MINUTE)
    assert outcome in await scheduler.send("history")


# Failures of LaunchDarkly


async def test_launchdarkly_is_retried_within_the_window(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(minutes=20)
    scheduler.workspace.faults.status = None
    await scheduler.advance(minutes=20)
    assert len(scheduler.posted()) == 1
    assert "delivered" in await scheduler.send("history")


async def test_run_fails_when_launchdarkly_is_down_past_the_window(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    await scheduler.advance_to(MONDAY + HOUR)
    shown = await scheduler.send("history")
    assert "failed · LaunchDarkly is having problems (503)." in shown
    assert "Try again" not in shown


async def test_lasting_failure_is_explained_in_the_history(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status = 401
    await scheduler.advance_to(MONDAY)
    shown = await scheduler.send("history")
    assert "❌" in shown
    assert "failed · LaunchDarkly" in shown
    assert scheduler.posted() == []


async def test_owner_is_notified_once_after_three_transient_failures(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every day 9:00 scores web/production", user="U1")
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    for days, notified in enumerate((0, 0, 1, 1, 1)):
        await scheduler.advance_to(MONDAY + days * DAY)
        await scheduler.advance_to(MONDAY + days * DAY + HOUR)
        assert len(scheduler.direct_messages("U1")) == notified
    [dm] = scheduler.direct_messages("U1")
    assert "`scores web/production` in <#C1>, every day at 9:00 (Europe/Berlin), has failed *3 times in a row*" in dm
    scheduler.workspace.faults.status = None
    await scheduler.advance_to(MONDAY + 5 * DAY)
    assert len(scheduler.posted()) == 1
    assert scheduler.direct_messages("U2") == []


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_owner_is_notified_of_a_lasting_failure_at_once_and_once(
    scheduler: SchedulerHarness, status: int
) -> None:
    await scheduler.send("every day 9:00 scores web/production", user="U1")
    scheduler.workspace.faults.status = status
    for days in range(4):
        await scheduler.advance_to(MONDAY + days * DAY)
        assert len(scheduler.direct_messages("U1")) == 1
    [dm] = scheduler.direct_messages("U1")
    assert "`scores web/production` in <#C1>, every day at 9:00 (Europe/Berlin), *has failed*." in dm
    assert "LaunchDarkly" in dm
    assert scheduler.direct_messages("U2") == []


async def test_owner_is_notified_again_of_a_new_or_recurring_failure(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every day 9:00 scores web/production", user="U1")
    for days, (status, notified) in enumerate(((403, 1), (404, 2), (404, 2), (None, 2), (404, 3))):
        scheduler.workspace.faults.status = status
        await scheduler.advance_to(MONDAY + days * DAY)
        assert len(scheduler.direct_messages("U1")) == notified


# Missed runs


async def test_run_missed_within_the_window_is_caught_up(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.advance_to(MONDAY + HOUR)
    assert len(scheduler.posted()) == 1


async def test_run_missed_past_the_window_is_skipped_and_reported(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    await scheduler.advance_to(MONDAY + HOUR + MINUTE)
    assert scheduler.posted() == []
    assert "skipped · The bot was offline." in await scheduler.send("history")
    await scheduler.advance_to(MONDAY + WEEK)
    [posted] = scheduler.posted()
    assert "Missed run: 23 Nov 2026. See `history` for the reason." in visible_text(posted)
    await scheduler.advance_to(MONDAY + 2 * WEEK)
    assert "Missed run" not in visible_text(scheduler.posted()[1])


async def test_schedule_resumes_after_a_week_of_downtime(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every day 9:00 scores web/production")
    await scheduler.advance_to(MONDAY + WEEK)
    [posted] = scheduler.posted()
    assert "Missed run: 6 earlier days, 27 Nov 2026, 28 Nov 2026 and 29 Nov 2026." in visible_text(posted)
    await scheduler.advance_to(MONDAY + WEEK + DAY)
    assert len(scheduler.posted()) == 2


async def test_catch_up_window_is_a_setting(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(catch_up_window_seconds=600.0) as scheduler:
        await scheduler.send(SCORES)
        await scheduler.advance_to(MONDAY + 11 * MINUTE)
        assert scheduler.posted() == []


async def test_unanswered_run_is_not_delivered_past_the_window(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    scheduler.workspace.faults.status = None
    await scheduler.advance_to(MONDAY + DAY)
    assert scheduler.posted() == []
    assert "skipped · The bot was offline." in await scheduler.send("history")


async def test_answered_run_is_not_delivered_past_the_window(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.slack.faults[POST] = Fault(error="team_added_to_org", times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance_to(MONDAY + 5 * HOUR)
    assert scheduler.posted() == []
    assert "skipped · The bot was offline." in await scheduler.send("history")


async def test_interrupted_thread_is_completed_past_the_window(scheduler: SchedulerHarness) -> None:
    await scheduler.send(DIGEST)
    scheduler.workspace.slack.faults[POST] = SecondRequestFault(drop_response=True, times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance_to(MONDAY + 5 * HOUR)
    _, details = await digest_and_replies(scheduler)
    assert headers(details) == THREAD


# Changes during a run


async def test_run_of_a_stopped_schedule_is_skipped(scheduler: SchedulerHarness) -> None:
    await scheduler.send(SCORES)
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = 503, 0
    await scheduler.advance_to(MONDAY)
    await scheduler.stop()
    scheduler.workspace.faults.status = None
    await scheduler.advance(minutes=5)
    assert scheduler.posted() == []
    assert "skipped · The schedule was paused or stopped first." in await scheduler.send("history")
