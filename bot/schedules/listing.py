"""The schedules of a workspace as YAML, for operators: to be read, kept, and brought into another database."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.endpoints._values import Mistake
from bot.errors import Misconfigured, Mistyped
from bot.schedules.rhythm import next_of, rhythm
from bot.schedules.views import schedule_view
from bot.store import Schedule
from bot.store.store import Store

LARGEST = 1_000_000  # bytes of a file
HEADING = ("workspace", "channel", "number", "cadence", "question", "state", "next")

Id = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,30}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,500}$")]

Understand = Callable[[str], str]  # a question ─► its canonical line; what is none is Mistyped


class Listed(BaseModel):
    """A schedule as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: Id
    channel: Id
    owner: Id
    every: Line
    asks: Line
    number: int = 0  # for people; an imported one gets the next of its channel
    paused: bool = False


async def rows(store: Store) -> list[tuple[str, ...]]:
    """All schedules that are not stopped, a row each."""
    return [_row(schedule) for schedule in await store.schedules.everywhere()]


async def exported(store: Store) -> str:
    """All schedules that are not stopped."""
    listed = [_listed(schedule).model_dump() for schedule in await store.schedules.everywhere()]
    return yaml.safe_dump({"schedules": listed}, sort_keys=False, allow_unicode=True)


async def imported(store: Store, text: str, understand: Understand, now: datetime) -> tuple[int, int]:
    """Add what a file holds, all of it or nothing: how many were added, and how many were there."""
    wanted = [_schedule(listed, understand, now) for listed in _read(text)]
    there = {_likeness(schedule) for schedule in await store.schedules.everywhere()}
    missing = {_likeness(schedule): schedule for schedule in wanted if _likeness(schedule) not in there}
    for schedule in missing.values():
        await store.schedules.add(schedule, now)
    return len(missing), len(wanted) - len(missing)


def read(file: str) -> str:
    """What a file says."""
    try:
        with Path(file).open("rb") as opened:
            found = opened.read(LARGEST + 1)
        if len(found) > LARGEST:
            raise Misconfigured(f"The file {file} is too large.", f"It may have {LARGEST:,} bytes.")
        return found.decode()
    except OSError as wrong:
        raise Misconfigured(f"The file {file} cannot be read ({wrong.strerror}).", SHAPE) from None
    except UnicodeDecodeError:
        raise Misconfigured(f"The file {file} is not UTF-8 text.", SHAPE) from None


def _read(text: str) -> list[Listed]:
    try:
        found: Any = yaml.safe_load(text)
        return [Listed.model_validate(row) for row in found["schedules"]]
    except yaml.YAMLError as wrong:
        raise Misconfigured(f"The file is no YAML: {' '.join(str(wrong).split())}.", SHAPE) from None
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Misconfigured(f"The file is wrong: {where}: {first['msg'].lower()}.", SHAPE) from None
    except (ValueError, RecursionError):  # a date that is none; brackets without end
        raise Misconfigured("The file holds what cannot be read.", SHAPE) from None
    except (KeyError, TypeError):
        raise Misconfigured("The file holds no schedules.", SHAPE) from None


def _schedule(listed: Listed, understand: Understand, now: datetime) -> Schedule:
    try:
        cadence, line = rhythm(listed.every), understand(listed.asks)
    except (Mistake, Mistyped) as wrong:
        why = " ".join(wrong.mistakes) if isinstance(wrong, Mistyped) else str(wrong)
        raise Misconfigured(f"The file is wrong at “{listed.every} {listed.asks}”: {why}", SHAPE) from None
    if not cadence.zone:
        raise Misconfigured(f"The file is wrong at “{listed.every}”: it names no time zone.", SHAPE)
    return Schedule(
        id="",
        team=listed.team,
        channel=listed.channel,
        number=0,
        owner=listed.owner,
        cadence=str(cadence),
        line=line,
        state="paused" if listed.paused else "active",
        why="",
        next_at=None if listed.paused else next_of(cadence, now),
    )


def _row(schedule: Schedule) -> tuple[str, ...]:
    view = schedule_view(schedule)
    state = " ".join(filter(None, (schedule.state, schedule.why and f"({schedule.why})")))
    next_at = view.next.said if view.next else "–"
    return schedule.team, schedule.channel, str(schedule.number), schedule.cadence, schedule.line, state, next_at


def _listed(schedule: Schedule) -> Listed:
    return Listed(
        team=schedule.team,
        channel=schedule.channel,
        owner=schedule.owner,
        every=schedule.cadence,
        asks=schedule.line,
        number=schedule.number,
        paused=schedule.state == "paused",
    )


def _likeness(schedule: Schedule) -> tuple[str, ...]:
    return schedule.team, schedule.channel, schedule.cadence, schedule.line


SHAPE = "`insights-bot schedules --export` shows what it is to look like."
