"""The watchable questions: one file per question, with its name, which returns what a watch observes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from bot.errors import Rejected
from bot.questions.base import QuestionContext
from bot.schedules.watches.observation import Observation

ObserveFunction = Callable[[Any, QuestionContext, datetime], Awaitable[dict[str, Observation]]]


@cache
def discover() -> dict[str, ObserveFunction]:
    """Return all observe functions by question name."""
    modules = {module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)}
    return {name: module.observe for name, module in modules.items() if hasattr(module, "observe")}


def observer_for(name: str) -> ObserveFunction:
    """Return a question's observe function, or raise Rejected if it can't be watched."""
    observers = discover()
    if name not in observers:
        raise Rejected(f"`{name}` cannot be watched.", f"These can: {', '.join(observers)}.")
    return observers[name]
