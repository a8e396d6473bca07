"""The sandbox answers, and refuses, as LaunchDarkly does. Every sentence is asked by a real HTTP client."""

import gzip
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.company import harbour_goods
from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.sandbox_launchdarkly import (
    HEADERS,
    MS,
    NOT_FOUND,
    NOW,
    Complaints,
    Json,
    Param,
    ask,
    complaints,
    reasons,
    refusal,
    sandbox,
)

__all__ = ["complaints"]

HOUR, DAY = 3_600_000, 86_400_000
INSIGHTS = "/api/v2/engineering-insights"
SCORES, EVENTS = f"{INSIGHTS}/insights/scores", f"{INSIGHTS}/flag-events"
STATUS, DEPLOYS = f"{INSIGHTS}/charts/flags/status", f"{INSIGHTS}/charts/deployments/frequency"
CHECKOUT = "/api/v2/flags/web/new-checkout"
WEB = {"projectKey": "web", "environmentKey": "production"}
STAGING = {"projectKey": "web", "environmentKey": "staging"}
SANDPIT = {"projectKey": "sandpit", "environmentKey": "production"}
TWELVE_WEEKS = {"from": MS - 84 * DAY}
PLACES = [
    *itertools.product(["web", "platform", "sandpit"], ["production", "staging", "test"]),
    ("mobile", "production"),
    ("mobile", "beta"),
]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with sandbox() as client:
        yield client


async def events(client: httpx.AsyncClient, **params: Param) -> list[Json]:
    """All events, page after page, the way the links lead: the cursor out of the link, the rest repeated."""
    found: list[Json] = []
    after: Json = {}
    while True:
        page = await ask(client, EVENTS, **{**WEB, "limit": 100, **params, **after})
        found += page["items"]
        if "next" not in page["_links"]:
            return found
        after = dict(httpx.URL(page["_links"]["next"]["href"]).params)


def points(chart: Json) -> dict[str, list[tuple[int, int]]]:
    return {line["metadata"]["name"]: [(point["x"], point["y"]) for point in line["data"]] for line in chart["series"]}


def shipped(chart: Json) -> int:
    return sum(y for line in points(chart).values() for _, y in line)


# ------------------------------------------------------------------------------------------------------------ the door


@pytest.mark.parametrize("token", ["", "api-other", f"Bearer {TOKEN}"])
async def test_another_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get(SCORES, params=WEB, headers={"Authorization": token})
    assert answer.status_code == 401
    assert answer.json() == {"code": "unauthorized", "message": "Invalid access token"}


async def test_no_token_at_all_is_refused() -> None:
    transport = httpx.ASGITransport(launchdarkly(lambda: NOW))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as stranger:
        assert (await stranger.get(CHECKOUT)).status_code == 401


@pytest.mark.parametrize("path", [SCORES, EVENTS, STATUS, DEPLOYS])
async def test_insights_want_the_beta_header(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, params=WEB, headers={"LD-API-Version": "20240415"})
    assert answer.status_code == 403
    assert list(answer.json()) == ["message"]
    assert "LD-API-Version: beta" in answer.json()["message"]


async def test_whoever_asks_is_told_whose_token_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v2/caller-identity", headers={"LD-API-Version": "20240415"})
    assert (answer.json()["tokenName"], answer.json()["serviceToken"]) == ("insights-bot", True)
    assert TOKEN not in answer.text
    assert (await client.get("/api/v2/caller-identity", headers={"Authorization": "no"})).status_code == 401


async def test_a_flag_is_told_without_the_beta_header(client: httpx.AsyncClient) -> None:
    assert (await client.get(CHECKOUT, headers={"LD-API-Version": "20240415"})).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_nothing_can_be_changed(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, CHECKOUT)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", [EVENTS, STATUS, DEPLOYS])
async def test_unknown_projects_and_environments_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert await refusal(client, path, projectKey="wb", environmentKey="production") == NOT_FOUND
    assert await refusal(client, path, projectKey="web", environmentKey="prod") == NOT_FOUND


@pytest.mark.parametrize("path", ["/api/v2/flags/web/nope", "/api/v2/flags/wb/new-checkout", "/api/v2/nothing-here"])
async def test_unknown_flags_and_paths_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert await refusal(client, path) == NOT_FOUND


async def test_scores_know_no_404(client: httpx.AsyncClient) -> None:
    assert await reasons(client, SCORES, projectKey="wb", environmentKey="production") == {"projectKey": "is unknown"}
    assert await reasons(client, SCORES, projectKey="web", environmentKey="x") == {"environmentKey": "is unknown"}


