"""No more runs start in a minute than the limit allows, across processes, and none waits needlessly."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store.store import Store, open_store
from bot.store.workspaces import max_batch_size
from tests.conversation import NOW
from tests.databases import TemporaryDatabase, temporary_sqlite

PER_MINUTE = 70  # a burst of ten, and then one a second


@pytest.fixture(name="store")
async def a_store(migrated_database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(migrated_database.url) as opened:
        yield opened


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def acquire(store: Store, count: int, at: datetime, team: str = "T1", per_minute: int = PER_MINUTE) -> float:
    return round(await store.delivery_quotas.acquire(team, count, per_minute, at), 3)


async def test_batch_starts_at_once_and_the_rest_must_wait(store: Store) -> None:
    assert [await acquire(store, 4, NOW) for _ in range(4)] == [0, 0, 2, 2]
    assert [await acquire(store, 4, after(2)) for _ in range(2)] == [0, 4]


async def test_allowance_refills_over_time(store: Store) -> None:
    assert await acquire(store, 10, NOW) == 0
    assert await acquire(store, 4, after(4)) == 0
    assert await acquire(store, 4, after(4)) == 4
    assert await acquire(store, 10, after(3600)) == 0


async def test_processes_share_a_limit_and_workspaces_do_not(
    store: Store, migrated_database: TemporaryDatabase
) -> None:
    async with open_store(migrated_database.url) as other:
        assert await acquire(store, 10, NOW) == 0
        assert await acquire(other, 1, NOW) == 1
        assert await acquire(other, 1, NOW, team="T2") == 0


async def test_limit_of_one_a_minute_starts_the_first_at_once(store: Store) -> None:
    assert max_batch_size(1) == 1
    assert [await acquire(store, 1, NOW, per_minute=1) for _ in range(3)] == [0, 70, 70]


@pytest.mark.parametrize("minutes", [2, 60])
async def test_clock_set_back_causes_no_wait(store: Store, minutes: int) -> None:
    assert await acquire(store, 10, NOW) == 0
    assert await acquire(store, 10, NOW - timedelta(minutes=minutes)) == 0


@settings(max_examples=25)
@given(per_minute=st.integers(1, 300), arrivals=st.lists(st.tuples(st.floats(0, 40), st.integers(1, 8)), max_size=30))
async def test_no_minute_exceeds_the_limit(per_minute: int, arrivals: list[tuple[float, int]]) -> None:
    times = accumulate(later for later, _ in arrivals)
    waiting = [(now, min(count, max_batch_size(per_minute))) for now, (_, count) in zip(times, arrivals, strict=True)]
    started = list[tuple[float, int]]()
    heapify(waiting)
    with temporary_sqlite() as url:
        async with open_store(url) as store:
            while waiting:
                now, count = heappop(waiting)
                if wait := await store.delivery_quotas.acquire("T1", count, per_minute, after(now)):
                    heappush(waiting, (now + wait, count))
                else:
                    started.append((now, count))
    for first, _ in started:
        assert sum(count for at, count in started if first <= at < first + 60 - 1e-3) <= per_minute
