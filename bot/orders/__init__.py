"""The orders: lines that change something of the bot's own. One file each, found like the questions.

An order says all itself, is confirmed, and changes nothing in LaunchDarkly. Its template stands in `templates/notes/`.
"""

from importlib import import_module
from pkgutil import iter_modules

from bot.orders._order import AnyOrder


def discover() -> dict[str, AnyOrder]:
    """All orders, by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__) if not m.name.startswith("_"))
    return {module.ORDER.name: module.ORDER for module in modules}
