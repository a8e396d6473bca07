"""What the sandbox says about flags that can go, and about their owners, is what LaunchDarkly says."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.sandbox_launchdarkly import (
    MS,
    NOT_FOUND,
    Complaints,
    Json,
    complaints,
    error_of,
    get_json,
    sandbox,
)

__all__ = ["complaints"]

DAY = 86_400_000
WEB = {"projectKey": "web", "environmentKey": "production"}
STATUS_CHART = "/api/v2/engineering-insights/charts/flags/status"


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


# ------------------------------------------------------------------------------------------------ the API's description

OPTIONS: dict[str, list[Json]] = {
    statuses("web", "production"): [{}],
    statuses("sandpit", "test"): [{}],
}


async def test_all_replies_match_the_openapi_description(client: httpx.AsyncClient, complaints: Complaints) -> None:
    for path, options in OPTIONS.items():
        for params in options:
            answer = await client.get(path, params=params)
            assert answer.status_code == 200
            assert complaints(path, answer) == []


@pytest.mark.parametrize("path", OPTIONS)
async def test_all_errors_match_the_openapi_description(
    client: httpx.AsyncClient, complaints: Complaints, path: str
) -> None:
    refused = [await client.get(path, headers={"Authorization": "no"})]
    async with sandbox(faults=FaultInjector(status=429)) as busy, sandbox(faults=FaultInjector(status=403)) as closed:
        refused += [await busy.get(path), await closed.get(path)]
    assert [answer.status_code for answer in refused] == [401, 429, 403]
    assert [complaint for answer in refused for complaint in complaints(path, answer)] == []
