"""Whether all is in place for the bot: one look after the other, each of which ends in one line.

check.py     a look and what comes of it: none spoils another, none takes long, none tells a secret
checks.py    all that is looked at
"""

from bot.doctor.check import Finding as Finding
from bot.doctor.check import Mark as Mark
from bot.doctor.checks import Looks as Looks
from bot.doctor.checks import examined as examined

__all__ = ["Finding", "Looks", "Mark", "examined"]
