"""What can be watched: one file a question, of the question's name, with what is seen when one looks."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from bot.endpoints._endpoint import Ask
from bot.errors import Refused
from bot.schedules.watches._sight import Sight

See = Callable[[Any, Ask, datetime], Awaitable[dict[str, Sight]]]


@cache
def discover() -> dict[str, See]:
    """All of them, by the name of the question."""
    names = [module.name for module in iter_modules(__path__) if not module.name.startswith("_")]
    return {name: import_module(f"{__name__}.{name}").see for name in names}


def watched(name: str) -> See:
    """How a question is watched, by its name."""
    known = discover()
    if name not in known:
        raise Refused(f"`{name}` cannot be watched.", f"These can: {', '.join(known)}.")
    return known[name]
