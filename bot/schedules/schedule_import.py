"""Import schedules from a file: each is checked like a line that somebody types, and all are added or none.

All mistakes of a file come at once, each with its entry. A question that several entries ask is asked once.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from bot.errors import Failure, Misconfigured, Mistyped, NotAllowed
from bot.lines.param_types import Mistake
from bot.lines.parser import Understood
from bot.messages import humanize
from bot.questions.composition import why
from bot.schedules.channel_errors import NOT_HERE
from bot.schedules.limits import check_question, check_room
from bot.schedules.plain_yaml import SHAPE, parse
from bot.schedules.question_check import QuestionCheck
from bot.schedules.recurrence import CADENCE
from bot.schedules.schedule_export import Listed
from bot.schedules.timezones import meant, zone
from bot.schedules.trigger import WATCH, Rhythm, Watch, next_of, rhythm
from bot.store import Schedule
from bot.store.store import Store

MAX_SAID, MAX_LINE = 500, 100  # characters about one mistake, and of its entry
MAX_AWAY = 3  # questions in a row that LaunchDarkly can't answer right now; the rest aren't asked then


@dataclass(frozen=True)
class Rules:
    """What a line has to pass, as in Slack."""

    understand: Callable[[str], Understood]  # what is no question is Mistyped
    may: Callable[[Understood], None]
    speaks_in: Callable[[str], bool]
    check: QuestionCheck | None  # None: LaunchDarkly can't be asked
    progress: Callable[[int, int], None]  # hears how many questions are checked, of how many


@dataclass
class Imported:
    """What became of a file. With mistakes, nothing was added."""

    added: int = 0
    there: int = 0
    mistakes: list[str] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)  # by question, why


@dataclass(frozen=True)
class _New:
    """A schedule of the file, and the number of its entry."""

    number: int
    schedule: Schedule


@dataclass
class _Import:
    """The entries of a file while they are checked, and the mistakes so far, by entry."""

    rows: list[Any]
    rules: Rules
    mistakes: dict[int, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)  # of questions, with LaunchDarkly's own capitals

    def read(self, now: datetime) -> list[_New]:
        """The entries that could be typed."""
        found = []
        for number, row in enumerate(self.rows, 1):
            try:
                found.append(_New(number, _schedule(Listed.model_validate(row), self.rules, now)))
            except (ValidationError, Mistake, Failure) as wrong:
                self.mistakes[number] = _says(wrong)
        return found

    def find_room(self, missing: Sequence[_New], there: Sequence[Schedule]) -> list[_New]:
        """Those for which their channels have room, beside the schedules that they have."""
        channels = defaultdict[tuple[str, str], list[Schedule]](list)
        for schedule in there:
            channels[schedule.team, schedule.channel].append(schedule)
        found = []
        for new in missing:
            channel = channels[new.schedule.team, new.schedule.channel]
            try:
                check_room(new.schedule.line, rhythm(new.schedule.cadence), channel)
            except Failure as full:
                self.mistakes[new.number] = _says(full)
            else:
                channel.append(new.schedule)
                found.append(new)
        return found

    async def ask_all(self, missing: Sequence[_New]) -> dict[str, str]:
        """Which questions can't be checked right now, and why. Each is asked once."""
        asking = defaultdict[tuple[str, bool], list[_New]](list)
        for new in missing:
            asking[new.schedule.line, new.schedule.cadence.startswith(WATCH)].append(new)
        unchecked: dict[str, str] = {}
        away, says = 0, ""
        for done, ((line, _), entries) in enumerate(asking.items()):
            self.rules.progress(done, len(asking))
            if away < MAX_AWAY:
                says = await self._ask(entries)
                away = away + 1 if says else 0
            if says:
                unchecked[line] = says
        return unchecked

    async def _ask(self, entries: Sequence[_New]) -> str:
        """Why their question can't be checked right now. If it can't be answered at all, each of them is a mistake."""
        asks = entries[0].schedule
        try:
            if self.rules.check:
                checked = await self.rules.check.ask(asks.line, rhythm(asks.cadence))
                self.lines[asks.line] = checked.line
                return checked.unchecked
        except Failure as failure:
            self.mistakes |= {new.number: _says(failure) for new in entries}
        return ""

    def told(self) -> list[str]:
        """The mistakes, each with its entry as it was written."""
        return [
            f"entry {number}{_line(self.rows[number - 1])}: {says}" for number, says in sorted(self.mistakes.items())
        ]


