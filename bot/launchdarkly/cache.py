"""The same question asked twice at once is sent once, and its answer lives for some seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 500  # answers; far more than a busy half minute asks


@dataclass(slots=True)
class _Kept:
    task: asyncio.Task[Any]
    until: datetime | None = None  # None while the answer is on its way


class Memory:
    """Answers under way and answers just given, by what was asked."""

    def __init__(
        self, seconds: float, now: Callable[[], datetime], remembered: Callable[[], None] = lambda: None
    ) -> None:
        self._life = timedelta(seconds=seconds)
        self._now = now
        self._remembered = remembered
        self._kept: dict[Hashable, _Kept] = {}

    async def once(self, key: Hashable, ask: Callable[[], Awaitable[T]], lifetime: timedelta | None = None) -> T:
        """The answer to *key*, by asking only where nobody has done so lately. Failures are not remembered.

        *lifetime* is how long this answer is kept, where that is not as long as any other."""
        self._forget()
        if key not in self._kept:
            self._start(key, ask, lifetime or self._life)
        else:
            self._remembered()
        answer: T = await asyncio.shield(self._kept[key].task)  # one who stops waiting takes nothing from the others
        return answer

    def _start(self, key: Hashable, ask: Callable[[], Awaitable[Any]], lifetime: timedelta) -> None:
        """Apart from whoever waits: a frame that knows the task would keep a failure, and its answer, alive with it."""
        task = asyncio.ensure_future(ask())
        self._kept[key] = _Kept(task)
        task.add_done_callback(lambda done: self._answered(key, done, lifetime))

    def _answered(self, key: Hashable, done: asyncio.Future[Any], lifetime: timedelta) -> None:
        if done.cancelled() or done.exception():
            del self._kept[key]
        else:
            self._kept[key].until = self._now() + lifetime

    def _forget(self) -> None:
        """Drops what is too old, and the oldest where there is too much; what is under way stays."""
        now = self._now()
        answered = [(kept.until, key) for key, kept in self._kept.items() if kept.until]
        answered.sort(key=lambda pair: pair[0])
        spare = len(self._kept) - MOST
        for n, (until, key) in enumerate(answered):
            if until <= now or n < spare:
                del self._kept[key]
