"""A message as Slack stores it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.slack.credentials import APP_ID

Json = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """A message's text, blocks and metadata."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None


@dataclass(eq=False)
class Message:
    """A posted message. Earlier contents remain in `versions`, so that a test can read what it said before an edit."""

    channel: str
    ts: str
    user: str
    at: datetime
    content: Content
    thread_ts: str | None = None
    bot: str | None = None
    to: str | None = None  # the only user who sees it, if it is ephemeral
    # For a message by Slack itself: the fields that the API returns instead, such as the text and a subtype.
    system_event: Json = field(default_factory=dict)
    deleted: bool = False
    versions: list[Content] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The current text."""
        return self.content.text

    @property
    def blocks(self) -> list[Json]:
        """The current blocks."""
        return self.content.blocks

    @property
    def metadata(self) -> Json | None:
        """The current metadata."""
        return self.content.metadata

    def edit(self, content: Content) -> None:
        """Replace the content."""
        self.versions.append(self.content)
        self.content = content

    def to_json(self, *, whole_metadata: bool = True) -> Json:
        """Return the message as in Slack's API, where every block has an ID."""
        fields: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        if self.bot:
            fields |= {"bot_id": self.bot, "app_id": APP_ID}
        if self.blocks:
            fields["blocks"] = [_with_block_id(block, f"{self.ts}-{index}") for index, block in enumerate(self.blocks)]
        if self.metadata:  # without `include_all_metadata`, the API returns the event type but no payload
            fields["metadata"] = self.metadata if whole_metadata else {"event_type": self.metadata.get("event_type")}
        if self.thread_ts:
            fields["thread_ts"] = self.thread_ts
        if self.versions:
            fields["edited"] = {"user": self.user, "ts": self.ts}
        return fields | self.system_event


def _with_block_id(block: Json, block_id: str) -> Json:
    inner = block.get("child_blocks")
    children = (
        {"child_blocks": [_with_block_id(child, f"{block_id}-{index}") for index, child in enumerate(inner)]}
        if inner
        else {}
    )
    return {"block_id": block_id, **block, **children}
