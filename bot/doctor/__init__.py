"""Check an installation: settings, tokens, scopes, clock and store. Each check ends in one line, and none writes.

checks.py    the checks, and how they run: isolated from each other, with a timeout, without secrets in the output
"""

from bot.doctor.checks import Checks as Checks
from bot.doctor.checks import CheckStatus as CheckStatus
from bot.doctor.checks import Finding as Finding
from bot.doctor.checks import run_checks as run_checks

__all__ = ["CheckStatus", "Checks", "Finding", "run_checks"]
