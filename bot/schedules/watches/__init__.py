"""What can be watched: one file a question, of the question's name, with what is seen when one looks."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from bot.errors import Refused
from bot.questions.base import Ask
from bot.schedules.watches.observation import Sight

See = Callable[[Any, Ask, datetime], Awaitable[dict[str, Sight]]]


@cache
def discover() -> dict[str, See]:
    """All of them, by the name of the question."""
    modules = {module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)}
    return {name: module.see for name, module in modules.items() if hasattr(module, "see")}


def watched(name: str) -> See:
    """How a question is watched, by its name."""
    known = discover()
    if name not in known:
        raise Refused(f"`{name}` cannot be watched.", f"These can: {', '.join(known)}.")
    return known[name]
