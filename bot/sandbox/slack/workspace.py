"""Harbour Goods' workspace: its teams, users, user groups, channels and messages, and those that exist at the start.

It is a fixture: each channel is a case in which posting succeeds or fails.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.slack.credentials import APP_ID, BOT_USER_ID

Json = dict[str, Any]

# Without `chat:write.public` on purpose: with it, the bot could post in public channels without an invitation.
BOT_SCOPES = (
    *("commands", "chat:write", "channels:read", "channels:history", "groups:read", "groups:history"),
    *("app_mentions:read", "channels:join", "links:read", "links:write"),
    *("im:read", "im:history", "im:write", "users:read", "usergroups:read"),
)


@dataclass(frozen=True)
class Team:
    """An organization in Slack."""

    id: str
    name: str
    domain: str

    @property
    def url(self) -> str:
        return f"https://{self.domain}.slack.com/"


@dataclass(frozen=True)
class User:
    """A person or a bot."""

    id: str
    name: str
    real_name: str
    tz: str
    team: Team
    is_bot: bool = False

    def to_json(self, now: datetime) -> Json:
        """Return the user as in Slack's API; the UTC offset depends on the time."""
        offset = now.astimezone(ZoneInfo(self.tz)).utcoffset()
        profile = {"real_name": self.real_name, "display_name": self.name, "team": self.team.id}
        return {
            "id": self.id,
            "team_id": self.team.id,
            "name": self.name,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "profile": profile,
            "deleted": False,
            "is_bot": self.is_bot,
            "is_admin": False,
            "is_app_user": False,
        }


@dataclass(frozen=True)
class Content:
    """A message's text, blocks and metadata."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None


Appearance = tuple[Content, str]  # the content, and what is shown for its links


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
    unfurls: dict[str, Json] = field(default_factory=dict)  # by URL, what the bot shows for a link in it

    @property
    def text(self) -> str:
        """The current text."""
        return self.content.text

    @property
    def blocks(self) -> list[Json]:
        """The current blocks."""
        return self.content.blocks

    @property
    def appearance(self) -> Appearance:
        """What people see, in a form that can be compared."""
        return self.content, repr(self.unfurls)

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


@dataclass
class Channel:
    """A channel or a direct-message conversation, with its messages."""

    id: str
    name: str
    is_private: bool = False
    is_member: bool = True  # whether the bot is in it
    is_archived: bool = False
    is_ext_shared: bool = False
    with_user: str = ""  # in a direct message, the bot's counterpart
    former_members: set[str] = field(
        default_factory=set
    )  # all other people of the organizations that share it are in it
    messages: list[Message] = field(default_factory=list)

    def has_member(self, user: User) -> bool:
        """Return whether a person is in it."""
        if self.with_user:
            return self.with_user == user.id
        return (user.team == HOME_TEAM or self.is_ext_shared) and user.id not in self.former_members

    @property
    def kind(self) -> str:
        """The channel's type, as in the names of Slack's scopes."""
        return "im" if self.with_user else "groups" if self.is_private else "channels"

    @property
    def payload_name(self) -> str:
        """The name in commands and interactions, where Slack hides the names of private channels."""
        return {"im": "directmessage", "groups": "privategroup"}.get(self.kind, self.name)

    def to_json(self) -> Json:
        """Return the channel as in Slack's API."""
        if self.with_user:
            return {"id": self.id, "is_im": True, "user": self.with_user, "is_archived": self.is_archived}
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_member": self.is_member,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "is_pending_ext_shared": False,
            "is_shared": self.is_ext_shared,
        }


HOME_TEAM = Team("T0HARBOUR", "Harbour Goods", "harbour-goods")
PARTNER_TEAM = Team("T0QUAYSIDE", "Quayside Partners", "quayside")


def users() -> dict[str, User]:
    """Return the initial users by ID."""
    all_users = [
        User("U1", "lena", "Lena Hoffmann", "Europe/Berlin", HOME_TEAM),
        User("U2", "mateo", "Mateo Ruiz", "America/New_York", HOME_TEAM),
        User("U9", "robin", "Robin Quay", "Europe/London", PARTNER_TEAM),  # reads C6, belongs to another organization
        User(BOT_USER_ID, "insights", "Insights", "UTC", HOME_TEAM, is_bot=True),
    ]
    return {user.id: user for user in all_users}


def channels() -> dict[str, Channel]:
    """Return the initial channels by ID."""
    all_channels = [
        Channel("C1", "checkout"),
        Channel("C2", "platform-leads", is_private=True),
        Channel("C3", "random", is_member=False),
        Channel("C4", "board", is_private=True, is_member=False),
        Channel("C5", "old-releases", is_archived=True),
        Channel("C6", "with-quayside", is_ext_shared=True),
        Channel("C10", "releases"),
    ]
    return {channel.id: channel for channel in all_channels}


def groups() -> dict[str, list[str]]:
    """Return the members of each user group."""
    return {"S1": ["U1"]}