@pytest.mark.parametrize("path", [SCORES, EVENTS, STATUS])
async def test_all_that_is_missing_is_named_at_once(client: httpx.AsyncClient, path: str) -> None:
    missing = {"projectKey": "must be present", "environmentKey": "must be present"}
    assert await reasons(client, path) == missing
    assert await reasons(client, path, projectKey="", environmentKey="") == missing


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (EVENTS, "impactSize", "huge"),
        (EVENTS, "hasExperiments", "True"),
        (EVENTS, "global", "only"),
        (EVENTS, "limit", "101"),
        (EVENTS, "limit", "0"),
        (EVENTS, "limit", "many"),
        (EVENTS, "from", "yesterday"),
        (EVENTS, "to", "2026-11-20T15:00:00Z"),
        (EVENTS, "after", "not-a-cursor"),
        (EVENTS, "before", "e3b2b0e0-9e9b-4c9a-8e9a-0e0e0e0e0e0e"),
        (DEPLOYS, "bucketType", "week"),
        (DEPLOYS, "bucketMs", "0"),
        (DEPLOYS, "bucketMs", "day"),
        (DEPLOYS, "groupBy", "team"),
        (DEPLOYS, "from", "yesterday"),
        (DEPLOYS, "to", "2026-11-20T15:00:00"),
    ],
)
async def test_what_makes_no_sense_is_refused(client: httpx.AsyncClient, path: str, name: str, value: str) -> None:
    assert list(await reasons(client, path, **WEB, **{name: value})) == [name]


async def test_unknown_parameters_are_ignored(client: httpx.AsyncClient) -> None:
    assert await ask(client, STATUS, **WEB) == await ask(client, STATUS, **WEB, colour="blue")


async def test_every_answer_tells_the_rate_limits(client: httpx.AsyncClient) -> None:
    first, second = await client.get(CHECKOUT), await client.get(EVENTS)
    for kind in ("Global", "Route"):
        assert int(first.headers[f"X-Ratelimit-{kind}-Remaining"]) < int(first.headers[f"X-Ratelimit-{kind}-Limit"])
    assert second.headers["X-Ratelimit-Global-Remaining"] < first.headers["X-Ratelimit-Global-Remaining"]
    assert second.headers["X-Ratelimit-Route-Remaining"] == first.headers["X-Ratelimit-Route-Remaining"]
    assert MS < int(first.headers["X-Ratelimit-Reset"]) <= MS + 10_000


async def test_long_answers_are_compressed_for_those_who_can_read_it(client: httpx.AsyncClient) -> None:
    small = await client.get(CHECKOUT)
    plain = await client.get(CHECKOUT, headers={"Accept-Encoding": "identity"})
    assert (small.headers["Content-Encoding"], plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert small.json() == plain.json()
    assert int(small.headers["Content-Length"]) < len(gzip.compress(plain.content)) * 1.1


async def test_it_answers_on_a_port_too() -> None:
    async with serving(launchdarkly(lambda: NOW)) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        assert (await ask(client, CHECKOUT))["key"] == "new-checkout"


async def test_a_new_endpoint_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "more_replies").mkdir()
    (tmp_path / "more_replies" / "__init__.py").touch()
    (tmp_path / "more_replies" / "ping.py").write_text(
        "from bot.sandbox.launchdarkly.params import Query\n"
        "PATH, BETA = '/api/v2/ping', False\n"
        "def reply(world, query): return {'flags': len(world.company.flags)}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    transport = httpx.ASGITransport(launchdarkly(lambda: NOW, routes=import_module("more_replies")))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=HEADERS) as client:
        assert (await ask(client, "/api/v2/ping"))["flags"] >= 40


# --------------------------------------------------------------------------------------------------------- the weather


async def test_bad_weather_lasts_as_long_as_it_is_told_to() -> None:
    async with sandbox(faults=FaultInjector(status=503, times=2)) as client:
        assert [(await client.get(CHECKOUT)).status_code for _ in range(3)] == [503, 503, 200]


async def test_weather_can_change_and_end() -> None:
    weather = FaultInjector(status=500)
    async with sandbox(faults=weather) as client:
        assert [(await client.get(CHECKOUT)).status_code for _ in range(3)] == [500, 500, 500]
        weather.times = 0
        assert (await client.get(CHECKOUT)).status_code == 200


async def test_weather_can_be_local() -> None:
    async with sandbox(faults=FaultInjector(status=403, path_contains="scores")) as client:
        assert (await client.get(SCORES, params=WEB)).status_code == 403
        assert (await client.get(STATUS, params=WEB)).status_code == 200


async def test_a_rate_limit_says_when_to_come_back_only_if_told_to() -> None:
    weather = FaultInjector(status=429)
    async with sandbox(faults=weather) as client:
        silent = await client.get(CHECKOUT)
        weather.retry_after, weather.reset = 3, MS - 5000
        told = await client.get(CHECKOUT)
    assert silent.json()["code"] == told.json()["code"] == "rate_limited"
    assert not {"Retry-After", "X-Ratelimit-Reset"} & {name.title() for name in silent.headers}
    assert (told.headers["Retry-After"], told.headers["X-Ratelimit-Reset"]) == ("3", str(MS - 5000))


@pytest.mark.parametrize(
    ("body", "kind"), [(b'{"items": [', "application/json"), (b"<html>Oops</html>", "text/html"), (b"", "text/plain")]
)
async def test_an_answer_can_be_replaced(body: bytes, kind: str) -> None:
    async with sandbox(faults=FaultInjector(body=body, content_type=kind)) as client:
        answer = await client.get(CHECKOUT)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, body, kind)


