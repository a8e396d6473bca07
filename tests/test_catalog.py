"""The catalog: lists are fetched page by page, once for concurrent callers, and without secrets."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.errors import NotAllowed, NotFound
from bot.launchdarkly import ClientLimits, LaunchDarkly
from bot.questions.catalog import MAX_ITEMS, Catalog, CatalogItem, Stale, allow_all
from bot.questions.key_correction import nearest_keys
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.company import harbour_goods
from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.conversation import NOW


@dataclass
class Account:
    """The sandbox's LaunchDarkly behind a real client, with a clock that a test moves."""

    weather: FaultInjector = field(default_factory=FaultInjector)
    time: datetime = NOW

    def __post_init__(self) -> None:
        app = launchdarkly(lambda: self.time, faults=self.weather)
        self.client = client(httpx.ASGITransport(app), lambda: self.time)

    def catalog(self, allows: Callable[[str | None], bool] = allow_all) -> Catalog:
        return Catalog(self.client, allows)

    def paths(self) -> list[str]:
        return [seen.path for seen in self.weather.requests]


@dataclass
class PagedFlags(httpx.AsyncBaseTransport):
    """A long list, in pages of a given size, that sends its total count, links to the next page, or both."""

    count: int
    size: int = 100
    total: bool = True
    links: bool = True
    requested_offsets: list[int] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        self.requested_offsets.append(offset)
        await asyncio.sleep(0)
        size = min(self.size, int(request.url.params["limit"]))
        end = min(offset + size, self.count)
        body: dict[str, Any] = {"items": [{"key": f"flag-{n}", "name": f"Flag {n}"} for n in range(offset, end)]}
        if self.total:
            body["totalCount"] = self.count
        if self.links and end < self.count:
            body["_links"] = {"next": {"href": f"/api/v2/flags/web?offset={end}"}}
        return httpx.Response(200, json=body, request=request)


def client(transport: httpx.AsyncBaseTransport, now: Callable[[], datetime] = lambda: NOW) -> LaunchDarkly:
    http = httpx.AsyncClient(
        base_url="https://app.launchdarkly.com", headers={"Authorization": TOKEN}, transport=transport
    )
    return LaunchDarkly(http, ClientLimits(attempts=1), now)


def keys(listed: Any) -> list[str]:
    return [item.key for item in listed.items]


async def test_catalog_lists_everything_in_the_account() -> None:
    catalog, company = Account().catalog(), harbour_goods()
    assert keys(await catalog.projects()) == ["web", "mobile", "platform", "warehouse", "sandpit"]
    assert keys(await catalog.environments("mobile")) == ["production", "beta"]
    assert keys(await catalog.applications()) == [one.key for one in company.applications]
    live = {flag.key for flag in company.flags if flag.project == "platform" and not flag.archived}
    assert set(keys(await catalog.flags("platform"))) == live


async def test_flag_has_owner_age_state_and_staleness() -> None:
    flags = {flag.key: flag for project in ("web", "platform") for flag in await listed(project)}
    owned = flags["wish-list-sharing"]
    assert (owned.name, owned.maintainer, owned.team) == ("Wish lists to share", "Priya Raman", "")
    assert owned.created == 1_794_909_600_000
    assert (owned.tags, owned.temporary, owned.archived) == (["account"], True, False)
    assert flags["new-checkout"].team == "Checkout crew"
    ready = next(flag for flag in harbour_goods().flags if flag.ready_to_archive and flag.key in flags)
    assert flags[ready.key].stale == Stale(code=ready.ready_for_code_removal, archive=True)


async def listed(project: str) -> Any:
    return (await Account().catalog().flags(project)).items


async def test_flag_without_staleness_or_owner_is_accepted() -> None:
    [flag] = (await Catalog(client(PagedFlags(1))).flags("web")).items
    assert (flag.stale, flag.maintainer, flag.team, flag.tags) == (None, "", "", None)


async def test_sdk_keys_and_emails_are_not_kept() -> None:
    account = Account()
    found = [await account.catalog().environments("web"), await account.catalog().flags("web")]
    assert "sdk-" not in str(found)
    assert "mob-" not in str(found)
    assert "@" not in str(found)
    assert not any("expand" in seen.query for seen in account.weather.requests)


async def test_concurrent_lists_are_requested_once() -> None:
    account = Account()
    await asyncio.gather(*(account.catalog().flags("web") for _ in range(20)))
    await asyncio.gather(*(account.catalog().projects() for _ in range(20)))
    assert account.paths() == ["/api/v2/flags/web", "/api/v2/projects"]


