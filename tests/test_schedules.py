"""Schedules: create, list, change, pause and stop them in a channel."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack import Fault
from bot.sandbox.slack.elements import find_elements
from tests.form_filling import choose, open_form, save, shown
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.workspace import visible_text

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
WEEKLY = "every monday 9:00 scores web/production"


def public_texts(scheduler: SchedulerHarness, channel: str = "C1") -> list[str]:
    """Return the texts of the channel's public messages, without the scheduled posts."""
    return [
        visible_text(message)
        for message in scheduler.workspace.slack.channels[channel].messages
        if not message.metadata
    ]


# Creating


async def test_scheduled_question_is_posted_every_week(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.advance_to(MONDAY - timedelta(minutes=1))
    assert scheduler.posted() == []
    await scheduler.advance_to(MONDAY)
    [posted] = scheduler.posted()
    assert "Release maturity" in visible_text(posted)
    assert "Scheduled by <@U1>, next run Mon 30 Nov 2026, 09:00 CET" in posted.text
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == [posted]
    await scheduler.advance_to(MONDAY + WEEK)
    assert len(scheduler.posted()) == 2
    assert b'insights_slots_total{outcome="delivered"} 2.0' in scheduler.workspace.bot.metrics.exposition()


@pytest.mark.parametrize(
    ("question", "buttons"),
    [
        ("digest web/production", ["Full report", "Change schedule"]),
        ("digest web/production quiet=on-change", ["Full report", "Change schedule"]),
        ("deploys web/production", ["Change schedule"]),
    ],
)
async def test_scheduled_post_can_change_its_schedule(
    scheduler: SchedulerHarness, question: str, buttons: list[str]
) -> None:
    slack = scheduler.workspace.slack
    await scheduler.send(f"every monday 9:00 {question}")
    await scheduler.advance_to(MONDAY)
    [posted] = scheduler.posted()
    [row] = [block for block in posted.blocks if block["type"] == "actions"]
    assert [button["text"]["text"] for button in row["elements"]] == buttons
    await save(slack, await open_form(slack, posted, "Change schedule", user="U2"), Days="Tuesday")
    await slack.until(lambda: len(public_texts(scheduler)) > 1)
    assert "<@U2> changed schedule 1" in public_texts(scheduler)[-1]


@pytest.mark.parametrize(
    ("when", "says", "next_at"),
    [
        ("monday", "every Monday at 9:00 (Europe/Berlin)", "Mon 23 Nov 2026, 09:00 CET"),
        ("weekday 17:30", "every weekday at 17:30 (Europe/Berlin)", "Fri 20 Nov 2026, 17:30 CET"),
        ("day at 8am UTC", "every day at 8:00 (UTC)", "Sat 21 Nov 2026, 08:00 UTC"),
        ("tue and thu noon", "every Tuesday and Thursday at 12:00", "Tue 24 Nov 2026, 12:00 CET"),
        ("first monday", "every first Monday of the month at 9:00", "Mon 7 Dec 2026, 09:00 CET"),
        ("friday 18:00 america/new_york", "every Friday at 18:00 (America/New_York)", "Fri 20 Nov 2026, 18:00 EST"),
    ],
)
async def test_confirmation_describes_recurrence_and_next_run(
    scheduler: SchedulerHarness, when: str, says: str, next_at: str
) -> None:
    answer = await scheduler.send(f"every {when} digest web/production")
    assert says in answer
    assert next_at in answer


async def test_time_zone_defaults_to_the_callers_then_the_settings(
    scheduler_factory: OpenScheduler,
) -> None:
    async with scheduler_factory(time_zone="Asia/Tokyo") as scheduler:
        assert "at 9:00 (America/New_York)" in await scheduler.send(WEEKLY, user="U2")
        scheduler.workspace.slack.scopes.remove("users:read")
        assert "at 9:00 (Asia/Tokyo)" in await scheduler.send(WEEKLY, user="U1")


async def test_scheduled_question_keeps_its_arguments(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every friday 17:00 deploys mobile/production since=2w by=kind")
    await scheduler.advance(hours=1)
    [posted] = scheduler.posted()
    assert "`deploys mobile/production since=2w by=kind`" in visible_text(posted)


async def test_channel_default_is_saved_with_the_schedule(scheduler: SchedulerHarness) -> None:
    await scheduler.send("use mobile/production")
    assert "`scores mobile/production`" in await scheduler.send("every monday scores")
    await scheduler.send("use nothing")
    await scheduler.advance_to(MONDAY)
    assert "mobile/production" in visible_text(scheduler.posted()[0])


async def test_new_schedule_is_announced_once_with_its_creator(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY, user="U2")
    [message] = [text for text in public_texts(scheduler) if "`scores web/production`" in text]
    assert "<@U2>" in message


async def test_scheduling_in_a_channel_without_the_bot_says_so(scheduler: SchedulerHarness) -> None:
    scheduler.workspace.slack.scopes.discard("channels:join")
    assert "I can't post here until you invite me" in await scheduler.send(WEEKLY, channel="C3")
    assert "I can't post here until" not in await scheduler.send(WEEKLY)


async def test_schedule_can_post_to_a_direct_message(scheduler: SchedulerHarness) -> None:
    direct = scheduler.workspace.slack.open_dm("U1").id
    assert "I can't post here until" not in await scheduler.send(WEEKLY, channel=direct)
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted(direct)) == 1


async def test_duplicate_schedule_is_refused(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    refused = await scheduler.send(WEEKLY, user="U1")
    existing = "`scores web/production`, every Monday at 9:00 (Europe/Berlin)."
    assert f"That's already scheduled here (schedule 1): {existing}" in refused
    second = await scheduler.send("every tuesday 9:00 scores web/production")
    assert "Schedule 2, created by <@U1>, schedules lists them all" in second


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("every monday 9:00 digest web/production", True),
        ("every monday 9:00 digest web/production span=week quiet=on-change", True),
        ("every monday 9:00 digest web/production full=yes", True),
        ("every monday 9:01 digest web/production", False),
        ("every monday 9:00 UTC digest web/production", False),
        ("every monday 9:00 digest web/staging", False),
        ("every monday 9:00 digest web/production span=month", False),
        ("every monday 9:00 digest web/production app=storefront", False),
        ("every monday 9:00 scores web/production", False),
    ],
)
async def test_digest_of_the_same_span_at_the_same_time_is_refused(
    scheduler: SchedulerHarness, line: str, refused: bool
) -> None:
    await scheduler.send("every monday 9:00 digest web/production")
    answer = await scheduler.send(line)
    assert ("already scheduled here (schedule 1): `digest web/production span=week`" in answer) is refused
    assert len(await scheduler.ctx.store.schedules.list_all()) == 2 - refused