async def test_a_refusal_can_have_another_body() -> None:
    async with sandbox(faults=FaultInjector(status=401, body=b"")) as client:
        answer = await client.get(CHECKOUT)
    assert (answer.status_code, answer.content) == (401, b"")


async def test_a_slow_answer_outlasts_an_impatient_client() -> None:
    app = launchdarkly(lambda: NOW, faults=FaultInjector(delay=30, times=1))
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(CHECKOUT, timeout=0.05)
        assert (await client.get(CHECKOUT)).status_code == 200


async def test_requests_are_written_down() -> None:
    weather = FaultInjector()
    async with sandbox(faults=weather) as client:
        await client.get(CHECKOUT, params={"env": "production"}, headers={"LD-API-Version": "20240415"})
        await client.post(EVENTS)
    seen = [(one.method, one.path, one.query) for one in weather.requests]
    assert seen == [("GET", CHECKOUT, "env=production"), ("POST", EVENTS, "")]
    assert weather.requests[0].headers["ld-api-version"] == "20240415"


# ------------------------------------------------------------------------------------------------------------- history


async def test_paging_walks_all_events_once(client: httpx.AsyncClient) -> None:
    by_hundreds, by_sevens = await events(client, **TWELVE_WEEKS), await events(client, **TWELVE_WEEKS, limit=7)
    assert by_hundreds == by_sevens
    assert len({event["id"] for event in by_sevens}) == len(by_sevens) > 500
    times = [event["eventTime"] for event in by_sevens]
    assert times == sorted(times, reverse=True)
    total = (await ask(client, EVENTS, **WEB, **TWELVE_WEEKS, limit=1))["totalCount"]
    assert total == len(by_sevens)


async def test_paging_back_leads_to_where_one_came_from(client: httpx.AsyncClient) -> None:
    first = await ask(client, EVENTS, **WEB, limit=5)
    second = await ask(client, EVENTS, **WEB, limit=5, **httpx.URL(first["_links"]["next"]["href"]).params)
    back = await ask(client, EVENTS, **WEB, limit=5, **httpx.URL(second["_links"]["prev"]["href"]).params)
    assert back["items"] == first["items"] != second["items"]
    assert "prev" not in first["_links"]


async def test_links_carry_the_cursor_alone(client: httpx.AsyncClient) -> None:
    page = await ask(client, EVENTS, **WEB, limit=1)
    assert page["_links"]["next"]["href"] == f"{EVENTS}?after={page['items'][0]['id']}"
    assert (await client.get(page["_links"]["next"]["href"])).status_code == 400


async def test_a_page_has_twenty_events_unless_told_otherwise(client: httpx.AsyncClient) -> None:
    assert len((await ask(client, EVENTS, **WEB))["items"]) == 20


async def test_the_window_is_the_last_seven_days_unless_told_otherwise(client: httpx.AsyncClient) -> None:
    assert await events(client) == await events(client, **{"from": MS - 7 * DAY, "to": MS})
    earlier = await events(client, **{"from": MS - 9 * DAY, "to": MS - 8 * DAY})
    assert earlier
    assert all(MS - 9 * DAY <= event["eventTime"] <= MS - 8 * DAY for event in earlier)


async def test_nothing_happens_in_the_future(client: httpx.AsyncClient) -> None:
    assert await events(client, **{"from": MS + 1, "to": MS + 30 * DAY}) == []
    assert all(event["eventTime"] <= MS for event in await events(client, to=MS + 30 * DAY))


async def test_tomorrow_tells_the_same_past(client: httpx.AsyncClient) -> None:
    week = {"from": MS - 7 * DAY, "to": MS - HOUR}
    async with sandbox(NOW + timedelta(days=3, hours=1)) as later:
        assert await events(later, **week) == await events(client, **week)
        assert await ask(later, DEPLOYS, **WEB, **week) == await ask(client, DEPLOYS, **WEB, **week)
        assert len(await events(later, **{"from": MS})) > 0


