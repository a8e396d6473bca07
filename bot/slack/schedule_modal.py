"""Opens the modal that changes a schedule, and validates what is submitted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from slack_sdk.web.async_client import AsyncWebClient

from bot.answers import Answers
from bot.commands.schedule_lookup import get_schedule
from bot.errors import InvalidLine, Rejected, TryLater
from bot.lines.param_types import InvalidValue
from bot.schedules.recurrence import RECURRENCE, Recurrence, format_time
from bot.schedules.triggers import WatchTrigger, parse_trigger
from bot.slack.client import REQUEST_ERRORS
from bot.slack.modal import DAYS, QUESTION, ZONE, Json, ScheduleForm, build_modal, missing_field_errors, parse_modal
from bot.slack.payloads import Interaction
from bot.store import Schedule
from bot.store.store import Store


@dataclass(frozen=True)
class ScheduleModal:
    """Opens and validates the modal. Slack allows three seconds for either."""

    client: AsyncWebClient
    store: Store
    answers: Answers

    def validation_errors(self, body: Json) -> dict[str, str]:
        """Return the error of each wrong field, by block id."""
        form, errors = parse_modal(body["view"]), missing_field_errors(body)
        if form is None or errors:
            return errors
        field_errors = {
            DAYS: _recurrence_error(f"{form.days} {form.time} UTC", _days),
            ZONE: _recurrence_error(f"monday 9:00 {form.zone}", lambda recurrence: recurrence.zone),
            QUESTION: self._question_error(form.question),
        }
        return {name: error for name, error in field_errors.items() if error}

    def _question_error(self, question: str) -> str:
        try:
            self.answers.canonical_line(question)
        except InvalidLine as error:
            return " ".join(error.mistakes)
        return ""

    async def open(self, interaction: Interaction) -> None:
        """Open the modal for the schedule in the button's line."""
        number = int(interaction.line.removeprefix("change "))
        schedule = await get_schedule(number, self.store, interaction.team, interaction.channel)
        if isinstance(parse_trigger(schedule.cadence), WatchTrigger):
            raise Rejected("A watch has no times to change.", f"`stop {number}` ends it, and `watch` begins another.")
        try:
            await self.client.views_open(
                trigger_id=interaction.trigger_id,
                view=build_modal(_prefilled_form(schedule, interaction.list_response_url)),
            )
        except REQUEST_ERRORS:
            todo = f"Press the button again, or type what is to change: `change {number} tuesday 10:00`."
            raise TryLater("Slack did not open the form.", todo) from None


def _recurrence_error(text: str, field: Callable[[Recurrence], str]) -> str:
    """Return what is wrong with a recurrence. Only one field of it was typed, so a suggestion names only that field."""
    try:
        RECURRENCE.read(text)
    except InvalidValue as error:
        suggestion = error.suggestion or ""
        return str(error).replace(suggestion, field(RECURRENCE.read(suggestion))) if suggestion else str(error)
    return ""


def _days(recurrence: Recurrence) -> str:
    """Return the days of a recurrence as typed: without its time and zone."""
    return str(replace(recurrence, zone="")).removesuffix(format_time(recurrence.at)).strip()


def _prefilled_form(schedule: Schedule, list_response_url: str) -> ScheduleForm:
    recurrence = RECURRENCE.read(schedule.cadence)
    time, zone = format_time(recurrence.at), recurrence.zone
    return ScheduleForm(
        schedule.number, schedule.channel, _days(recurrence), time, zone, schedule.line, list_response_url
    )
