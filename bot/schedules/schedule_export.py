"""Export the schedules of all workspaces for operators: as table rows, and as YAML to back up or import elsewhere."""

from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.schedules.views import schedule_view
from bot.store import Schedule
from bot.store.store import Store

HEADING = ("workspace", "channel", "number", "cadence", "question", "state", "next")

SlackId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,30}$")]
LineText = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,3000}$")]  # as long as Slack's inputs


class ExportedSchedule(BaseModel):
    """A schedule's entry in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: SlackId
    channel: SlackId
    owner: SlackId
    every: LineText
    asks: LineText
    number: int = 0  # for the reader; an imported schedule gets its channel's next number
    paused: bool = False


async def table_rows(store: Store) -> list[tuple[str, ...]]:
    """Return a row for each schedule that isn't stopped."""
    return [_table_row(schedule) for schedule in await store.schedules.list_all()]


async def export_yaml(store: Store) -> str:
    """Return all schedules that aren't stopped, as YAML."""
    entries = [_exported(schedule).model_dump() for schedule in await store.schedules.list_all()]
    return yaml.safe_dump({"schedules": entries}, sort_keys=False, allow_unicode=True)


def _table_row(schedule: Schedule) -> tuple[str, ...]:
    view = schedule_view(schedule)
    state = " ".join(filter(None, (schedule.state, schedule.why and f"({schedule.why})")))
    next_at = view.next.fallback if view.next else "–"
    return schedule.team, schedule.channel, str(schedule.number), schedule.cadence, schedule.line, state, next_at


def _exported(schedule: Schedule) -> ExportedSchedule:
    return ExportedSchedule(
        team=schedule.team,
        channel=schedule.channel,
        owner=schedule.owner,
        every=schedule.cadence,
        asks=schedule.line,
        number=schedule.number,
        paused=schedule.state == "paused",
    )
