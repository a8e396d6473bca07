"""What the process is made of, apart from Slack."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.metrics import Metrics
from bot.settings import Settings

if TYPE_CHECKING:  # Slack is heard before they are imported
    from bot.answers import Answers
    from bot.schedules.context import SchedulerContext
    from bot.store.store import Store


# What works by the clock, while it does, gives what wakes it.
SchedulerFactory = Callable[["SchedulerContext"], AbstractAsyncContextManager[Callable[[], None]]]


@dataclass(frozen=True)
class Dependencies:
    """What is there from the start, and the way to what takes longer."""

    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]
    open_answers: "Callable[[], AbstractAsyncContextManager[tuple[Answers, Store]]]"
    start_scheduler: "SchedulerFactory"
    serves_slack: bool = True  # whether it serves Slack, or only works by the clock
