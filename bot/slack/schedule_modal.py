"""The modal that changes a schedule: builds, opens and validates it. Its submission is a line, handled like any other.

Days are a text input, as in the line: a menu couldn't offer `first monday`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Caller, UserGroups, authorize_schedule_manager
from bot.answers import Answers
from bot.commands.recurrence_parser import RECURRENCE
from bot.commands.schedule_lookup import get_schedule
from bot.errors import InvalidLine, Rejected, TryLater
from bot.lines.param_types import InvalidValue
from bot.schedules.triggers import Recurrence, WatchTrigger, format_time, trigger_of
from bot.slack.client import SLACK_UNAVAILABLE
from bot.slack.payloads import Interaction, team_of
from bot.store import Schedule
from bot.store.store import Store

Json = dict[str, Any]

CALLBACK_ID = "change"
DAYS, TIME, ZONE, QUESTION = "days", "time", "zone", "question"  # block ids; an error is shown at one of them
MAX_INPUT_CHARS = 3000  # Slack's limit

MISSING_FIELD_ERRORS = {
    DAYS: "Enter at least one day, for example monday.",
    TIME: "Choose a time.",
    ZONE: "Enter a time zone, for example Europe/Berlin.",
    QUESTION: "Enter a question, for example scores web/production.",
}


@dataclass(frozen=True)
class ScheduleForm:
    """The fields of the modal, and the channel it was opened in."""

    number: int
    channel: str
    days: str
    time: str
    zone: str
    question: str
    list_response_url: str = ""  # of the list of schedules that it was opened from

    @property
    def line(self) -> str:
        return f"change {self.number} {self.days} {self.time} {self.zone} {self.question}"


def build_modal(form: ScheduleForm) -> Json:
    """Build the view, with the schedule's current values."""
    return {
        "type": "modal",
        "callback_id": CALLBACK_ID,
        "private_metadata": json.dumps(
            {"number": form.number, "channel": form.channel, "list_url": form.list_response_url}
        ),
        "title": _plain_text(f"Change schedule {form.number}"),
        "submit": _plain_text("Save"),
        "close": _plain_text("Cancel"),
        "blocks": [
            _input(DAYS, "Days", _text_input(form.days), "monday; mon,thu; weekday; day; first monday"),
            _input(TIME, "Time", {"type": "timepicker", "initial_time": form.time.zfill(len("09:00"))}),
            _input(ZONE, "Time zone", _text_input(form.zone), "For example Europe/Berlin"),
            _input(QUESTION, "Question", _text_input(form.question), "What you'd type after /insights"),
        ],
    }


def parse_modal(view: Json) -> ScheduleForm | None:
    """Parse the submitted fields, with whitespace collapsed to fit on one line. Return None for another modal."""
    if view.get("callback_id") != CALLBACK_ID:
        return None
    metadata, values = json.loads(view["private_metadata"]), view["state"]["values"]
    fields = {name: " ".join(_input_value(values[name][name]).split()) for name in (DAYS, TIME, ZONE, QUESTION)}
    return ScheduleForm(
        metadata["number"], metadata["channel"], **fields, list_response_url=metadata.get("list_url", "")
    )


def parse_submission(body: dict[str, Any], dedup_key: str) -> Interaction | None:
    """Parse a submitted modal. It counts as typed rather than pressed, and has no response_url."""
    form, user, team = parse_modal(body["view"]), body["user"], team_of(body)
    if form is None:
        return None
    return Interaction(
        line=form.line,
        user=user["id"],
        team=team,
        home_team=user.get("team_id") or team,
        channel=form.channel,
        response_url="",
        trigger_id=body.get("trigger_id", ""),
        dedup_key=dedup_key,
        list_response_url=form.list_response_url,
    )


def missing_field_errors(body: Json) -> dict[str, str]:
    """Return an error for each empty field, by block id. Other mistakes are found by parsing the line."""
    form = parse_modal(body["view"])
    return {name: error for name, error in MISSING_FIELD_ERRORS.items() if form and not getattr(form, name)}


def _input_value(value: Json) -> str:
    """Return the value of an input. The picker's 09:00 becomes 9:00, as in a line."""
    hour, colon, minute = (value.get("selected_time") or "").partition(":")
    return f"{int(hour)}:{minute}" if colon else value.get("value") or ""


def _input(name: str, label: str, element: Json, hint: str = "") -> Json:
    optional_hint = {"hint": _plain_text(hint)} if hint else {}
    return {
        "type": "input",
        "block_id": name,
        "label": _plain_text(label),
        "element": {"action_id": name, **element},
        **optional_hint,
    }


def _text_input(initial: str) -> Json:
    initial_value = {"initial_value": initial} if initial else {}
    return {"type": "plain_text_input", "max_length": MAX_INPUT_CHARS, **initial_value}


def _plain_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


@dataclass(frozen=True)
class ScheduleModal:
    """Opens and validates the modal. Slack allows three seconds for either."""

    client: AsyncWebClient
    store: Store
    answers: Answers
    directory: UserGroups

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

    async def open(self, interaction: Interaction, caller: Caller) -> None:
        """Open the modal for the schedule in the button's line, for a caller who may change it."""
        await authorize_schedule_manager(caller, self.directory)
        number = int(interaction.line.removeprefix("change "))
        schedule = await get_schedule(number, self.store, interaction.team, interaction.channel)
        recurrence = trigger_of(schedule)
        if isinstance(recurrence, WatchTrigger):
            raise Rejected(
                "A watch has no schedule to change.", f"Stop it with `stop {number}`, then start another with `watch`."
            )
        try:
            await self.client.views_open(
                trigger_id=interaction.trigger_id,
                view=build_modal(_prefilled_form(schedule, recurrence, interaction.list_response_url)),
            )
        except SLACK_UNAVAILABLE:
            todo = f"Press the button again, or type the change, for example `change {number} tuesday 10:00`."
            raise TryLater("Slack couldn't open the form.", todo) from None


def _recurrence_error(text: str, field: Callable[[Recurrence], str]) -> str:
    """Return what is wrong with a recurrence. Only one field of it was typed, so a suggestion names only that field."""
    try:
        RECURRENCE.read(text)
    except InvalidValue as error:
        if not error.suggestion:
            return str(error)
        return str(error).replace(f"every {error.suggestion}", field(RECURRENCE.read(error.suggestion)))
    return ""


def _days(recurrence: Recurrence) -> str:
    """Return the days of a recurrence as typed: without its time and zone."""
    return str(replace(recurrence, zone="")).removesuffix(format_time(recurrence.local_time)).strip()


def _prefilled_form(schedule: Schedule, recurrence: Recurrence, list_response_url: str) -> ScheduleForm:
    time, zone = format_time(recurrence.local_time), recurrence.zone
    return ScheduleForm(
        schedule.number, schedule.channel, _days(recurrence), time, zone, schedule.line, list_response_url
    )
