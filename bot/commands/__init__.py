"""The orders: lines that change something of the bot's own. One file each, found like the questions.

An order says all itself, is confirmed, and changes nothing in LaunchDarkly. Its template stands in
`templates/notices/`.
"""

from importlib import import_module
from pkgutil import iter_modules

from bot.commands.base import AnyCommand


def discover() -> dict[str, AnyCommand]:
    """All orders, by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.COMMAND.name: module.COMMAND for module in modules if hasattr(module, "COMMAND")}
