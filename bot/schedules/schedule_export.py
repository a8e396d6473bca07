"""The schedules of all workspaces for operators: as rows to read, and as YAML to keep and to import elsewhere."""

from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.schedules.views import schedule_view
from bot.store import Schedule
from bot.store.store import Store

HEADING = ("workspace", "channel", "number", "cadence", "question", "state", "next")

Id = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,30}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,3000}$")]  # as long as Slack's inputs


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