async def test_the_day_goes_on(client: httpx.AsyncClient) -> None:
    today = {"from": MS - 15 * HOUR}
    async with sandbox(NOW + timedelta(hours=9)) as evening:
        later, now = await events(evening, **today), await events(client, **today)
    assert [event["id"] for event in later][-len(now) :] == [event["id"] for event in now]
    assert len(later) > len(now)


@pytest.mark.parametrize("week", range(12))
async def test_a_week_of_the_web_shop_is_a_busy_one(client: httpx.AsyncClient, week: int) -> None:
    found = await events(client, **{"from": MS - (week + 1) * 7 * DAY, "to": MS - week * 7 * DAY})
    assert 40 <= len(found) <= 70
    assert 7 <= sum(event["impact"].get("size") == "large" for event in found) <= 16


async def test_weekends_are_quiet(client: httpx.AsyncClient) -> None:
    days = [
        datetime.fromtimestamp(one["eventTime"] / 1000, UTC).weekday() for one in await events(client, **TWELVE_WEEKS)
    ]
    assert 0 < sum(day > 4 for day in days) / 2 < sum(day <= 4 for day in days) / 5 / 3


async def test_impact_agrees_with_the_evaluations(client: httpx.AsyncClient) -> None:
    measured = [one for one in await events(client, **TWELVE_WEEKS) if one["impact"]["reason"] == "evaluations"]
    assert {one["impact"]["size"] for one in measured} == {"none", "small", "medium", "large"}
    for event in measured:
        counts = event["impact"]["evaluationsSummary"]["variations"]
        before, after = (sum(one[key] for one in counts) for key in ("before", "after"))
        moved = 50 * sum(abs(one["before"] / before - one["after"] / after) for one in counts)
        percent = event["impact"]["percentage"]
        assert percent == pytest.approx(moved, abs=0.06)
        assert event["impact"]["size"] == expected_size(percent)


def expected_size(percent: float) -> str:
    if percent == 0:
        return "none"
    return "small" if percent < 20 else "medium" if percent <= 80 else "large"


async def test_evaluations_are_of_the_flags_own_variations(client: httpx.AsyncClient) -> None:
    for event in await events(client, query="checkout-copy", **{"global": "exclude"}):
        values = [one["value"] for one in event["impact"].get("evaluationsSummary", {}).get("variations", [])]
        assert values in ([], ["Buy now", "Place order", "Send it to me"])


async def test_what_just_happened_waits_for_its_impact(client: httpx.AsyncClient) -> None:
    event = next(one for one in await events(client) if "size" in one["impact"])
    moment = datetime.fromtimestamp(event["eventTime"] / 1000, UTC)
    async with sandbox(moment + timedelta(minutes=19)) as soon, sandbox(moment + timedelta(minutes=21)) as later:
        assert (await events(soon))[0]["impact"] == {"reason": "waiting"}
        assert event["id"] not in {one["id"] for one in await events(soon, impactSize=event["impact"]["size"])}
        assert event["id"] in {one["id"] for one in await events(later, impactSize=event["impact"]["size"])}


async def test_some_changes_are_made_by_nobody(client: httpx.AsyncClient) -> None:
    by_somebody = ["member" in event for event in await events(client, **TWELVE_WEEKS)]
    assert 0.7 < sum(by_somebody) / len(by_somebody) < 0.95


async def test_ids_are_uuids(client: httpx.AsyncClient) -> None:
    assert all(UUID(event["id"]).version == 4 for event in await events(client))


async def test_a_project_without_history_has_none(client: httpx.AsyncClient) -> None:
    page = await ask(client, EVENTS, **SANDPIT, **TWELVE_WEEKS)
    assert (page["totalCount"], page["items"], list(page["_links"])) == (0, [], ["self"])
    assert (await ask(client, DEPLOYS, **SANDPIT, **TWELVE_WEEKS))["series"] == []


# -------------------------------------------------------------------------------------------------- filters on events


@pytest.mark.parametrize("size", ["none", "small", "medium", "large"])
async def test_events_by_impact(client: httpx.AsyncClient, size: str) -> None:
    found = await events(client, **TWELVE_WEEKS, impactSize=size)
    expected = [one for one in await events(client, **TWELVE_WEEKS) if one["impact"].get("size") == size]
    assert found == expected != []


async def test_events_by_a_part_of_the_flags_key(client: httpx.AsyncClient) -> None:
    found = await events(client, query="checkout")
    expected = [one for one in await events(client) if "checkout" in one["flagKey"]]
    assert found == expected
    assert {"new-checkout", "checkout-copy"} <= {one["flagKey"] for one in found}


