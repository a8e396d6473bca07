"""A message as Slack keeps it. It does not know where it stands: that is the channel's, or the reader's."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.slack.credentials import APP_ID

Json = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """What a message says."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None


@dataclass(eq=False)
class Message:
    """Its earlier contents stay in `versions`, so that a test can read what stood there for a moment."""

    channel: str
    ts: str
    user: str
    at: datetime
    content: Content
    thread_ts: str | None = None
    bot: str | None = None
    to: str | None = None  # whom it is for alone
    system_event: Json = field(
        default_factory=dict
    )  # what a bot is told instead, where Slack itself says that something was
    deleted: bool = False
    versions: list[Content] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.content.text

    @property
    def blocks(self) -> list[Json]:
        return self.content.blocks

    @property
    def metadata(self) -> Json | None:
        return self.content.metadata

    def edit(self, content: Content) -> None:
        """Say something else in the same place."""
        self.versions.append(self.content)
        self.content = content

    def to_json(self, *, whole_metadata: bool = True) -> Json:
        """As Slack shows it to a bot: every block has an id by now."""
        fields: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        if self.bot:
            fields |= {"bot_id": self.bot, "app_id": APP_ID}
        if self.blocks:
            fields["blocks"] = [_with_block_id(block, f"{self.ts}-{index}") for index, block in enumerate(self.blocks)]
        if self.metadata:  # without `include_all_metadata` a reader gets the name and no payload
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
