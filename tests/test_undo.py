"""Undo: the last change of a schedule can be taken back for five minutes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.scheduler_harness import LOOP, SchedulerHarness
from tests.workspace import visible_text

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
WEEKLY = "every monday 9:00 scores web/production"


async def scheduled(scheduler: SchedulerHarness) -> str:
    return await scheduler.send("schedules")


@pytest.mark.parametrize("line", ["pause 1", "change 1 tuesday 10:00", "change 1 status web/production", "snooze 1"])
async def test_undo_restores_the_schedule(scheduler: SchedulerHarness, line: str) -> None:
    await scheduler.send(WEEKLY)
    before = await scheduled(scheduler)
    await scheduler.send(line)
    assert await scheduled(scheduler) != before
    assert "<@U2> undid the last change of schedule 1" in await scheduler.send("undo 1", user="U2")
    assert await scheduled(scheduler) == before
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted()) == 1


async def test_undo_of_a_stop_starts_the_schedule_again(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.stop()
    assert "Next run: Mon 23 Nov 2026, 09:00 CET" in await scheduler.send("undo 1")
    await scheduler.advance_to(MONDAY)
    assert len(scheduler.posted()) == 1


async def test_undo_of_a_new_schedule_stops_it(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    assert "It's stopped." in await scheduler.send("undo 1")
    assert "No schedules in this channel yet" in await scheduled(scheduler)


async def test_undo_of_an_alert_stops_it(scheduler: SchedulerHarness) -> None:
    await scheduler.send("watch on events web/production")
    assert "It's stopped." in await scheduler.send("undo 1")


async def test_resumed_schedule_is_paused_again(scheduler: SchedulerHarness) -> None:
    for line in (WEEKLY, "pause 1", "resume 1"):
        await scheduler.send(line)
    assert "It's paused." in await scheduler.send("undo 1")
    await scheduler.advance_to(MONDAY)
    assert scheduler.posted() == []


async def test_undo_can_be_undone(scheduler: SchedulerHarness) -> None:
    for line in (WEEKLY, "pause 1", "undo 1"):
        await scheduler.send(line)
    assert "It's paused." in await scheduler.send("undo 1")


async def test_run_missed_before_the_undo_is_caught_up(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.advance_to(MONDAY - timedelta(minutes=1))
    await scheduler.send("pause 1")
    await scheduler.advance_to(MONDAY + timedelta(minutes=1))
    assert scheduler.posted() == []
    await scheduler.send("undo 1")
    await scheduler.advance(minutes=1)
    assert len(scheduler.posted()) == 1


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("pause 1", "schedules lets you change or stop it."),
        ("stop 1", "type /insights every monday 9:00 Europe/Berlin scores web/production"),
    ],
)
async def test_late_undo_says_what_to_do_instead(scheduler: SchedulerHarness, line: str, instead: str) -> None:
    await scheduler.send(WEEKLY)
    await (scheduler.stop(line) if line == "stop 1" else scheduler.send(line))
    before = await scheduled(scheduler)
    await scheduler.advance(minutes=5, seconds=1)
    reply = await scheduler.workspace.send("undo 1")
    assert reply.to == "U1"
    assert "It's too late to undo that: you have five minutes." in visible_text(reply)
    assert instead in reply.text
    assert await scheduled(scheduler) == before


async def test_undo_of_an_older_change_is_refused(scheduler: SchedulerHarness) -> None:
    for line in (WEEKLY, "pause 1", "resume 1"):
        await scheduler.send(line)
    before = await scheduled(scheduler)
    assert "Schedule 1 has been changed since then." in await scheduler.send("undo 1 change=2")
    assert await scheduled(scheduler) == before


async def test_two_people_undo_only_once(scheduler: SchedulerHarness) -> None:
    for line in (WEEKLY, "pause 1"):
        await scheduler.send(line)
    replies = await asyncio.gather(*(scheduler.send("undo 1 change=2", user=user) for user in ("U1", "U2")))
    assert sum("undid the last change" in reply for reply in replies) == 1
    assert sum("has been changed since then." in reply for reply in replies) == 1
    assert "Paused" not in await scheduled(scheduler)


async def test_undo_of_an_unknown_schedule_says_so(scheduler: SchedulerHarness) -> None:
    assert "There's no schedule 7 in this channel." in await scheduler.send("undo 7")


async def test_undo_adds_no_duplicate(scheduler: SchedulerHarness) -> None:
    await scheduler.send(WEEKLY)
    await scheduler.stop()
    await scheduler.send(WEEKLY)
    assert "That's already scheduled here (schedule 2)" in await scheduler.send("undo 1")
