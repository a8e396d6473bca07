"""Whether all is in place for the bot: one look after the other, each of which ends in one line.

finding.py   a look and what comes of it: none spoils another, none takes long, none tells a secret
looks.py     all that is looked at
"""

from bot.doctor.finding import Finding as Finding
from bot.doctor.finding import Mark as Mark
from bot.doctor.looks import Looks as Looks
from bot.doctor.looks import examined as examined

__all__ = ["Finding", "Looks", "Mark", "examined"]
