"""The sandbox replies and fails as LaunchDarkly does, seen through a real HTTP client."""

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
    complaints,
    error_of,
    get_json,
    reasons,
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
PROJECTS_AND_ENVIRONMENTS = [
    *itertools.product(["web", "platform", "sandpit"], ["production", "staging", "test"]),
    ("mobile", "production"),
    ("mobile", "beta"),
    ("warehouse", "production"),
    ("warehouse", "staging"),
]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with sandbox() as client:
        yield client


async def events(client: httpx.AsyncClient, **params: Param) -> list[Json]:
    """Return all events, page by page: the cursor comes from the link, the other parameters are repeated."""
    items: list[Json] = []
    after: Json = {}
    while True:
        page = await get_json(client, EVENTS, **{**WEB, "limit": 100, **params, **after})
        items += page["items"]
        if "next" not in page["_links"]:
            return items
        after = dict(httpx.URL(page["_links"]["next"]["href"]).params)


def points(chart: Json) -> dict[str, list[tuple[int, int]]]:
    return {line["metadata"]["name"]: [(point["x"], point["y"]) for point in line["data"]] for line in chart["series"]}


def total_deployments(chart: Json) -> int:
    return sum(y for line in points(chart).values() for _, y in line)


# ------------------------------------------------------------------------------------------------------- authentication


@pytest.mark.parametrize("token", ["", "api-other", f"Bearer {TOKEN}"])
async def test_wrong_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get(SCORES, params=WEB, headers={"Authorization": token})
    assert answer.status_code == 401
    assert answer.json() == {"code": "unauthorized", "message": "Invalid access token"}


async def test_missing_token_is_refused() -> None:
    transport = httpx.ASGITransport(launchdarkly(lambda: NOW))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as stranger:
        assert (await stranger.get(CHECKOUT)).status_code == 401


@pytest.mark.parametrize("path", [SCORES, EVENTS, STATUS, DEPLOYS])
async def test_insights_require_the_beta_header(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, params=WEB, headers={"LD-API-Version": "20240415"})
    assert answer.status_code == 403
    assert list(answer.json()) == ["message"]
    assert "LD-API-Version: beta" in answer.json()["message"]


