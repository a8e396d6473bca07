"""The sandbox's paginated lists of projects, environments, flags and applications match LaunchDarkly's."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.launchdarkly.company import Flag, harbour_goods, object_id
from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.sandbox_launchdarkly import (
    HEADERS,
    MS,
    NOT_FOUND,
    NOW,
    Complaints,
    Json,
    assert_described,
    complaints,
    error_of,
    get_json,
    reasons,
    sandbox,
)

__all__ = ["complaints"]

PROJECTS, APPLICATIONS, FLAGS = "/api/v2/projects", "/api/v2/applications", "/api/v2/flags/web"
ENVIRONMENTS = "/api/v2/projects/web/environments"
LISTS = [PROJECTS, APPLICATIONS, FLAGS, ENVIRONMENTS]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with sandbox() as client:
        yield client


def keys(listed: Json) -> list[str]:
    return [item["key"] for item in listed["items"]]


@pytest.mark.parametrize("path", LISTS)
async def test_pagination_returns_every_item_once(client: httpx.AsyncClient, path: str) -> None:
    expected = keys(await get_json(client, path, limit=100))
    received: list[str] = []
    href = f"{path}?limit=3"
    while href:
        page = (await client.get(href)).json()
        assert page["totalCount"] == len(expected)
        received += keys(page)
        href = page["_links"].get("next", {}).get("href", "")
    assert received == expected
    assert len(set(expected)) == len(expected) > 2


@pytest.mark.parametrize(
    ("path", "size"), [(FLAGS, "20"), (PROJECTS, "20"), (ENVIRONMENTS, "20"), (APPLICATIONS, "10")]
)
async def test_default_page_has_the_documented_size(client: httpx.AsyncClient, path: str, size: str) -> None:
    link = (await get_json(client, path))["_links"]["self"]["href"]
    assert httpx.URL(link).params["limit"] == size


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("name", "value"), [("limit", "0"), ("limit", "101"), ("limit", "x"), ("offset", "-1"), ("filter", "colour:blue")]
)
async def test_invalid_list_parameter_is_refused(client: httpx.AsyncClient, path: str, name: str, value: str) -> None:
    assert list(await reasons(client, path, **{name: value})) == [name]


@pytest.mark.parametrize("path", ["/api/v2/flags/wbe", "/api/v2/projects/wbe/environments"])
async def test_list_of_an_unknown_project_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert await error_of(client, path) == NOT_FOUND


async def test_only_applications_require_the_beta_header(client: httpx.AsyncClient) -> None:
    current = {"LD-API-Version": "20240415"}
    assert (await client.get(APPLICATIONS, headers=current)).status_code == 403
    for path in (PROJECTS, FLAGS, ENVIRONMENTS):
        assert (await client.get(path, headers=current)).status_code == 200


async def test_projects_can_be_filtered_but_not_expanded(client: httpx.AsyncClient) -> None:
    assert keys(await get_json(client, PROJECTS)) == ["web", "mobile", "platform", "warehouse", "sandpit"]
    assert keys(await get_json(client, PROJECTS, filter="keys:web|mobile")) == ["web", "mobile"]
    assert keys(await get_json(client, PROJECTS, filter="query:SHOP")) == ["web"]
    assert list(await reasons(client, PROJECTS, expand="environments")) == ["expand"]


async def test_environments_include_sdk_keys(client: httpx.AsyncClient) -> None:
    listed = await get_json(client, ENVIRONMENTS)
    assert [(one["key"], one["name"]) for one in listed["items"]] == [
        ("production", "Production"),
        ("staging", "Staging"),
        ("test", "Test"),
    ]
    assert all(one["apiKey"].startswith("sdk-") for one in listed["items"])


async def test_archived_flags_are_listed_only_on_request(client: httpx.AsyncClient) -> None:
    ours = [flag for flag in harbour_goods().flags if flag.project == "web"]
    live = await get_json(client, FLAGS, limit=100)
    assert sorted(keys(live)) == sorted(flag.key for flag in ours if not flag.archived)
    archived = await get_json(client, FLAGS, limit=100, filter="state:archived")
    assert sorted(keys(archived)) == sorted(flag.key for flag in ours if flag.archived)
    assert list(await reasons(client, FLAGS, filter="state:gone")) == ["filter"]


async def test_flags_can_be_filtered_and_sorted(client: httpx.AsyncClient) -> None:
    assert "new-checkout" in keys(await get_json(client, FLAGS, filter="query:CHECKOUT"))
    permanent = await get_json(client, FLAGS, limit=100, filter="type:permanent")
    assert permanent["items"]
    assert not any(flag["temporary"] for flag in permanent["items"])
    newest = [
        flag["creationDate"] for flag in (await get_json(client, FLAGS, limit=100, sort="-creationDate"))["items"]
    ]
    assert newest == sorted(newest, reverse=True)
    assert list(await reasons(client, FLAGS, sort="colour")) == ["sort"]


DAY = 86_400_000
CHLOE = object_id("member", "chloe")


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ("applicationEvaluated:search-api", lambda flag: "search-api" in flag.apps),
        ("codeReferences.min:1", lambda flag: not flag.archived and flag.left_code is None),
        ("codeReferences.max:0", lambda flag: flag.left_code is not None),
        (f'evaluated:{{"after":{MS - DAY}}},filterEnv:production', lambda flag: flag.status in ("active", "launched")),
        ("hasExperiment:true", lambda flag: flag.experiment is not None),
        ("hasExperiment:false", lambda flag: flag.experiment is None),
        (f"maintainerId:{CHLOE}", lambda flag: flag.maintainer == "chloe"),
        ("maintainerTeamKey:checkout", lambda flag: flag.maintainer == "team:checkout"),
        ("state:deprecated", lambda flag: flag.deprecated is not None),
        ("tags:checkout+q4", lambda flag: {"checkout", "q4"} <= set(flag.tags)),
        ("query:SHIPPING,type:temporary", lambda flag: flag.key == "free-shipping-banner"),
        ("type:temporary,tags:design", lambda flag: "design" in flag.tags),
    ],
)
async def test_each_filter_selects_flags(
    client: httpx.AsyncClient, filter_: str, expected: Callable[[Flag], bool]
) -> None:
    ours = [flag for flag in harbour_goods().flags if flag.project == "web" and not flag.archived]
    listed = keys(await get_json(client, FLAGS, limit=100, filter=filter_))
    assert listed == sorted(flag.key for flag in ours if expected(flag)) != []


async def test_flags_can_be_selected_by_their_age(client: httpx.AsyncClient) -> None:
    every = (await get_json(client, FLAGS, limit=100))["items"]
    for days in (30, 200, 400):
        before = MS - days * DAY
        old = keys(await get_json(client, FLAGS, limit=100, filter=f'creationDate:{{"before":{before}}}'))
        assert old == [flag["key"] for flag in every if flag["creationDate"] < before] != []
        assert len(old) < len(every)


@pytest.mark.parametrize(
    "filter_",
    [
        "creationDate:1690527600000",
        'creationDate:{"after":1}',
        'evaluated:{"after":1}',
        "codeReferences.max:none",
        "hasExperiment:maybe",
        "type:old",
    ],
)
async def test_malformed_filter_is_refused(client: httpx.AsyncClient, filter_: str) -> None:
    assert list(await reasons(client, FLAGS, filter=filter_)) == ["filter"]


async def test_evaluation_in_an_unknown_environment_is_not_found(client: httpx.AsyncClient) -> None:
    assert await error_of(client, FLAGS, filter='evaluated:{"after":1},filterEnv:moon') == NOT_FOUND


async def test_flags_can_be_selected_by_one_tag(client: httpx.AsyncClient) -> None:
    assert keys(await get_json(client, FLAGS, tag="q4")) == ["click-and-collect", "new-checkout"]
    assert keys(await get_json(client, FLAGS, tag="q5")) == []


@pytest.mark.parametrize("sort", ["creationDate", "key", "maintainerId", "name", "tags", "type"])
async def test_each_sort_order_can_be_reversed(client: httpx.AsyncClient, sort: str) -> None:
    ascending, descending = [
        [flag.get(sort, flag.get("temporary") if sort == "type" else "") for flag in listed["items"]]
        for listed in (
            await get_json(client, FLAGS, limit=100, sort=sort),
            await get_json(client, FLAGS, limit=100, sort=f"-{sort}"),
        )
    ]
    assert ascending == sorted(ascending)
    assert descending == ascending[::-1]
    assert len(set(map(str, ascending))) > 1


async def test_flags_can_be_sorted_by_several_fields(client: httpx.AsyncClient) -> None:
    listed = await get_json(client, FLAGS, limit=100, sort="type,-name")
    pairs = [(flag["temporary"], flag["name"]) for flag in listed["items"]]
    by_name = sorted(pairs, key=lambda pair: pair[1], reverse=True)
    assert pairs == sorted(by_name, key=lambda pair: pair[0])


async def test_flags_sorted_by_modification_need_an_environment(client: httpx.AsyncClient) -> None:
    params: Json = {"limit": 100, "sort": "-targetingModifiedDate", "env": ["production", "staging"]}
    items = (await get_json(client, FLAGS, **params))["items"]
    times = [flag["environments"]["production"]["lastModified"] for flag in items]
    assert times == sorted(times, reverse=True)
    assert list(await reasons(client, FLAGS, sort="targetingModifiedDate")) == ["sort"]
    assert list(await reasons(client, FLAGS, env="production", sort="targetingModifiedDate,key")) == ["sort"]


async def test_code_references_are_sent_only_if_expanded(client: httpx.AsyncClient) -> None:
    assert not any("codeReferences" in flag for flag in (await get_json(client, FLAGS))["items"])
    statistics = (await get_json(client, "/api/v2/code-refs/statistics/web"))["flags"]
    for flag in (await get_json(client, FLAGS, limit=100, expand="codeReferences"))["items"]:
        assert flag["codeReferences"] == {"items": statistics.get(flag["key"], [])}


async def test_company_may_have_thousands_of_flags() -> None:
    ours = harbour_goods()
    [dark_mode] = [flag for flag in ours.flags if flag.key == "dark-mode"]
    many = tuple(dark_mode.model_copy(update={"key": f"flag-{number:04}"}) for number in range(2000))
    app = launchdarkly(lambda: NOW, company=ours.model_copy(update={"flags": many}))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=HEADERS) as client:
        pages = [
            await get_json(client, FLAGS, limit=100, offset=offset, env="production", expand="codeReferences")
            for offset in range(0, 2100, 100)
        ]
        assert [len(page["items"]) for page in pages] == [*[100] * 20, 0]
        assert ["next" in page["_links"] for page in pages] == [*[True] * 19, False, False]
        assert len({key for page in pages for key in keys(page)}) == pages[0]["totalCount"] == 2000
        statuses = await get_json(client, "/api/v2/flag-statuses/web/production")
        assert len(statuses["items"]) == 2000


async def test_listed_flag_includes_only_named_environments(client: httpx.AsyncClient) -> None:
    assert not any("environments" in flag for flag in (await get_json(client, FLAGS))["items"])
    [short] = (await get_json(client, FLAGS, env="production", filter="query:new-checkout", limit=1))["items"]
    [whole] = (await get_json(client, FLAGS, env="production", filter="query:new-checkout", limit=1, summary="0"))[
        "items"
    ]
    assert list(short["environments"]) == ["production"]
    assert "rules" not in short["environments"]["production"]
    assert "rules" in whole["environments"]["production"]
    assert list(await reasons(client, FLAGS, env=["a", "b", "c", "d"])) == ["env"]


OPTIONS: dict[str, list[Json]] = {
    PROJECTS: [{}, {"limit": 2, "offset": 2}, {"filter": "query:web"}],
    APPLICATIONS: [{}, {"limit": 3, "offset": 3}],
    ENVIRONMENTS: [{}, {"limit": 1}],
    FLAGS: [
        {"limit": 100, "expand": "codeReferences,evaluation"},
        {"filter": "query:nothing"},
        {"limit": 5, "offset": 5, "env": ["production", "test"], "summary": "0"},
    ],
}


async def test_all_lists_match_the_openapi_description(client: httpx.AsyncClient, complaints: Complaints) -> None:
    await assert_described(client, complaints, OPTIONS)


@pytest.mark.parametrize("path", LISTS)
async def test_list_errors_match_the_openapi_description(
    client: httpx.AsyncClient,
    complaints: Complaints,
    path: str,
) -> None:
    refused = [
        await client.get(path, headers={"Authorization": "no"}),
        await client.get(path.replace("/web", "/moon")),
        await client.get(path, params={"limit": 0}),
    ]
    async with sandbox(faults=FaultInjector(status=429)) as busy, sandbox(faults=FaultInjector(status=403)) as closed:
        refused += [await busy.get(path), await closed.get(path)]
    assert [complaint for answer in refused for complaint in complaints(path, answer)] == []
