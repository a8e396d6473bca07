"""What the sandbox says about flags that can go, and about their owners, is what LaunchDarkly says."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from bot.sandbox.launchdarkly.company import object_id
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.sandbox.launchdarkly.request import Feature
from tests.sandbox_launchdarkly import (
    MS,
    NOT_FOUND,
    Complaints,
    Json,
    Param,
    assert_described,
    complaints,
    error_of,
    get_json,
    reasons,
    sandbox,
)

__all__ = ["complaints"]

DAY = 86_400_000
WEB = {"projectKey": "web", "environmentKey": "production"}
CODE = "/api/v2/code-refs"
STATISTICS, REPOSITORIES, EXTINCTIONS = f"{CODE}/statistics", f"{CODE}/repositories", f"{CODE}/extinctions"
CHARTS = "/api/v2/engineering-insights/charts/flags"
STATUS_CHART, STALE_CHART = f"{CHARTS}/status", f"{CHARTS}/stale"
FLAGS, AUDIT_LOG = "/api/v2/flags/web", "/api/v2/auditlog"
EVENTS = "/api/v2/engineering-insights/flag-events"


def statuses(project: str, environment: str) -> str:
    return f"/api/v2/flag-statuses/{project}/{environment}"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with sandbox() as client:
        yield client


# ------------------------------------------------------------------------------------------------------------- statuses


async def statuses_by_flag(client: httpx.AsyncClient, project: str, environment: str) -> dict[str, Json]:
    items = (await get_json(client, statuses(project, environment)))["items"]
    return {item["_links"]["parent"]["href"].rpartition("/")[2]: item for item in items}


async def test_statuses_name_the_flags_that_the_chart_counts(client: httpx.AsyncClient) -> None:
    for project, environment in (("web", "production"), ("web", "staging"), ("mobile", "beta"), ("sandpit", "test")):
        items = await statuses_by_flag(client, project, environment)
        chart = await get_json(client, STATUS_CHART, projectKey=project, environmentKey=environment)
        counts = {line["metadata"]["name"].lower(): line["metadata"]["count"] for line in chart["series"]}
        assert Counter(item["name"] for item in items.values()) == counts


async def test_last_request_matches_the_status(client: httpx.AsyncClient) -> None:
    for item in (await statuses_by_flag(client, "web", "production")).values():
        if item["name"] == "new":
            assert not {"lastRequested", "default"} & set(item)
            continue
        age = MS - datetime.fromisoformat(item["lastRequested"]).timestamp() * 1000
        assert (age > 7 * DAY) == (item["name"] == "inactive")
        assert age >= 0


async def test_status_of_a_flag_differs_by_environment(client: httpx.AsyncClient) -> None:
    production, staging = [await statuses_by_flag(client, "web", one) for one in ("production", "staging")]
    assert (production["holiday-theme"]["name"], staging["holiday-theme"]["name"]) == ("inactive", "active")
    assert production["holiday-theme"]["lastRequested"] < staging["holiday-theme"]["lastRequested"]


@pytest.mark.parametrize("path", [statuses("wbe", "production"), statuses("web", "prod")])
async def test_statuses_of_an_unknown_place_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert await error_of(client, path) == NOT_FOUND


# ------------------------------------------------------------------------------------------------------ code references


async def test_code_references_are_counted_by_repository(client: httpx.AsyncClient) -> None:
    web, platform = [(await get_json(client, f"{STATISTICS}/{project}"))["flags"] for project in ("web", "platform")]
    assert [one["name"] for one in web["new-checkout"]] == ["shop"]
    assert [one["name"] for one in platform["read-replicas"]] == ["payments", "identity"]
    for found in [*web.values(), *platform.values()]:
        assert all(1 <= one["fileCount"] <= one["hunkCount"] for one in found)
        assert all(one["latestCommitTime"] < MS for one in found)
    assert "old-address-form" not in web
    assert (await get_json(client, f"{STATISTICS}/web", flagKey="apple-pay"))["flags"] == {
        "apple-pay": web["apple-pay"]
    }
    assert await error_of(client, f"{STATISTICS}/wbe") == NOT_FOUND


async def test_repositories_can_be_filtered_by_what_they_mention(client: httpx.AsyncClient) -> None:
    async def names(**params: Param) -> list[str]:
        return [one["name"] for one in (await get_json(client, REPOSITORIES, **params))["items"]]

    assert await names() == ["shop", "pocket-shop", "payments", "identity", "warehouse", "scanner-firmware"]
    assert await names(projKey="platform") == ["payments", "identity"]
    assert await names(projKey="platform", flagKey="passkeys") == ["identity"]
    assert await names(flagKey="old-address-form") == []
    plain, branched = [await get_json(client, REPOSITORIES, **one) for one in ({}, {"withBranches": "true"})]
    assert not any("branches" in one for one in plain["items"])
    assert [branch["name"] for one in branched["items"] for branch in one["branches"]] == ["main"] * 6
    assert list(await reasons(client, REPOSITORIES, withReferencesForDefaultBranch="1")) == [
        "withReferencesForDefaultBranch"
    ]


async def test_extinctions_are_the_flags_without_code(client: httpx.AsyncClient) -> None:
    async def gone(**params: Param) -> list[tuple[str, str]]:
        items = (await get_json(client, EXTINCTIONS, **params))["items"]
        return [(repository, one["flagKey"]) for repository, found in items.items() for one in found]

    everything = await gone()
    assert {flag for _, flag in await gone(projKey="web")} == {"old-address-form"}
    this_week = {"from": MS - 7 * DAY, "to": MS}
    assert {flag for _, flag in await gone(**this_week)} == {"old-address-form", "shelf-lights", "paper-pick-lists"}
    assert await gone(projKey="platform", **this_week) == []
    assert await gone(repoName="identity") == [("identity", "legacy-tokens")]
    assert await gone(flagKey="tablet-layout") == [("pocket-shop", "tablet-layout")]
    assert await gone(branchName="a-branch") == []
    for project in ("web", "mobile", "platform"):
        found = (await get_json(client, f"{STATISTICS}/{project}"))["flags"]
        assert not {flag for _, flag in everything} & set(found)


@pytest.mark.parametrize(("name", "missing"), [("from", "to"), ("to", "from")])
async def test_extinctions_need_both_ends_of_a_window(client: httpx.AsyncClient, name: str, missing: str) -> None:
    assert await reasons(client, EXTINCTIONS, **{name: MS}) == {missing: "must be present"}


# ------------------------------------------------------------------------------------------------------ the stale chart


async def stale_counts(client: httpx.AsyncClient, **params: Param) -> dict[str, int]:
    series = (await get_json(client, STALE_CHART, **WEB, **params))["series"]
    return {line["metadata"]["name"]: line["data"][0]["y"] for line in series}


async def test_stale_flags_are_old_temporary_and_not_in_use(client: httpx.AsyncClient) -> None:
    unused = {
        key
        for key, item in (await statuses_by_flag(client, "web", "production")).items()
        if item["name"] in ("inactive", "launched")
    }
    temporary = (await get_json(client, FLAGS, limit=100, filter="type:temporary"))["items"]
    stale = [one for one in temporary if one["key"] in unused and one["creationDate"] <= MS - 30 * DAY]
    assert await stale_counts(client) == {"stale": len(stale)}
    by_maintainer = Counter(one.get("maintainerTeamKey", one.get("maintainerId", "none")) for one in stale)
    assert await stale_counts(client, groupBy="maintainer") == by_maintainer
    assert len(by_maintainer) > 2


async def test_stale_flags_can_be_limited(client: httpx.AsyncClient) -> None:
    tom = object_id("member", "tom")
    assert await stale_counts(client, groupBy="maintainer", maintainerTeamKey="platform") == {"platform": 1}
    assert await stale_counts(client, maintainerId=tom, maintainerTeamKey="platform") == {"stale": 2}
    assert await stale_counts(client, maintainerId="nobody") == {}
    assert await stale_counts(client, applicationKey="checkout-api") == {"stale": 2}
    assert list(await reasons(client, STALE_CHART, **WEB, groupBy="application")) == ["groupBy"]


async def test_stale_metric_is_a_share_of_temporary_flags(client: httpx.AsyncClient) -> None:
    assert "metrics" not in (await get_json(client, STALE_CHART, **WEB))["metadata"]
    metric = (await get_json(client, STALE_CHART, **WEB, expand="metrics"))["metadata"]["metrics"]["flagHealth"]
    temporary = (await get_json(client, FLAGS, limit=1, filter="type:temporary"))["totalCount"]
    [stale] = (await stale_counts(client)).values()
    assert metric["value"] == pytest.approx(100 * stale / temporary, abs=0.05)
    assert metric["indicator"] == "good"


# ----------------------------------------------------------------------------------------------------- missing features


@pytest.mark.parametrize(
    ("missing", "refused"),
    [
        ("insights", {STATUS_CHART, STALE_CHART, EVENTS}),
        ("code references", {f"{STATISTICS}/web", REPOSITORIES, EXTINCTIONS}),
        ("audit log", {AUDIT_LOG}),
        ("stale verdicts", set()),
    ],
)
async def test_missing_feature_is_forbidden_and_the_rest_is_not(missing: Feature, refused: set[str]) -> None:
    paths = [STATUS_CHART, STALE_CHART, EVENTS, f"{STATISTICS}/web", REPOSITORIES, EXTINCTIONS, AUDIT_LOG]
    async with sandbox(faults=FaultInjector(missing=frozenset({missing}))) as poor:
        for path in [*paths, FLAGS, statuses("web", "production")]:
            status, body = await error_of(poor, path, **WEB)
            assert (status, body.get("code")) == ((403, "forbidden") if path in refused else (200, None))


async def test_flags_without_code_references_do_not_say_so() -> None:
    async with sandbox(faults=FaultInjector(missing=frozenset({"code references"}))) as poor:
        flags = (await get_json(poor, FLAGS, limit=100, expand="codeReferences"))["items"]
        assert flags
        assert not any("codeReferences" in flag for flag in flags)
        assert (await error_of(poor, FLAGS, filter="codeReferences.max:0"))[0] == 403


async def test_verdict_on_removal_may_be_missing(client: httpx.AsyncClient) -> None:
    def stale_keys(listed: Json) -> set[str]:
        return {flag["key"] for flag in listed["items"] if "stale" in flag}

    assert stale_keys(await get_json(client, FLAGS, limit=100)) == {"dark-mode", "old-address-form", "single-sign-on"}
    async with sandbox(faults=FaultInjector(missing=frozenset({"stale verdicts"}))) as poor:
        assert stale_keys(await get_json(poor, FLAGS, limit=100)) == set()


# ------------------------------------------------------------------------------------------------ the API's description

OPTIONS: dict[str, list[Json]] = {
    statuses("web", "production"): [{}],
    statuses("sandpit", "test"): [{}],
    STALE_CHART: [WEB, {**WEB, "groupBy": "maintainer", "expand": "metrics", "maintainerTeamKey": "platform"}],
    f"{STATISTICS}/platform": [{}, {"flagKey": "passkeys"}],
    REPOSITORIES: [{}, {"withBranches": "true", "projKey": "web"}],
    EXTINCTIONS: [{}, {"projKey": "web", "from": MS - 7 * DAY, "to": MS}, {"flagKey": "nothing"}],
}


async def test_all_replies_match_the_openapi_description(client: httpx.AsyncClient, complaints: Complaints) -> None:
    await assert_described(client, complaints, OPTIONS)


@pytest.mark.parametrize("path", OPTIONS)
async def test_all_errors_match_the_openapi_description(
    client: httpx.AsyncClient, complaints: Complaints, path: str
) -> None:
    refused = [await client.get(path, headers={"Authorization": "no"})]
    async with sandbox(faults=FaultInjector(status=429)) as busy, sandbox(faults=FaultInjector(status=403)) as closed:
        refused += [await busy.get(path), await closed.get(path)]
    assert [answer.status_code for answer in refused] == [401, 429, 403]
    assert [complaint for answer in refused for complaint in complaints(path, answer)] == []
