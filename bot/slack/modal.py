"""Builds and parses the modal that changes a schedule. Its submission becomes a line, handled like any other.

Days are a text input, as in the line: a menu couldn't offer `first monday`.
"""

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

CALLBACK_ID = "change"
DAYS, TIME, ZONE, QUESTION = "days", "time", "zone", "question"  # block ids; an error is shown at one of them
MAX_INPUT_CHARS = 3000  # Slack's limit

MISSING_FIELD_ERRORS = {
    DAYS: "Say on which days: monday, say.",
    TIME: "Choose a time of day.",
    ZONE: "Say in which time zone: Europe/Berlin, say.",
    QUESTION: "Say what is to be asked: scores web/production, say.",
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
        "submit": _plain_text("Change"),
        "close": _plain_text("Leave as it is"),
        "blocks": [
            _input(DAYS, "Days", _text_input(form.days), "monday; mon,thu; weekday; day; first monday"),
            _input(TIME, "Time", {"type": "timepicker", "initial_time": form.time.zfill(len("09:00"))}),
            _input(ZONE, "Time zone", _text_input(form.zone), "A name of IANA's, such as Europe/Berlin"),
            _input(QUESTION, "Question", _text_input(form.question), "As it is typed after /insights"),
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
