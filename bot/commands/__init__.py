"""Commands: lines that change something of the bot's own, one file each, discovered like the questions.

A command takes no channel defaults, gets a confirmation, and changes nothing in LaunchDarkly. Its template is in
`templates/notices/`.

base.py               Command, and the context that its `execute` gets
runner.py             runs a command: checks who may, and asks before the bot posts among outsiders
schedule_lookup.py    find, check and save a channel's schedules
recurrence_parser.py  text ─► Recurrence: days, times and time zones as people write them
quiet_preview.py      how often a quiet digest would have posted in past weeks

every.py, watch.py                       create a schedule or a watch
change.py, pause.py, resume.py, snooze.py, stop.py, now.py   act on one schedule
undo.py                                  takes back the last change of a schedule
schedules.py, history.py                 list a channel's schedules and their runs
use.py                                   set a channel's default project and environment
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bot.commands.base import AnyCommand


@cache
def discover() -> Mapping[str, AnyCommand]:
    """Return all commands by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.COMMAND.name: module.COMMAND for module in modules if hasattr(module, "COMMAND")}