async def imported(store: Store, text: str, rules: Rules, now: datetime) -> Imported:
    """Add the schedules of a file that are missing."""
    reading = _Import(_rows(text), rules)
    entries, there = reading.read(now), await store.schedules.everywhere()
    missing = reading.find_room(_missing(entries, there), there)
    unchecked = await reading.ask_all(missing)
    if reading.mistakes:
        return Imported(mistakes=reading.told())
    for new in missing:
        line = reading.lines.get(new.schedule.line, new.schedule.line)
        await store.schedules.add(replace(new.schedule, line=line), now)
    return Imported(len(missing), len(entries) - len(missing), unchecked=unchecked)


def _rows(text: str) -> list[Any]:
    found = parse(text)
    rows = found.get("schedules") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise Misconfigured("The file holds no schedules.", SHAPE)
    return rows


def _missing(entries: Sequence[_New], there: Sequence[Schedule]) -> list[_New]:
    """Those that are not there yet, each once."""
    known = set(map(_likeness, there))
    missing: dict[tuple[str, ...], _New] = {}
    for new in entries:
        if (likeness := _likeness(new.schedule)) not in known:
            missing.setdefault(likeness, new)
    return list(missing.values())


def _likeness(schedule: Schedule) -> tuple[str, ...]:
    return schedule.team, schedule.channel, schedule.cadence, schedule.line


def _schedule(listed: Listed, rules: Rules, now: datetime) -> Schedule:
    """The schedule, as if somebody had typed it."""
    found, understood = _rhythm(listed.every), rules.understand(listed.asks)
    rules.may(understood)
    check_question(understood.canonical, found)
    if not rules.speaks_in(listed.channel):
        raise NotAllowed(NOT_HERE, "ALLOWED_CHANNELS lists those in which I may.")
    return Schedule(
        id="",
        team=listed.team,
        channel=listed.channel,
        number=0,
        owner=listed.owner,
        cadence=str(found),
        line=understood.canonical,
        state="paused" if listed.paused else "active",
        why="",
        next_at=None if listed.paused else next_of(found, now),
    )


def _rhythm(typed: str) -> Rhythm:
    word, _, place = typed.partition(" ")
    if word.lower() != WATCH:
        cadence = CADENCE.read(typed)
        if not cadence.zone:
            raise Mistake(f"“{typed}” names no time zone, such as Europe/Berlin")
        return cadence
    named = zone(place.strip())
    if named is None:
        raise Mistake(f"“{place}” is no zone I know, such as Europe/Berlin", meant(place.strip()))
    return Watch(named)


def _says(wrong: ValidationError | Mistake | Failure) -> str:
    """A mistake on one line."""
    if isinstance(wrong, ValidationError):
        errors = wrong.errors(include_input=False, include_url=False)
        says = "; ".join(f"{'.'.join(map(str, error['loc'])) or 'it'}: {error['msg'].lower()}" for error in errors)
    elif isinstance(wrong, Mistyped):
        says = " ".join(wrong.mistakes)
    else:
        says = why(wrong) or str(wrong)
    return humanize.short(says, MAX_SAID)


def _line(row: Any) -> str:
    """An entry as one would type it, as far as it can be read."""
    found = [str(row.get(name, "")) for name in ("every", "asks")] if isinstance(row, dict) else []
    return f" (“{humanize.short(' '.join(found), MAX_LINE)}”)" if any(found) else ""
