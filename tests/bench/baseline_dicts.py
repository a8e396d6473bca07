"""The message of `events` written out in Python, as one would without templates: what rendering costs at least."""

import json
from typing import Any

from bot.answers import Asked
from bot.messages.mrkdwn import Stamp
from bot.questions.events import EventsView, EventView

Block = dict[str, Any]

DETAILS = "Flag details"


def message(view: EventsView, asked: Asked) -> str:
    """The message as it is sent."""
    return json.dumps(payload(view, asked))


def payload(view: EventsView, asked: Asked) -> dict[str, Any]:
    """The message as dicts."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": heading(view), "emoji": False}},
        _section(summary(view)),
        *(_section(told(event)) | beside(event) for event in view.events),
        *([{"type": "actions", "elements": [_button("turn", *page) for page in pages(view)]}] if pages(view) else []),
        {"type": "context", "elements": [_mrkdwn(footer(view, asked))]},
    ]
    return {"text": spoken(view), "blocks": blocks}


def heading(view: EventsView) -> str:
    """The headline."""
    return f"{view.impact}-impact flag events · {view.place}" if view.impact else f"Flag events · {view.place}"


def summary(view: EventsView) -> str:
    """How many there are."""
    more = f" · {_escaped(view.elsewhere)} not on this page" if view.elsewhere else ""
    return f"*{_escaped(view.total)}* from {_date(view.start)} to {_date(view.end)}{more}"


def told(event: EventView) -> str:
    """One event."""
    lines = [
        f"{event.mark} *{_link(event.url, event.flag)}* · {_escaped(event.what)}",
        f"{_escaped(event.who)} · {_date(event.when)} · {_escaped(event.impact)}",
    ]
    if event.shifts:
        more = f" · and {event.more_shifts} more variations" if event.more_shifts else ""
        lines.append(" · ".join(map(_escaped, event.shifts)) + more)
    if event.experiments:
        lines.append(f"🧪 {_escaped(event.experiments)}")
    return "\n".join(lines)


def beside(event: EventView) -> Block:
    """The button beside an event."""
    return {"accessory": _button("ask", DETAILS, event.details)} if event.details else {}


def pages(view: EventsView) -> list[tuple[str, str]]:
    """The buttons, and the lines that they ask."""
    return [(label, line) for label, line in (("Newer", view.newer), ("Older", view.older)) if line]


def footer(view: EventsView, asked: Asked) -> str:
    """The last line."""
    return f"`{_escaped(asked.line)}` · as of {_date(asked.at)} · {_link(view.url, 'Open in LaunchDarkly')}"


def spoken(view: EventsView) -> str:
    """The whole answer in sentences."""
    events = "".join(map(_spoken, view.events))
    more = f" {_escaped(view.elsewhere)} on other pages." if view.elsewhere else ""
    text = (
        f"{_escaped(view.total)} with {view.impact.lower() or 'any'} impact in {_escaped(view.place)}"
        f" from {_escaped(view.start.said)} to {_escaped(view.end.said)}.{events}{more}"
    )
    return text if len(text) <= 4000 else f"{text[: text.rfind(' ', 0, 3998)]} …"


def _spoken(event: EventView) -> str:
    where = [f"in {event.experiments}"] if event.experiments else []
    said = [event.who, event.when.said, event.impact, *event.shifts, *where]
    return f" {_escaped(event.flag)}: {_escaped(event.what)}, by {', '.join(map(_escaped, said))}."


def _section(words: str) -> Block:
    return {"type": "section", "text": _mrkdwn(words)}


def _mrkdwn(words: str) -> Block:
    return {"type": "mrkdwn", "text": words, "verbatim": True}


def _button(does: str, label: str, line: str) -> Block:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": f"{does}:{label.lower()}", "text": text, "value": line}


def _link(url: str, label: str) -> str:
    return f"<{_escaped(url)}|{_escaped(label)}>"


def _date(stamp: Stamp) -> str:
    return f"<!date^{stamp.unix}^{stamp.tokens}|{_escaped(stamp.said)}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
