"""Watches: alert once for each change, and never too often."""

from typing import Any

import pytest

from bot.sandbox.slack.workspace import Message
from tests.api_replies import lists_flags
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.watch_feed import Feed, ms, poll
from tests.workspace import visible_text

pytestmark = LOOP


async def test_preview_shows_past_alerts_before_the_watch_starts(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory() as scheduler:
        shown = await scheduler.workspace.send("watch events web/production")
        assert "in the past 7 days" in visible_text(shown)
        assert shown.to == "U1"
        assert scheduler.workspace.slack.channels["C1"].messages == []
        confirmation = await scheduler.workspace.press(shown, "Turn on alerts", user="U2")
        assert "<@U2> turned on alerts" in visible_text(confirmation)
        assert scheduler.workspace.slack.channels["C1"].messages == [confirmation]


@pytest.mark.parametrize(
    ("options", "when"),
    [
        ("", "when there's a large change"),
        (" impact=medium", "when there's a medium change"),
        (" impact=none", "when a change affects nobody"),
        (" impact=any", "when something changes"),
    ],
)
async def test_watch_promises_only_changes_of_the_size(
    scheduler_factory: OpenScheduler, options: str, when: str
) -> None:
    async with scheduler_factory() as scheduler:
        confirmation = await scheduler.send(f"watch on events web/production{options}")
        assert f"I'll post here {when}." in confirmation
        assert f"`events web/production{options}` *{when}*" in await scheduler.send("schedules")


async def test_preview_without_alerts_says_so(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory(edit=Feed()) as scheduler:
        shown = await scheduler.send("watch events web/production")
        assert "Alerts for `events web/production`: none in the past 7 days." in shown


async def test_first_poll_is_silent_and_each_event_alerts_once(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        feed.add_event("old-news", ms(scheduler) - 60_000, size="large", percentage=90)
        await scheduler.send("watch on events web/production")
        assert await poll(scheduler) == []
        feed.add_event("new-checkout", ms(scheduler), size="large", percentage=95)
        feed.add_event("dark-mode", ms(scheduler), size="small", percentage=2)
        [alert] = await poll(scheduler)
        assert "new-checkout" in visible_text(alert)
        assert "dark-mode" not in visible_text(alert)
        assert "old-news" not in visible_text(alert)
        assert await poll(scheduler, 3) == []


async def test_event_alerts_late_once_its_impact_turns_out_large(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await scheduler.send("watch on events web/production")
        await poll(scheduler)
        large = feed.add_event("new-checkout", ms(scheduler), reason="waiting")
        small = feed.add_event("dark-mode", ms(scheduler), reason="waiting")
        assert await poll(scheduler, 2) == []
        large["impact"] = {"size": "large", "percentage": 97}
        small["impact"] = {"size": "small", "percentage": 3}
        [alert] = await poll(scheduler)
        assert "impact confirmed later" in visible_text(alert)
        assert "dark-mode" not in visible_text(alert)
        assert await poll(scheduler, 2) == []


async def large_alert(scheduler: SchedulerHarness, feed: Feed) -> Message:
    """Turn alerts on, and return the one about a large change."""
    await scheduler.send("watch on events web/production")
    await poll(scheduler)
    feed.add_event("new-checkout", ms(scheduler), size="large", percentage=95)
    [alert] = await poll(scheduler)
    return alert


async def test_alert_names_the_owner_of_a_flag(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        alert = await large_alert(scheduler, feed)
        assert "|new-checkout>* · owned by Checkout crew\n🟢 Targeting turned on" in visible_text(alert)


@pytest.mark.parametrize(
    ("button", "done"), [("Pause alerts", "paused schedule 1"), ("Stop alerts", "turned off alerts")]
)
async def test_alert_can_be_paused_or_stopped_below_it(
    scheduler_factory: OpenScheduler, button: str, done: str
) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        alert = await large_alert(scheduler, feed)
        assert [block["type"] for block in alert.blocks][-3:] == ["section", "actions", "context"]
        answer = await scheduler.workspace.press(alert, button, user="U2")
        assert f"<@U2> {done}" in visible_text(answer)
        feed.add_event("dark-mode", ms(scheduler), size="large", percentage=95)
        assert await poll(scheduler, 3) == []


async def test_many_events_become_one_message_with_a_remainder(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await scheduler.send("watch on events web/production")
        await poll(scheduler)
        for number in range(14):
            feed.add_event(f"flag-{number}", ms(scheduler), size="large", percentage=95)
        [alert] = await poll(scheduler)
        assert "14 changes" in visible_text(alert)
        assert "4 more changes" in visible_text(alert)


async def test_alert_storm_becomes_a_summary_with_a_mute_button(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed, max_watch_alerts_per_hour=2) as scheduler:
        await scheduler.send("watch on events web/production")
        await poll(scheduler)
        alerts = []
        for number in range(6):
            feed.add_event(f"flag-{number}", ms(scheduler), size="large", percentage=95)
            alerts += await poll(scheduler)
        assert ["That's a lot of alerts" in visible_text(message) for message in alerts] == [False, False, True]
        muted = await scheduler.workspace.press(alerts[-1], "Mute for a day")
        assert "snoozed schedule 1" in visible_text(muted)
        assert await poll(scheduler, 20) == []
        await scheduler.advance(days=1)
        summary = scheduler.posted()[-1]
        assert [f"flag-{number}" in visible_text(summary) for number in range(6)] == [
            False,
            False,
            False,
            True,
            True,
            True,
        ]


async def test_watches_on_the_same_question_share_their_requests(
    scheduler_factory: OpenScheduler,
) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        for channel in ("C1", "C2"):
            await scheduler.send("watch on events web/production", channel=channel)
        await poll(scheduler)
        before = len(scheduler.workspace.faults.requests)
        feed.add_event("new-checkout", ms(scheduler), size="large", percentage=95)
        await poll(scheduler)
        assert len(scheduler.workspace.faults.requests) == before + 2  # events, and the owners of their flags
        assert [len(scheduler.posted(channel)) for channel in ("C1", "C2")] == [1, 1]


async def test_flag_alerts_once_it_is_ready_to_go(scheduler_factory: OpenScheduler) -> None:
    ready, status = dict[str, bool](), "launched"

    def edit(reply: Any) -> Any:
        if lists_flags(reply):
            for flag in reply["items"]:
                flag.pop("stale", None)
                flag.update({"stale": {"readyForCodeRemoval": True}} if ready.get(flag["key"]) else {})
        elif "flags" not in reply and isinstance(reply["items"], list):
            reply["items"] = [item | {"name": status} for item in reply["items"]]
        return reply

    async with scheduler_factory(edit=edit) as scheduler:
        await scheduler.send("watch on cleanup web/production")
        assert await poll(scheduler, 2) == []
        ready["new-checkout"] = True
        [alert] = await poll(scheduler, 4)  # the catalog is cached for a quarter of an hour
        assert "|new-checkout>* · owned by Checkout crew" in visible_text(alert)
        assert "ready to remove from code" in visible_text(alert)
        assert await poll(scheduler, 4) == []
        status = "active"
        assert await poll(scheduler, 2) == []
        status = "launched"
        [again] = await poll(scheduler)
        assert "in use → *ready to remove from code*" in visible_text(again)


@pytest.mark.parametrize(
    ("line", "path", "value", "expected"),
    [
        ("status web/production", ("series", 0, "metadata", "count"), 99, "→ 99"),
        ("scores web/production", ("scores", "risk", "indicator"), "needsAttention", "→ needs attention"),
        ("flag new-checkout web/production", ("environments", "production", "on"), False, "→ off"),
        (
            "deploys web/production",
            ("metadata", "metrics", "deploymentFrequency", "indicator"),
            "needsAttention",
            "→ needs attention",
        ),
    ],
)
async def test_state_change_alerts_once(
    scheduler_factory: OpenScheduler, line: str, path: tuple[Any, ...], value: Any, expected: str
) -> None:
    changed = False

    def edit(reply: Any) -> Any:
        part = reply
        if changed and path[0] in reply:
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = value
        return reply

    async with scheduler_factory(edit=edit) as scheduler:
        assert "I can't preview this one" in await scheduler.send(f"watch {line}")
        await scheduler.send(f"watch on {line}")
        assert await poll(scheduler, 2) == []
        changed = True
        [alert] = await poll(scheduler)
        assert expected in visible_text(alert).replace("*", "")
        assert await poll(scheduler, 2) == []


async def test_score_alerts_once_it_falls_below_a_number(scheduler_factory: OpenScheduler) -> None:
    risk: dict[str, Any] = {"score": 64, "indicator": "fair"}

    def edit(reply: Any) -> Any:
        for name in ("risk", "velocity") if "scores" in reply else ():
            reply["scores"][name] |= risk
        return reply

    async with scheduler_factory(edit=edit) as scheduler:
        await scheduler.send("watch on scores web/production score=risk below=60")
        await poll(scheduler)
        for score in (60, 59, 40, 70):
            risk["score"] = score
            alerts = await poll(scheduler)
            assert len(alerts) == (score == 59), score
        risk |= {"score": 0, "indicator": "notCalculated"}
        assert await poll(scheduler) == []
        risk |= {"score": 58, "indicator": "fair"}
        [alert] = await poll(scheduler)
        assert "Risk fair 70 → fair 58, below 60" in visible_text(alert).replace("*", "")
        assert "Velocity" not in visible_text(alert)


async def test_changed_watch_starts_with_a_silent_check(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory() as scheduler:
        await scheduler.send("watch on scores web/production")
        await poll(scheduler)
        confirmation = await scheduler.send("change 1 flag new-checkout web/production")
        assert "changed schedule 1: `flag new-checkout web/production`, *when something changes*." in confirmation
        assert await poll(scheduler, 2) == []


async def test_launchdarkly_outage_is_silent_and_loses_no_event(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await scheduler.send("watch on events web/production")
        await poll(scheduler)
        scheduler.workspace.faults.status = 503
        feed.add_event("new-checkout", ms(scheduler), size="large", percentage=95)
        assert await poll(scheduler, 2) == []
        scheduler.workspace.faults.status = None
        [alert] = await poll(scheduler, 3)
        assert "new-checkout" in visible_text(alert)


async def test_owner_is_notified_once_of_a_lasting_failure(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await scheduler.send("watch on events web/production", user="U1")
        for number in (1, 2):
            scheduler.workspace.faults.status = None
            assert await poll(scheduler) == []
            scheduler.workspace.faults.status = 404
            assert await poll(scheduler, 3) == []
            assert len(scheduler.direct_messages("U1")) == number
        assert "I couldn't check events web/production for alerts in <#C1>." in scheduler.direct_messages("U1")[0]
        assert "❌" in await scheduler.send("history")
        assert scheduler.direct_messages("U2") == []


async def test_unwatchable_question_is_refused(scheduler_factory: OpenScheduler) -> None:
    async with scheduler_factory() as scheduler:
        assert "I can't watch `digest`." in await scheduler.send("watch digest web/production")
        await scheduler.send("watch on scores web/production")
        assert "already scheduled here" in await scheduler.send("watch on scores web/production")
        listed = await scheduler.send("schedules")
        assert "when something changes" in listed
        assert "Send one now" not in listed
