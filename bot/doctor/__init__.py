"""Whether all is in place for the bot: one look after the other, each of which ends in one line.

check.py     a look and what comes of it: none spoils another, none takes long, none tells a secret
checks.py    all that is looked at
"""

from bot.doctor.check import CheckStatus as CheckStatus
from bot.doctor.check import Finding as Finding
from bot.doctor.checks import Checks as Checks
from bot.doctor.checks import run_checks as run_checks

__all__ = ["CheckStatus", "Checks", "Finding", "run_checks"]
