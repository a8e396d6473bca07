"""All that this Slack remembers, and the few ways in which it changes. It knows no HTTP.

Whatever is here may be read by a test, and set before it begins.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.sandbox.slack import credentials, workspace
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.faults import Faults, Quirks
from bot.sandbox.slack.message import Content, Message
from bot.sandbox.slack.request import Call
from bot.sandbox.slack.response_urls import ResponseUrl, Trigger, View
from bot.sandbox.slack.workspace import Channel, User

Json = dict[str, Any]


class State:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.url = ""  # where it is served; known once it is
        self.team = workspace.HOME_TEAM
        self.users: dict[str, User] = workspace.users()
        self.channels: dict[str, Channel] = workspace.channels()
        self.groups: dict[str, list[str]] = workspace.groups()
        self.ephemeral: dict[str, list[Message]] = defaultdict(list)
        self.views: list[View] = []
        self.homes: dict[str, View] = {}
        self.calls: list[Call] = []
        self.response_urls: dict[str, ResponseUrl] = {}
        self.triggers: dict[str, Trigger] = {}
        self.tickets: set[str] = set()  # addresses for a socket that nobody has connected to yet
        self.scopes = set(workspace.BOT_SCOPES)
        self.charts = True  # whether the workspace takes charts and data tables
        self.quirks = Quirks()
        self.faults = Faults()
        self.change_count = 0  # how often something has changed
        self._change_condition = asyncio.Condition()
        self._ids = itertools.count(1)
        self._micros = 0

    async def notify_change(self) -> None:
        async with self._change_condition:
            self.change_count += 1
            self._change_condition.notify_all()

    async def wait_for_change(self, since: int) -> int:
        """Wait until something has changed more than *since* times; told is how often by now."""
        async with self._change_condition:
            await self._change_condition.wait_for(lambda: self.change_count > since)
            return self.change_count

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):06d}"

    def new_ts(self) -> str:
        """Later than every other one, also while the clock stands still."""
        self._micros = max(self._micros + 1, int(self.now().timestamp() * 1_000_000))
        return f"{self._micros // 1_000_000}.{self._micros % 1_000_000:06d}"

    # ------------------------------------------------------------------------------------------------ who and where

    def require_scope(self, scope: str) -> None:
        if scope not in self.scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def channel(self, channel_id: str) -> Channel:
        """By its id alone: names work in Slack, until two organisations share a channel."""
        channel = self.channels.get(channel_id)
        if channel is None or (channel.is_private and not channel.is_member):
            raise ApiError("channel_not_found")  # a private channel that one is not in does not exist
        return channel

    def open_dm(self, user: str) -> Channel:
        if user not in self.users:
            raise ApiError("user_not_found")
        existing = next((channel for channel in self.channels.values() if channel.with_user == user), None)
        return existing or self.channels.setdefault(f"D{user[1:]}", Channel(f"D{user[1:]}", "", with_user=user))

    def message(self, channel: Channel, ts: str) -> Message | None:
        return next((message for message in channel.messages if message.ts == ts), None)

    # -------------------------------------------------------------------------------------------------- what is said

    def post(self, channel: Channel, content: Content, *, user: str = "", thread_ts: str = "") -> Message:
        """As the bot, unless somebody else is named."""
        message = self._message(channel, content, user)
        message.thread_ts = thread_ts or None
        channel.messages.append(message)
        return message

    def post_ephemeral(self, user: str, channel: Channel, content: Content) -> Message:
        message = self._message(channel, content, "")
        message.to = user
        self.ephemeral[user].append(message)
        return message

    def delete(self, message: Message) -> None:
        """Gone for the people; whoever holds the message still can see that it was."""
        messages = self.ephemeral[message.to] if message.to else self.channels[message.channel].messages
        if message in messages:
            messages.remove(message)
        message.deleted = True

    def _message(self, channel: Channel, content: Content, user: str) -> Message:
        bot = None if user else credentials.BOT_ID
        return Message(channel.id, self.new_ts(), user or credentials.BOT_USER_ID, self.now(), content, bot=bot)

    def message_gaps(self, channel: str) -> list[float]:
        """Seconds between one message of the bot and its next in a channel: Slack wants about one."""
        posted_at = [message.at for message in self.channels[channel].messages if message.bot]
        return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(posted_at)]

    # ------------------------------------------------------------------------------------------ what people set going

    def issue_response_url(
        self, user: str, channel: str, *, line: str = "", source: Message | None = None
    ) -> ResponseUrl:
        response_url = ResponseUrl(self.new_id("R"), user, channel, self.now(), line, source)
        self.response_urls[response_url.id] = response_url
        return response_url

    def issue_trigger(self, user: str) -> str:
        trigger_id = f"{self.new_id('')}.{int(self.now().timestamp())}.{self.team.id}"
        self.triggers[trigger_id] = Trigger(self.now(), user)
        return trigger_id

    def create_view(self, user: str, view: Json) -> View:
        created = View(self.new_id("V"), user, {})
        self.set_view(created, view)
        return created

    def set_view(self, target: View, view: Json) -> None:
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
