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
    from bot.schedules.context import Rounds
    from bot.store.store import Store


# What works by the clock, while it does, gives what wakes it.
ByTheClock = Callable[["Rounds"], AbstractAsyncContextManager[Callable[[], None]]]


@dataclass(frozen=True)
class Parts:
    """What is there from the start, and the way to what takes longer."""

    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]
    answering: "Callable[[], AbstractAsyncContextManager[tuple[Answers, Store]]]"
    by_the_clock: "ByTheClock"
    hears: bool = True  # whether it serves Slack, or only works by the clock