async def test_events_by_application(client: httpx.AsyncClient) -> None:
    search = await events(client, **TWELVE_WEEKS, applicationKey="search-api")
    both = await events(client, **TWELVE_WEEKS, applicationKey="search-api,checkout-api")
    assert {"search-ranking", "search-tuning"} <= {one["flagKey"] for one in search}
    assert "new-checkout" not in {one["flagKey"] for one in search}
    assert len(search) < len(both) < len(await events(client, **TWELVE_WEEKS))
    assert await events(client, applicationKey="unheard-of") == []


async def test_global_events_can_be_left_out(client: httpx.AsyncClient) -> None:
    every, local = await events(client), await events(client, **{"global": "exclude"})
    everywhere = [one for one in every if one not in local]
    assert everywhere
    assert all("environmentKey" in one for one in local)
    assert all("environmentKey" not in one and one["impact"] == {"reason": "global"} for one in everywhere)
    elsewhere = await events(client, **STAGING)
    assert all(one in elsewhere for one in everywhere)


async def test_events_with_and_without_experiments(client: httpx.AsyncClient) -> None:
    having = await events(client, **TWELVE_WEEKS, hasExperiments="true", expand="experiments")
    lacking = await events(client, **TWELVE_WEEKS, hasExperiments="false", expand="experiments")
    assert {one["experiments"]["totalCount"] for one in having} == {1}
    assert {one["experiments"]["totalCount"] for one in lacking} == {0}
    assert len(having) + len(lacking) == len(await events(client, **TWELVE_WEEKS))


async def test_experiments_are_told_when_asked_for(client: httpx.AsyncClient) -> None:
    assert all("experiments" not in one for one in await events(client))
    having = await events(client, **TWELVE_WEEKS, hasExperiments="true", expand="experiments")
    iterations = [(one, one["experiments"]["items"][0]["iteration"]) for one in having]
    assert {iteration["status"] for _, iteration in iterations} == {"running", "stopped"}
    assert all(iteration["startedAt"] <= one["eventTime"] for one, iteration in iterations)
    assert all(("endedAt" in iteration) == (iteration["status"] == "stopped") for _, iteration in iterations)


async def test_a_project_archives_its_flags_now_and_then(client: httpx.AsyncClient) -> None:
    farewells = [one for one in await events(client, **TWELVE_WEEKS) if one["eventType"] == "archived_flag"]
    assert farewells
    for event in farewells:
        flag = await ask(client, f"/api/v2/flags/web/{event['flagKey']}")
        assert (flag["archived"], flag["archivedDate"]) == (True, event["eventTime"])


# ------------------------------------------------------------------------------------------------------------ one flag


async def test_the_show_piece_has_everything(client: httpx.AsyncClient) -> None:
    flag = await ask(client, CHECKOUT)
    here = flag["environments"]["production"]
    assert flag["_maintainerTeam"]["name"] == "Checkout crew"
    assert here["on"] is True
    assert [one["weight"] for one in here["fallthrough"]["rollout"]["variations"]] == [60_000, 40_000]
    assert here["prerequisites"] == [{"key": "single-sign-on", "variation": 0}]
    assert (len(here["rules"]), len(here["targets"]), len(here["contextTargets"])) == (3, 2, 1)
    assert here["_summary"]["variations"]["0"] == {
        "rules": 1,
        "nullRules": 0,
        "targets": 3,
        "contextTargets": 1,
        "rollout": 60_000,
    }
    assert flag["experiments"]["items"][0]["metricKey"] == "checkout-conversion"


async def test_environments_can_be_chosen(client: httpx.AsyncClient) -> None:
    async def told(*env: str) -> list[str]:
        return list((await ask(client, CHECKOUT, env=list(env)))["environments"])

    assert await told() == ["production", "staging", "test"]
    assert await told("staging") == ["staging"]
    assert await told("test", "production") == ["production", "test"]
    assert await told("production,test") == []
    assert await told("production", "moon") == ["production"]


async def test_a_flag_is_expanded_only_when_asked(client: httpx.AsyncClient) -> None:
    path = "/api/v2/flags/platform/orders-db-migration"
    short, long = await ask(client, path), await ask(client, path, expand="evaluation,migrationSettings")
    assert short["_purpose"] == "migration"
    assert "migrationSettings" not in short
    assert not {"evaluation", "migrationSettings"} & set(short["environments"]["production"])
    assert long["migrationSettings"] == {"contextKind": "user", "stageCount": 6}
    assert long["environments"]["production"]["migrationSettings"] == {"checkRatio": 1}
    assert long["environments"]["production"]["evaluation"] == {"contextKinds": ["user"]}


