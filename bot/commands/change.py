"""`change`: a schedule comes at another time, or asks something else."""

from dataclasses import replace
from typing import Annotated, Any

from bot.commands.base import Circumstances, Order, Publication
from bot.commands.quiet_preview import PreviewView, preview
from bot.commands.schedule_lookup import SAVED, ChangedView, NumberQuery, meant, publication
from bot.lines.params import own
from bot.schedules.limits import CheckedQuestion, check_question
from bot.schedules.recurrence import CADENCE, Cadence
from bot.schedules.trigger import next_of, rhythm
from bot.schedules.views import schedule_view
from bot.store import Schedule


class ChangeQuery(NumberQuery):
    words = ("number", "when")
    saves = "question"

    when: Annotated[Cadence | None, CADENCE, own("on which days, at what time, in which time zone")] = None
    question: Annotated[str | None, SAVED, own("what is asked")] = None

    def check(self) -> Any:
        if self.when is None and self.question is None:
            yield "Say another time, another question, or both."


class ChangeView(ChangedView):
    preview: PreviewView | None
    unchecked: str  # why LaunchDarkly couldn't be asked before it was saved


async def publishes(query: ChangeQuery, given: Circumstances) -> Publication:
    return publication(_changed(await meant(query.number, given), query, given))


async def obey(query: ChangeQuery, given: Circumstances) -> ChangeView:
    was = await meant(query.number, given)
    checked = await _check(was, _changed(was, query, given), given)
    schedule = _changed(await meant(was.number, given), query, given)  # somebody may have stopped it meanwhile
    schedule = replace(schedule, line=checked.line)
    columns = {name: getattr(schedule, name) for name in ("cadence", "line", "next_at")}
    await given.store.schedules.change(schedule.id, given.now, **columns)
    looked_back = await preview(schedule.line, given) if query.question else None
    shown, by = schedule_view(schedule), given.place.user
    return ChangeView(schedule=shown, by=by, preview=looked_back, unchecked=checked.unchecked)


async def _check(was: Schedule, schedule: Schedule, given: Circumstances) -> CheckedQuestion:
    """Another question is checked like a new one. The same one may come at another time whatever LaunchDarkly says."""
    found = rhythm(schedule.cadence)
    check_question(schedule.line, found)
    if schedule.line == was.line:
        return CheckedQuestion(schedule.line)
    return await given.reach.check(schedule.line, found, given.place.user)


def _changed(schedule: Schedule, query: ChangeQuery, given: Circumstances) -> Schedule:
    """Where no zone is said, it stays what it was."""
    was = rhythm(schedule.cadence)
    cadence = replace(query.when, zone=query.when.zone or was.zone) if query.when else was
    next_at = next_of(cadence, given.now) if schedule.next_at and query.when else schedule.next_at
    return replace(schedule, cadence=str(cadence), line=query.question or schedule.line, next_at=next_at)


ORDER = Order[ChangeQuery, ChangeView](
    name="change",
    summary="Let a schedule come at another time, or ask something else",
    examples=("change 3 tuesday 10:00", "change 3 weekday 9:00 status web/production"),
    query=ChangeQuery,
    guarded=True,
    publishes=publishes,
    view=ChangeView,
    obey=obey,
)