async def test_schedule_cannot_change_into_another(scheduler: SchedulerHarness) -> None:
    for when in ("monday", "day"):
        await scheduler.send(f"every {when} 9:00 digest web/production")
    assert "already scheduled here (schedule 1)" in await scheduler.send("change 2 monday")
    assert "`digest web/production span=day` *every day" in await scheduler.send("schedules")
    assert "changed schedule 1" in await scheduler.send("change 1 monday 9:00 digest web/production quiet=on-change")
    assert "already scheduled here (schedule 1)" in await scheduler.send("change 2 monday digest web/production")


async def test_digest_saved_without_a_span_counts_as_a_duplicate(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every monday 9:00 digest web/production")
    [saved] = await scheduler.ctx.store.schedules.list_all()
    await scheduler.ctx.store.schedules.change(saved.id, scheduler.clock.now, line="digest web/production")
    assert "already scheduled here" in await scheduler.send("every monday 9:00 digest web/production")


async def test_channel_has_at_most_twenty_schedules(scheduler: SchedulerHarness) -> None:
    for minute in range(10, 30):
        await scheduler.send(f"every monday 9:{minute} scores web/production")
    assert "This channel has 20 schedules, which is the limit." in await scheduler.send(WEEKLY)
    await scheduler.stop("stop 20")
    assert "Schedule 21, created by <@U1>, schedules lists them all" in await scheduler.send(WEEKLY)
    assert "*19*" in await scheduler.send("schedules")


async def test_too_long_question_is_refused(scheduler: SchedulerHarness) -> None:
    apps = ",".join(f"application-{number}" for number in range(40))
    assert "too long to schedule" in await scheduler.send(f"every monday scores web/production app={apps}")


# Managing


async def test_schedules_are_managed_only_in_their_channel(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    assert "No schedules in this channel yet" in await scheduler.send("schedules", channel="C2")
    assert "This channel has no schedules." in await scheduler.send("stop", channel="C2")
    assert "There's no schedule 2 in this channel." in await scheduler.send("stop 2")
    assert "stopped schedule 1" in await scheduler.stop()


async def test_ambiguous_schedule_command_lists_the_numbers(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("every friday deploys web/production")
    for command in ("pause", "resume", "snooze", "now"):
        assert "This channel has several schedules: 1, 2." in await scheduler.send(command)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("pause 1", "<@U2> paused schedule 1: `scores web/production`, every Monday at 9:00 (Europe/Berlin)."),
        ("snooze 1", "<@U2> snoozed schedule 1: `scores web/production`"),
        ("change 1 friday 10:00", "<@U2> changed schedule 1: `scores web/production`, *every Friday at 10:00"),
        ("change 1 status web/production", "<@U2> changed schedule 1: `status web/production`, *every Monday"),
    ],
)
async def test_change_is_announced_once_with_its_author(scheduler: SchedulerHarness, line: str, says: str) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send(line, user="U2")
    assert len([text for text in public_texts(scheduler) if says in text]) == 1


async def test_typed_stop_asks_first(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    question = await scheduler.workspace.send("stop 1", user="U2")
    assert question.to == "U2"
    assert "Stop this schedule?" in visible_text(question)
    assert "*1* · `scores web/production` *every Monday at 9:00 (Europe/Berlin)*" in visible_text(question)
    assert "scores web/production" in await scheduler.send("schedules")
    await scheduler.workspace.press(question, "Stop")
    assert len([text for text in public_texts(scheduler) if "<@U2> stopped schedule 1: `scores web/" in text]) == 1
    assert "stopped schedule 1" in visible_text(question)
    assert "No schedules in this channel yet" in await scheduler.send("schedules")


async def test_paused_schedule_posts_nothing_until_resumed(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("pause")
    assert "Schedule 1 is already paused." in await scheduler.send("pause")
    assert "Schedule 1 is paused." in await scheduler.send("snooze")
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    assert "Mon 30 Nov 2026, 09:00" in await scheduler.send("resume", user="U2")
    assert "Schedule 1 isn't paused." in await scheduler.send("resume")
    await scheduler.advance_to(MONDAY + WEEK)
    assert len(scheduler.posted()) == 1


async def test_stopped_schedule_posts_nothing_and_keeps_its_number(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.stop("stop 1")
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    assert "Schedule 1 was stopped." in await scheduler.send("resume 1")
    assert "Schedule 2, created by <@U1>, schedules lists them all" in await scheduler.send(WEEKLY)


@pytest.mark.parametrize(
    ("line", "next_at"),
    [
        ("snooze", "Mon 30 Nov 2026, 09:00"),
        ("snooze until=2w", "Mon 7 Dec 2026, 09:00"),
        ("snooze until=tomorrow", "Mon 23 Nov 2026, 09:00"),
        ("snooze until=tuesday", "Mon 30 Nov 2026, 09:00"),
        ("snooze until=2026-12-24", "Mon 28 Dec 2026, 09:00"),
    ],
)
async def test_snooze_lasts_until_the_given_time(scheduler: SchedulerHarness, line: str, next_at: str) -> None:
    await scheduler.send(WEEKLY)
    answer = await scheduler.send(line)
    assert f"Next run: {next_at}" in answer


async def test_snoozed_schedule_resumes_by_itself(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("snooze")
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    await scheduler.advance_to(MONDAY + WEEK)
    assert len(scheduler.posted()) == 1


@pytest.mark.parametrize("until", ["yesterday", "2026-11-01", "whenever"])
async def test_snooze_until_a_past_time_is_refused(scheduler: SchedulerHarness, until: str) -> None:
    await scheduler.send(WEEKLY)
    answer = await scheduler.send(f"snooze until={until}")
    assert "isn't a future time" in answer or "That time has passed." in answer
    assert "Mon 23 Nov 2026, 09:00" in await scheduler.send("schedules")


async def test_run_now_does_not_replace_the_scheduled_run(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    answer = await scheduler.send("now", user="U2")
    assert "Posting scores web/production here …" in answer
    await scheduler.advance(seconds=0)
    [posted] = scheduler.posted()
    assert "Sent on request by <@U2>." in visible_text(posted)
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted()) == 2


async def test_repeated_run_now_in_one_second_posts_once(scheduler: SchedulerHarness) -> None:
    reply = await scheduler.workspace.send(WEEKLY)
    for user in ("U1", "U2", "U2"):
        await scheduler.workspace.press(reply, "Send one now", user=user)
    await scheduler.advance(seconds=0)
    assert len(scheduler.posted()) == 1
    await scheduler.workspace.press(reply, "Send one now")
    await scheduler.advance(seconds=1)
    assert len(scheduler.posted()) == 1
    await scheduler.workspace.press(reply, "Send one now")
    await scheduler.advance(seconds=0)
    assert len(scheduler.posted()) == 2


async def test_run_now_is_refused_in_a_channel_without_the_bot(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY, channel="C3")
    assert "I'm not in this channel, so I can't post here." in await scheduler.send("now", channel="C3")
    await scheduler.advance(seconds=0)
    assert "paused" not in await scheduler.send("schedules", channel="C3")


async def test_list_suggests_to_snooze_only_what_runs(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("every friday 9:00 status web/production")
    await scheduler.send("pause 1")
    assert "`snooze 2` skips the next run of schedule 2" in await scheduler.send("schedules")
    await scheduler.send("pause 2")
    assert "snooze" not in await scheduler.send("schedules")


async def test_paused_schedule_can_run_now_and_stays_paused(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("pause")
    await scheduler.send("now")
    await scheduler.advance(seconds=0)
    assert len(scheduler.posted()) == 1
    assert "Paused" in await scheduler.send("schedules")


async def test_paused_schedule_can_be_changed_and_stays_paused(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("pause")
    assert "It's still paused." in await scheduler.send("change tuesday 10:00")
    await scheduler.advance_to(MONDAY + DAY + timedelta(hours=1))
    assert scheduler.posted() == []
    assert "Tue 1 Dec 2026, 10:00" in await scheduler.send("resume")


async def test_changed_schedule_keeps_its_time_zone(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY, user="U1")
    assert "every Tuesday at 10:00 (Europe/Berlin)" in await scheduler.send("change tuesday 10:00", user="U2")
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []
    await scheduler.advance_to(MONDAY + DAY + timedelta(hours=1))
    assert len(scheduler.posted()) == 1


# Buttons and the edit form


async def test_anyone_may_press_the_lists_buttons(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY, user="U1")
    shown = await scheduler.workspace.send("schedules", user="U2")

    async def press(button: str, says: str, listed: str) -> None:
        await scheduler.workspace.press(shown, button)
        assert says in public_texts(scheduler)[-1]
        await scheduler.workspace.slack.until(lambda: listed in visible_text(shown))

    await press("Pause", "<@U2> paused schedule 1", "resume 1")
    await press("Resume", "<@U2> resumed schedule 1", "pause 1")
    await press("Stop", "<@U2> stopped schedule 1", "No schedules in this channel yet")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            WEEKLY,
            "scores web/production, every Monday at 9:00 (Europe/Berlin), will no longer be posted here.",
        ),
        ("watch on events web/production", "This channel will no longer get alerts for events web/production."),
    ],
)
async def test_stop_buttons_ask_first(scheduler: SchedulerHarness, line: str, text: str) -> None:
    reply = await scheduler.workspace.send(line)
    for message in (reply, await scheduler.workspace.send("schedules")):
        [stop] = [element.body for element in find_elements(message.blocks, ("button",)) if element.label == "Stop"]
        assert stop["confirm"]["title"]["text"] == "Stop schedule 1?"
        assert stop["confirm"]["text"]["text"] == text
        assert [stop["confirm"][name]["text"] for name in ("confirm", "deny")] == ["Stop", "Cancel"]
        assert stop["confirm"]["style"] == "danger"


async def test_confirmation_of_a_long_line_fits_slacks_limit(scheduler: SchedulerHarness) -> None:
    reply = await scheduler.workspace.send(f"every monday events {'checkout-' * 25}flag web/production")
    [stop] = [element.body for element in find_elements(reply.blocks, ("button",)) if element.label == "Stop"]
    assert len(stop["confirm"]["text"]["text"]) == 300


async def test_stop_without_a_number_lists_the_schedules(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("watch on events web/production")
    listing = await scheduler.workspace.send("stop", user="U2")
    assert listing.to == "U2"
    assert "Which schedule do you want to stop?" in visible_text(listing)
    assert "*1* · `scores web/production` *every Monday at 9:00 (Europe/Berlin)*" in visible_text(listing)
    assert "*2* · `events web/production` *when there's a large change*" in visible_text(listing)
    stopped = await scheduler.workspace.press(listing, "Stop", nth=1)
    assert "<@U2> turned off alerts for" in visible_text(stopped)
    await scheduler.workspace.slack.until(lambda: "Schedules in this channel" in visible_text(listing))
    assert "`scores web/production`" in visible_text(listing)
    assert "events" not in visible_text(listing)


@pytest.mark.parametrize("button", ["Send one now", "Pause", "Stop"])
async def test_buttons_of_a_stopped_schedule_say_what_to_do(scheduler: SchedulerHarness, button: str) -> None:
    await scheduler.send(WEEKLY)
    shown = await scheduler.workspace.send("schedules", user="U2")
    await scheduler.stop("stop 1")
    reply = visible_text(await scheduler.workspace.press(shown, button))
    assert "Schedule 1 was stopped." in reply
    assert "type `/insights every monday 9:00 Europe/Berlin scores web/production`" in reply
    await scheduler.workspace.slack.until(lambda: "No schedules in this channel yet" in visible_text(shown))


async def test_form_of_a_stopped_schedule_says_what_to_do(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    listing = await scheduler.workspace.send("schedules", user="U2")
    await scheduler.stop("stop 1")
    view = await open_form(scheduler.workspace.slack, listing, "Change")
    assert "type `/insights every monday 9:00 Europe/Berlin scores web/production`" in shown(view)
    await scheduler.workspace.slack.until(lambda: "No schedules in this channel yet" in visible_text(listing))


async def test_stopped_watch_says_how_to_start_it_again(scheduler: SchedulerHarness) -> None:
    await scheduler.send("watch on events web/production")
    await scheduler.stop("stop 1")
    assert "type `/insights watch on events web/production`" in await scheduler.send("snooze 1")


async def test_list_is_updated_after_each_press(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    shown = await scheduler.workspace.send("schedules")

    async def shows(text: str) -> None:
        await scheduler.workspace.slack.until(lambda: text in visible_text(shown))

    for button, expected in (
        ("Pause", "⏸️ *Paused.*"),
        ("Resume", "Next run: <!date^"),
        ("Send one now", "in progress"),
        ("Stop", "No schedules in this channel yet"),
    ):
        assert expected not in visible_text(shown)
        await scheduler.workspace.press(shown, button)
        await shows(expected)
    assert len(scheduler.workspace.slack.ephemeral["U1"]) == 5  # the list, and a line for each press


async def test_list_is_updated_after_its_edit_form(scheduler: SchedulerHarness) -> None:
    slack = scheduler.workspace.slack
    await scheduler.send(WEEKLY)
    listing = await scheduler.workspace.send("schedules")
    await save(slack, await open_form(slack, listing, "Change"), Days="Tuesday")
    await slack.until(lambda: "every Tuesday at 9:00" in visible_text(listing))


async def test_expired_list_is_not_updated(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    shown = await scheduler.workspace.send("schedules")
    scheduler.workspace.slack.faults["response_url"] = expired = Fault(status=404, body="expired_url", times=2)
    await scheduler.workspace.slack.press(shown, "Pause")
    await scheduler.workspace.slack.until(lambda: expired.times == 0)
    assert "Paused" in await scheduler.send("schedules")
    assert shown.versions == []
    assert [call.method for call in scheduler.workspace.slack.calls].count(
        "chat.postEphemeral"
    ) == 1  # in place of the reply


async def test_edit_form_changes_everything_and_is_announced_once(scheduler: SchedulerHarness) -> None:
    slack, reply = scheduler.workspace.slack, await scheduler.workspace.send(WEEKLY)
    form = await open_form(slack, reply, "Change", user="U2")
    await choose(slack, form, "What to post", "Flags by status")
    await slack.suggest(form, "Environment")
    weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    filled = {"Environment": "staging", "Days": weekdays, "Time": "17:30", "Time_zone": "America/New_York"}
    await save(slack, form, **filled)
    await slack.until(lambda: any("changed schedule" in text for text in public_texts(scheduler)))
    [message] = [text for text in public_texts(scheduler) if "changed schedule" in text]
    assert "<@U2> changed schedule 1: `status web/staging`, *every weekday at 17:30 (America/New_York)*" in message
    await scheduler.advance_to(datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    [posted] = scheduler.posted()
    assert "web/staging" in visible_text(posted)


# Permissions


async def test_settings_can_limit_who_manages_schedules(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(allowed_schedule_managers="S1") as scheduler:
        not_allowed = "You don't have permission to manage schedules."
        assert not_allowed in await scheduler.send(WEEKLY, user="U2")
        reply = await scheduler.workspace.send(WEEKLY, user="U1")
        for name in ("Send one now", "Stop"):
            assert not_allowed in visible_text(await scheduler.workspace.press(reply, name, user="U2"))
        assert not_allowed in shown(await open_form(scheduler.workspace.slack, reply, "Change", user="U2"))
        for command in ("pause", "resume", "snooze", "now", "stop", "change friday"):
            assert not_allowed in await scheduler.send(command, user="U2")
        assert "`scores web/production`" in await scheduler.send("schedules", user="U2")
        assert "No runs in this channel yet" in await scheduler.send("history", user="U2")
        assert "<@U1> paused" in await scheduler.send("pause", user="U1")


async def test_external_users_change_nothing(scheduler: SchedulerHarness) -> None:
    warning = await scheduler.workspace.send(WEEKLY, channel="C6", user="U1")
    reply = await scheduler.workspace.press(warning, "Post here anyway")
    refused = "I only answer members of this workspace."
    assert refused in await scheduler.send("stop 1", channel="C6", user="U9")
    assert refused in visible_text(await scheduler.workspace.press(reply, "Stop", user="U9"))
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted("C6")) == 1


async def test_question_about_a_disallowed_project_is_refused(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(allowed_projects="mobile") as scheduler:
        assert "I can't read the project web here." in await scheduler.send(WEEKLY)
        await scheduler.send("every monday scores mobile/production")
        assert "I can't read the project web here." in await scheduler.send("change 1 scores web/production")
        assert "`scores mobile/production`" in await scheduler.send("schedules")


# List and history


async def test_list_shows_next_run_and_last_result(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    assert "Last run:" not in await scheduler.send("schedules")
    await scheduler.advance_to(MONDAY)
    shown = await scheduler.send("schedules")
    assert "*1* · `scores web/production` *every Monday at 9:00 (Europe/Berlin)*, by <@U1>" in shown
    assert "Next run: <!date^" in shown
    assert "Mon 30 Nov 2026, 09:00" in shown
    assert "Last run: ✅" in shown


async def test_history_links_to_delivered_messages(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.send("now", user="U2")
    await scheduler.advance(seconds=0)
    await scheduler.advance_to(MONDAY)
    shown = await scheduler.send("history")
    for posted in scheduler.posted():
        assert f"https://harbour-goods.slack.com/archives/C1/p{posted.ts.replace('.', '')}|delivered>" in shown
    assert "sent on request by <@U2>" in shown
    await scheduler.stop()
    assert "delivered" in await scheduler.send("history 1")
    assert "This channel never had a schedule 7." in await scheduler.send("history 7")


async def test_history_of_one_schedule_says_what_happened_to_each_run(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every monday 9:00 scores web/production")
    scheduler.workspace.slack.faults["chat.postMessage"] = Fault(status=429, retry_after=30, times=1)
    await scheduler.advance_to(MONDAY)
    await scheduler.advance(seconds=40)
    assert "retried" not in await scheduler.send("history")
    steps = "asked 09:00:00 · not posted 09:00:00 · retried 09:00:00 · posted 09:00:40"
    assert steps in await scheduler.send("history 1")


async def test_long_history_says_how_to_see_more(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every day 9:00 scores web/production")
    await scheduler.advance_to(MONDAY + 4 * WEEK)
    assert "`history limit=20` lists more" in await scheduler.send("history")
    assert "`history 1 limit=20` lists more" in await scheduler.send("history 1")
    assert "Older runs aren't shown." in await scheduler.send("history limit=20")