async def test_the_cast_has_the_odd_ones(client: httpx.AsyncClient) -> None:
    async def flag(key: str, project: str = "web") -> Json:
        return await ask(client, f"/api/v2/flags/{project}/{key}")

    old = await flag("old-address-form")
    assert (old["deprecated"], old["stale"]["readyToArchive"]) == (True, True)
    assert "offVariation" not in old["environments"]["production"]
    assert old["environments"]["staging"]["offVariation"] == 1
    assert (await flag("dark-mode"))["stale"]["readyForCodeRemoval"] is True
    assert None in [one["value"] for one in (await flag("holiday-theme"))["variations"]]
    assert max(len(json.dumps(one["value"])) for one in (await flag("search-tuning"))["variations"]) > 400
    assert {type(one["value"]) for one in (await flag("basket-limit"))["variations"]} == {int}
    assert not [name for name in await flag("basket-limit") if "aintainer" in name]
    assert "lastName" not in (await flag("passkeys", "platform"))["_maintainer"]


async def test_a_flag_that_was_switched_off_is_off_until_it_is_switched_back(client: httpx.AsyncClient) -> None:
    stories = [one for one in await events(client) if one["eventType"].endswith("abled_targeting")]
    assert stories
    for event in stories:
        moment = datetime.fromtimestamp(event["eventTime"] / 1000, UTC) + timedelta(seconds=1)
        async with sandbox(moment) as then:
            flag = await ask(then, f"/api/v2/flags/web/{event['flagKey']}", env="production")
        here = flag["environments"]["production"]
        assert here["on"] == (event["eventType"] == "enabled_targeting")
        assert here["lastModified"] == event["eventTime"]


async def test_a_rollout_that_climbs_stands_where_its_last_step_took_it(client: httpx.AsyncClient) -> None:
    steps = [
        one for one in await events(client, query="one-page-returns", **TWELVE_WEEKS) if "ollout" in one["eventType"]
    ]
    told = [step["description"].removeprefix("Rollout changed from ").replace("%", "").split(" to ") for step in steps]
    assert len(told) == 12
    assert all(earlier[1] == later[0] for later, earlier in itertools.pairwise(told))
    here = (await ask(client, "/api/v2/flags/web/one-page-returns"))["environments"]["production"]
    assert here["fallthrough"]["rollout"]["variations"][0]["weight"] == int(told[0][1]) * 1000


# -------------------------------------------------------------------------------------------------------------- status


async def test_status_counts_the_flags_that_are_not_archived(client: httpx.AsyncClient) -> None:
    chart = await ask(client, STATUS, **WEB)
    counts = {line["metadata"]["name"]: line["metadata"]["count"] for line in chart["series"]}
    assert counts == {"New": 2, "Active": 12, "Launched": 3, "Inactive": 2}
    assert points(chart) == {name: [(MS, count)] for name, count in counts.items()}


async def test_status_differs_from_place_to_place(client: httpx.AsyncClient) -> None:
    everywhere = points(await ask(client, STATUS, **WEB))
    assert points(await ask(client, STATUS, **STAGING)) != everywhere
    search = points(await ask(client, STATUS, **WEB, applicationKey="search-api"))
    assert search == {"Active": [(MS, 3)]}
    assert points(await ask(client, STATUS, **SANDPIT)) == {"New": [(MS, 1)]}


# ------------------------------------------------------------------------------------------------------------- deploys


async def test_deployments_of_a_week(client: httpx.AsyncClient) -> None:
    chart = await ask(client, DEPLOYS, **WEB)
    assert list(points(chart)) == ["deployments"]
    assert 15 <= shipped(chart) == chart["series"][0]["metadata"]["count"] <= 45
    assert all(y > 0 for _, y in points(chart)["deployments"])
    assert "metrics" not in chart["metadata"]


async def test_a_day_without_deployments_has_no_point(client: httpx.AsyncClient) -> None:
    phone = {"projectKey": "mobile", "environmentKey": "production", "bucketType": "day"}
    line = points(await ask(client, DEPLOYS, **phone, **TWELVE_WEEKS))["deployments"]
    assert 0 < len(line) < 84
    assert all(y > 0 for _, y in line)


async def test_keys_are_optional_for_deployments(client: httpx.AsyncClient) -> None:
    web = sum(
        [
            shipped(await ask(client, DEPLOYS, projectKey="web", environmentKey=e))
            for e in ("production", "staging", "test")
        ]
    )
    assert shipped(await ask(client, DEPLOYS, projectKey="web")) == web
    assert shipped(await ask(client, DEPLOYS)) > web
    assert 0 < shipped(await ask(client, DEPLOYS, environmentKey="beta")) < web
    assert await refusal(client, DEPLOYS, environmentKey="moon") == NOT_FOUND


@pytest.mark.parametrize(
    ("by", "names"),
    [("application", ["checkout-api", "search-api", "storefront"]), ("kind", ["browser", "server"])],
)
async def test_one_series_per_group(client: httpx.AsyncClient, by: str, names: list[str]) -> None:
    chart = await ask(client, DEPLOYS, **WEB, groupBy=by)
    assert list(points(chart)) == names
    assert shipped(chart) == shipped(await ask(client, DEPLOYS, **WEB))