async def test_caller_identity_names_the_token(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v2/caller-identity", headers={"LD-API-Version": "20240415"})
    assert (answer.json()["tokenName"], answer.json()["serviceToken"]) == ("insights-bot", True)
    assert TOKEN not in answer.text
    assert (await client.get("/api/v2/caller-identity", headers={"Authorization": "no"})).status_code == 401


async def test_flag_needs_no_beta_header(client: httpx.AsyncClient) -> None:
    assert (await client.get(CHECKOUT, headers={"LD-API-Version": "20240415"})).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_writes_are_refused(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, CHECKOUT)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", [EVENTS, STATUS, DEPLOYS])
async def test_unknown_project_or_environment_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert await error_of(client, path, projectKey="wb", environmentKey="production") == NOT_FOUND
    assert await error_of(client, path, projectKey="web", environmentKey="prod") == NOT_FOUND


@pytest.mark.parametrize("path", ["/api/v2/flags/web/nope", "/api/v2/flags/wb/new-checkout", "/api/v2/nothing-here"])
async def test_unknown_flag_or_path_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert await error_of(client, path) == NOT_FOUND


async def test_scores_of_an_unknown_project_are_a_400(client: httpx.AsyncClient) -> None:
    assert await reasons(client, SCORES, projectKey="wb", environmentKey="production") == {"projectKey": "is unknown"}
    assert await reasons(client, SCORES, projectKey="web", environmentKey="x") == {"environmentKey": "is unknown"}


@pytest.mark.parametrize("path", [SCORES, EVENTS, STATUS])
async def test_all_missing_parameters_are_reported_at_once(client: httpx.AsyncClient, path: str) -> None:
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
async def test_invalid_parameter_is_refused(client: httpx.AsyncClient, path: str, name: str, value: str) -> None:
    assert list(await reasons(client, path, **WEB, **{name: value})) == [name]


async def test_unknown_parameter_is_ignored(client: httpx.AsyncClient) -> None:
    assert await get_json(client, STATUS, **WEB) == await get_json(client, STATUS, **WEB, colour="blue")


async def test_rate_limit_headers_are_on_every_reply(client: httpx.AsyncClient) -> None:
    first, second = await client.get(CHECKOUT), await client.get(EVENTS)
    for kind in ("Global", "Route"):
        assert int(first.headers[f"X-Ratelimit-{kind}-Remaining"]) < int(first.headers[f"X-Ratelimit-{kind}-Limit"])
    assert second.headers["X-Ratelimit-Global-Remaining"] < first.headers["X-Ratelimit-Global-Remaining"]
    assert second.headers["X-Ratelimit-Route-Remaining"] == first.headers["X-Ratelimit-Route-Remaining"]
    assert MS < int(first.headers["X-Ratelimit-Reset"]) <= MS + 10_000


async def test_long_reply_is_compressed_if_the_client_accepts_it(client: httpx.AsyncClient) -> None:
    small = await client.get(CHECKOUT)
    plain = await client.get(CHECKOUT, headers={"Accept-Encoding": "identity"})
    assert (small.headers["Content-Encoding"], plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert small.json() == plain.json()
    assert int(small.headers["Content-Length"]) < len(gzip.compress(plain.content)) * 1.1


async def test_sandbox_serves_on_a_port() -> None:
    async with serving(launchdarkly(lambda: NOW)) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        assert (await get_json(client, CHECKOUT))["key"] == "new-checkout"


async def test_new_route_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "more_routes").mkdir()
    (tmp_path / "more_routes" / "__init__.py").touch()
    (tmp_path / "more_routes" / "ping.py").write_text(
        "from bot.sandbox.launchdarkly.request import Query, RouteSpec\n"
        "def ping(ctx, query): return {'flags': len(ctx.company.flags)}\n"
        "ROUTES = (RouteSpec('/api/v2/ping', Query, ping),)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    transport = httpx.ASGITransport(launchdarkly(lambda: NOW, routes=import_module("more_routes")))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=HEADERS) as client:
        assert (await get_json(client, "/api/v2/ping"))["flags"] >= 40


# --------------------------------------------------------------------------------------------------------------- faults


async def test_fault_ends_after_its_number_of_times() -> None:
    async with sandbox(faults=FaultInjector(status=503, times=2)) as client:
        assert [(await client.get(CHECKOUT)).status_code for _ in range(3)] == [503, 503, 200]


async def test_fault_can_be_changed_and_ended() -> None:
    faults = FaultInjector(status=500)
    async with sandbox(faults=faults) as client:
        assert [(await client.get(CHECKOUT)).status_code for _ in range(3)] == [500, 500, 500]
        faults.times = 0
        assert (await client.get(CHECKOUT)).status_code == 200


async def test_fault_can_be_limited_to_a_path() -> None:
    async with sandbox(faults=FaultInjector(status=403, path_contains="scores")) as client:
        assert (await client.get(SCORES, params=WEB)).status_code == 403
        assert (await client.get(STATUS, params=WEB)).status_code == 200


async def test_rate_limit_sends_retry_after_only_if_configured() -> None:
    faults = FaultInjector(status=429)
    async with sandbox(faults=faults) as client:
        without = await client.get(CHECKOUT)
        faults.retry_after, faults.reset = 3, MS - 5000
        with_headers = await client.get(CHECKOUT)
    assert without.json()["code"] == with_headers.json()["code"] == "rate_limited"
    assert not {"Retry-After", "X-Ratelimit-Reset"} & {name.title() for name in without.headers}
    assert (with_headers.headers["Retry-After"], with_headers.headers["X-Ratelimit-Reset"]) == ("3", str(MS - 5000))


@pytest.mark.parametrize(
    ("body", "kind"), [(b'{"items": [', "application/json"), (b"<html>Oops</html>", "text/html"), (b"", "text/plain")]
)
async def test_reply_body_can_be_replaced(body: bytes, kind: str) -> None:
    async with sandbox(faults=FaultInjector(body=body, content_type=kind)) as client:
        answer = await client.get(CHECKOUT)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, body, kind)


async def test_error_body_can_be_replaced() -> None:
    async with sandbox(faults=FaultInjector(status=401, body=b"")) as client:
        answer = await client.get(CHECKOUT)
    assert (answer.status_code, answer.content) == (401, b"")


async def test_slow_reply_exceeds_the_client_timeout() -> None:
    app = launchdarkly(lambda: NOW, faults=FaultInjector(delay=30, times=1))
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(CHECKOUT, timeout=0.05)
        assert (await client.get(CHECKOUT)).status_code == 200


async def test_requests_are_recorded() -> None:
    faults = FaultInjector()
    async with sandbox(faults=faults) as client:
        await client.get(CHECKOUT, params={"env": "production"}, headers={"LD-API-Version": "20240415"})
        await client.post(EVENTS)
    seen = [(one.method, one.path, one.query) for one in faults.requests]
    assert seen == [("GET", CHECKOUT, "env=production"), ("POST", EVENTS, "")]
    assert faults.requests[0].headers["ld-api-version"] == "20240415"


# --------------------------------------------------------------------------------------------------------------- events


async def test_pagination_returns_every_event_once(client: httpx.AsyncClient) -> None:
    by_hundreds, by_sevens = await events(client, **TWELVE_WEEKS), await events(client, **TWELVE_WEEKS, limit=7)
    assert by_hundreds == by_sevens
    assert len({event["id"] for event in by_sevens}) == len(by_sevens) > 500
    times = [event["eventTime"] for event in by_sevens]
    assert times == sorted(times, reverse=True)
    total = (await get_json(client, EVENTS, **WEB, **TWELVE_WEEKS, limit=1))["totalCount"]
    assert total == len(by_sevens)


async def test_previous_link_returns_to_the_first_page(client: httpx.AsyncClient) -> None:
    first = await get_json(client, EVENTS, **WEB, limit=5)
    second = await get_json(client, EVENTS, **WEB, limit=5, **httpx.URL(first["_links"]["next"]["href"]).params)
    back = await get_json(client, EVENTS, **WEB, limit=5, **httpx.URL(second["_links"]["prev"]["href"]).params)
    assert back["items"] == first["items"] != second["items"]
    assert "prev" not in first["_links"]


async def test_links_carry_only_the_cursor(client: httpx.AsyncClient) -> None:
    page = await get_json(client, EVENTS, **WEB, limit=1)
    assert page["_links"]["next"]["href"] == f"{EVENTS}?after={page['items'][0]['id']}"
    assert (await client.get(page["_links"]["next"]["href"])).status_code == 400


async def test_default_page_has_twenty_events(client: httpx.AsyncClient) -> None:
    assert len((await get_json(client, EVENTS, **WEB))["items"]) == 20


async def test_default_window_is_the_last_seven_days(client: httpx.AsyncClient) -> None:
    assert await events(client) == await events(client, **{"from": MS - 7 * DAY, "to": MS})
    earlier = await events(client, **{"from": MS - 9 * DAY, "to": MS - 8 * DAY})
    assert earlier
    assert all(MS - 9 * DAY <= event["eventTime"] <= MS - 8 * DAY for event in earlier)


async def test_no_events_in_the_future(client: httpx.AsyncClient) -> None:
    assert await events(client, **{"from": MS + 1, "to": MS + 30 * DAY}) == []
    assert all(event["eventTime"] <= MS for event in await events(client, to=MS + 30 * DAY))


async def test_past_events_do_not_change_later(client: httpx.AsyncClient) -> None:
    week = {"from": MS - 7 * DAY, "to": MS - HOUR}
    async with sandbox(NOW + timedelta(days=3, hours=1)) as later:
        assert await events(later, **week) == await events(client, **week)
        assert await get_json(later, DEPLOYS, **WEB, **week) == await get_json(client, DEPLOYS, **WEB, **week)
        assert len(await events(later, **{"from": MS})) > 0


async def test_events_are_added_during_the_day(client: httpx.AsyncClient) -> None:
    today = {"from": MS - 15 * HOUR}
    async with sandbox(NOW + timedelta(hours=9)) as evening:
        later, now = await events(evening, **today), await events(client, **today)
    assert [event["id"] for event in later][-len(now) :] == [event["id"] for event in now]
    assert len(later) > len(now)


@pytest.mark.parametrize("week", range(12))
async def test_web_project_has_busy_weeks(client: httpx.AsyncClient, week: int) -> None:
    items = await events(client, **{"from": MS - (week + 1) * 7 * DAY, "to": MS - week * 7 * DAY})
    assert 40 <= len(items) <= 70
    assert 7 <= sum(event["impact"].get("size") == "large" for event in items) <= 16


async def test_weekends_are_quiet(client: httpx.AsyncClient) -> None:
    days = [
        datetime.fromtimestamp(one["eventTime"] / 1000, UTC).weekday() for one in await events(client, **TWELVE_WEEKS)
    ]
    assert 0 < sum(day > 4 for day in days) / 2 < sum(day <= 4 for day in days) / 5 / 3


async def test_impact_matches_the_evaluations(client: httpx.AsyncClient) -> None:
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


async def test_evaluations_use_the_flags_own_variations(client: httpx.AsyncClient) -> None:
    for event in await events(client, query="checkout-copy", **{"global": "exclude"}):
        values = [one["value"] for one in event["impact"].get("evaluationsSummary", {}).get("variations", [])]
        assert values in ([], ["Buy now", "Place order", "Send it to me"])


async def test_impact_of_a_recent_event_is_pending(client: httpx.AsyncClient) -> None:
    event = next(one for one in await events(client) if "size" in one["impact"])
    moment = datetime.fromtimestamp(event["eventTime"] / 1000, UTC)
    async with sandbox(moment + timedelta(minutes=19)) as soon, sandbox(moment + timedelta(minutes=21)) as later:
        assert (await events(soon))[0]["impact"] == {"reason": "waiting"}
        assert event["id"] not in {one["id"] for one in await events(soon, impactSize=event["impact"]["size"])}
        assert event["id"] in {one["id"] for one in await events(later, impactSize=event["impact"]["size"])}


async def test_some_events_have_no_member(client: httpx.AsyncClient) -> None:
    by_somebody = ["member" in event for event in await events(client, **TWELVE_WEEKS)]
    assert 0.7 < sum(by_somebody) / len(by_somebody) < 0.95


async def test_event_ids_are_uuids(client: httpx.AsyncClient) -> None:
    assert all(UUID(event["id"]).version == 4 for event in await events(client))


async def test_empty_project_has_no_events_or_deployments(client: httpx.AsyncClient) -> None:
    page = await get_json(client, EVENTS, **SANDPIT, **TWELVE_WEEKS)
    assert (page["totalCount"], page["items"], list(page["_links"])) == (0, [], ["self"])
    assert (await get_json(client, DEPLOYS, **SANDPIT, **TWELVE_WEEKS))["series"] == []


# ---------------------------------------------------------------------------------------------------- filters on events


@pytest.mark.parametrize("size", ["none", "small", "medium", "large"])
async def test_events_filtered_by_impact(client: httpx.AsyncClient, size: str) -> None:
    items = await events(client, **TWELVE_WEEKS, impactSize=size)
    expected = [one for one in await events(client, **TWELVE_WEEKS) if one["impact"].get("size") == size]
    assert items == expected != []


async def test_events_filtered_by_part_of_a_flag_key(client: httpx.AsyncClient) -> None:
    items = await events(client, query="checkout")
    expected = [one for one in await events(client) if "checkout" in one["flagKey"]]
    assert items == expected
    assert {"new-checkout", "checkout-copy"} <= {one["flagKey"] for one in items}


async def test_events_filtered_by_application(client: httpx.AsyncClient) -> None:
    search = await events(client, **TWELVE_WEEKS, applicationKey="search-api")
    both = await events(client, **TWELVE_WEEKS, applicationKey="search-api,checkout-api")
    assert {"search-ranking", "search-tuning"} <= {one["flagKey"] for one in search}
    assert "new-checkout" not in {one["flagKey"] for one in search}
    assert len(search) < len(both) < len(await events(client, **TWELVE_WEEKS))
    assert await events(client, applicationKey="unheard-of") == []


async def test_global_events_can_be_excluded(client: httpx.AsyncClient) -> None:
    every, local = await events(client), await events(client, **{"global": "exclude"})
    everywhere = [one for one in every if one not in local]
    assert everywhere
    assert all("environmentKey" in one for one in local)
    assert all("environmentKey" not in one and one["impact"] == {"reason": "global"} for one in everywhere)
    elsewhere = await events(client, **STAGING)
    assert all(one in elsewhere for one in everywhere)


async def test_events_filtered_by_experiments(client: httpx.AsyncClient) -> None:
    having = await events(client, **TWELVE_WEEKS, hasExperiments="true", expand="experiments")
    lacking = await events(client, **TWELVE_WEEKS, hasExperiments="false", expand="experiments")
    assert {one["experiments"]["totalCount"] for one in having} == {1}
    assert {one["experiments"]["totalCount"] for one in lacking} == {0}
    assert len(having) + len(lacking) == len(await events(client, **TWELVE_WEEKS))


async def test_experiments_are_sent_only_if_expanded(client: httpx.AsyncClient) -> None:
    assert all("experiments" not in one for one in await events(client))
    having = await events(client, **TWELVE_WEEKS, hasExperiments="true", expand="experiments")
    iterations = [(one, one["experiments"]["items"][0]["iteration"]) for one in having]
    assert {iteration["status"] for _, iteration in iterations} == {"running", "stopped"}
    assert all(iteration["startedAt"] <= one["eventTime"] for one, iteration in iterations)
    assert all(("endedAt" in iteration) == (iteration["status"] == "stopped") for _, iteration in iterations)


async def test_some_flags_are_archived(client: httpx.AsyncClient) -> None:
    archivals = [one for one in await events(client, **TWELVE_WEEKS) if one["eventType"] == "archived_flag"]
    assert archivals
    for event in archivals:
        flag = await get_json(client, f"/api/v2/flags/web/{event['flagKey']}")
        assert (flag["archived"], flag["archivedDate"]) == (True, event["eventTime"])


# ------------------------------------------------------------------------------------------------------------- one flag


async def test_showcase_flag_has_every_feature(client: httpx.AsyncClient) -> None:
    flag = await get_json(client, CHECKOUT)
    production = flag["environments"]["production"]
    assert flag["_maintainerTeam"]["name"] == "Checkout crew"
    assert production["on"] is True
    assert [one["weight"] for one in production["fallthrough"]["rollout"]["variations"]] == [60_000, 40_000]
    assert production["prerequisites"] == [{"key": "single-sign-on", "variation": 0}]
    assert (len(production["rules"]), len(production["targets"]), len(production["contextTargets"])) == (3, 2, 1)
    assert production["_summary"]["variations"]["0"] == {
        "rules": 1,
        "nullRules": 0,
        "targets": 3,
        "contextTargets": 1,
        "rollout": 60_000,
    }
    assert flag["experiments"]["items"][0]["metricKey"] == "checkout-conversion"


async def test_flag_can_be_limited_to_environments(client: httpx.AsyncClient) -> None:
    async def environments(*env: str) -> list[str]:
        return list((await get_json(client, CHECKOUT, env=list(env)))["environments"])

    assert await environments() == ["production", "staging", "test"]
    assert await environments("staging") == ["staging"]
    assert await environments("test", "production") == ["production", "test"]
    assert await environments("production,test") == []
    assert await environments("production", "moon") == ["production"]


async def test_flag_is_expanded_only_on_request(client: httpx.AsyncClient) -> None:
    path = "/api/v2/flags/platform/orders-db-migration"
    short, long = await get_json(client, path), await get_json(client, path, expand="evaluation,migrationSettings")
    assert short["_purpose"] == "migration"
    assert "migrationSettings" not in short
    assert not {"evaluation", "migrationSettings"} & set(short["environments"]["production"])
    assert long["migrationSettings"] == {"contextKind": "user", "stageCount": 6}
    assert long["environments"]["production"]["migrationSettings"] == {"checkRatio": 1}
    assert long["environments"]["production"]["evaluation"] == {"contextKinds": ["user"]}


async def test_company_has_flags_with_unusual_fields(client: httpx.AsyncClient) -> None:
    async def flag(key: str, project: str = "web") -> Json:
        return await get_json(client, f"/api/v2/flags/{project}/{key}")

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


async def test_flag_state_matches_its_last_toggle_event(client: httpx.AsyncClient) -> None:
    toggles = [one for one in await events(client) if one["eventType"].endswith("abled_targeting")]
    assert toggles
    for event in toggles:
        just_after = datetime.fromtimestamp(event["eventTime"] / 1000, UTC) + timedelta(seconds=1)
        async with sandbox(just_after) as later:
            flag = await get_json(later, f"/api/v2/flags/web/{event['flagKey']}", env="production")
        production = flag["environments"]["production"]
        assert production["on"] == (event["eventType"] == "enabled_targeting")
        assert production["lastModified"] == event["eventTime"]


async def test_rollout_weight_matches_its_last_event(client: httpx.AsyncClient) -> None:
    steps = [
        one for one in await events(client, query="one-page-returns", **TWELVE_WEEKS) if "ollout" in one["eventType"]
    ]
    changes = [
        step["description"].removeprefix("Rollout changed from ").replace("%", "").split(" to ") for step in steps
    ]
    assert len(changes) == 12
    assert all(earlier[1] == later[0] for later, earlier in itertools.pairwise(changes))
    production = (await get_json(client, "/api/v2/flags/web/one-page-returns"))["environments"]["production"]
    assert production["fallthrough"]["rollout"]["variations"][0]["weight"] == int(changes[0][1]) * 1000


# --------------------------------------------------------------------------------------------------------------- status


async def test_status_counts_flags_that_are_not_archived(client: httpx.AsyncClient) -> None:
    chart = await get_json(client, STATUS, **WEB)
    counts = {line["metadata"]["name"]: line["metadata"]["count"] for line in chart["series"]}
    assert counts == {"New": 2, "Active": 12, "Launched": 3, "Inactive": 2}
    assert points(chart) == {name: [(MS, count)] for name, count in counts.items()}


async def test_status_differs_by_environment_and_application(client: httpx.AsyncClient) -> None:
    everywhere = points(await get_json(client, STATUS, **WEB))
    assert points(await get_json(client, STATUS, **STAGING)) != everywhere
    search = points(await get_json(client, STATUS, **WEB, applicationKey="search-api"))
    assert search == {"Active": [(MS, 3)]}
    assert points(await get_json(client, STATUS, **SANDPIT)) == {"New": [(MS, 1)]}


# -------------------------------------------------------------------------------------------------------------- deploys


async def test_week_of_deployments_has_a_plausible_count(client: httpx.AsyncClient) -> None:
    chart = await get_json(client, DEPLOYS, **WEB)
    assert list(points(chart)) == ["deployments"]
    assert 15 <= total_deployments(chart) == chart["series"][0]["metadata"]["count"] <= 45
    assert all(y > 0 for _, y in points(chart)["deployments"])
    assert "metrics" not in chart["metadata"]


async def test_day_without_deployments_has_no_point(client: httpx.AsyncClient) -> None:
    phone = {"projectKey": "mobile", "environmentKey": "production", "bucketType": "day"}
    line = points(await get_json(client, DEPLOYS, **phone, **TWELVE_WEEKS))["deployments"]
    assert 0 < len(line) < 84
    assert all(y > 0 for _, y in line)


async def test_keys_are_optional_for_deployments(client: httpx.AsyncClient) -> None:
    web = sum(
        [
            total_deployments(await get_json(client, DEPLOYS, projectKey="web", environmentKey=e))
            for e in ("production", "staging", "test")
        ]
    )
    assert total_deployments(await get_json(client, DEPLOYS, projectKey="web")) == web
    assert total_deployments(await get_json(client, DEPLOYS)) > web
    assert 0 < total_deployments(await get_json(client, DEPLOYS, environmentKey="beta")) < web
    assert await error_of(client, DEPLOYS, environmentKey="moon") == NOT_FOUND


@pytest.mark.parametrize(
    ("by", "names"),
    [("application", ["checkout-api", "search-api", "storefront"]), ("kind", ["browser", "server"])],
)
async def test_grouped_deployments_have_a_series_per_group(
    client: httpx.AsyncClient, by: str, names: list[str]
) -> None:
    chart = await get_json(client, DEPLOYS, **WEB, groupBy=by)
    assert list(points(chart)) == names
    assert total_deployments(chart) == total_deployments(await get_json(client, DEPLOYS, **WEB))


async def test_deployments_filtered_by_application(client: httpx.AsyncClient) -> None:
    params = {"applicationKey": "storefront,search-api", "groupBy": "application"}
    assert list(points(await get_json(client, DEPLOYS, **WEB, **params))) == ["search-api", "storefront"]


@pytest.mark.parametrize(("kind", "width"), [("hour", HOUR), ("day", DAY)])
async def test_hour_and_day_buckets_are_aligned(client: httpx.AsyncClient, kind: str, width: int) -> None:
    chart = await get_json(client, DEPLOYS, **WEB, bucketType=kind)
    assert all(x % width == 0 for x, _ in points(chart)["deployments"])
    assert total_deployments(chart) == total_deployments(await get_json(client, DEPLOYS, **WEB))


async def test_rolling_buckets_end_now(client: httpx.AsyncClient) -> None:
    daily = points(await get_json(client, DEPLOYS, **WEB))["deployments"]
    finer = points(await get_json(client, DEPLOYS, **WEB, bucketType="rolling", bucketMs=6 * HOUR))["deployments"]
    assert all((MS - x) % DAY == 0 for x, _ in daily)
    assert all((MS - x) % (6 * HOUR) == 0 for x, _ in finer)
    assert len(finer) > len(daily)


async def test_metrics_are_sent_only_if_expanded(client: httpx.AsyncClient) -> None:
    chart = await get_json(client, DEPLOYS, **WEB, expand="metrics")
    metric = chart["metadata"]["metrics"]["deploymentFrequency"]
    assert (metric["indicator"], metric["unit"], metric["modifier"]) == ("excellent", "count", "per day")
    assert metric["value"] == pytest.approx(total_deployments(chart) / 7, abs=0.01)
    nothing = (await get_json(client, DEPLOYS, **SANDPIT, expand="metrics"))["metadata"]["metrics"]
    assert nothing["deploymentFrequency"]["indicator"] == "needsAttention"


RFC3339 = {"from": "2026-11-16T00:00:00Z", "to": "2026-11-18T01:00:00.000000+01:00"}
MILLIS = {"from": MS - 4 * DAY - 15 * HOUR, "to": MS - 2 * DAY - 15 * HOUR}


async def test_deployments_accept_rfc3339_and_milliseconds(client: httpx.AsyncClient) -> None:
    assert await get_json(client, DEPLOYS, **WEB, **RFC3339) == await get_json(client, DEPLOYS, **WEB, **MILLIS)
    assert (
        0
        < total_deployments(await get_json(client, DEPLOYS, **WEB, **MILLIS))
        < total_deployments(await get_json(client, DEPLOYS, **WEB))
    )


async def test_server_can_accept_only_one_time_format() -> None:
    async with sandbox(only_rfc3339=True) as strict, sandbox(only_millis=True) as other:
        assert await reasons(strict, DEPLOYS, **WEB, **MILLIS) == {"projectKey": "must be present"}
        assert list(await reasons(other, DEPLOYS, **WEB, **RFC3339)) == ["from"]
        assert await get_json(strict, DEPLOYS, **WEB, **RFC3339) == await get_json(other, DEPLOYS, **WEB, **MILLIS)


# --------------------------------------------------------------------------------------------------------------- scores

TREE = {
    "overall": ["velocity", "risk", "efficiency"],
    "velocity": ["deploymentFrequency", "leadTime"],
    "risk": ["deploymentFailureRate", "impactSize"],
    "efficiency": ["experimentationCoverage", "flagHealth"],
}


async def test_scores_form_a_tree(client: httpx.AsyncClient) -> None:
    scores = (await get_json(client, SCORES, **WEB))["scores"]
    assert {name: one["aggregateOf"] for name, one in scores.items() if "aggregateOf" in one} == TREE
    for name, parts in TREE.items():
        assert scores[name]["score"] == pytest.approx(
            sum(scores[part]["score"] for part in parts) / len(parts), abs=0.51
        )


async def test_scores_match_their_bands_and_last_period(client: httpx.AsyncClient) -> None:
    scores = (await get_json(client, SCORES, **WEB))["scores"]
    bands = {"excellent": (90, 100), "good": (70, 89), "fair": (40, 69), "needsAttention": (0, 39)}
    for one in scores.values():
        low, high = bands[one["indicator"]]
        assert one["indicatorRange"] == {"min": low, "max": high}
        assert low <= one["score"] <= high
        assert one["diffVsLastPeriod"] == one["score"] - one["lastPeriod"]["score"]
    assert len({one["indicator"] for one in scores.values()}) == 4


async def test_period_is_seven_full_days(client: httpx.AsyncClient) -> None:
    reply = await get_json(client, SCORES, **WEB)
    midnight = MS - 15 * HOUR
    assert reply["period"] == {"startTime": midnight - 7 * DAY, "endTime": midnight}
    assert reply["lastPeriod"] == {"startTime": midnight - 14 * DAY, "endTime": midnight - 7 * DAY}


async def test_last_period_equals_the_week_before(client: httpx.AsyncClient) -> None:
    now = (await get_json(client, SCORES, **WEB))["scores"]
    async with sandbox(NOW + timedelta(days=7)) as later:
        then = (await get_json(later, SCORES, **WEB))["scores"]
    assert {name: one["lastPeriod"]["score"] for name, one in then.items()} == {
        name: one["score"] for name, one in now.items()
    }
    assert any(one["diffVsLastPeriod"] for one in then.values())


async def test_uncalculated_score_has_no_difference(client: httpx.AsyncClient) -> None:
    staging = (await get_json(client, SCORES, **STAGING))["scores"]
    coverage = staging["experimentationCoverage"]
    assert (coverage["score"], coverage["indicator"], "diffVsLastPeriod" in coverage) == (0, "notCalculated", False)
    assert staging["efficiency"]["score"] == staging["flagHealth"]["score"] > 0
    sandpit = (await get_json(client, SCORES, **SANDPIT))["scores"]
    assert {one["indicator"] for one in sandpit.values()} == {"notCalculated"}


async def test_only_the_web_project_has_a_creation_ratio(client: httpx.AsyncClient) -> None:
    having = [
        pair
        for pair in PROJECTS_AND_ENVIRONMENTS
        if "creationRatio" in (await get_json(client, SCORES, **params_of(pair)))["scores"]
    ]
    assert having == [pair for pair in PROJECTS_AND_ENVIRONMENTS if pair[0] == "web"]


async def test_scores_differ_by_application(client: httpx.AsyncClient) -> None:
    async def overall(**params: str) -> Json:
        scores: Json = (await get_json(client, SCORES, **WEB, **params))["scores"]
        return scores

    assert await overall(applicationKey="search-api") != await overall()
    assert await overall(applicationKey="search-api,storefront") == await overall(
        applicationKey="storefront,search-api"
    )
    assert (await overall(applicationKey="ios-app"))["overall"]["indicator"] == "notCalculated"


def params_of(pair: tuple[str, str]) -> dict[str, str]:
    return {"projectKey": pair[0], "environmentKey": pair[1]}


# ------------------------------------------------------------------------------------------------ the API's description


def grid() -> Iterator[tuple[str, Json]]:
    for pair in PROJECTS_AND_ENVIRONMENTS:
        for path, options in OPTIONS.items():
            yield from ((path, {**params_of(pair), **option}) for option in options)


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


async def test_all_replies_match_the_openapi_description(client: httpx.AsyncClient, complaints: Complaints) -> None:
    for path, params in grid():
        answer = await client.get(path, params=params)
        assert answer.status_code == 200
        assert complaints(path, answer) == []


async def test_all_flags_match_the_openapi_description(client: httpx.AsyncClient, complaints: Complaints) -> None:
    keys = {(one.project, one.key) for one in harbour_goods().flags}
    assert len(keys) >= 40
    for project, key in keys:
        path = f"/api/v2/flags/{project}/{key}"
        answer = await client.get(path, params={"expand": "evaluation,migrationSettings"})
        assert complaints(path, answer) == []


@pytest.mark.parametrize("path", [SCORES, EVENTS, STATUS, DEPLOYS, CHECKOUT])
async def test_all_errors_match_the_openapi_description(
    client: httpx.AsyncClient, complaints: Complaints, path: str
) -> None:
    moon = {"projectKey": "moon", "environmentKey": "production"}
    refused = [
        await client.get(path, params=WEB, headers={"Authorization": "no"}),
        await client.get(path.replace("/web/", "/moon/"), params=moon),
    ]
    async with sandbox(faults=FaultInjector(status=429)) as busy, sandbox(faults=FaultInjector(status=403)) as closed:
        refused += [await busy.get(path), await closed.get(path)]
    assert sorted(answer.status_code for answer in refused) in ([400, 401, 403, 429], [401, 403, 404, 429])
    assert [complaint for answer in refused for complaint in complaints(path, answer)] == []
