"""A schedule's question is asked once before it is saved, so that mistyped keys are refused at once."""

import pytest

from bot.sandbox.slack.workspace import Message
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.workspace import visible_text

pytestmark = LOOP
DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

EVERY = "every monday 9:00 scores web/production"
NONE = "No schedules in this channel yet"
UNCHECKED = "I couldn't check this with LaunchDarkly"


def public(scheduler: SchedulerHarness) -> list[Message]:
    return scheduler.workspace.slack.channels["C1"].messages


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("every monday digest web/prod", "It has production, staging and test."),
        ("every monday digest web/prod", "`every monday 9:00 digest web/production`"),
        ("every monday scores wbe/production", "There's no project “wbe”. Did you mean web?"),
        ("every monday compare web/production,prod", "web has no environment “prod”."),
        ("every friday flag new-chekout web/production", "Did you mean new-checkout?"),
        ("every friday flag new-checkout web/prod", "web has no environment “prod”."),
        ("watch on flag new-chekout web/production", "`watch on flag new-checkout web/production`"),
        ("watch on events web/prod", "web has no environment “prod”."),
        ("watch on scores wbe/production", "There's no project “wbe”. Did you mean web?"),
    ],
)
async def test_unknown_keys_are_refused_before_saving(scheduler: SchedulerHarness, line: str, says: str) -> None:
    answer = await scheduler.workspace.send(line)
    assert "⚠️" in visible_text(answer)
    assert says in visible_text(answer)
    assert answer.to == "U1"
    assert public(scheduler) == []
    assert NONE in await scheduler.send("schedules")


@pytest.mark.parametrize("line", ["every monday digest WEB/Production", "watch on events web/PRODUCTION"])
async def test_keys_are_saved_as_launchdarkly_writes_them(scheduler: SchedulerHarness, line: str) -> None:
    await scheduler.send(line)
    assert f"`{line.split()[2]} web/production" in await scheduler.send("schedules")


async def test_question_that_the_token_may_not_read_is_refused(scheduler: SchedulerHarness) -> None:
    scheduler.workspace.faults.status = 403
    assert "The bot's access token can't read this." in await scheduler.send(EVERY)
    assert NONE in await scheduler.send("schedules")


async def test_change_keeps_the_old_question_when_the_new_one_is_unknown(scheduler: SchedulerHarness) -> None:
    await scheduler.send(EVERY)
    assert "new-chekout" in await scheduler.send("change 1 tuesday flag new-chekout web/production")
    shown = await scheduler.send("schedules")
    assert "`scores web/production` *every Monday at 9:00" in shown


async def test_same_question_can_move_to_another_time_unchecked(scheduler: SchedulerHarness) -> None:
    await scheduler.send(EVERY)
    before = len(scheduler.workspace.faults.requests)
    scheduler.workspace.faults.status = 404
    assert "changed schedule 1" in await scheduler.send("change 1 tuesday 10:00")
    assert "changed schedule 1" in await scheduler.send("change 1 friday scores web/production")
    assert len(scheduler.workspace.faults.requests) == before


@pytest.mark.parametrize("status", [503, 429])
@pytest.mark.parametrize("line", [EVERY, "watch on flag new-checkout web/production"])
async def test_question_is_saved_unchecked_while_launchdarkly_is_down(
    scheduler: SchedulerHarness, line: str, status: int
) -> None:
    scheduler.workspace.faults.status, scheduler.workspace.faults.retry_after = status, 0
    answer = await scheduler.workspace.send(line)
    assert UNCHECKED in answer.text
    assert UNCHECKED in visible_text(answer).replace(answer.text, "")
    assert public(scheduler) == [answer]
    assert NONE not in await scheduler.send("schedules")
    assert UNCHECKED in await scheduler.send(
        f"change 1 {'monday ' if line == EVERY else ''}flag dark-mode web/production"
    )


@pytest.mark.parametrize("line", [EVERY, "watch on scores web/production"])
async def test_check_costs_one_request(scheduler: SchedulerHarness, line: str) -> None:
    answer = await scheduler.send(line)
    assert UNCHECKED not in answer
    assert len(scheduler.workspace.faults.requests) == 1


async def test_request_without_permission_is_refused_unchecked(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(allowed_schedule_managers="S1", allowed_projects="web") as scheduler:
        for line in (EVERY, "watch on scores web/production", "change 1 scores web/production"):
            assert "You don't have permission to manage schedules." in await scheduler.send(line, user="U2")
        for line in ("every monday scores mobile/production", "watch on scores mobile/production"):
            assert "I can't read the project mobile here" in await scheduler.send(line, user="U1")
        assert scheduler.workspace.faults.requests == []


async def test_same_line_sent_twice_at_once_is_saved_once(scheduler: SchedulerHarness) -> None:
    slack, scheduler.workspace.faults.delay = scheduler.workspace.slack, 0.2
    for user in ("U1", "U2"):
        await slack.type("/insights every monday 9:00 UTC scores web/production", user=user)
    await slack.until(lambda: public(scheduler) and any(map(slack.ephemeral.get, ("U1", "U2"))))
    [refused] = [message for user in ("U1", "U2") for message in slack.ephemeral[user]]
    assert "That's already scheduled here (schedule 1):" in visible_text(refused)
    assert len(await scheduler.ctx.store.schedules.list_all()) == 1


async def test_watch_cannot_change_to_an_unwatchable_question(scheduler: SchedulerHarness) -> None:
    await scheduler.send("watch on scores web/production")
    assert "I can't watch `digest`." in await scheduler.send("change 1 digest web/production")
    assert "`scores web/production`" in await scheduler.send("schedules")
