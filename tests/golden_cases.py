"""The golden cases: each question's examples and states, and the file that holds the reviewed message of each.

The first example is held as JSON, as it is sent to Slack. The others are held as the terminal draws them, followed by
what the terminal doesn't show: that takes a fifth of the lines, and reads like the message.

The states are in the question's own test. `STATES` are edits of LaunchDarkly's replies: `empty`, `one`, `more` than
fits, and what else the question needs. `PASTS` are snapshots of past weeks. `hostile` is the same for all.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from bot.answers import Answer
from bot.lines.timespec import display_line
from bot.messages.message import Block, Message
from bot.messages.mrkdwn import parse_spans
from bot.questions import discover
from bot.store import Snapshot
from bot.terminal import Terminal, draw
from tests.conversation import Edit, history_of, start_conversation, with_thread
from tests.hostile import hostile

GOLDENS = Path(__file__).parent / "goldens"
REQUIRED_STATES = ("empty", "one", "more", "hostile")
DRAWING_WIDTH = 120  # columns


@dataclass(frozen=True)
class Case:
    """A line, with the replies and the history it is answered from."""

    question: str
    name: str
    line: str
    edit: Edit | None = None
    past: tuple[Snapshot, ...] = ()

    @property
    def is_json(self) -> bool:
        return self.name == "example-1"

    @property
    def path(self) -> Path:
        return GOLDENS / self.question / f"{self.name}.{'json' if self.is_json else 'txt'}"

    async def answer(self) -> Answer:
        async with start_conversation(self.edit) as someone:
            someone.past_snapshots = history_of(*self.past)
            return await someone.send(self.line)

    def golden(self, message: Message) -> str:
        """The content of the case's file."""
        return to_json(message) if self.is_json else to_drawing(message)


def to_json(message: Message) -> str:
    thread = [thread_message.payload() for thread_message in message.thread]
    return json.dumps(message.payload() | ({"thread": thread} if thread else {}), indent=1, ensure_ascii=False) + "\n"


def to_drawing(message: Message, width: int = DRAWING_WIDTH) -> str:
    """Draw the message and its thread, and list what the drawing doesn't show.

    Nothing depends on the terminal, the platform or the environment of the test run.
    """
    file = StringIO()
    terminal = Terminal(file=file, width=width, force_terminal=False, color_system=None, legacy_windows=False)
    draw(message, terminal)
    messages = with_thread(message)
    texts = [f"text: {_summary(part)}" for part in messages]
    details = [detail for part in messages for block in part.blocks for detail in _details(block)]
    return "\n".join([file.getvalue(), "Not in the drawing:", *texts, *dict.fromkeys(details)]) + "\n"


def _summary(message: Message) -> str:
    """The first line of the text. The rest is built from the blocks, which the drawing shows."""
    return message.text.partition("\n")[0]


def _details(part: Any) -> Iterator[str]:
    """What the terminal doesn't show of a block: where links lead, a button's exact value, what a chart looks like."""
    if isinstance(part, list):
        for child in part:
            yield from _details(child)
    elif isinstance(part, dict):
        yield from _DETAILS.get(part.get("type", ""), lambda _: ())(part)
        for child in part.values():
            yield from _details(child)


def _links(text: Block) -> Iterator[str]:
    for span in parse_spans(text["text"]):
        if span.url:
            yield f"link: {span.text} {span.url}"


def _button(button: Block) -> Iterator[str]:
    """The drawing leaves out cursors and a day's hours, what a click does other than ask, and the dialog before it."""
    label, value = button["text"]["text"], button.get("value", "")
    if value != display_line(value) or not button["action_id"].startswith("ask:"):
        yield f"button: [{label}] {button['action_id']} {value}"
    if confirm := button.get("confirm"):
        title, text, yes, no = (confirm[name]["text"] for name in ("title", "text", "confirm", "deny"))
        yield f"confirm: [{label}] {title} · {text} · [{yes}] [{no}]"


def _chart(block: Block) -> Iterator[str]:
    chart = block["chart"]
    names = [series["name"] for series in chart.get("series", [])]  # a single one is not drawn
    y_label = chart.get("axis_config", {}).get("y_label", "")
    yield " · ".join(filter(None, [f"chart: {block['title']}", chart["type"], ", ".join(names), y_label]))


_DETAILS = {"mrkdwn": _links, "button": _button, "data_visualization": _chart}


def _cases() -> Iterator[Case]:
    for name, question in discover().items():
        for number, line in enumerate(question.examples, 1):
            yield Case(name, f"example-{number}", line)
        test = import_module(f"tests.test_{name}")
        for state, edit in test.STATES.items():
            yield Case(name, state, question.examples[0], edit)
        for state, past in getattr(test, "PASTS", {}).items():
            yield Case(name, state, question.examples[0], past=past)
        yield Case(name, "hostile", question.examples[0], hostile)


CASES = list(_cases())
