"""What is sent: the text, the blocks that show it, and their plain twin for workspaces without charts."""

from dataclasses import dataclass
from typing import Any

from bot import twin

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message for Slack, or for anything else that can draw it."""

    text: str
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, markup: str) -> "Message":
        """A message of one paragraph."""
        return cls(markup, ({"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}},))

    def payload(self) -> dict[str, Any]:
        """The message as Slack takes it."""
        return {"text": self.text, "blocks": list(self.blocks)}

    def plain(self) -> "Message":
        """The same message with its charts and tables drawn in characters.

        Some workspaces refuse `data_visualization` and `data_table` with `invalid_blocks`; what they see says the
        same."""
        return Message(self.text, tuple(block for native in self.blocks for block in twin.plain(native)))
