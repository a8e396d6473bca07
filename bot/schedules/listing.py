"""The schedules of a workspace as YAML, for operators: to be read, kept, and brought into another database."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.endpoints._values import Mistake
from bot.errors import Misconfigured, Mistyped
from bot.schedules.rhythm import next_of, rhythm
from bot.store import Schedule
from bot.store.store import Store

Understand = Callable[[str], str]  # a question ─► its canonical line; what is none is Mistyped


class Listed(BaseModel):
    """A schedule as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: str
    channel: str
    owner: str
    every: str
    asks: str
    number: int = 0  # for people; an imported one gets the next of its channel
    paused: bool = False


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