async def test_deployments_by_application(client: httpx.AsyncClient) -> None:
    asked = {"applicationKey": "storefront,search-api", "groupBy": "application"}
    assert list(points(await ask(client, DEPLOYS, **WEB, **asked))) == ["search-api", "storefront"]


@pytest.mark.parametrize(("kind", "width"), [("hour", HOUR), ("day", DAY)])
async def test_buckets_on_the_clock(client: httpx.AsyncClient, kind: str, width: int) -> None:
    chart = await ask(client, DEPLOYS, **WEB, bucketType=kind)
    assert all(x % width == 0 for x, _ in points(chart)["deployments"])
    assert shipped(chart) == shipped(await ask(client, DEPLOYS, **WEB))


async def test_rolling_buckets_end_now(client: httpx.AsyncClient) -> None:
    daily = points(await ask(client, DEPLOYS, **WEB))["deployments"]
    finer = points(await ask(client, DEPLOYS, **WEB, bucketType="rolling", bucketMs=6 * HOUR))["deployments"]
    assert all((MS - x) % DAY == 0 for x, _ in daily)
    assert all((MS - x) % (6 * HOUR) == 0 for x, _ in finer)
    assert len(finer) > len(daily)


async def test_metrics_are_told_when_asked_for(client: httpx.AsyncClient) -> None:
    chart = await ask(client, DEPLOYS, **WEB, expand="metrics")
    metric = chart["metadata"]["metrics"]["deploymentFrequency"]
    assert (metric["indicator"], metric["unit"], metric["modifier"]) == ("excellent", "count", "per day")
    assert metric["value"] == pytest.approx(shipped(chart) / 7, abs=0.01)
    nothing = (await ask(client, DEPLOYS, **SANDPIT, expand="metrics"))["metadata"]["metrics"]
    assert nothing["deploymentFrequency"]["indicator"] == "needsAttention"


RFC3339 = {"from": "2026-11-16T00:00:00Z", "to": "2026-11-18T01:00:00.000000+01:00"}
MILLIS = {"from": MS - 4 * DAY - 15 * HOUR, "to": MS - 2 * DAY - 15 * HOUR}


async def test_deployments_understand_both_forms_of_time(client: httpx.AsyncClient) -> None:
    assert await ask(client, DEPLOYS, **WEB, **RFC3339) == await ask(client, DEPLOYS, **WEB, **MILLIS)
    assert 0 < shipped(await ask(client, DEPLOYS, **WEB, **MILLIS)) < shipped(await ask(client, DEPLOYS, **WEB))


async def test_a_server_may_insist_on_one_form_of_time() -> None:
    async with sandbox(only_rfc3339=True) as strict, sandbox(only_millis=True) as other:
        assert await reasons(strict, DEPLOYS, **WEB, **MILLIS) == {"projectKey": "must be present"}
        assert list(await reasons(other, DEPLOYS, **WEB, **RFC3339)) == ["from"]
        assert await ask(strict, DEPLOYS, **WEB, **RFC3339) == await ask(other, DEPLOYS, **WEB, **MILLIS)


# -------------------------------------------------------------------------------------------------------------- scores

TREE = {
    "overall": ["velocity", "risk", "efficiency"],
    "velocity": ["deploymentFrequency", "leadTime"],
    "risk": ["deploymentFailureRate", "impactSize"],
    "efficiency": ["experimentationCoverage", "flagHealth"],
}


async def test_the_scores_are_a_tree(client: httpx.AsyncClient) -> None:
    scores = (await ask(client, SCORES, **WEB))["scores"]
    assert {name: one["aggregateOf"] for name, one in scores.items() if "aggregateOf" in one} == TREE
    for name, parts in TREE.items():
        assert scores[name]["score"] == pytest.approx(
            sum(scores[part]["score"] for part in parts) / len(parts), abs=0.51
        )


async def test_scores_lie_in_their_bands_and_differ_from_the_last_period(client: httpx.AsyncClient) -> None:
    scores = (await ask(client, SCORES, **WEB))["scores"]
    bands = {"excellent": (90, 100), "good": (70, 89), "fair": (40, 69), "needsAttention": (0, 39)}
    for one in scores.values():
        low, high = bands[one["indicator"]]
        assert one["indicatorRange"] == {"min": low, "max": high}
        assert low <= one["score"] <= high
        assert one["diffVsLastPeriod"] == one["score"] - one["lastPeriod"]["score"]
    assert len({one["indicator"] for one in scores.values()}) == 4


