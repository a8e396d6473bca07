"""What is due is delivered once and in time, or it is said why not: whatever Slack and LaunchDarkly do meanwhile."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack import Weather
from bot.sandbox.slack.message import Message
from bot.slack.publisher import EVENT
from tests.scheduler_harness import LOOP, Desk, Desks
from tests.test_goldens import CASES
from tests.workspace import words

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
SCORES, DIGEST = "every monday 9:00 scores web/production", "every monday 9:00 digest web/production"
POST = "chat.postMessage"


@dataclass
class Second(Weather):
    """Weather that only the second request meets, and those that follow while it lasts."""

    fair: int = 1

    def meets(self) -> bool:
        self.fair -= 1
        return self.fair < 0 and super().meets()


async def everything(desk: Desk) -> tuple[Message, list[Message]]:
    """The one digest that stands in the channel, and what stands below it."""
    [digest] = desk.posted()
    return digest, desk.below(digest)


# What is delivered.


async def test_the_details_of_a_digest_stand_below_it_in_their_order(desk: Desk) -> None:
    await desk.say(DIGEST)
    await desk.come(MONDAY)
    digest, details = await everything(desk)
    assert "Weekly digest · web/production" in words(digest)
    assert [message.blocks[0]["text"]["text"] for message in details] == [
        "Scores",
        "Large-impact changes",
        "Flag status",
    ]


async def test_each_message_bears_the_key_of_its_slot(desk: Desk) -> None:
    await desk.say(DIGEST)
    await desk.come(MONDAY)
    digest, details = await everything(desk)
    told = [message.metadata or {} for message in (digest, *details)]
    assert {metadata["event_type"] for metadata in told} == {EVENT}
    keys = [metadata["event_payload"]["key"] for metadata in told]
    assert [key.partition("@")[2] for key in keys] == [f"{int(MONDAY.timestamp())}#{part}" for part in range(4)]


async def test_where_nothing_moved_a_single_line_proves_that_it_was_looked(desk: Desk) -> None:
    await desk.say("every monday 9:00 digest platform/production quiet=on-change")
    await desk.come(MONDAY)
    digest, details = await everything(desk)
    assert details == []
    assert "no large-impact change, no score moved" in words(digest)
    assert "Mon 30 Nov 2026, 09:00" in words(digest)
    assert "delivered: nothing had moved" in await desk.say("history")


async def test_unless_it_is_to_be_quiet_it_always_speaks(desk: Desk) -> None:
    await desk.say("every monday 9:00 digest platform/production")
    await desk.come(MONDAY)
    digest, details = await everything(desk)
    assert "Weekly digest · platform/production" in words(digest)
    assert details


async def test_a_part_that_cannot_be_had_is_said_in_its_place(desk: Desk) -> None:
    await desk.say(DIGEST)
    desk.office.weather.status, desk.office.weather.only = 403, "flag-events"
    await desk.come(MONDAY)
    digest, details = await everything(desk)
    assert "*Large-impact changes* cannot be had." in words(digest)
    assert "Release maturity" in words(digest)
    assert len(details) == 2


async def test_the_largest_digest_fits_with_what_stands_below_it(desks: Desks) -> None:
    [more] = [case.edit for case in CASES if (case.question, case.name) == ("digest", "more")]
    async with desks(edit=more) as desk:
        await desk.say(DIGEST)
        await desk.come(MONDAY)
        digest, details = await everything(desk)
        assert "🔁 Comes every Monday" in words(digest)
        assert details


async def test_a_workspace_without_charts_gets_them_in_characters(desk: Desk) -> None:
    desk.office.slack.charts = False
    await desk.say(DIGEST)
    await desk.come(MONDAY)
    digest, details = await everything(desk)
    assert "data_visualization" not in {block["type"] for block in digest.blocks}
    assert len(details) == 3


async def test_what_several_channels_want_is_asked_once_and_delivered_to_each(desk: Desk) -> None:
    await desk.say(SCORES, channel="C1")
    await desk.say(SCORES, channel="C2")
    desk.office.weather.requests.clear()
    await desk.come(MONDAY)
    assert len(desk.posted("C1")) == len(desk.posted("C2")) == 1
    assert len(desk.office.weather.requests) == 1


# Slack.


async def test_what_arrived_unseen_is_found_and_not_posted_again(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(lost=True, times=1)
    await desk.come(MONDAY)
    assert "on its way" in await desk.say("history")
    await desk.wait(seconds=20)
    [posted] = desk.posted()
    assert f"p{posted.ts.replace('.', '')}|delivered>" in await desk.say("history")


async def test_what_may_have_arrived_and_cannot_be_looked_for_is_not_posted_again(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.scopes.remove("channels:history")
    desk.office.slack.weather[POST] = Weather(reset=True, times=1)
    await desk.come(MONDAY)
    for _ in range(5):
        await desk.wait(minutes=10)
    assert desk.posted() == []
    shown = await desk.say("history")
    assert "perhaps delivered · It may have been posted. I may not look, and do not post twice." in shown


async def test_what_did_not_arrive_is_posted_as_soon_as_that_is_sure(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(status=500, times=1)
    await desk.come(MONDAY)
    assert desk.posted() == []
    await desk.wait(seconds=20)
    assert len(desk.posted()) == 1


@pytest.mark.parametrize(
    "weather", [Second(status=500, times=1), Second(lost=True, times=1), Second(status=429, times=1)]
)
async def test_a_thread_that_was_cut_is_completed(desk: Desk, weather: Second) -> None:
    await desk.say(DIGEST)
    desk.office.slack.weather[POST] = replace(weather)
    await desk.come(MONDAY)
    assert len(desk.below(desk.posted()[0])) < 3
    await desk.wait(seconds=60)
    _, details = await everything(desk)
    assert [message.blocks[0]["text"]["text"] for message in details] == [
        "Scores",
        "Large-impact changes",
        "Flag status",
    ]
    assert "delivered" in await desk.say("history")


async def test_of_a_thread_that_cannot_be_completed_the_history_says_why(desk: Desk) -> None:
    await desk.say(DIGEST)
    desk.office.slack.weather[POST] = Second(error="msg_too_long")
    await desk.come(MONDAY)
    _, details = await everything(desk)
    assert details == []
    shown = await desk.say("history")
    assert "delivered" in shown
    assert "What belongs below it is missing. Slack does not take the message (msg_too_long)." in shown


async def test_a_thread_that_cannot_be_looked_at_is_left_as_it_is(desk: Desk) -> None:
    await desk.say(DIGEST)
    desk.office.slack.scopes.remove("channels:history")
    desk.office.slack.weather[POST] = Second(lost=True, times=1)
    await desk.come(MONDAY)
    await desk.wait(minutes=1)
    _, details = await everything(desk)
    assert len(details) == 1
    assert "What belongs below it may be missing." in await desk.say("history")


async def test_slack_says_how_long_to_wait(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(status=429, retry_after=300, times=1)
    await desk.come(MONDAY)
    await desk.wait(minutes=4)
    assert desk.posted() == []
    await desk.wait(minutes=1)
    assert len(desk.posted()) == 1


async def test_a_message_that_slack_does_not_take_is_said_to_be_that(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(error="msg_too_long")
    await desk.come(MONDAY)
    shown = await desk.say("history")
    assert "failed · Slack does not take the message (msg_too_long)." in shown
    assert "admin" not in shown
    assert "Paused" not in await desk.say("schedules")


async def test_what_slack_does_not_take_within_the_hour_has_failed(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(error="team_added_to_org")
    await desk.come(MONDAY)
    for _ in range(13):
        await desk.wait(minutes=5)
    assert "failed · Slack did not take it in time." in await desk.say("history")
    desk.office.slack.weather.clear()
    await desk.come(MONDAY + WEEK)
    [posted] = desk.posted()
    assert "What was due on 23 Nov 2026 did not come" in words(posted)


# LaunchDarkly.


async def test_what_launchdarkly_does_not_answer_is_asked_again_within_the_hour(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.weather.status, desk.office.weather.retry_after = 503, 0
    await desk.come(MONDAY)
    await desk.wait(minutes=20)
    desk.office.weather.status = None
    await desk.wait(minutes=20)
    assert len(desk.posted()) == 1
    assert "delivered" in await desk.say("history")


async def test_what_launchdarkly_does_not_answer_within_the_hour_has_failed(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.weather.status, desk.office.weather.retry_after = 503, 0
    await desk.come(MONDAY)
    await desk.come(MONDAY + HOUR)
    shown = await desk.say("history")
    assert "failed · LaunchDarkly has trouble of its own (503). (Reference " in shown
    assert "Ask again" not in shown


async def test_what_cannot_be_answered_has_failed_and_is_said_in_a_sentence(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.weather.status = 401
    await desk.come(MONDAY)
    shown = await desk.say("history")
    assert "❌" in shown
    assert "failed · LaunchDarkly" in shown
    assert desk.posted() == []


async def test_owner_is_told_once_of_three_failures_in_a_row_that_may_pass(desk: Desk) -> None:
    await desk.say("every day 9:00 scores web/production", user="U1")
    desk.office.weather.status, desk.office.weather.retry_after = 503, 0
    for days, told in enumerate((0, 0, 1, 1, 1)):
        await desk.come(MONDAY + days * DAY)
        await desk.come(MONDAY + days * DAY + HOUR)
        assert len(desk.told("U1")) == told
    [said] = desk.told("U1")
    assert "`scores web/production` in <#C1>, every day at 9:00 (Europe/Berlin), has failed *3 times in a row*" in said
    desk.office.weather.status = None
    await desk.come(MONDAY + 5 * DAY)
    assert len(desk.posted()) == 1
    assert desk.told("U2") == []


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_owner_is_told_of_a_lasting_failure_at_once_and_once(desk: Desk, status: int) -> None:
    await desk.say("every day 9:00 scores web/production", user="U1")
    desk.office.weather.status = status
    for days in range(4):
        await desk.come(MONDAY + days * DAY)
        assert len(desk.told("U1")) == 1
    [said] = desk.told("U1")
    assert "`scores web/production` in <#C1>, every day at 9:00 (Europe/Berlin), *has failed*." in said
    assert "LaunchDarkly" in said
    assert desk.told("U2") == []


async def test_owner_is_told_again_when_a_lasting_failure_is_another_or_comes_back(desk: Desk) -> None:
    await desk.say("every day 9:00 scores web/production", user="U1")
    for days, (status, told) in enumerate(((403, 1), (404, 2), (404, 2), (None, 2), (404, 3))):
        desk.office.weather.status = status
        await desk.come(MONDAY + days * DAY)
        assert len(desk.told("U1")) == told


# Late.


async def test_what_was_due_within_the_last_hour_is_caught_up(desk: Desk) -> None:
    await desk.say(SCORES)
    await desk.come(MONDAY + HOUR)
    assert len(desk.posted()) == 1


async def test_what_was_due_before_is_left_out_and_that_is_said(desk: Desk) -> None:
    await desk.say(SCORES)
    await desk.come(MONDAY + HOUR + MINUTE)
    assert desk.posted() == []
    assert "skipped · I was not there in time." in await desk.say("history")
    await desk.come(MONDAY + WEEK)
    [posted] = desk.posted()
    assert "What was due on 23 Nov 2026 did not come: `history` says why." in words(posted)
    await desk.come(MONDAY + 2 * WEEK)
    assert "did not come" not in words(desk.posted()[1])


async def test_after_a_week_away_it_goes_on_with_what_is_due(desk: Desk) -> None:
    await desk.say("every day 9:00 scores web/production")
    await desk.come(MONDAY + WEEK)
    [posted] = desk.posted()
    assert "What was due on 6 earlier days, 27 Nov 2026, 28 Nov 2026 and 29 Nov 2026 did not come" in words(posted)
    await desk.come(MONDAY + WEEK + DAY)
    assert len(desk.posted()) == 2


async def test_the_window_is_a_setting(desks: Desks) -> None:
    async with desks(window_seconds=600.0) as desk:
        await desk.say(SCORES)
        await desk.come(MONDAY + 11 * MINUTE)
        assert desk.posted() == []


async def test_what_was_begun_and_left_is_not_delivered_late(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.weather.status, desk.office.weather.retry_after = 503, 0
    await desk.come(MONDAY)
    desk.office.weather.status = None
    await desk.come(MONDAY + DAY)
    assert desk.posted() == []
    assert "skipped · I was not there in time." in await desk.say("history")


async def test_what_was_answered_and_left_is_not_delivered_late(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(error="team_added_to_org", times=1)
    await desk.come(MONDAY)
    await desk.come(MONDAY + 5 * HOUR)
    assert desk.posted() == []
    assert "skipped · I was not there in time." in await desk.say("history")


async def test_a_thread_that_was_cut_is_completed_also_late(desk: Desk) -> None:
    await desk.say(DIGEST)
    desk.office.slack.weather[POST] = Second(lost=True, times=1)
    await desk.come(MONDAY)
    await desk.come(MONDAY + 5 * HOUR)
    _, details = await everything(desk)
    assert len(details) == 3


# What changed meanwhile.


async def test_what_is_stopped_while_it_is_on_its_way_does_not_come(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.weather.status, desk.office.weather.retry_after = 503, 0
    await desk.come(MONDAY)
    await desk.say("stop")
    desk.office.weather.status = None
    await desk.wait(minutes=5)
    assert desk.posted() == []
    assert "skipped · It was stopped or paused before that." in await desk.say("history")
