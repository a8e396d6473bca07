"""Incidents in alerts: a flag that is off and on again is one alert, and a reply says when it is on again."""

import re

from bot.sandbox.slack.workspace import Message
from bot.schedules.scheduler import collect_work
from bot.schedules.watch_job import check_watch
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness
from tests.watch_feed import POLL, Feed, ms, poll
from tests.workspace import visible_text

pytestmark = LOOP
DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

SECOND_MS, MINUTE_MS = 1000, 60_000
PENDING = {"reason": "waiting"}


async def watch_events(scheduler: SchedulerHarness) -> None:
    await scheduler.send("watch on events web/production")
    await poll(scheduler)


def replies(scheduler: SchedulerHarness, alert: Message) -> list[str]:
    return [visible_text(reply) for reply in scheduler.thread_replies(alert)]


async def test_flag_off_and_on_again_between_two_polls_is_one_change(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        feed.turn_off(ms(scheduler))
        feed.turn_on(ms(scheduler) + 40 * SECOND_MS)
        [alert] = await poll(scheduler)
        text = visible_text(alert)
        assert "*1 change*" in text
        assert (
            "🟢 Off for 40 seconds · turned off by Lena Hoffmann, turned back on by Mateo · large impact (95%)" in text
        )
        assert "_Errors at checkout: off → Fixed_" in text
        assert await poll(scheduler, 5) == []
        assert replies(scheduler, alert) == []


async def test_flag_on_again_after_the_next_poll_is_a_reply(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        feed.turn_off(ms(scheduler) + 4 * MINUTE_MS)
        [alert] = await poll(scheduler)
        assert "Errors at checkout: off" in visible_text(alert)
        feed.turn_on(ms(scheduler) + 50 * SECOND_MS)
        assert await poll(scheduler, 5) == []
        [reply] = replies(scheduler, alert)
        assert "new-checkout>* is on again after 110 seconds · Mateo" in reply
        assert "_Fixed_" in reply
        assert "manage with" not in reply


async def test_reply_comes_at_once_though_the_impact_is_unknown(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        feed.turn_off(ms(scheduler))
        [alert] = await poll(scheduler)
        assert await poll(scheduler, 12) == []
        on = feed.turn_on(ms(scheduler) + MINUTE_MS, **PENDING)
        assert await poll(scheduler) == []
        assert len(replies(scheduler, alert)) == 1
        on["impact"] = {"size": "large", "percentage": 95}
        assert await poll(scheduler, 5) == []
        assert len(replies(scheduler, alert)) == 1


async def test_incident_alerts_late_once_the_impact_of_its_start_is_known(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        off = feed.turn_off(ms(scheduler), **PENDING)
        assert await poll(scheduler, 2) == []
        on = feed.turn_on(ms(scheduler), **PENDING)
        assert await poll(scheduler, 2) == []
        off["impact"] = {"size": "large", "percentage": 95}
        [alert] = await poll(scheduler)
        assert "Off for 10 minutes" in visible_text(alert)
        assert "impact confirmed later" in visible_text(alert)
        on["impact"] = {"size": "large", "percentage": 95}
        assert await poll(scheduler, 5) == []
        assert replies(scheduler, alert) == []


async def test_continued_rollout_is_a_reply_to_the_alert_about_the_rollback(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        feed.roll(50, 5, ms(scheduler))
        [alert] = await poll(scheduler)
        feed.roll(5, 25, ms(scheduler) + MINUTE_MS)
        assert await poll(scheduler) == []
        [reply] = replies(scheduler, alert)
        assert "is rolling out again after 6 minutes" in reply
        assert "_Rollout changed from 5% to 25%_" in reply
        feed.roll(25, 100, ms(scheduler))
        assert len(await poll(scheduler)) == 1


async def test_each_alert_of_a_flag_gets_its_own_reply(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        feed.turn_off(ms(scheduler))
        [first] = await poll(scheduler)
        feed.turn_on(ms(scheduler))
        feed.turn_off(ms(scheduler) + MINUTE_MS)
        [second] = await poll(scheduler)
        feed.turn_on(ms(scheduler))
        assert await poll(scheduler, 4) == []
        thread = [*replies(scheduler, first), *replies(scheduler, second)]
        lasted = [re.findall(r"after (\d minutes) ·", reply) for reply in thread]
        assert lasted == [["5 minutes"], ["4 minutes"]]


async def test_flags_of_one_alert_share_a_reply(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        for flag in ("new-checkout", "dark-mode"):
            feed.turn_off(ms(scheduler), flag)
        [alert] = await poll(scheduler)
        feed.turn_off(ms(scheduler), "apple-pay")
        [other_alert] = await poll(scheduler)
        for flag in ("new-checkout", "dark-mode", "apple-pay"):
            feed.turn_on(ms(scheduler), flag)
        assert await poll(scheduler) == []
        [reply], [other_reply] = replies(scheduler, alert), replies(scheduler, other_alert)
        assert [flag in reply for flag in ("new-checkout", "dark-mode", "apple-pay")] == [True, True, False]
        assert "apple-pay" in other_reply


async def test_crash_between_check_and_delivery_loses_no_reply(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        feed.turn_off(ms(scheduler))
        [alert] = await poll(scheduler)
        feed.turn_on(ms(scheduler))
        feed.turn_off(ms(scheduler), "dark-mode")
        scheduler.clock.now += POLL
        _, [query_key] = await collect_work(scheduler.ctx, scheduler.clock.now)
        assert len(await check_watch(scheduler.ctx, query_key)) == 2  # and nobody enqueues them
        assert await check_watch(scheduler.ctx, query_key) == []
        [other_alert] = await poll(scheduler)
        assert "dark-mode" in visible_text(other_alert)
        assert len(replies(scheduler, alert)) == 1
        assert await poll(scheduler, 2) == []
        assert len(replies(scheduler, alert)) == 1


async def test_changes_of_one_flag_are_one_item_of_the_alert(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        for minute in range(5):
            feed.add_change("new-checkout", "updated_rules", f"Edit {minute}", ms(scheduler) + minute * MINUTE_MS)
        feed.turn_off(ms(scheduler), "dark-mode")
        [alert] = await poll(scheduler)
        text = visible_text(alert)
        assert "*6 changes*" in text
        assert text.count("|new-checkout>*") == 1
        assert [f"Edit {minute}" in text for minute in range(5)] == [True] * 3 + [False] * 2
        assert "… and 2 more changes" in text


async def test_flag_on_again_after_a_day_is_an_alert(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        await watch_events(scheduler)
        feed.turn_off(ms(scheduler))
        [alert] = await poll(scheduler)
        await scheduler.advance(days=1)
        feed.turn_on(ms(scheduler))
        [again] = await poll(scheduler)
        assert "Fixed" in visible_text(again)
        assert replies(scheduler, alert) == []


async def test_replies_do_not_count_as_alerts(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed, max_watch_alerts_per_hour=2) as scheduler:
        await watch_events(scheduler)
        alerts = []
        for _ in range(2):
            feed.turn_off(ms(scheduler))
            alerts += await poll(scheduler)
            feed.turn_on(ms(scheduler))
            assert await poll(scheduler) == []
        assert ["That's a lot of alerts" in visible_text(alert) for alert in alerts] == [False, False]
        assert [len(replies(scheduler, alert)) for alert in alerts] == [1, 1]


async def test_preview_counts_an_incident_as_one_alert(scheduler_factory: OpenScheduler) -> None:
    feed = Feed()
    async with scheduler_factory(edit=feed) as scheduler:
        feed.turn_off(ms(scheduler) - 60 * MINUTE_MS)
        feed.turn_on(ms(scheduler) - 20 * MINUTE_MS)
        shown = await scheduler.send("watch events web/production")
        assert "*1 alert*" in shown
        assert "Off for 40 minutes" in shown
