"""Find workers whose heartbeat has stopped, and end their leases, so that others take over their runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.schedules.context import SchedulerContext
from bot.schedules.runs import WorkerLost
from bot.schedules.scheduler import record_all


@dataclass(frozen=True)
class LastHeartbeat:
    """A worker's last heartbeat, and when this process first saw it, by its event loop's clock."""

    stored_at: datetime
    seen_at: float


@dataclass
class HeartbeatObserver:
    """Tells which heartbeats have stopped. Clocks differ, so it measures how long it has seen no change."""

    _last_heartbeats: dict[str, LastHeartbeat] = field(default_factory=dict)

    def stopped(self, heartbeats: Mapping[str, datetime], at: float, worker_timeout: timedelta) -> dict[str, datetime]:
        """Return the workers whose last heartbeat hasn't changed for the timeout, and that heartbeat."""
        self._last_heartbeats = {
            worker: self._last_heartbeat(worker, stored_at, at) for worker, stored_at in heartbeats.items()
        }
        latest = at - worker_timeout.total_seconds()
        return {worker: last.stored_at for worker, last in self._last_heartbeats.items() if last.seen_at <= latest}

    def _last_heartbeat(self, worker: str, stored_at: datetime, at: float) -> LastHeartbeat:
        known = self._last_heartbeats.get(worker)
        return known if known and known.stored_at == stored_at else LastHeartbeat(stored_at, at)


@dataclass(frozen=True)
class LostWorker:
    """A worker whose heartbeat has stopped, and the one by which this process has claimed it."""

    worker: str
    claimed_at: datetime


class Failover:
    """The takeover of what other workers can't finish."""

    def __init__(self, ctx: SchedulerContext) -> None:
        self._ctx = ctx
        self._observer = HeartbeatObserver()

    async def release_leases(self, at: float) -> list[LostWorker]:
        """End the leases of workers whose heartbeat has stopped, and return those; each is left to one process."""
        heartbeats = await self._ctx.store.heartbeats.list_others(self._ctx.team, self._ctx.worker)
        stopped = self._observer.stopped(heartbeats, at, self._ctx.timing.worker_timeout)
        return [lost for worker, stored_at in stopped.items() if (lost := await self._release(worker, stored_at))]

    async def _release(self, worker: str, stored_at: datetime) -> LostWorker | None:
        """End a worker's leases, unless it has another heartbeat. The leases that it takes after that aren't listed."""
        leased = await self._ctx.store.runs.list_leased(self._ctx.team, worker)
        claimed_at = self._ctx.now()
        if not await self._ctx.store.heartbeats.claim(self._ctx.team, worker, stored_at, claimed_at):
            return None
        await record_all(self._ctx, leased, WorkerLost(by=worker))
        return LostWorker(worker, claimed_at)

    async def forget(self, lost: LostWorker) -> None:
        """Forget a worker whose work is taken over. If nobody gets that far, its claim doesn't change, and is found."""
        await self._ctx.store.heartbeats.remove(self._ctx.team, lost.worker, lost.claimed_at)