async def test_list_is_cached_for_fifteen_minutes() -> None:
    account = Account()
    for minutes in (0, 14, 2):
        account.time += timedelta(minutes=minutes)
        await account.catalog().environments("web")
    assert len(account.paths()) == 2


@pytest.mark.parametrize("size", [100, 30])
@pytest.mark.parametrize(("total", "links"), [(True, True), (True, False), (False, True)])
async def test_long_list_is_read_to_its_end(size: int, total: bool, links: bool) -> None:
    many = PagedFlags(250, size=size, total=total, links=links)
    found = await Catalog(client(many)).flags("web")
    assert keys(found) == [f"flag-{n}" for n in range(250)]
    assert not found.capped
    assert sorted(many.requested_offsets) == list(range(0, 250, size))


async def test_later_pages_are_fetched_in_parallel() -> None:
    together = asyncio.Barrier(3)

    class Slow(PagedFlags):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.params["offset"] != "0":
                await together.wait()
            return await super().handle_async_request(request)

    async with asyncio.timeout(10):
        assert len((await Catalog(client(Slow(400))).flags("web")).items) == 400


@pytest.mark.parametrize(("count", "capped"), [(MAX_ITEMS, False), (MAX_ITEMS + 1, True), (5000, True)])
@pytest.mark.parametrize("total", [True, False])
async def test_too_long_list_is_marked_as_capped(count: int, capped: bool, total: bool) -> None:
    many = PagedFlags(count, total=total)
    found = await Catalog(client(many)).flags("web")
    assert (len(found.items), found.capped) == (MAX_ITEMS, capped)
    assert len(many.requested_offsets) == MAX_ITEMS / 100


async def test_newest_flags_come_first() -> None:
    created = [flag.created for flag in await listed("web")]
    assert created == sorted(created, reverse=True)


async def test_only_allowed_projects_are_listed_from_the_shared_cache() -> None:
    account = Account()
    mine, all_of_it = account.catalog(lambda project: project == "web"), account.catalog()
    assert keys(await mine.projects()) == ["web"]
    assert len(keys(await all_of_it.projects())) == 5
    assert keys(await mine.environments("mobile")) == keys(await mine.flags("mobile")) == []
    assert keys(await mine.environments("web"))
    assert account.paths() == ["/api/v2/projects", "/api/v2/projects/web/environments"]


async def test_applications_are_hidden_when_projects_are_restricted() -> None:
    account = Account()
    mine = account.catalog(lambda project: project == "web")
    assert keys(await mine.applications()) == []
    assert await mine.knows_application("storefront")
    assert not await mine.knows_application("storefrnt")


async def test_unknown_project_and_forbidden_list_raise() -> None:
    account = Account()
    with pytest.raises(NotFound):
        await account.catalog().flags("wbe")
    account.weather.status = 403
    with pytest.raises(NotAllowed):
        await account.catalog().projects()


KNOWN = [
    CatalogItem(key, name)
    for key, name in (
        ("production", "Production"),
        ("staging", "Staging"),
        ("test", "Test"),
        ("eu-west", "Frankfurt"),
        ("new-checkout", "New checkout"),
        ("checkout-copy", "Words of the checkout"),
    )
]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("prod", ["production"]),
        ("production-eu", ["production"]),
        ("prd", ["production"]),
        ("stg", ["staging"]),
        ("PROD", ["production"]),
        ("tset", ["test"]),
        ("tst", ["test"]),
        ("testt", ["test"]),
        ("new-chekout", ["new-checkout"]),
        ("newcheckout", ["new-checkout"]),
        ("nwe-checkout", ["new-checkout"]),
        ("checkout", ["checkout-copy", "new-checkout"]),
        ("frankfurt", ["eu-west"]),
        ("zebra", []),
        ("x", []),
    ],
)
def test_nearest_keys_match_what_a_person_means(word: str, meant: list[str]) -> None:
    assert nearest_keys(word, KNOWN) == meant


async def test_recently_changed_flags_cost_one_request_and_tell_their_state() -> None:
    account = Account()
    flags = await account.catalog().recently_changed("web", "production")
    assert account.paths() == ["/api/v2/flags/web"]
    checkout = flags["new-checkout"]
    assert checkout.owner == "Checkout crew"
    assert [variation.name for variation in checkout.variations or ()] == ["New checkout", "Four-step checkout"]
    state = (checkout.environments or {})["production"]
    assert state
    assert state.on is True
    assert state.modified
    assert await account.catalog(lambda _: False).recently_changed("web", "production") == {}
