"""The sandbox's warehouse has bad weeks, calm weeks and incidents that are still open, and its audit log says why."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.sandbox.launchdarkly.company import harbour_goods
from tests.sandbox_launchdarkly import MS, NOW, Complaints, Json, Param, complaints, get_json, reasons, sandbox

__all__ = ["complaints"]

HOUR, DAY = 3_600_000, 86_400_000
AUDIT_LOG = "/api/v2/auditlog"
EVENTS = "/api/v2/engineering-insights/flag-events"
WAREHOUSE = {"projectKey": "warehouse", "environmentKey": "production"}
NEXT_WEEK = NOW + timedelta(days=7)
STORY_FLAGS = {story.flag for story in harbour_goods().stories}


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
    bad = [one for one in await events(client) if one["flagKey"] in STORY_FLAGS and "environmentKey" in one]
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
        states = {key: await flag(client, key) for key in STORY_FLAGS}
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
    changes = [one for one in await events(client, **{"from": MS - 28 * DAY}) if one["flagKey"] in STORY_FLAGS]
    for event in [one for one in changes if one["eventType"].endswith("abled_targeting")]:
        async with sandbox(at(event) + timedelta(seconds=1)) as then:
            production = await flag(then, event["flagKey"])
        assert production["on"] == (event["eventType"] == "enabled_targeting")
        assert production["lastModified"] == event["eventTime"]


# -------------------------------------------------------------------------------------------------------- the audit log


async def entries(client: httpx.AsyncClient, **params: Param) -> list[Json]:
    items: list[Json] = (await get_json(client, AUDIT_LOG, **{"limit": 20, **params}))["items"]
    return items


async def test_audit_log_says_why_a_rollout_was_taken_back(client: httpx.AsyncClient) -> None:
    [event] = await events(client, query="dock-scheduling", **{"global": "exclude"})
    [entry] = await entries(client, spec="proj/warehouse:env/production:flag/dock-scheduling", after=MS - 3 * DAY)
    assert (entry["_id"], entry["date"]) == (event["auditLogEntryId"], event["eventTime"])
    assert entry["comment"] == "Two lorries at one dock in Bergen, back to a tenth"
    assert (entry["member"]["firstName"], entry["titleVerb"]) == ("Samira", "updated the flag")
    assert entry["accesses"] == [
        {"action": "updateFallthrough", "resource": "proj/warehouse:env/production:flag/dock-scheduling"}
    ]


async def test_audit_log_contains_every_flag_event(client: httpx.AsyncClient) -> None:
    listed = {one["auditLogEntryId"] for one in await events(client, **{"from": MS - 28 * DAY})}
    found: list[Json] = []
    before = MS + 1
    while page := await entries(
        client, spec="proj/warehouse:env/production:flag/*", after=MS - 28 * DAY, before=before
    ):
        found += page
        before = page[-1]["date"]
    assert [one["_id"] for one in found] == list(dict.fromkeys(one["_id"] for one in found))
    assert {one["_id"] for one in found} == listed
    assert [one["date"] for one in found] == sorted((one["date"] for one in found), reverse=True)


async def test_audit_log_links_to_older_entries(client: httpx.AsyncClient) -> None:
    newest = await get_json(client, AUDIT_LOG, limit=5)
    older = (await client.get(newest["_links"]["next"]["href"])).json()
    assert newest["items"] + older["items"] == await entries(client, limit=10)
    assert len((await get_json(client, AUDIT_LOG))["items"]) == 10
    assert "next" not in (await get_json(client, AUDIT_LOG, q="route", after=MS - 7 * DAY))["_links"]


async def test_scripts_change_flags_with_a_token(client: httpx.AsyncClient) -> None:
    found = await entries(client, q="stock-forecast")
    assert {("member" in one, "token" in one) for one in found} == {(True, False), (False, True)}


async def test_most_changes_have_no_comment(client: httpx.AsyncClient) -> None:
    found = [one for before in range(5) for one in await entries(client, before=MS - before * 2 * DAY)]
    assert 0 < sum("comment" in one for one in found) < len(found) / 2


@pytest.mark.parametrize(
    ("spec", "resources"),
    [
        ("proj/web:env/staging:flag/*", "proj/web:env/(staging|[*]):flag/.+"),
        ("proj/*:env/production:flag/*search*", "proj/web:env/(production|[*]):flag/search-.+"),
        ("proj/mobile:env/*:flag/wallet-pass", "proj/mobile:env/.+:flag/wallet-pass"),
    ],
)
async def test_audit_log_is_limited_by_a_specifier(client: httpx.AsyncClient, spec: str, resources: str) -> None:
    found = [one["target"]["resources"][0] for one in await entries(client, spec=spec)]
    assert len(found) > 1
    assert all(re.fullmatch(resources, one) for one in found)


async def test_specifier_of_other_resources_finds_nothing(client: httpx.AsyncClient) -> None:
    assert await entries(client, spec="proj/web:env/production:segment/*") == []
    assert await entries(client, spec="proj/moon:env/production:flag/*") == []


@pytest.mark.parametrize(
    ("name", "value"), [("limit", "21"), ("limit", "0"), ("before", "now"), ("after", "1.5"), ("spec", "web")]
)
async def test_invalid_parameter_is_refused(client: httpx.AsyncClient, name: str, value: str) -> None:
    assert list(await reasons(client, AUDIT_LOG, **{name: value})) == [name]


async def test_audit_log_matches_the_openapi_description(client: httpx.AsyncClient, complaints: Complaints) -> None:
    options: list[Json] = [{}, {"limit": 20, "q": "forecast"}, {"spec": "proj/moon:env/*:flag/*"}, {"spec": "web"}]
    for params in options:
        assert complaints(AUDIT_LOG, await client.get(AUDIT_LOG, params=params)) == []
    stranger = await client.get(AUDIT_LOG, headers={"Authorization": "no"})
    assert (stranger.status_code, complaints(AUDIT_LOG, stranger)) == (401, [])
