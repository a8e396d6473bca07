"""How many days of a digest repeat the previous one: each covers seven days, but it may run more often than weekly."""

from dataclasses import replace

from bot.questions.digest import QUESTION as DIGEST
from bot.schedules.recurrence import Recurrence
from bot.schedules.trigger import Trigger

DAYS_COVERED = 7
_NUMBER_WORDS = ("", "one", "two", "three", "four", "five", "six")


def repeated_days(question: str, trigger: Trigger) -> str:
    """Return in words how many days a digest shares with the previous one; empty if none, or for other questions."""
    if question.partition(" ")[0] != DIGEST.name or not isinstance(trigger, Recurrence) or trigger.nth:
        return ""
    gaps = {
        _gap(day, next_day) for day, next_day in zip(trigger.days, (*trigger.days[1:], trigger.days[0]), strict=True)
    }
    repeated = _NUMBER_WORDS[DAYS_COVERED - min(gaps)]
    return f"up to {repeated}" if repeated and len(gaps) > 1 else repeated


def weekly(recurrence: Recurrence) -> Recurrence:
    """Return the recurrence reduced to once a week, on its first day."""
    return replace(recurrence, days=recurrence.days[:1])


def _gap(day: int, next_day: int) -> int:
    """Return the number of days from one day of the week to the next."""
    return (next_day - day) % 7 or 7
