"""What is sent: the text, the blocks that show it, what belongs below them, and the plain twin of it all."""

from dataclasses import dataclass
from typing import Any

from bot.messages import text_fallback

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message for Slack, or for anything else that can draw it; its *thread* is what belongs below it, in order."""

    text: str
    blocks: tuple[Block, ...]
    thread: tuple["Message", ...] = ()

    @classmethod
    def from_markup(cls, markup: str) -> "Message":
        """A message of one paragraph."""
        return cls(markup, ({"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}},))

    def payload(self) -> dict[str, Any]:
        """The message as Slack takes it; its thread is sent after it, message by message."""
        return {"text": self.text, "blocks": list(self.blocks)}

    def with_text_fallback(self) -> "Message":
        """The same message, and its thread, with charts and tables drawn in characters.

        Some workspaces refuse `data_visualization` and `data_table` with `invalid_blocks`; what they see says the
        same."""
        blocks = tuple(
            fallback_block for block in self.blocks for fallback_block in text_fallback.fallback_blocks(block)
        )
        return Message(self.text, blocks, tuple(thread_message.with_text_fallback() for thread_message in self.thread))
