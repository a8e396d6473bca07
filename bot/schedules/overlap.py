"""How much of a digest repeats the one before: each covers seven days, and may come more often than weekly."""

from dataclasses import replace

from bot.questions.digest import QUESTION as DIGEST
from bot.schedules.recurrence import Recurrence
from bot.schedules.trigger import Trigger

DAYS_COVERED = 7
_NUMBER_WORDS = ("", "one", "two", "three", "four", "five", "six")


def repeated_days(question: str, trigger: Trigger) -> str:
    """How many of its days a digest has in common with the one before, in words; empty for everything else."""
    if question.partition(" ")[0] != DIGEST.name or not isinstance(trigger, Recurrence) or trigger.nth:
        return ""
    gaps = {
        _gap(day, next_day) for day, next_day in zip(trigger.days, (*trigger.days[1:], trigger.days[0]), strict=True)
    }
    repeated = _NUMBER_WORDS[DAYS_COVERED - min(gaps)]
    return f"up to {repeated}" if repeated and len(gaps) > 1 else repeated


def weekly(recurrence: Recurrence) -> Recurrence:
    """The same once a week, on the first of its days."""
    return replace(recurrence, days=recurrence.days[:1])


def _gap(day: int, next_day: int) -> int:
    """How many days it is from one day of the week to the one after it."""
    return (next_day - day) % 7 or 7
