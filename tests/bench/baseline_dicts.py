"""The message of `events` written out in Python, as one would without templates: what rendering costs at least."""

import json
from typing import Any

from bot.answers import AnswerFooter
from bot.messages.mrkdwn import Timestamp
from bot.questions.events import EventsView, EventView

Block = dict[str, Any]

DETAILS = "Flag details"


def message(view: EventsView, answer_footer: AnswerFooter) -> str:
    """The message as it is sent."""
    return json.dumps(payload(view, answer_footer))


def payload(view: EventsView, answer_footer: AnswerFooter) -> dict[str, Any]:
    """The message as dicts."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": heading(view), "emoji": False}},
        _section(summary(view)),
        *(_section(event_text(event)) | accessory(event) for event in view.events),
        *(
            [{"type": "actions", "elements": [_button("turn", *page) for page in page_buttons(view)]}]
            if page_buttons(view)
            else []
        ),
        {"type": "context", "elements": [_mrkdwn(footer(view, answer_footer))]},
    ]
    return {"text": plain_text(view), "blocks": blocks}


def heading(view: EventsView) -> str:
    """The headline."""
    return f"{view.impact}-impact flag events · {view.place}" if view.impact else f"Flag events · {view.place}"


def summary(view: EventsView) -> str:
    """How many there are."""
    more = f" · {_escaped(view.elsewhere)} not on this page" if view.elsewhere else ""
    return f"*{_escaped(view.total)}* from {_date(view.start)} to {_date(view.end)}{more}"


def event_text(event: EventView) -> str:
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


def accessory(event: EventView) -> Block:
    """The button beside an event."""
    return {"accessory": _button("ask", DETAILS, event.details)} if event.details else {}


def page_buttons(view: EventsView) -> list[tuple[str, str]]:
    """The buttons, and the lines that they ask."""
    return [(label, line) for label, line in (("Newer", view.newer), ("Older", view.older)) if line]


def footer(view: EventsView, answer_footer: AnswerFooter) -> str:
    """The last line."""
    link = _link(view.url, "Open in LaunchDarkly")
    return f"`{_escaped(answer_footer.line)}` · as of {_date(answer_footer.at)} · {link}"


def plain_text(view: EventsView) -> str:
    """The whole answer in sentences."""
    events = "".join(map(_event_sentence, view.events))
    more = f" {_escaped(view.elsewhere)} on other pages." if view.elsewhere else ""
    text = (
        f"{_escaped(view.total)} with {view.impact.lower() or 'any'} impact in {_escaped(view.place)}"
        f" from {_escaped(view.start.fallback)} to {_escaped(view.end.fallback)}.{events}{more}"
    )
    return text if len(text) <= 4000 else f"{text[: text.rfind(' ', 0, 3998)]} …"


def _event_sentence(event: EventView) -> str:
    experiments = [f"in {event.experiments}"] if event.experiments else []
    details = [event.who, event.when.fallback, event.impact, *event.shifts, *experiments]
    return f" {_escaped(event.flag)}: {_escaped(event.what)}, by {', '.join(map(_escaped, details))}."


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _button(action: str, label: str, line: str) -> Block:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": f"{action}:{label.lower()}", "text": text, "value": line}


def _link(url: str, label: str) -> str:
    return f"<{_escaped(url)}|{_escaped(label)}>"


def _date(stamp: Timestamp) -> str:
    return f"<!date^{stamp.unix}^{stamp.tokens}|{_escaped(stamp.fallback)}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
