"""The client: a GET to LaunchDarkly, cached for a while, retried, and decoded into the caller's own model."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Protocol

import httpx

from bot.cache import FetchCache
from bot.errors import TryLater
from bot.launchdarkly.request import R, Request, backoff_delay, read, send


class Version(StrEnum):
    """API versions. Each request sends one: otherwise the token's age decides the shape of the reply."""

    BETA = "beta"  # engineering insights answers 403 to anything else
    CURRENT = "20240415"


@dataclass(frozen=True)
class ClientLimits:
    """The client's limits, in seconds unless a comment says otherwise."""

    connect: float = 3
    read: float = 12
    answer: float = 20  # all attempts together
    attempts: int = 3
    first_retry_wait: float = 0.2  # doubles with each further attempt
    cache_seconds: float = 30
    in_flight: int = 10  # a list of 2,000 items takes three rounds; with many more, httpx's pool slows down sharply
    max_waiting: int = 50  # requests of one caller; further ones are refused
    body_bytes: int = 10_000_000

    @property
    def timeout(self) -> httpx.Timeout:
        return httpx.Timeout(self.read, connect=self.connect, pool=None)


class Observer(Protocol):
    """Gets notified of what happens between the bot and LaunchDarkly."""

    def request_finished(self, seconds: float) -> None:
        """A request has ended, successfully or not."""

    def cache_hit(self) -> None:
        """A reply came from the cache, or from a request already in flight."""

    def rate_limit_remaining(self, requests: float) -> None:
        """LaunchDarkly has reported how many requests are left in this window."""


class NullObserver:
    """An observer that does nothing."""

    def request_finished(self, seconds: float) -> None: ...

    def cache_hit(self) -> None: ...

    def rate_limit_remaining(self, requests: float) -> None: ...


class LaunchDarkly:
    """The client that everything shares: slash commands, digests, watches and the command line."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        limits: ClientLimits,
        now: Callable[[], datetime],
        observer: Observer | None = None,
    ) -> None:
        self._http = http
        self._limits = limits
        self._now = now
        self._observer = observer or NullObserver()
        self._cache = FetchCache(timedelta(seconds=limits.cache_seconds), now, self._observer.cache_hit)
        self._queue = FairQueue(limits.in_flight, limits.max_waiting)
        self._caller = ""

    def for_caller(self, caller: str) -> "LaunchDarkly":
        """Return a client that shares everything with this one, but whose requests wait in *caller*'s own queue."""
        client = copy(self)
        client._caller = caller
        return client

    def without_retries(self) -> "LaunchDarkly":
        """Return a client that shares everything with this one, but makes a single attempt."""
        client = copy(self)
        client._limits = replace(self._limits, attempts=1)
        return client

    async def get(
        self,
        reply_type: type[R],
        path: str,
        parameters: tuple[tuple[str, str], ...] = (),
        *,
        version: Version,
        lifetime: timedelta | None = None,
    ) -> R:
        """GET *path*, whose segments are quoted already, and decode the body as a *reply_type*.

        *lifetime* is how long the reply stays cached, where the usual half minute is too short.
        """
        request = Request(path, parameters, version)
        return await self._cache.get_or_fetch((reply_type, request), lambda: self._fetch(reply_type, request), lifetime)

    async def _fetch(self, reply_type: type[R], request: Request) -> R:
        self._queue.check(self._caller)
        return read(reply_type, await self._send_with_retries(request))

    async def _send_with_retries(self, request: Request) -> bytearray:
        """Retry while that may help, and give up in time for the caller to get an answer."""
        deadline = asyncio.get_running_loop().time() + self._limits.answer
        for attempt in count(1):
            try:
                async with asyncio.timeout_at(deadline):
                    return await self._send(request)
            except TimeoutError:
                break
            except TryLater as failure:
                wait = backoff_delay(attempt, failure.retry_after, self._limits.first_retry_wait)
                if attempt == self._limits.attempts or asyncio.get_running_loop().time() + wait >= deadline:
                    raise
                await asyncio.sleep(wait)
        raise TryLater(f"LaunchDarkly didn't answer within {self._limits.answer:g} seconds.", "Try again in a minute.")

    async def _send(self, request: Request) -> bytearray:
        async with self._queue.acquire(self._caller):
            started_at = asyncio.get_running_loop().time()
            try:
                return await send(
                    self._http, request, self._limits.body_bytes, self._now, self._observer.rate_limit_remaining
                )
            finally:
                self._observer.request_finished(asyncio.get_running_loop().time() - started_at)


class FairQueue:
    """At most *in_flight* requests run at once, and at most *max_waiting* of each caller wait.

    Each caller has a queue, and queues take turns.
    """

    def __init__(self, in_flight: int, max_waiting: int) -> None:
        self._free = in_flight  # while this isn't 0, nobody waits
        self._max_waiting = max_waiting
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    def check(self, caller: str) -> None:
        """Raise TryLater if a caller has too many requests waiting."""
        waiting = len(self._queues.get(caller, ()))
        if waiting >= self._max_waiting:
            raise TryLater(f"You have {waiting} requests to LaunchDarkly waiting.", "Try again in a moment.")

    @asynccontextmanager
    async def acquire(self, caller: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it until the block ends."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(caller)
        try:
            yield
        finally:
            self._release()

    async def _wait(self, caller: str) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # the turn was granted at the same moment
                self._release()
            self._remove(caller, waiter)
            raise

    def _remove(self, caller: str, waiter: asyncio.Future[None]) -> None:
        queue = self._queues.get(caller, deque())
        if waiter in queue:
            queue.remove(waiter)
            if not queue:
                del self._queues[caller]

    def _release(self) -> None:
        """Grant the turn to the caller who has waited longest for one; their next request waits behind all others."""
        while self._queues:
            caller, queue = next(iter(self._queues.items()))
            waiter = queue.popleft()
            del self._queues[caller]
            if queue:
                self._queues[caller] = queue
            if not waiter.done():  # a canceled waiter may still be in its queue
                waiter.set_result(None)
                return
        self._free += 1
