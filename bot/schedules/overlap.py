"""How much of a digest repeats the one before: each covers seven days, and may come more often than weekly."""

from dataclasses import replace

from bot.questions.digest import ENDPOINT as DIGEST
from bot.schedules.recurrence import Cadence
from bot.schedules.trigger import Rhythm

DAYS_COVERED = 7
_IN_WORDS = ("", "one", "two", "three", "four", "five", "six")


def repeated_days(question: str, found: Rhythm) -> str:
    """How many of its days a digest has in common with the one before, in words; empty for everything else."""
    if question.partition(" ")[0] != DIGEST.name or not isinstance(found, Cadence) or found.nth:
        return ""
    gaps = {_gap(day, after) for day, after in zip(found.days, (*found.days[1:], found.days[0]), strict=True)}
    most = _IN_WORDS[DAYS_COVERED - min(gaps)]
    return f"up to {most}" if most and len(gaps) > 1 else most


def weekly(found: Cadence) -> Cadence:
    """The same once a week, on the first of its days."""
    return replace(found, days=found.days[:1])


def _gap(day: int, after: int) -> int:
    """How many days it is from one day of the week to the one after it."""
    return (after - day) % 7 or 7
