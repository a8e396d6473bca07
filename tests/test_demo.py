"""The demo: the real bot, whose clock and weather can be chosen. It begins on a Sunday here, whatever day it is."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.commands import discover as orders
from bot.demo.clock import Time
from bot.demo.completions import completions
from bot.demo.environment import LEADS, RELEASES, Demo, staged, staged_upon_the_real
from bot.demo.fault_presets import Weathers
from bot.demo.typing_client import said
from bot.errors import Misconfigured
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.launchdarkly.company import harbour_goods
from bot.sandbox.launchdarkly.faults import Weather
from bot.sandbox.slack.faults import Sky
from bot.sandbox.slack.message import Message
from tests.conversation import settings
from tests.workspace import words

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
# LaunchDarkly counts for twenty minutes how large a change is; then it takes one look of a watch, and its delivery.
NEVER_LATER = timedelta(minutes=27)


def right_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with staged(settings(), right_now, begins=NOW) as found:
        yield found


def posted(demo: Demo, channel: str = RELEASES) -> list[Message]:
    """What came by the clock, without what stands in threads."""
    return [one for one in demo.slack.channels[channel].messages if one.metadata and not one.thread_ts]


async def next_slot(demo: Demo) -> str:
    return " ".join([sentence async for sentence in demo.next_slot()])


def delays(demo: Demo) -> list[timedelta]:
    """How long after each event the watch's channel was told of it."""
    return [
        alert.at - datetime.fromtimestamp(int(happened), UTC)
        for alert in posted(demo, LEADS)
        for happened in re.findall(r"<!date\^(\d+)", json.dumps(alert.blocks))
    ]


async def test_last_mondays_digest_is_there_already_and_its_channel_knows_its_place(demo: Demo) -> None:
    [digest] = posted(demo)
    assert digest.text.startswith("Weekly digest of web/production, 9 – 15 Nov 2026.")
    assert digest.at.replace(second=0, microsecond=0) == datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
    assert timedelta() <= demo.now() - NOW < timedelta(minutes=1)
    assert not demo.slack.ephemeral["U1"]
    [begun] = demo.slack.channels[LEADS].messages
    assert begun.text.startswith("I watch events web/production for this channel")
    assert "web/production" in words(await said(demo.slack, "scores", RELEASES))


async def test_the_next_slot_comes_at_once_and_is_told(demo: Demo) -> None:
    happened = await next_slot(demo)
    assert happened.endswith("Mon 23 Nov, 9:00 CET: digest web/production was delivered in #releases.")
    assert ("told it in #platform-leads." in happened) == bool(posted(demo, LEADS))
    assert len(posted(demo)) == 2
    assert posted(demo)[-1].text.startswith("Weekly digest of web/production, 16 – 22 Nov 2026.")
    assert timedelta() <= demo.now() - datetime(2026, 11, 23, 8, 0, tzinfo=UTC) < timedelta(minutes=1)


async def test_alerts_on_the_way_to_the_next_slot_are_never_late(demo: Demo) -> None:
    await next_slot(demo)
    assert delays(demo)
    assert max(delays(demo)) < NEVER_LATER


async def test_without_anything_to_come_it_is_said_how_to_order_it(demo: Demo) -> None:
    await said(demo.slack, "stop 1", RELEASES)
    await said(demo.slack, "stop 1", LEADS)
    assert "/insights every monday 9:00 digest web/production" in await next_slot(demo)


async def test_with_watches_alone_time_goes_by_until_one_speaks(demo: Demo) -> None:
    await said(demo.slack, "stop 1", RELEASES)
    assert "events web/production had something new, and told it in #platform-leads." in await next_slot(demo)
    assert "👀" in words(posted(demo, LEADS)[-1])


async def test_where_no_watch_sees_anything_that_is_said(demo: Demo) -> None:
    await said(demo.slack, "stop 1", RELEASES)
    await said(demo.slack, "stop 1", LEADS)
    await said(demo.slack, "watch on events sandpit/test", "C1")
    assert await next_slot(demo) == "Seven days went by, and no watch saw anything new."


async def test_a_week_goes_by_with_each_slot_at_its_moment_and_watches_speaking(demo: Demo) -> None:
    await said(demo.slack, "every tuesday 9:00 status web/production", "C1")
    told = [sentence async for sentence in demo.week()]
    assert "Mon 23 Nov, 9:00 CET: digest web/production was delivered in #releases." in told
    assert "Tue 24 Nov, 9:00 CET: status web/production was delivered in #checkout." in told
    assert (
        len([sentence for sentence in told if "told it in #platform-leads" in sentence]) == len(posted(demo, LEADS)) > 1
    )
    assert max(delays(demo)) < NEVER_LATER
    assert len(told) == len(posted(demo)) - 1 + len(posted(demo, "C1")) + len(posted(demo, LEADS))
    assert timedelta(days=7) <= demo.now() - NOW < timedelta(days=7, minutes=2)


def test_the_clock_never_goes_back() -> None:
    time = Time(lambda: NOW, behind=timedelta(days=8))
    assert time() == NOW - timedelta(days=8)
    time.come(NOW)
    time.come(NOW - timedelta(days=1))
    assert time() == NOW


async def test_while_the_clock_flies_nobody_waits_by_another() -> None:
    time = Time(lambda: NOW)
    with time.flying():
        await time.wait(3600)
    await time.wait(0)
    assert time() == NOW + timedelta(hours=1)


