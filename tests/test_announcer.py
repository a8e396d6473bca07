"""Each schedule has one message in its channel, which says what people do to the schedule."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.slack import Fault
from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.elements import find_elements
from bot.sandbox.slack.workspace import Message
from tests.databases import DatabaseFactory
from tests.form_filling import open_form, save
from tests.scheduler_harness import LOOP, SchedulerHarness
from tests.workspace import open_workspace, visible_text

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
WEEKLY = "every monday 9:00 scores web/production"
ALERTS = "watch on events web/production"


def labels(message: Message) -> list[str]:
    return [button.label for button in find_elements(message.blocks, ("button",))]


def public(scheduler: SchedulerHarness, channel: str = "C1") -> list[Message]:
    """Return what the bot has posted about schedules."""
    return [one for one in scheduler.workspace.slack.channels[channel].messages if one.bot and not one.metadata]


async def create(scheduler: SchedulerHarness, line: str = WEEKLY, **origin: Any) -> Message:
    return await scheduler.workspace.send(line, **origin)


# Where a change is shown


@pytest.mark.parametrize(
    ("line", "says", "buttons"),
    [
        ("pause 1", "<@U2> paused schedule 1", ["Resume", "Change", "Send one now", "Stop", "Undo"]),
        ("snooze 1", "<@U2> snoozed schedule 1", ["Pause", "Change", "Send one now", "Stop", "Undo"]),
        ("change 1 friday", "<@U2> changed schedule 1", ["Pause", "Change", "Send one now", "Stop", "Undo"]),
    ],
)
async def test_change_updates_the_schedules_message(
    scheduler: SchedulerHarness, line: str, says: str, buttons: list[str]
) -> None:
    card = await create(scheduler, user="U1")
    reply = await scheduler.workspace.send(line, user="U2")
    assert public(scheduler) == [card]
    assert says in visible_text(card)
    assert "created by <@U1>" in visible_text(card)
    assert labels(card) == buttons
    assert reply.to == "U2"
    assert says in visible_text(reply)
    assert labels(reply) == ["Undo", "Show schedule"]
    assert f"/archives/C1/p{card.ts.replace('.', '')}" in visible_text(reply)


async def test_every_change_of_an_alert_updates_its_message(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler, ALERTS)
    assert labels(card) == ["Pause", "Change", "Stop", "Undo"]
    for line, says, buttons in (
        ("pause 1", "paused schedule 1", ["Resume", "Change", "Stop", "Undo"]),
        ("resume 1", "resumed schedule 1", ["Pause", "Change", "Stop", "Undo"]),
    ):
        await scheduler.send(line)
        assert says in visible_text(card)
        assert labels(card) == buttons
    await scheduler.stop()
    assert "turned off alerts for" in visible_text(card)
    assert labels(card) == ["Undo"]
    assert public(scheduler) == [card]


async def test_pressing_the_schedules_message_needs_no_reply(scheduler: SchedulerHarness) -> None:
    slack, card = scheduler.workspace.slack, await create(scheduler)
    for button, says in (
        ("Pause", "<@U2> paused"),
        ("Resume", "<@U2> resumed"),
        ("Stop", "<@U2> stopped"),
        ("Undo", "<@U2> undid the last change"),
    ):
        assert await scheduler.workspace.press(card, button, user="U2") is card
        assert says in visible_text(card)
    assert public(scheduler) == [card]
    assert slack.ephemeral["U2"] == []


async def test_undo_beside_the_reply_updates_the_schedules_message(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler)
    paused = await scheduler.workspace.send("pause 1", user="U2")
    await scheduler.workspace.press(paused, "Undo")
    assert "<@U2> undid the last change of schedule 1" in visible_text(card)
    assert labels(card)[0] == "Pause"


async def test_edit_form_updates_the_schedules_message(scheduler: SchedulerHarness) -> None:
    slack, card = scheduler.workspace.slack, await create(scheduler)
    await save(slack, await open_form(slack, card, "Change", user="U2"), Days=["Tuesday"])
    await slack.until(lambda: slack.ephemeral["U2"])
    assert "<@U2> changed schedule 1" in visible_text(card)
    assert public(scheduler) == [card]


# A message that is old, gone, or out of reach


async def test_change_of_an_old_schedule_is_announced_once_more(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler)
    await scheduler.advance(hours=1, seconds=1)
    notice = await scheduler.workspace.send("pause 1", user="U2")
    assert public(scheduler) == [card, notice]
    for message in (card, notice):
        assert "<@U2> paused schedule 1" in visible_text(message)
    assert labels(notice) == ["Undo", "Show schedule"]
    assert scheduler.workspace.slack.ephemeral["U2"] == []


async def test_changes_within_an_hour_share_one_notice(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler)
    await scheduler.advance(hours=2)
    notice = await scheduler.workspace.send("pause 1")
    await scheduler.workspace.send("resume 1", user="U2")
    assert public(scheduler) == [card, notice]
    assert "<@U2> resumed schedule 1" in visible_text(notice)
    await scheduler.advance(hours=2)
    later = await scheduler.workspace.send("pause 1")
    assert public(scheduler) == [card, notice, later]
    assert "<@U2> resumed schedule 1" in visible_text(notice)


async def test_reply_to_a_mention_is_no_notice_for_the_channel(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler)
    await scheduler.advance(hours=2)
    await scheduler.workspace.slack.say(f"<@{BOT_USER_ID}> pause 1")
    await scheduler.workspace.slack.until(lambda: len(public(scheduler)) == 2)
    reply = public(scheduler)[-1]
    assert reply.thread_ts
    notice = await scheduler.workspace.send("resume 1")
    assert public(scheduler) == [card, reply, notice]
    assert notice.thread_ts is None


async def test_deleted_message_is_posted_anew(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler)
    scheduler.workspace.slack.delete(card)
    anew = await scheduler.workspace.send("pause 1")
    assert public(scheduler) == [anew]
    assert labels(anew)[0] == "Resume"
    await scheduler.workspace.send("resume 1")
    assert public(scheduler) == [anew]
    assert "resumed schedule 1" in visible_text(anew)


async def test_schedule_without_a_message_gets_one(scheduler: SchedulerHarness) -> None:
    reply = await create(scheduler, channel="C3")
    assert "I can't post here until" in visible_text(reply)
    await scheduler.workspace.slack.invite("C3")
    card = await scheduler.workspace.send("pause 1", channel="C3")
    assert await scheduler.workspace.press(card, "Resume") is card


@pytest.mark.parametrize("line", ["pause 1", "snooze 1", "change 1 friday"])
async def test_channel_without_the_bot_gets_a_plain_reply(scheduler: SchedulerHarness, line: str) -> None:
    created = await create(scheduler, channel="C3")
    changed = await scheduler.workspace.send(line, channel="C3")
    assert public(scheduler, "C3") == [created, changed]
    assert "schedule 1: `scores web/production`" in visible_text(changed)
    undone = await scheduler.workspace.press(changed, "Undo")
    assert "undid the last change" in visible_text(undone)
    assert created.versions == []


@pytest.mark.parametrize("fault", [Fault(status=429, retry_after=30), Fault(error="restricted_action")])
async def test_refused_update_ends_in_a_plain_reply(scheduler: SchedulerHarness, fault: Fault) -> None:
    card = await create(scheduler)
    scheduler.workspace.slack.faults["chat.update"] = fault
    reply = await scheduler.workspace.send("pause 1")
    assert public(scheduler) == [card, reply]
    assert "paused schedule 1" in visible_text(reply)
    assert "Paused" in await scheduler.send("schedules")


async def test_unconfirmed_post_is_repeated_for_the_caller_alone(scheduler: SchedulerHarness) -> None:
    scheduler.workspace.slack.faults["chat.postMessage"] = Fault(status=500)
    reply = await create(scheduler)
    assert reply.to == "U1"
    assert "scheduled `scores web/production` here" in visible_text(reply)
    assert public(scheduler) == []


# Several people, and buttons that are too late


async def test_two_people_at_once_share_one_message(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler)
    await asyncio.gather(
        scheduler.workspace.press(card, "Pause", user="U1"), scheduler.workspace.send("change 1 friday", user="U2")
    )
    # Either update may be taken for the answer to the press.
    await scheduler.workspace.slack.until(lambda: labels(card)[0] == "Resume")
    assert public(scheduler) == [card]
    assert "every Friday at 9:00" in visible_text(card)


async def test_late_undo_is_answered_and_leaves_with_the_next_change(scheduler: SchedulerHarness) -> None:
    card = await create(scheduler)
    late = find_elements(card.blocks, ("button",))[-1].press_action("1.0")
    await scheduler.advance(minutes=5, seconds=1)
    reply = await scheduler.workspace.press(card, "Undo", user="U2")
    assert reply.to == "U2"
    assert "It's too late to undo that: you have five minutes." in visible_text(reply)
    await scheduler.workspace.press(card, "Pause")
    refused = await scheduler.workspace.wait_for_answer(await scheduler.workspace.slack.act(card, late, user="U2"))
    assert "Schedule 1 has been changed since then." in visible_text(refused)
    assert labels(card)[0] == "Resume"


@pytest.mark.parametrize("button", ["Pause", "Send one now", "Stop"])
async def test_button_of_a_stopped_schedule_says_so(scheduler: SchedulerHarness, button: str) -> None:
    card = await create(scheduler)
    pressed = next(one for one in find_elements(card.blocks, ("button",)) if one.label == button).press_action("1.0")
    await scheduler.stop()
    reply = await scheduler.workspace.wait_for_answer(await scheduler.workspace.slack.act(card, pressed, user="U2"))
    assert reply.to == "U2"
    assert "Schedule 1 was stopped." in visible_text(reply)


# Shared channels, mentions and direct messages


async def test_undo_in_a_shared_channel_asks_before_it_posts(scheduler: SchedulerHarness) -> None:
    confirmation = await create(scheduler, channel="C6")
    card = await scheduler.workspace.press(confirmation, "Post here anyway")
    await scheduler.workspace.press(card, "Pause", user="U1")
    question = await scheduler.workspace.press(card, "Undo", user="U1")
    assert "This channel is shared with another organization." in visible_text(question)
    await scheduler.workspace.press(question, "Post here anyway")
    assert "undid the last change" in visible_text(card)
    assert public(scheduler, "C6") == [card]
    assert await scheduler.workspace.press(card, "Pause", user="U1") is card


async def test_message_is_updated_after_a_restart(databases: DatabaseFactory) -> None:
    database = databases().url
    async with open_workspace(database) as workspace:
        card = await workspace.send(WEEKLY)
    async with open_workspace(database) as workspace:
        workspace.slack.channels["C1"].messages.append(card)
        assert await workspace.press(card, "Pause") is card
        assert "paused schedule 1" in visible_text(card)


async def test_message_is_updated_in_socket_mode() -> None:
    async with open_workspace(socket=True) as workspace:
        card = await workspace.send(WEEKLY)
        assert await workspace.press(card, "Pause") is card
        assert "paused schedule 1" in visible_text(card)
