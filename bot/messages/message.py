"""Message: what the bot sends, as text, blocks and thread. `text_fallback.py` replaces its charts and tables."""

from dataclasses import dataclass, replace
from typing import Any

from bot.messages import text_fallback
from bot.messages.plain_text import build_text, cut

CHART_TYPES = ("data_visualization", "data_table")

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message for Slack or any other surface. `thread` holds the messages to post in its thread, in order."""

    text: str
    blocks: tuple[Block, ...]
    thread: tuple["Message", ...] = ()

    @classmethod
    def from_markup(cls, markup: str) -> "Message":
        """Build a message with a single section."""
        return cls(
            build_text(markup, ()), ({"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}},)
        )

    def with_footer(self, footer: "Message") -> "Message":
        """Return the message with the text and blocks of another below its own."""
        return replace(self, text=cut(f"{self.text}\n{footer.text}"), blocks=(*self.blocks, *footer.blocks))

    def payload(self) -> dict[str, Any]:
        """Return the arguments for Slack's API. The thread isn't included: each of its messages is sent separately."""
        return {"text": self.text, "blocks": list(self.blocks)}

    @property
    def has_charts(self) -> bool:
        """Whether there are charts or tables, which some workspaces refuse."""
        return any(block["type"] in CHART_TYPES for block in self.blocks)

    def with_text_fallback(self) -> "Message":
        """Return the message and its thread with charts and tables drawn in plain characters.

        Some workspaces refuse `data_visualization` and `data_table` with `invalid_blocks`; the fallback shows the same
        values."""
        blocks = tuple(
            fallback_block for block in self.blocks for fallback_block in text_fallback.fallback_blocks(block)
        )
        return Message(self.text, blocks, tuple(thread_message.with_text_fallback() for thread_message in self.thread))
