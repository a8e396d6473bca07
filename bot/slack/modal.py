"""The modal in which a schedule is changed. What is sent is a line, which goes through the one door like any other.

Days are typed rather than chosen, as in the line: no menu has a `first monday`.
"""

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

CALLBACK_ID = "change"
DAYS, TIME, ZONE, QUESTION = "days", "time", "zone", "question"  # the blocks; a mistake is shown at one of them
MAX_INPUT_CHARS = 3000  # characters that an input can hold

MISSING_FIELD_ERRORS = {
    DAYS: "Say on which days: monday, say.",
    TIME: "Choose a time of day.",
    ZONE: "Say in which time zone: Europe/Berlin, say.",
    QUESTION: "Say what is to be asked: scores web/production, say.",
}


@dataclass(frozen=True)
class ScheduleForm:
    """A schedule in the words of a line, and the channel in which it is changed."""

    number: int
    channel: str
    days: str
    time: str
    zone: str
    question: str
    list_response_url: str = ""  # the response_url of the list of schedules that it was opened from

    @property
    def line(self) -> str:
        return f"change {self.number} {self.days} {self.time} {self.zone} {self.question}"


def build_modal(form: ScheduleForm) -> Json:
    """The view in which all of it can be changed."""
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
    """What was sent, on one line and without what surrounds it; another modal says nothing here."""
    if view.get("callback_id") != CALLBACK_ID:
        return None
    metadata, values = json.loads(view["private_metadata"]), view["state"]["values"]
    fields = {name: " ".join(_input_value(values[name][name]).split()) for name in (DAYS, TIME, ZONE, QUESTION)}
    return ScheduleForm(
        metadata["number"], metadata["channel"], **fields, list_response_url=metadata.get("list_url", "")
    )


def missing_field_errors(body: Json) -> dict[str, str]:
    """What keeps the modal from being sent, by block: what is left empty. All else is the line's to say."""
    form = parse_modal(body["view"])
    return {name: error for name, error in MISSING_FIELD_ERRORS.items() if form and not getattr(form, name)}


def _input_value(value: Json) -> str:
    """The picker writes 09:00, and a line 9:00."""
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
