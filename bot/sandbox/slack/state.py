"""Everything this Slack stores, and the operations that change it. It knows nothing of HTTP.

Tests may read all of it, and set it before they start.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.slack import credentials, workspace
from bot.sandbox.slack.faults import Faults, Quirks
from bot.sandbox.slack.request import ApiError, Call, validate_view, validate_view_errors
from bot.sandbox.slack.workspace import Channel, Content, Message, User

MAX_RESPONSE_URL_USES, RESPONSE_URL_LIFETIME = 5, timedelta(minutes=30)
TRIGGER_LIFETIME = timedelta(seconds=3)
DRAFT_CHANNEL = "COMPOSER"
Json = dict[str, Any]


@dataclass(eq=False)
class ResponseUrl:
    """A response_url. It belongs to a command (`line`), or to a click on a message (`source`)."""

    id: str
    user: str
    channel: str
    issued_at: datetime
    line: str = ""  # the command as typed
    since: int = 0  # how many messages the bot had posted
    versions: int = 0  # how often the clicked message had been edited
    source: Message | None = None
    uses: int = 0
    messages: list[Message] = field(default_factory=list)

    @property
    def updated_source(self) -> list[Message]:
        """The clicked message, if it has been edited since."""
        return [self.source] if self.source and len(self.source.versions) > self.versions else []

    def use(self, now: datetime) -> None:
        """Count a use. A rejected message counts too: Slack doesn't say, and this is the stricter interpretation."""
        if now - self.issued_at > RESPONSE_URL_LIFETIME:
            raise ApiError("expired_url")
        if self.uses >= MAX_RESPONSE_URL_USES:
            raise ApiError("used_url")
        self.uses += 1

    @property
    def latest(self) -> Message | None:
        """The latest message that hasn't been deleted."""
        return next((message for message in reversed(self.messages) if not message.deleted), None)


@dataclass
class Trigger:
    """Permission to open a modal for a user, once and for a short time."""

    issued_at: datetime
    user: str
    used: bool = False

    def use(self, now: datetime) -> None:
        """Use it up, or raise Slack's error."""
        if now - self.issued_at > TRIGGER_LIFETIME:
            raise ApiError("expired_trigger_id")
        if self.used:
            raise ApiError("exchanged_trigger_id")
        self.used = True


@dataclass(eq=False)
class View:
    """A user's modal or Home tab."""

    id: str
    user: str
    body: dict[str, object]
    open: bool = True
    errors: dict[str, str] = field(default_factory=dict)  # the error below each input, by block
    filled: dict[str, Any] = field(default_factory=dict)  # what a person has changed, by block and action


@dataclass(eq=False)
class SharedLinks:
    """Links in a message or in a draft that were sent to the bot, and what it shows for them."""

    unfurl_id: str
    user: str
    domains: dict[str, str]  # by URL
    message: Message | None = None  # None for a draft
    preview: dict[str, Json] = field(default_factory=dict)  # of a draft, by URL

    @property
    def source(self) -> str:
        """Where the links are, in Slack's words."""
        return "conversations_history" if self.message else "composer"

    @property
    def channel(self) -> str:
        """The message's channel; a draft has none."""
        return self.message.channel if self.message else DRAFT_CHANNEL

    @property
    def ts(self) -> str:
        """The message's timestamp; a draft has an ID instead."""
        return self.message.ts if self.message else self.unfurl_id

    @property
    def unfurls(self) -> dict[str, Json]:
        """What the bot shows, by URL."""
        return self.message.unfurls if self.message else self.preview


