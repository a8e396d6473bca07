"""This worker's heartbeat, stored every few seconds while it works, and whether it allows the worker to send."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import TryLater
from bot.store.models import Run

if TYPE_CHECKING:  # the command line loads this without the store
    from bot.store.store import Store

HEARTBEATS_PER_TIMEOUT = 5


@dataclass(frozen=True)
class Pulse:
    """What a worker knows of its heartbeats: since when there was no gap, and when it began to store the last one."""

    since: datetime
    last: datetime

    def is_fresh(self, now: datetime, worker_timeout: timedelta) -> bool:
        """Return whether nobody can take the worker for lost yet. A clock that was set back can't tell."""
        return timedelta() <= now - self.last <= worker_timeout / 2


def next_pulse(pulse: Pulse | None, began: datetime, stored: datetime, worker_timeout: timedelta) -> Pulse:
    """Return the pulse after a heartbeat that was stored between these times."""
    follows = pulse is not None and pulse.is_fresh(stored, worker_timeout)
    return Pulse(pulse.since if pulse and follows else stored, began)


def may_send(run: Run, pulse: Pulse | None, now: datetime, lease: timedelta, worker_timeout: timedelta) -> bool:
    """Return whether the worker holds the run for long enough to send a message.

    Event loop timeouts don't suffice: the loop's clock stops while a machine is suspended.
    """
    if run.leased_until is None or pulse is None or not pulse.is_fresh(now, worker_timeout):
        return False
    return pulse.since <= run.leased_until - lease and now <= run.leased_until - lease / 2


class Heartbeat:
    """The heartbeat of this worker. A worker without work has none, and writes nothing."""

    def __init__(
        self, store: "Store", team: str, worker: str, worker_timeout: timedelta, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._team = team
        self._worker = worker
        self._timeout = worker_timeout
        self._interval = worker_timeout / HEARTBEATS_PER_TIMEOUT
        self._now = now
        self._lock = asyncio.Lock()  # heartbeats are stored in order
        self._jobs = 0
        self._task: asyncio.Task[None] | None = None
        self.pulse: Pulse | None = None

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Store heartbeats while the block runs; wait for the first, unless the last one is fresh."""
        self._jobs += 1
        self._task = self._task or asyncio.create_task(self._store_forever())
        try:
            if self.pulse is None or not self.pulse.is_fresh(self._now(), self._timeout):
                await self._store_if_due()
            yield
        finally:
            self._jobs -= 1
            if self._task and not self._jobs:
                self._task.cancel()
                self._task = None

    async def _store_forever(self) -> None:
        while True:
            await self._store_if_due()
            await asyncio.sleep(self._interval.total_seconds())

    async def _store_if_due(self) -> None:
        async with self._lock:
            if self.pulse is None or not timedelta() <= self._now() - self.pulse.last < self._interval:
                await self._store_heartbeat()

    async def _store_heartbeat(self) -> None:
        """Store a heartbeat. If the database is unavailable, the pulse ages, and the worker sends nothing."""
        began = self._now()
        with suppress(TryLater):
            await self._store.heartbeats.record(self._team, self._worker, began)
            self.pulse = next_pulse(self.pulse, began, self._now(), self._timeout)
