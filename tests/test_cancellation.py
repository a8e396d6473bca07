"""A canceled statement returns its connection to the pool, wherever it was interrupted."""

import asyncio
import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import waiting

from bot.store.store import Store, open_store
from tests.databases import Postgres

TURNS = 12  # of the event loop, enough for a statement on an open connection
REPEATS = 7  # the server takes a while to notice that a connection is closed, and allows a hundred


@pytest.fixture
def _psycopg_yields_often() -> Iterator[None]:
    """Make psycopg yield to the event loop at every chance; by default, it does only after 5 ms of work."""
    usual, waiting.MAX_BUSY_TIME = waiting.MAX_BUSY_TIME, -1
    yield
    waiting.MAX_BUSY_TIME = usual


@pytest.mark.usefixtures("_psycopg_yields_often")
async def test_cancelled_statement_leaks_no_connection(postgres: Postgres) -> None:
    canceled = 0
    with leaks() as found:
        async with open_store(postgres.new_schema()) as store:
            for _ in range(REPEATS):
                await store.channel_defaults.get("T1", "C1")
                for turns in range(TURNS):
                    canceled += await _canceled(store, turns)
            gc.collect()
    assert canceled > REPEATS
    assert found == []


async def _canceled(store: Store, turns: int) -> bool:
    """Cancel a statement after a number of loop turns, and tell whether it was still running."""
    statement = asyncio.ensure_future(store.channel_defaults.get("T1", "C1"))
    for _ in range(turns):
        await asyncio.sleep(0)
    statement.cancel()
    await asyncio.wait([statement])
    return statement.cancelled()


@contextmanager
def leaks() -> Iterator[list[str]]:
    """Collect the warnings about connections that only the garbage collector returned."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield said
        gc.collect()
    said += [str(warning.message) for warning in found]
