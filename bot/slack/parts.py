"""What the process is made of, apart from Slack."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.metrics import Metrics
from bot.settings import Settings

if TYPE_CHECKING:  # Slack is heard before they are imported
    from bot.answer import Answers
    from bot.store import Store


@dataclass(frozen=True)
class Parts:
    """What is there from the start, and the way to what takes longer."""

    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]
    answering: "Callable[[], AbstractAsyncContextManager[tuple[Answers, Store]]]"