async def test_the_period_is_seven_whole_days(client: httpx.AsyncClient) -> None:
    told = await ask(client, SCORES, **WEB)
    midnight = MS - 15 * HOUR
    assert told["period"] == {"startTime": midnight - 7 * DAY, "endTime": midnight}
    assert told["lastPeriod"] == {"startTime": midnight - 14 * DAY, "endTime": midnight - 7 * DAY}


async def test_this_week_is_next_weeks_last_period(client: httpx.AsyncClient) -> None:
    now = (await ask(client, SCORES, **WEB))["scores"]
    async with sandbox(NOW + timedelta(days=7)) as later:
        then = (await ask(later, SCORES, **WEB))["scores"]
    assert {name: one["lastPeriod"]["score"] for name, one in then.items()} == {
        name: one["score"] for name, one in now.items()
    }
    assert any(one["diffVsLastPeriod"] for one in then.values())


async def test_what_is_not_calculated_has_no_difference(client: httpx.AsyncClient) -> None:
    staging = (await ask(client, SCORES, **STAGING))["scores"]
    coverage = staging["experimentationCoverage"]
    assert (coverage["score"], coverage["indicator"], "diffVsLastPeriod" in coverage) == (0, "notCalculated", False)
    assert staging["efficiency"]["score"] == staging["flagHealth"]["score"] > 0
    sandpit = (await ask(client, SCORES, **SANDPIT))["scores"]
    assert {one["indicator"] for one in sandpit.values()} == {"notCalculated"}


async def test_only_the_web_shop_has_a_creation_ratio(client: httpx.AsyncClient) -> None:
    having = [place for place in PLACES if "creationRatio" in (await ask(client, SCORES, **at(place)))["scores"]]
    assert having == [place for place in PLACES if place[0] == "web"]


async def test_scores_of_applications(client: httpx.AsyncClient) -> None:
    async def overall(**params: str) -> Json:
        found: Json = (await ask(client, SCORES, **WEB, **params))["scores"]
        return found

    assert await overall(applicationKey="search-api") != await overall()
    assert await overall(applicationKey="search-api,storefront") == await overall(
        applicationKey="storefront,search-api"
    )
    assert (await overall(applicationKey="ios-app"))["overall"]["indicator"] == "notCalculated"


def at(place: tuple[str, str]) -> dict[str, str]:
    return {"projectKey": place[0], "environmentKey": place[1]}


# ------------------------------------------------------------------------------------------------ the API's description


def grid() -> Iterator[tuple[str, Json]]:
    for place in PLACES:
        for path, options in OPTIONS.items():
            yield from ((path, {**at(place), **option}) for option in options)


OPTIONS: dict[str, list[Json]] = {
    SCORES: [{}, {"applicationKey": "storefront"}, {"applicationKey": "nobody"}],
    STATUS: [{}, {"applicationKey": "storefront,ios-app"}],
    EVENTS: [
        {"limit": 100, **TWELVE_WEEKS, "expand": "experiments"},
        {"limit": 100, "impactSize": "large"},
        {"global": "exclude", "hasExperiments": "true", "query": "checkout"},
    ],
    DEPLOYS: [
        {"groupBy": by, "bucketType": kind, "expand": "metrics"}
        for by, kind in itertools.product(["application", "kind"], ["rolling", "hour", "day"])
    ],
}


async def test_all_answers_are_as_described(client: httpx.AsyncClient, complaints: Complaints) -> None:
    for path, params in grid():
        answer = await client.get(path, params=params)
        assert answer.status_code == 200
        assert complaints(path, answer) == []


async def test_all_flags_are_as_described(client: httpx.AsyncClient, complaints: Complaints) -> None:
    keys = {(one.project, one.key) for one in harbour_goods().flags}
    assert len(keys) >= 40
    for project, key in keys:
        path = f"/api/v2/flags/{project}/{key}"
        answer = await client.get(path, params={"expand": "evaluation,migrationSettings"})
        assert complaints(path, answer) == []


@pytest.mark.parametrize("path", [SCORES, EVENTS, STATUS, DEPLOYS, CHECKOUT])
async def test_all_refusals_are_as_described(client: httpx.AsyncClient, complaints: Complaints, path: str) -> None:
    moon = {"projectKey": "moon", "environmentKey": "production"}
    refused = [
        await client.get(path, params=WEB, headers={"Authorization": "no"}),
        await client.get(path.replace("/web/", "/moon/"), params=moon),
    ]
    async with sandbox(faults=FaultInjector(status=429)) as busy, sandbox(faults=FaultInjector(status=403)) as closed:
        refused += [await busy.get(path), await closed.get(path)]
    assert sorted(answer.status_code for answer in refused) in ([400, 401, 403, 429], [401, 403, 404, 429])
    assert [complaint for answer in refused for complaint in complaints(path, answer)] == []