@pytest.mark.parametrize(("name", "became"), [("slow", "was delivered in #releases."), ("down", "LaunchDarkly has")])
async def test_a_week_in_foul_weather_goes_by_as_fast(name: str, became: str, demo: Demo) -> None:
    await said(demo.slack, "stop 1", LEADS)  # watches look two thousand times a week
    await demo.set_weather("LaunchDarkly", name)
    async with asyncio.timeout(60):  # by the real clock it would be a hundred, or forty
        told = [sentence async for sentence in demo.week()]
    assert any(sentence.startswith("Mon 23 Nov, 9:00 CET: digest") and became in sentence for sentence in told)


async def test_what_waits_for_launchdarkly_is_sent_as_soon_as_it_answers_again(demo: Demo) -> None:
    await demo.set_weather("LaunchDarkly", "limited")
    assert "is not delivered yet in #releases, and is tried again." in await next_slot(demo)
    assert not posted(demo, LEADS)
    await demo.set_weather("LaunchDarkly", "fair")  # without it, the next attempt would be in minutes
    await demo.slack.until(lambda: len(posted(demo)) == 2 and bool(posted(demo, LEADS)), seconds=30)


async def test_what_waits_for_slack_is_sent_as_soon_as_it_takes_it_again(demo: Demo) -> None:
    await demo.set_weather("Slack", "refuses")
    assert "is not delivered yet in #releases, and is tried again." in await next_slot(demo)
    assert "Release maturity" in words(await said(demo.slack, "scores", RELEASES))
    await demo.set_weather("Slack", "fair")
    await demo.slack.until(lambda: len(posted(demo)) == 2, seconds=30)


async def test_in_a_week_without_slack_it_is_said_why_nothing_came(demo: Demo) -> None:
    await demo.set_weather("Slack", "refuses")
    why = "Slack did not take it in time."
    told = [sentence async for sentence in demo.week()]
    assert f"Mon 23 Nov, 9:00 CET: digest web/production could not be delivered in #releases. {why}" in told
    assert any("events web/production could not be delivered in #platform-leads." in sentence for sentence in told)
    assert all(sentence.endswith(why) for sentence in told)


async def test_the_workspace_is_given_charts_and_loses_them_and_the_next_message_shows_it(demo: Demo) -> None:
    for charts in (True, False, True, False):
        demo.slack.charts = charts
        answered = await said(demo.slack, "status", RELEASES)
        assert ("data_visualization" in {block["type"] for block in answered.blocks}) is charts
        assert ("█" in words(answered)) is not charts


async def test_a_slack_that_limits_only_makes_a_digest_late(demo: Demo) -> None:
    await demo.set_weather("Slack", "limits")
    assert "was delivered in #releases." in await next_slot(demo)


@pytest.mark.parametrize(("name", "says"), [("limited", "rate limit is used up"), ("down", "LaunchDarkly")])
async def test_what_launchdarkly_does_is_said_to_whoever_asks(name: str, says: str, demo: Demo) -> None:
    await demo.set_weather("LaunchDarkly", name)
    answered = words(await said(demo.slack, "scores", RELEASES))
    assert says in answered
    assert "Release maturity" not in answered


def test_each_weather_can_be_chosen_and_ends_with_the_next() -> None:
    launchdarkly, slack = Weather(), Sky()
    sky = Weathers(launchdarkly, slack)
    assert sky.chosen == {"LaunchDarkly": "fair", "Slack": "fair"}
    for where, named in sky.named.items():
        assert next(iter(named)) == "fair"
        for name in (*named, "fair"):
            sky.choose(where, name)
            assert sky.chosen[where] == name
    assert (launchdarkly, slack) == (Weather(), {})
    with pytest.raises(KeyError):
        sky.choose("Slack", "rain")


def test_lines_can_be_completed_with_what_the_register_knows() -> None:
    known: dict[str, Any] = {one["name"]: one for one in completions(harbour_goods())}
    assert set(orders()) < set(known)
    arguments = {one["name"]: one for one in known["events"]["arguments"]}
    assert arguments["impact"]["values"] == ["any", "none", "small", "medium", "large"]
    assert "new-checkout" in arguments["flag"]["values"]
    assert arguments["since"]["help"] == "from when on"
    assert known["every"]["usage"] == "every <when> <question>"


def test_of_a_company_that_is_not_known_no_keys_are_offered() -> None:
    known: dict[str, Any] = {one["name"]: one for one in completions(None)}
    arguments = {one["name"]: one for one in known["events"]["arguments"]}
    assert arguments["flag"]["values"] == []


async def test_upon_the_real_launchdarkly_what_is_due_next_is_sent_at_once() -> None:
    async with (
        serving(launchdarkly(right_now)) as host,
        staged_upon_the_real(settings(launchdarkly_api_host=host), right_now) as demo,
    ):
        assert host in demo.notice
        assert list(demo.weathers) == ["Slack"]
        assert "/insights every monday" in await next_slot(demo)
        await said(demo.slack, "every monday 9:00 scores web/production", "C1")
        happened = await next_slot(demo)
        assert "scores web/production was delivered in #checkout." in happened
        assert "time cannot be moved" in happened
        assert len(posted(demo, "C1")) == 1
        assert ["time cannot be moved" in sentence async for sentence in demo.week()] == [True]
        assert abs(demo.now() - right_now()) < timedelta(seconds=1)


async def test_upon_the_real_launchdarkly_a_token_is_needed() -> None:
    with pytest.raises(Misconfigured, match="LAUNCHDARKLY_ACCESS_TOKEN is not set"):
        async with staged_upon_the_real(settings(launchdarkly_access_token=None), right_now):
            pass
