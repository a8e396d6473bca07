"""The message of `events` in the models of Slack's SDK, which is what its users would write."""

import json
from collections.abc import Callable
from importlib import import_module

from bot.answer import Asked
from bot.endpoints.events import EventsView, EventView
from tests.bench import by_hand


def writer() -> Callable[[EventsView, Asked], str]:
    """What writes the message as it is sent."""
    slack = import_module("slack_sdk.models.blocks")

    def plain(words: str) -> object:
        return slack.PlainTextObject(text=words, emoji=False)

    def mrkdwn(words: str) -> object:
        return slack.MarkdownTextObject(text=words, verbatim=True)

    def button(does: str, label: str, line: str) -> object:
        return slack.ButtonElement(action_id=f"{does}:{label.lower()}", text=plain(label), value=line)

    def section(event: EventView) -> object:
        beside = button("ask", by_hand.DETAILS, event.details) if event.details else None
        return slack.SectionBlock(text=mrkdwn(by_hand.told(event)), accessory=beside)

    def message(view: EventsView, asked: Asked) -> str:
        blocks = [
            slack.HeaderBlock(text=plain(by_hand.heading(view))),
            slack.SectionBlock(text=mrkdwn(by_hand.summary(view))),
            *map(section, view.events),
            slack.ActionsBlock(elements=[button("turn", *page) for page in by_hand.pages(view)]),
            slack.ContextBlock(elements=[mrkdwn(by_hand.footer(view, asked))]),
        ]
        return json.dumps({"text": by_hand.spoken(view), "blocks": [block.to_dict() for block in blocks]})

    return message
