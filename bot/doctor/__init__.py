"""Check an installation: settings, tokens, scopes, clock and store. Each check ends in one line, and none writes.

check.py     runs checks: isolated from each other, with a timeout, without secrets in the output
checks.py    the checks
"""

from bot.doctor.check import CheckStatus as CheckStatus
from bot.doctor.check import Finding as Finding
from bot.doctor.checks import Checks as Checks
from bot.doctor.checks import run_checks as run_checks

__all__ = ["CheckStatus", "Checks", "Finding", "run_checks"]
