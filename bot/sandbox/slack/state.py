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
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.faults import Habits, Sky
from bot.sandbox.slack.message import Content, Message
from bot.sandbox.slack.request import Call
from bot.sandbox.slack.response_urls import Chain, Trigger, View
from bot.sandbox.slack.workspace import Channel, User

Json = dict[str, Any]


class State:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.url = ""  # where it is served; known once it is
        self.team = workspace.HOME
        self.users: dict[str, User] = workspace.users()
        self.channels: dict[str, Channel] = workspace.channels()
        self.groups: dict[str, list[str]] = workspace.groups()
        self.ephemeral: dict[str, list[Message]] = defaultdict(list)
        self.views: list[View] = []
        self.homes: dict[str, View] = {}
        self.calls: list[Call] = []
        self.chains: dict[str, Chain] = {}
        self.triggers: dict[str, Trigger] = {}
        self.tickets: set[str] = set()  # addresses for a socket that nobody has connected to yet
        self.scopes = set(workspace.SCOPES)
        self.charts = True  # whether the workspace takes charts and data tables
        self.habits = Habits()
        self.weather = Sky()
        self.changes = 0  # how often something has changed
        self._news = asyncio.Condition()
        self._ids = itertools.count(1)
        self._micros = 0

    async def changed(self) -> None:
        async with self._news:
            self.changes += 1
            self._news.notify_all()

    async def news(self, since: int) -> int:
        """Wait until something has changed more than *since* times; told is how often by now."""
        async with self._news:
            await self._news.wait_for(lambda: self.changes > since)
            return self.changes

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):06d}"

    def new_ts(self) -> str:
        """Later than every other one, also while the clock stands still."""
        self._micros = max(self._micros + 1, int(self.now().timestamp() * 1_000_000))
        return f"{self._micros // 1_000_000}.{self._micros % 1_000_000:06d}"

    # ------------------------------------------------------------------------------------------------ who and where

    def needs(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def channel(self, name: str) -> Channel:
        """By its id alone: names work in Slack, until two organisations share a channel."""
        found = self.channels.get(name)
        if found is None or (found.is_private and not found.is_member):
            raise Refused("channel_not_found")  # a private channel that one is not in does not exist
        return found

    def conversation_with(self, user: str) -> Channel:
        if user not in self.users:
            raise Refused("user_not_found")
        found = next((channel for channel in self.channels.values() if channel.with_user == user), None)
        return found or self.channels.setdefault(f"D{user[1:]}", Channel(f"D{user[1:]}", "", with_user=user))

    def message(self, channel: Channel, ts: str) -> Message | None:
        return next((message for message in channel.messages if message.ts == ts), None)

    # -------------------------------------------------------------------------------------------------- what is said

    def post(self, channel: Channel, content: Content, *, user: str = "", thread_ts: str = "") -> Message:
        """As the bot, unless somebody else is named."""
        message = self._message(channel, content, user)
        message.thread_ts = thread_ts or None
        channel.messages.append(message)
        return message

    def whisper(self, to: str, channel: Channel, content: Content) -> Message:
        message = self._message(channel, content, "")
        message.to = to
        self.ephemeral[to].append(message)
        return message

    def delete(self, message: Message) -> None:
        """Gone for the people; whoever holds the message still can see that it was."""
        where = self.ephemeral[message.to] if message.to else self.channels[message.channel].messages
        if message in where:
            where.remove(message)
        message.deleted = True

    def _message(self, channel: Channel, content: Content, user: str) -> Message:
        bot = None if user else credentials.BOT
        return Message(channel.id, self.new_ts(), user or credentials.BOT_USER, self.now(), content, bot=bot)

    def gaps(self, channel: str) -> list[float]:
        """Seconds between one message of the bot and its next in a channel: Slack wants about one."""
        told = [message.at for message in self.channels[channel].messages if message.bot]
        return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(told)]

    # ------------------------------------------------------------------------------------------ what people set going

    def open_chain(self, user: str, channel: str, *, line: str = "", source: Message | None = None) -> Chain:
        chain = Chain(self.new_id("R"), user, channel, self.now(), line, source)
        self.chains[chain.id] = chain
        return chain

    def open_trigger(self, user: str) -> str:
        name = f"{self.new_id('')}.{int(self.now().timestamp())}.{self.team.id}"
        self.triggers[name] = Trigger(self.now(), user)
        return name

    def show(self, user: str, view: Json) -> View:
        shown = View(self.new_id("V"), user, {})
        self.set_view(shown, view)
        return shown

    def set_view(self, shown: View, view: Json) -> None:
        shown.body = {
            "callback_id": "",
            "private_metadata": "",
            "external_id": "",
            "state": {"values": {}},
            **view,
            "id": shown.id,
            "team_id": self.team.id,
            "app_id": credentials.APP,
            "bot_id": credentials.BOT,
            "root_view_id": shown.id,
            "hash": f"{int(self.now().timestamp())}.{self.new_id('')}",
        }