class State:
    """The workspace, its messages and views, and everything the bot called."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.url = ""  # empty until it is served
        self.team = workspace.HOME_TEAM
        self.users: dict[str, User] = workspace.users()
        self.channels: dict[str, Channel] = workspace.channels()
        self.groups: dict[str, list[str]] = workspace.groups()
        self.ephemeral: dict[str, list[Message]] = defaultdict(list)
        self.views: list[View] = []
        self.homes: dict[str, View] = {}
        self.suggestions: dict[str, dict[tuple[str, str], list[Json]]] = defaultdict(dict)  # by message or view
        self.calls: list[Call] = []
        self.bot_posts: list[Message] = []  # what the bot posted in channels
        self.pending_events: list[Json] = []  # that the bot gets once its call is answered
        self.response_urls: dict[str, ResponseUrl] = {}
        self.triggers: dict[str, Trigger] = {}
        self.tickets: set[str] = set()  # of socket URLs that haven't been used yet
        self.unfurl_domains = {"app.launchdarkly.com"}  # those that the app has registered
        self.shared_links: list[SharedLinks] = []  # those that were sent to the bot
        self.scopes = set(workspace.BOT_SCOPES)
        self.charts = True  # whether the workspace accepts charts and data tables
        self.quirks = Quirks()
        self.faults = Faults()
        self.change_count = 0
        self._change_condition = asyncio.Condition()
        self._ids = itertools.count(1)
        self._micros = 0

    async def notify_change(self) -> None:
        """Wake everyone who waits for a change."""
        async with self._change_condition:
            self.change_count += 1
            self._change_condition.notify_all()

    async def wait_for_change(self, since: int) -> int:
        """Wait until the number of changes exceeds `since`, and return it."""
        async with self._change_condition:
            await self._change_condition.wait_for(lambda: self.change_count > since)
            return self.change_count

    def new_id(self, prefix: str) -> str:
        """Return a new ID, unique in this Slack."""
        return f"{prefix}{next(self._ids):06d}"

    def new_ts(self) -> str:
        """Return a timestamp later than all others, even while the clock is stopped."""
        self._micros = max(self._micros + 1, int(self.now().timestamp() * 1_000_000))
        return f"{self._micros // 1_000_000}.{self._micros % 1_000_000:06d}"

    # --------------------------------------------------------------------------------------------- scopes and lookups

    def require_scope(self, scope: str) -> None:
        """Raise Slack's error if the bot lacks a scope."""
        if scope not in self.scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def channel(self, channel_id: str) -> Channel:
        """Look up a channel by ID only: in Slack, names work until two organizations share a channel."""
        channel = self.channels.get(channel_id)
        if channel is None or (channel.is_private and not channel.is_member):
            raise ApiError("channel_not_found")  # also for a private channel that the bot isn't in
        return channel

    def open_dm(self, user: str) -> Channel:
        """Return the bot's direct-message channel with a user, creating it if needed."""
        if user not in self.users:
            raise ApiError("user_not_found")
        existing = next((channel for channel in self.channels.values() if channel.with_user == user), None)
        return existing or self.channels.setdefault(f"D{user[1:]}", Channel(f"D{user[1:]}", "", with_user=user))

    def message(self, channel: Channel, ts: str) -> Message | None:
        """Look up a message in a channel."""
        return next((message for message in channel.messages if message.ts == ts), None)

    def add_bot(self, channel: Channel, by: str = "") -> Json:
        """Add the bot to a channel, invited *by* a person or on its own; return the event."""
        channel.is_member = True
        inviter = {"inviter": by} if by else {}
        text = f"was added to #{channel.name} by {self.users[by].real_name}." if by else f"joined #{channel.name}."
        notice = self.post(channel, Content(text), user=credentials.BOT_USER_ID)
        joined = f"<@{credentials.BOT_USER_ID}> has joined the channel"
        notice.system_event = {"subtype": "channel_join", "text": joined, **inviter}
        fields = {"user": credentials.BOT_USER_ID, "channel": channel.id, "team": self.team.id, **inviter}
        return {"type": "member_joined_channel", "channel_type": "G" if channel.is_private else "C", **fields}

    def has_replies(self, channel: Channel, ts: str) -> bool:
        """Return whether a message begins a thread with replies."""
        return any(message.thread_ts == ts and message.ts != ts for message in channel.messages)

    # ------------------------------------------------------------------------------------------------------ messages

    def post(self, channel: Channel, content: Content, *, user: str = "", thread_ts: str = "") -> Message:
        """Post a message, as the bot unless `user` is set."""
        message = self._message(channel, content, user)
        message.thread_ts = thread_ts or None
        channel.messages.append(message)
        if message.bot:
            self.bot_posts.append(message)
        return message

    def post_ephemeral(self, user: str, channel: Channel, content: Content) -> Message:
        """Post a message as the bot that only one user sees."""
        message = self._message(channel, content, "")
        message.to = user
        self.ephemeral[user].append(message)
        return message

    def delete(self, message: Message) -> None:
        """Delete a message. The object remains, marked as deleted."""
        messages = self.ephemeral[message.to] if message.to else self.channels[message.channel].messages
        if message in messages:
            messages.remove(message)
        message.deleted = True

    def _message(self, channel: Channel, content: Content, user: str) -> Message:
        bot = None if user else credentials.BOT_ID
        return Message(channel.id, self.new_ts(), user or credentials.BOT_USER_ID, self.now(), content, bot=bot)

    def message_gaps(self, channel: str) -> list[float]:
        """Return the seconds between the bot's consecutive messages in a channel; Slack allows about one per second."""
        posted_at = [message.at for message in self.channels[channel].messages if message.bot]
        return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(posted_at)]

    # ------------------------------------------------------------------------------- response URLs, triggers and views

    def issue_response_url(
        self, user: str, channel: str, *, line: str = "", source: Message | None = None
    ) -> ResponseUrl:
        """Create the response_url for a command (`line`) or a click (on `source`)."""
        versions = len(source.versions) if source else 0
        ids = (self.new_id("R"), user, channel, self.now())
        response_url = ResponseUrl(*ids, line, len(self.bot_posts), versions, source)
        self.response_urls[response_url.id] = response_url
        return response_url

    def issue_trigger(self, user: str) -> str:
        """Create a trigger ID, with which the bot may open a modal for a user."""
        trigger_id = f"{self.new_id('')}.{int(self.now().timestamp())}.{self.team.id}"
        self.triggers[trigger_id] = Trigger(self.now(), user)
        return trigger_id

    def create_view(self, user: str, view: Json) -> View:
        """Create a modal or a Home tab for a user."""
        created = View(self.new_id("V"), user, {})
        self.set_view(created, view)
        return created

    def set_view(self, target: View, view: Json) -> None:
        """Replace a view's contents."""
        target.body = {
            "callback_id": "",
            "private_metadata": "",
            "external_id": "",
            "state": {"values": {}},
            **view,
            "id": target.id,
            "team_id": self.team.id,
            "app_id": credentials.APP_ID,
            "bot_id": credentials.BOT_ID,
            "root_view_id": target.id,
            "hash": f"{int(self.now().timestamp())}.{self.new_id('')}",
        }

    def apply_response(self, view: View, response: Json) -> None:
        """Apply the bot's response to a submitted modal, or raise Slack's error."""
        action, view.errors = response.get("response_action"), {}
        if action == "update":
            self.set_view(view, validate_view(response.get("view"), "modal"))
        elif action == "push":
            self.views.append(self.create_view(view.user, validate_view(response.get("view"), "modal")))
        elif action == "errors":
            blocks: Any = view.body["blocks"]
            view.errors = validate_view_errors(response.get("errors"), blocks)
        else:
            view.open = False
