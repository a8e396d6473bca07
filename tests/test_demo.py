"""The demo: the real bot, with a clock and faults to choose from. It starts on a Sunday here, whatever today is."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from bot.demo.driver import DemoClock
from bot.demo.environment import (
    LEADS_CHANNEL,
    RELEASES_CHANNEL,
    Demo,
    live_demo,
    sandbox_demo,
    type_line,
    wait_for_answer,
)
from bot.demo.fault_presets import FaultPresets
from bot.errors import Misconfigured
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.workspace import Message
from tests.conversation import settings
from tests.workspace import visible_text

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
# LaunchDarkly measures a change's impact for twenty minutes; then come the watch's next poll, and its delivery.
NEVER_LATER = timedelta(minutes=27)


def right_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with sandbox_demo(settings(), right_now, starts_at=NOW) as found:
        yield found


def posted(demo: Demo, channel: str = RELEASES_CHANNEL) -> list[Message]:
    """Return the scheduled posts, without their threads."""
    return [one for one in demo.slack.channels[channel].messages if one.metadata and not one.thread_ts]


def thread_replies(demo: Demo, channel: str) -> list[Message]:
    return [one for one in demo.slack.channels[channel].messages if one.metadata and one.thread_ts]


async def next_slot(demo: Demo) -> str:
    return " ".join([sentence async for sentence in demo.skip_to_next_run()])


def delays(demo: Demo) -> list[timedelta]:
    """Return the delay between each event and its alert."""
    return [
        alert.at - datetime.fromtimestamp(int(happened), UTC)
        for alert in posted(demo, LEADS_CHANNEL)
        for happened in re.findall(r"<!date\^(\d+)", json.dumps(alert.blocks))
    ]


async def test_demo_starts_with_last_mondays_digest_and_channel_defaults(demo: Demo) -> None:
    [digest] = posted(demo)
    assert " in web/production." in digest.text
    assert "Weekly digest · 9 – 15 Nov 2026" in visible_text(digest)
    assert digest.at.replace(second=0, microsecond=0) == datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
    assert timedelta() <= demo.now() - NOW < timedelta(minutes=1)
    assert not demo.slack.ephemeral["U1"]
    [begun] = demo.slack.channels[LEADS_CHANNEL].messages
    assert begun.text.startswith("<@U1> turned on alerts for events web/production.")
    assert "web/production" in visible_text(await type_line(demo.slack, "scores", RELEASES_CHANNEL))


async def test_skipping_to_the_next_run_delivers_and_reports_it(demo: Demo) -> None:
    happened = await next_slot(demo)
    assert happened.endswith("Mon 23 Nov, 9:00 CET: digest web/production span=week was posted in #releases.")
    assert ("Alert posted in #platform-leads: " in happened) == bool(posted(demo, LEADS_CHANNEL))
    assert len(posted(demo)) == 2
    assert "Weekly digest · 16 – 22 Nov 2026" in visible_text(posted(demo)[-1])
    assert timedelta() <= demo.now() - datetime(2026, 11, 23, 8, 0, tzinfo=UTC) < timedelta(minutes=1)


async def test_alerts_while_skipping_ahead_are_never_late(demo: Demo) -> None:
    await next_slot(demo)
    assert delays(demo)
    assert max(delays(demo)) < NEVER_LATER


async def stop_schedule(demo: Demo, channel: str) -> None:
    question = await type_line(demo.slack, "stop 1", channel)
    await wait_for_answer(demo.slack, await demo.slack.press(question, "Stop"))


async def test_skipping_without_schedules_suggests_adding_one(demo: Demo) -> None:
    await stop_schedule(demo, RELEASES_CHANNEL)
    await stop_schedule(demo, LEADS_CHANNEL)
    assert "/insights every monday 9:00 digest web/production" in await next_slot(demo)


async def test_skipping_with_only_watches_stops_at_the_first_alert(demo: Demo) -> None:
    await stop_schedule(demo, RELEASES_CHANNEL)
    assert "Alert posted in #platform-leads: events web/production." in await next_slot(demo)
    assert "👀" in visible_text(posted(demo, LEADS_CHANNEL)[-1])


async def test_skipping_without_any_alert_says_so() -> None:
    seldom = settings(watch_poll_seconds=6 * 3600.0)
    async with sandbox_demo(seldom, right_now, starts_at=NOW) as demo:
        await stop_schedule(demo, RELEASES_CHANNEL)
        await stop_schedule(demo, LEADS_CHANNEL)
        await type_line(demo.slack, "watch on events sandpit/test", "C1")
        assert await next_slot(demo) == "No alerts in the next seven days."


async def test_skipping_a_week_runs_schedules_and_watches_on_time(demo: Demo) -> None:
    await type_line(demo.slack, "every tuesday 9:00 status web/production", "C1")
    told = [sentence async for sentence in demo.skip_week()]
    assert "Mon 23 Nov, 9:00 CET: digest web/production span=week was posted in #releases." in told
    assert "Tue 24 Nov, 9:00 CET: status web/production was posted in #checkout." in told
    assert (
        len([sentence for sentence in told if "Alert posted in #platform-leads" in sentence])
        == len(posted(demo, LEADS_CHANNEL))
        > 1
    )
    replies = [sentence for sentence in told if "Reply to an alert posted in #platform-leads" in sentence]
    assert len(replies) == len(thread_replies(demo, LEADS_CHANNEL)) > 1
    assert max(delays(demo)) < NEVER_LATER
    posts = len(posted(demo)) - 1 + len(posted(demo, "C1")) + len(posted(demo, LEADS_CHANNEL))
    assert len(told) - len(replies) == posts
    assert timedelta(days=7) <= demo.now() - NOW < timedelta(days=7, minutes=2)


def test_clock_never_goes_backwards() -> None:
    time = DemoClock(lambda: NOW, behind=timedelta(days=8))
    assert time() == NOW - timedelta(days=8)
    time.advance_to(NOW)
    time.advance_to(NOW - timedelta(days=1))
    assert time() == NOW


async def test_simulated_waits_take_no_real_time() -> None:
    time = DemoClock(lambda: NOW)
    with time.skip_waits():
        await time.wait(3600)
    await time.wait(0)
    assert time() == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "became"), [("slow", "was posted in #releases."), ("down", "LaunchDarkly is having problems")]
)
async def test_skipping_a_week_is_fast_despite_launchdarkly_faults(name: str, became: str, demo: Demo) -> None:
    await stop_schedule(demo, LEADS_CHANNEL)  # watches poll two thousand times a week
    await demo.select_fault("LaunchDarkly", name)
    async with asyncio.timeout(60):  # with the real clock it would be a hundred, or forty
        told = [sentence async for sentence in demo.skip_week()]
    assert any(sentence.startswith("Mon 23 Nov, 9:00 CET: digest") and became in sentence for sentence in told)


async def test_delivery_resumes_when_launchdarkly_recovers(demo: Demo) -> None:
    await demo.select_fault("LaunchDarkly", "limited")
    assert "isn't posted in #releases yet; retrying." in await next_slot(demo)
    assert not posted(demo, LEADS_CHANNEL)
    await demo.select_fault("LaunchDarkly", "fair")  # otherwise the next attempt would be minutes away
    await demo.slack.until(lambda: len(posted(demo)) == 2 and bool(posted(demo, LEADS_CHANNEL)), seconds=30)


async def test_delivery_resumes_when_slack_recovers(demo: Demo) -> None:
    await demo.select_fault("Slack", "refuses")
    assert "isn't posted in #releases yet; retrying." in await next_slot(demo)
    assert "Release maturity" in visible_text(await type_line(demo.slack, "scores", RELEASES_CHANNEL))
    await demo.select_fault("Slack", "fair")
    await demo.slack.until(lambda: len(posted(demo)) == 2, seconds=30)


async def test_skipping_a_week_without_slack_reports_the_failures(demo: Demo) -> None:
    await demo.select_fault("Slack", "refuses")
    why = "Slack didn't accept it in time."
    digest = f"Mon 23 Nov, 9:00 CET: digest web/production span=week couldn't be posted in #releases. {why}"
    sentences = list[str]()
    async with aclosing(demo.skip_week()) as week:
        async for sentence in week:
            sentences.append(sentence)
            if sentence == digest:
                break  # each of the week's alerts would be retried for an hour, too
    assert digest in sentences
    assert any("events web/production couldn't be posted in #platform-leads." in sentence for sentence in sentences)
    assert all(sentence.endswith(why) for sentence in sentences)


async def test_charts_toggle_applies_to_the_next_message(demo: Demo) -> None:
    for charts in (True, False, True, False):
        demo.slack.charts = charts
        answered = await type_line(demo.slack, "status", RELEASES_CHANNEL)
        assert ("data_visualization" in {block["type"] for block in answered.blocks}) is charts
        assert ("█" in visible_text(answered)) is not charts


async def test_slack_rate_limit_only_delays_a_digest(demo: Demo) -> None:
    await demo.select_fault("Slack", "limits")
    assert "was posted in #releases." in await next_slot(demo)


@pytest.mark.parametrize(("name", "says"), [("limited", "is rate-limiting your account"), ("down", "LaunchDarkly")])
async def test_launchdarkly_fault_is_reported_in_the_answer(name: str, says: str, demo: Demo) -> None:
    await demo.select_fault("LaunchDarkly", name)
    answered = visible_text(await type_line(demo.slack, "scores", RELEASES_CHANNEL))
    assert says in answered
    assert "Release maturity" not in answered


def test_selecting_a_fault_preset_replaces_the_previous_one() -> None:
    launchdarkly, slack = FaultInjector(), Faults()
    sky = FaultPresets(launchdarkly, slack)
    assert sky.selected == {"LaunchDarkly": "fair", "Slack": "fair"}
    for where, named in sky.choices.items():
        assert next(iter(named)) == "fair"
        for name in (*named, "fair"):
            sky.select(where, name)
            assert sky.selected[where] == name
    assert (launchdarkly, slack) == (FaultInjector(), {})
    with pytest.raises(KeyError):
        sky.select("Slack", "rain")


async def test_live_demo_sends_the_next_run_at_once() -> None:
    async with (
        serving(launchdarkly(right_now)) as host,
        live_demo(settings(launchdarkly_api_host=host), right_now) as demo,
    ):
        assert host in demo.notice
        assert demo.tour == ()
        assert list(demo.fault_presets) == ["Slack"]
        assert "/insights every monday" in await next_slot(demo)
        await type_line(demo.slack, "every monday 9:00 scores web/production", "C1")
        happened = await next_slot(demo)
        assert "scores web/production was posted in #checkout." in happened
        assert "Time travel needs the simulator" in happened
        assert len(posted(demo, "C1")) == 1
        assert ["Time travel needs the simulator" in sentence async for sentence in demo.skip_week()] == [True]
        assert abs(demo.now() - right_now()) < timedelta(seconds=1)


async def test_live_demo_requires_a_token() -> None:
    with pytest.raises(Misconfigured, match="LAUNCHDARKLY_ACCESS_TOKEN isn't set"):
        async with live_demo(settings(launchdarkly_access_token=None), right_now):
            pass
