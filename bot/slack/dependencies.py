"""What the server gets from `bot/app.py`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.metrics import Metrics
from bot.settings import Settings

if TYPE_CHECKING:  # the process listens before these are imported
    from bot.answers import Answers
    from bot.schedules.context import SchedulerContext
    from bot.store.store import Store


# Runs the scheduler within a context, which yields a callback that wakes it.
SchedulerFactory = Callable[["SchedulerContext"], AbstractAsyncContextManager[Callable[[], None]]]


@dataclass(frozen=True)
class Dependencies:
    """What exists from the start, and how to create what takes longer."""

    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]
    open_answers: "Callable[[], AbstractAsyncContextManager[tuple[Answers, Store]]]"
    start_scheduler: "SchedulerFactory"
    serves_slack: bool = True  # False in a process that only runs the scheduler
