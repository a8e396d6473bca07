"""The modal in which a schedule is changed. What is sent is a line, which goes through the one door like any other.

Days are typed rather than chosen, as in the line: no menu has a `first monday`.
"""

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

CALLBACK = "change"
DAYS, TIME, ZONE, QUESTION = "days", "time", "zone", "question"  # the blocks; a mistake is shown at one of them
LONGEST = 3000  # characters that an input can hold

EMPTY = {
    DAYS: "Say on which days: monday, say.",
    TIME: "Choose a time of day.",
    ZONE: "Say in which time zone: Europe/Berlin, say.",
    QUESTION: "Say what is to be asked: scores web/production, say.",
}


@dataclass(frozen=True)
class Change:
    """A schedule in the words of a line, and the channel in which it is changed."""

    number: int
    channel: str
    days: str
    time: str
    zone: str
    question: str
    list_url: str = ""  # the response_url of the list of schedules that it was opened from

    @property
    def line(self) -> str:
        return f"change {self.number} {self.days} {self.time} {self.zone} {self.question}"


def modal(change: Change) -> Json:
    """The view in which all of it can be changed."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps(
            {"number": change.number, "channel": change.channel, "list_url": change.list_url}
        ),
        "title": _plain(f"Change schedule {change.number}"),
        "submit": _plain("Change"),
        "close": _plain("Leave as it is"),
        "blocks": [
            _input(DAYS, "Days", _typed(change.days), "monday; mon,thu; weekday; day; first monday"),
            _input(TIME, "Time", {"type": "timepicker", "initial_time": change.time.zfill(len("09:00"))}),
            _input(ZONE, "Time zone", _typed(change.zone), "A name of IANA's, such as Europe/Berlin"),
            _input(QUESTION, "Question", _typed(change.question), "As it is typed after /insights"),
        ],
    }


def read(view: Json) -> Change | None:
    """What was sent, on one line and without what surrounds it; another modal says nothing here."""
    if view.get("callback_id") != CALLBACK:
        return None
    about, values = json.loads(view["private_metadata"]), view["state"]["values"]
    said = {name: " ".join(_said(values[name][name]).split()) for name in (DAYS, TIME, ZONE, QUESTION)}
    return Change(about["number"], about["channel"], **said, list_url=about.get("list_url", ""))


def mistakes(body: Json) -> dict[str, str]:
    """What keeps the modal from being sent, by block: what is left empty. All else is the line's to say."""
    change = read(body["view"])
    return {name: says for name, says in EMPTY.items() if change and not getattr(change, name)}


def _said(value: Json) -> str:
    """The picker writes 09:00, and a line 9:00."""
    hour, colon, minute = (value.get("selected_time") or "").partition(":")
    return f"{int(hour)}:{minute}" if colon else value.get("value") or ""


def _input(name: str, label: str, element: Json, hint: str = "") -> Json:
    hinted = {"hint": _plain(hint)} if hint else {}
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "element": {"action_id": name, **element},
        **hinted,
    }


def _typed(initial: str) -> Json:
    said = {"initial_value": initial} if initial else {}
    return {"type": "plain_text_input", "max_length": LONGEST, **said}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
