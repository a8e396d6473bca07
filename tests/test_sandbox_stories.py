"""The sandbox's warehouse has bad weeks, calm weeks and incidents that are still open, and its audit log says why."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.sandbox.launchdarkly.company import harbour_goods
from tests.sandbox_launchdarkly import MS, NOW, Json, Param, get_json, sandbox

HOUR, DAY = 3_600_000, 86_400_000
EVENTS = "/api/v2/engineering-insights/flag-events"
WAREHOUSE = {"projectKey": "warehouse", "environmentKey": "production"}
NEXT_WEEK = NOW + timedelta(days=7)
TOLD = {story.flag for story in harbour_goods().stories}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with sandbox() as client:
        yield client


async def events(client: httpx.AsyncClient, **params: Param) -> list[Json]:
    items: list[Json] = (await get_json(client, EVENTS, **{**WAREHOUSE, "limit": 100, **params}))["items"]
    return items


async def flag(client: httpx.AsyncClient, key: str, environment: str = "production") -> Json:
    found: Json = (await get_json(client, f"/api/v2/flags/warehouse/{key}"))["environments"][environment]
    return found


def at(event: Json) -> datetime:
    return datetime.fromtimestamp(event["eventTime"] / 1000, UTC)


async def test_bad_week_has_incidents_and_the_next_week_is_calm(client: httpx.AsyncClient) -> None:
    bad = [one for one in await events(client) if one["flagKey"] in TOLD and "environmentKey" in one]
    assert len(bad) > 10
    assert {one["eventType"] for one in bad} == {"disabled_targeting", "enabled_targeting", "updated_rollout"}
    async with sandbox(NEXT_WEEK) as later:
        calm = await events(later)
    assert 0 < len(calm) < 10
    assert not {"disabled_targeting", "updated_rollout"} & {one["eventType"] for one in calm}


async def test_staging_is_always_calm(client: httpx.AsyncClient) -> None:
    twelve_weeks = await events(client, environmentKey="staging", **{"from": MS - 84 * DAY})
    assert 0 < len(twelve_weeks) < 84
    assert not [one for one in twelve_weeks if one["eventType"] == "disabled_targeting"]


async def test_incident_stays_open_for_weeks(client: httpx.AsyncClient) -> None:
    [off] = await events(client, query="route-planner", **{"global": "exclude"})
    assert (off["eventType"], off["description"]) == ("disabled_targeting", "Vans in Bergen got empty tours")
    for days in (0, 7):
        async with sandbox(NOW + timedelta(days=days)) as later:
            production = await flag(later, "route-planner")
        assert (production["on"], production["lastModified"]) == (False, off["eventTime"])
    async with sandbox(NOW + timedelta(days=14)) as later:
        assert (await flag(later, "route-planner"))["on"] is True
    assert (await flag(client, "route-planner", "staging"))["on"] is True


async def test_rollout_is_still_rolled_back(client: httpx.AsyncClient) -> None:
    [back] = await events(client, query="dock-scheduling", **{"global": "exclude"})
    assert back["description"] == "Rollout changed from 60% to 10%"
    for now, weight in ((at(back) - timedelta(hours=1), 60_000), (NOW, 10_000), (NEXT_WEEK, 10_000)):
        async with sandbox(now) as client_then:
            fallthrough = (await flag(client_then, "dock-scheduling"))["fallthrough"]
        assert fallthrough["rollout"]["variations"][0]["weight"] == weight


@pytest.mark.parametrize("week", range(8))
async def test_every_friday_a_flag_is_off_and_a_rollout_is_back(week: int) -> None:
    async with sandbox(NOW + timedelta(weeks=week)) as client:
        states = {key: await flag(client, key) for key in TOLD}
    assert len([key for key, one in states.items() if not one["on"]]) == 1
    rollouts = [
        one["fallthrough"]["rollout"]["variations"] for one in states.values() if "rollout" in one["fallthrough"]
    ]
    assert [one[0]["weight"] for one in rollouts].count(10_000) == 1


async def test_flag_is_off_for_less_than_two_minutes(client: httpx.AsyncClient) -> None:
    on, off = await events(client, query="label-printer-2", **{"global": "exclude"})
    assert (off["eventType"], on["eventType"]) == ("disabled_targeting", "enabled_targeting")
    assert at(on) - at(off) < timedelta(minutes=2)
    for now, is_on in ((at(off) + timedelta(seconds=1), False), (at(on) + timedelta(seconds=1), True)):
        async with sandbox(now) as then:
            assert (await flag(then, "label-printer-2"))["on"] is is_on


async def test_flags_state_matches_each_change_of_its_story(client: httpx.AsyncClient) -> None:
    changes = [one for one in await events(client, **{"from": MS - 28 * DAY}) if one["flagKey"] in TOLD]
    for event in [one for one in changes if one["eventType"].endswith("abled_targeting")]:
        async with sandbox(at(event) + timedelta(seconds=1)) as then:
            production = await flag(then, event["flagKey"])
        assert production["on"] == (event["eventType"] == "enabled_targeting")
        assert production["lastModified"] == event["eventTime"]
