"""Watches: silent until there is something new, each thing told once, and never too often."""

from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.slack.message import Message
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.workspace import visible_text

pytestmark = LOOP

POLL = timedelta(minutes=5)


class Feed:
    """The events of a project as a test wants them, below the client."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def happens(self, flag: str, at: float, **impact: Any) -> dict[str, Any]:
        event = {
            "id": f"event-{len(self.events)}",
            "projectId": "p",
            "projectKey": "web",
            "flagKey": flag,
            "environmentKey": "production",
            "eventType": "enabled_targeting",
            "eventTime": at,
            "description": "Targeting turned on",
            "impact": impact,
        }
        self.events.append(event)
        return event

    def __call__(self, reply: Any) -> Any:
        if "totalCount" not in reply:
            return reply
        return {"totalCount": len(self.events), "items": list(reversed(self.events))}


def ms(scheduler: SchedulerHarness) -> float:
    return scheduler.clock.now.timestamp() * 1000


async def poll(scheduler: SchedulerHarness, times: int = 1) -> list[Message]:
    """So many looks later: what was said meanwhile."""
    before = len(scheduler.posted())
    for _ in range(times):
        await scheduler.advance(seconds=POLL.total_seconds())
    return scheduler.posted()[before:]


async def test_before_it_is_begun_it_shows_what_would_have_been_told(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory() as desk:
        shown = await desk.workspace.send("watch events web/production")
        assert "in the last seven days" in visible_text(shown)
        assert shown.to == "U1"
        assert desk.workspace.slack.channels["C1"].messages == []
        begun = await desk.workspace.press(shown, "Watch it", user="U2")
        assert "as <@U2> wants it" in visible_text(begun)
        assert desk.workspace.slack.channels["C1"].messages == [begun]


async def test_the_first_look_is_silent_and_each_event_is_told_once(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as desk:
        feed.happens("old-news", ms(desk) - 60_000, size="large", percentage=90)
        await desk.send("watch on events web/production")
        assert await poll(desk) == []
        feed.happens("new-checkout", ms(desk), size="large", percentage=95)
        feed.happens("dark-mode", ms(desk), size="small", percentage=2)
        [told] = await poll(desk)
        assert "new-checkout" in visible_text(told)
        assert "dark-mode" not in visible_text(told)
        assert "old-news" not in visible_text(told)
        assert await poll(desk, 3) == []


async def test_what_was_still_counted_is_told_late_if_it_turns_out_large(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as desk:
        await desk.send("watch on events web/production")
        await poll(desk)
        waits = feed.happens("new-checkout", ms(desk), reason="waiting")
        small = feed.happens("dark-mode", ms(desk), reason="waiting")
        assert await poll(desk, 2) == []
        waits["impact"] = {"size": "large", "percentage": 97}
        small["impact"] = {"size": "small", "percentage": 3}
        [told] = await poll(desk)
        assert "known only by now" in visible_text(told)
        assert "dark-mode" not in visible_text(told)
        assert await poll(desk, 2) == []


async def test_many_at_once_become_one_message_with_the_rest_counted(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as desk:
        await desk.send("watch on events web/production")
        await poll(desk)
        for number in range(14):
            feed.happens(f"flag-{number}", ms(desk), size="large", percentage=95)
        [told] = await poll(desk)
        assert "14 changes" in visible_text(told)
        assert "4 more changes" in visible_text(told)


async def test_a_storm_becomes_a_summary_and_an_offer_to_be_left_alone(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed, storm_per_hour=2) as desk:
        await desk.send("watch on events web/production")
        await poll(desk)
        said = []
        for number in range(6):
            feed.happens(f"flag-{number}", ms(desk), size="large", percentage=95)
            said += await poll(desk)
        assert ["That is a lot" in visible_text(message) for message in said] == [False, False, True]
        muted = await desk.workspace.press(said[-1], "Mute for a day")
        assert "has snoozed number 1" in visible_text(muted)
        assert await poll(desk, 20) == []
        await desk.advance(days=1)
        told = desk.posted()[-1]
        assert [f"flag-{number}" in visible_text(told) for number in range(6)] == [
            False,
            False,
            False,
            True,
            True,
            True,
        ]


async def test_many_channels_that_watch_the_same_cost_one_request_and_each_is_told(
    scheduler_factory: OpenScheduler,
) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as desk:
        for channel in ("C1", "C2"):
            await desk.send("watch on events web/production", channel=channel)
        await poll(desk)
        before = len(desk.workspace.faults.requests)
        feed.happens("new-checkout", ms(desk), size="large", percentage=95)
        await poll(desk)
        assert len(desk.workspace.faults.requests) == before + 1
        assert [len(desk.posted(channel)) for channel in ("C1", "C2")] == [1, 1]


@pytest.mark.parametrize(
    ("line", "path", "value", "says"),
    [
        ("status web/production", ("series", 0, "metadata", "count"), 99, "─► 99"),
        ("scores web/production", ("scores", "risk", "indicator"), "needsAttention", "─► needs attention"),
        ("flag new-checkout web/production", ("environments", "production", "on"), False, "─► off"),
    ],
)
async def test_what_lasts_is_told_when_its_state_changes(
    scheduler_factory: OpenScheduler, line: str, path: tuple[Any, ...], value: Any, says: str
) -> None:
    changed = False

    def edit(reply: Any) -> Any:
        part = reply
        if changed and path[0] in reply:
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = value
        return reply

    async with scheduler_factory(edit=edit) as desk:
        assert "is not known" in await desk.send(f"watch {line}")
        await desk.send(f"watch on {line}")
        assert await poll(desk, 2) == []
        changed = True
        [told] = await poll(desk)
        assert says in visible_text(told).replace("*", "")
        assert await poll(desk, 2) == []


async def test_while_launchdarkly_is_away_nothing_is_said_and_nothing_missed(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as desk:
        await desk.send("watch on events web/production")
        await poll(desk)
        desk.workspace.faults.status = 503
        feed.happens("new-checkout", ms(desk), size="large", percentage=95)
        assert await poll(desk, 2) == []
        desk.workspace.faults.status = None
        [told] = await poll(desk, 3)
        assert "new-checkout" in visible_text(told)


async def test_owner_of_a_watch_is_told_of_a_lasting_failure_once(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as desk:
        await desk.send("watch on events web/production", user="U1")
        for number in (1, 2):
            desk.workspace.faults.status = None
            assert await poll(desk) == []
            desk.workspace.faults.status = 404
            assert await poll(desk, 3) == []
            assert len(desk.direct_messages("U1")) == number
        assert "I couldn't look at `events web/production` for its watch in <#C1>." in desk.direct_messages("U1")[0]
        assert "❌" in await desk.send("history")
        assert desk.direct_messages("U2") == []


async def test_what_cannot_be_watched_is_said(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory() as desk:
        assert "cannot be watched" in await desk.send("watch digest web/production")
        await desk.send("watch on scores web/production")
        assert "asked here already" in await desk.send("watch on scores web/production")
        listed = await desk.send("schedules")
        assert "whenever there is something new" in listed
        assert "Send one now" not in listed
