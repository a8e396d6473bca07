"""No more begins in a minute than may, whoever begins it, and nothing waits that need not."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.store.rate_limit import max_batch_size
from bot.store.store import Store, open_store
from tests.conversation import NOW
from tests.databases import TemporaryDatabase

A_MINUTE = 70  # ten of them ahead, and then one a second


@pytest.fixture(name="store")
async def a_store(database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(database.url) as found:
        yield found


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def take(store: Store, many: int, at: datetime, team: str = "T1", a_minute: int = A_MINUTE) -> float:
    return round(await store.rate_limits.acquire(team, many, a_minute, at), 3)


async def test_some_begin_in_one_go_and_whoever_comes_then_comes_again(store: Store) -> None:
    assert [await take(store, 4, NOW) for _ in range(4)] == [0, 0, 2, 2]
    assert [await take(store, 4, after(2)) for _ in range(2)] == [0, 4]


async def test_what_was_spent_is_made_good(store: Store) -> None:
    assert await take(store, 10, NOW) == 0
    assert await take(store, 4, after(4)) == 0
    assert await take(store, 4, after(4)) == 4
    assert await take(store, 10, after(3600)) == 0


async def test_processes_share_an_allowance_and_workspaces_do_not(store: Store, database: TemporaryDatabase) -> None:
    async with open_store(database.url) as other:
        assert await take(store, 10, NOW) == 0
        assert await take(other, 1, NOW) == 1
        assert await take(other, 1, NOW, team="T2") == 0


async def test_whoever_may_hardly_begin_any_begins_the_first_in_one_go(store: Store) -> None:
    assert max_batch_size(1) == 1
    assert [await take(store, 1, NOW, a_minute=1) for _ in range(3)] == [0, 70, 70]


@pytest.mark.parametrize("minutes", [2, 60])
async def test_nobody_waits_for_a_clock_that_was_set_back(store: Store, minutes: int) -> None:
    assert await take(store, 10, NOW) == 0
    assert await take(store, 10, NOW - timedelta(minutes=minutes)) == 0


@settings(max_examples=25, deadline=None)
@given(
    a_minute=some.integers(1, 300), come=some.lists(some.tuples(some.floats(0, 40), some.integers(1, 8)), max_size=30)
)
async def test_in_no_minute_more_begin_than_may(a_minute: int, come: list[tuple[float, int]]) -> None:
    moments = accumulate(later for later, _ in come)
    waiting = [(now, min(many, max_batch_size(a_minute))) for now, (_, many) in zip(moments, come, strict=True)]
    begun = list[tuple[float, int]]()
    heapify(waiting)
    with TemporaryDirectory() as folder:
        async with open_store(f"sqlite:///{Path(folder) / 'bot.db'}") as store:
            while waiting:
                now, many = heappop(waiting)
                if wait := await store.rate_limits.acquire("T1", many, a_minute, after(now)):
                    heappush(waiting, (now + wait, many))
                else:
                    begun.append((now, many))
    for first, _ in begun:
        assert sum(many for at, many in begun if first <= at < first + 60 - 1e-3) <= a_minute
