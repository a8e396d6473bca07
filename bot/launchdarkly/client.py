"""One question to LaunchDarkly: remembered for a while, asked with patience, read into the caller's own model."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count

import httpx

from bot.errors import TryLater
from bot.launchdarkly.backoff import pause
from bot.launchdarkly.cache import Memory
from bot.launchdarkly.decode import R, read
from bot.launchdarkly.fair_queue import FairQueue
from bot.launchdarkly.instrumentation import Nobody, Observer
from bot.launchdarkly.request import Request, exchange


class Version(StrEnum):
    """The API versions, always said: without one the token's own age decides the shape of the answer."""

    BETA = "beta"  # engineering insights answers 403 to anything else
    CURRENT = "20240415"


@dataclass(frozen=True)
class Limits:
    """How long, how often, how much. Seconds, unless it says otherwise."""

    connect: float = 3
    read: float = 12
    answer: float = 20  # all attempts together
    attempts: int = 3
    again: float = 0.2  # after a first failure; twice as long after each further one
    remembered: float = 30
    in_flight: int = 4  # httpx's pool slows down sharply above eight, and the account's rate limit is shared
    most_waiting: int = 50  # requests of one caller; further ones are refused
    body_bytes: int = 10_000_000

    @property
    def timeout(self) -> httpx.Timeout:
        return httpx.Timeout(self.read, connect=self.connect, pool=None)


class LaunchDarkly:
    """The one client that everything shares: slash commands, digests, watches and the command line."""

    def __init__(
        self, http: httpx.AsyncClient, limits: Limits, now: Callable[[], datetime], observer: Observer | None = None
    ) -> None:
        self._http = http
        self._limits = limits
        self._now = now
        self._observer = observer or Nobody()
        self._memory = Memory(limits.remembered, now, self._observer.remembered)
        self._queue = FairQueue(limits.in_flight, limits.most_waiting)
        self._caller = ""

    def for_caller(self, caller: str) -> "LaunchDarkly":
        """The same client, which shares everything but the line in which its requests wait: that is this caller's."""
        client = copy(self)
        client._caller = caller
        return client

    async def get(
        self,
        reply: type[R],
        path: str,
        parameters: tuple[tuple[str, str], ...] = (),
        *,
        version: Version,
        lifetime: timedelta | None = None,
    ) -> R:
        """The answer to a GET of *path*, whose parts are quoted already, as a *reply*.

        *lifetime* is how long the answer stays cached, where the usual half minute is too short."""
        request = Request(path, parameters, version)
        return await self._memory.once((reply, request), lambda: self._ask(reply, request), lifetime)

    async def _ask(self, reply: type[R], request: Request) -> R:
        self._queue.check(self._caller)
        return read(reply, await self._patiently(request))

    async def _patiently(self, request: Request) -> bytearray:
        """Asks again while that may help, and gives up early enough that whoever asked still gets an answer."""
        until = asyncio.get_running_loop().time() + self._limits.answer
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                for attempt in count(1):
                    try:
                        return await self._exchange(request)
                    except TryLater as failure:
                        wait = pause(attempt, failure.after, self._limits.again)
                        if attempt == self._limits.attempts or asyncio.get_running_loop().time() + wait >= until:
                            raise
                        await asyncio.sleep(wait)
        raise TryLater(f"LaunchDarkly did not answer within {self._limits.answer:g} seconds.", "Ask again in a minute.")

    async def _exchange(self, request: Request) -> bytearray:
        async with self._queue.turn(self._caller):
            began = asyncio.get_running_loop().time()
            try:
                return await exchange(self._http, request, self._limits.body_bytes, self._now, self._observer)
            finally:
                self._observer.requested(asyncio.get_running_loop().time() - began)
