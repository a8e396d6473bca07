"""The message of `events` in the models of Slack's SDK, as its users would write it."""

import json
from collections.abc import Callable
from importlib import import_module

from bot.answers import AnswerFooter
from bot.questions.events import EventsView, EventView
from tests.bench import baseline_dicts


def writer() -> Callable[[EventsView, AnswerFooter], str]:
    """Return a function that renders the message as sent."""
    slack = import_module("slack_sdk.models.blocks")

    def plain(words: str) -> object:
        return slack.PlainTextObject(text=words, emoji=False)

    def mrkdwn(words: str) -> object:
        return slack.MarkdownTextObject(text=words, verbatim=True)

    def button(action: str, label: str, line: str) -> object:
        return slack.ButtonElement(action_id=f"{action}:{label.lower()}", text=plain(label), value=line)

    def section(event: EventView) -> object:
        accessory = button("ask", baseline_dicts.DETAILS, event.details) if event.details else None
        return slack.SectionBlock(text=mrkdwn(baseline_dicts.event_text(event)), accessory=accessory)

    def message(view: EventsView, answer_footer: AnswerFooter) -> str:
        blocks = [
            slack.HeaderBlock(text=plain(baseline_dicts.heading(view))),
            slack.SectionBlock(text=mrkdwn(baseline_dicts.summary(view))),
            *map(section, view.events),
            slack.ActionsBlock(elements=[button("turn", *page) for page in baseline_dicts.page_buttons(view)]),
            slack.ContextBlock(elements=[mrkdwn(baseline_dicts.footer(view, answer_footer))]),
        ]
        return json.dumps({"text": baseline_dicts.plain_text(view), "blocks": [block.to_dict() for block in blocks]})

    return message
