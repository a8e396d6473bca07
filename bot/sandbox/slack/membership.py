"""What people do with channels: the state changes, and there is an event to tell of it, field for field as documented.
That the bot came or went stands in the channel too.

A bot is told of public channels with `channels:read`, and of private ones with `groups:read`, as long as it is in them.
"""

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.credentials import BOT_USER
from bot.sandbox.slack.message import Content
from bot.sandbox.slack.state import State
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]
Deed = Callable[[State, Channel, str], Json]


def told(state: State, channel: Channel) -> bool:
    """Whether the bot hears of what happens to a channel."""
    return f"{channel.kind}:read" in state.scopes and (channel.is_member or not channel.is_private)


def invited(state: State, channel: Channel, by: str) -> Json:
    _only_if(not channel.is_member, "The bot is in the channel already.")
    channel.is_member = True
    told = {"subtype": "channel_join", "text": f"<@{BOT_USER}> has joined the channel", "inviter": by}
    _stands(state, channel, "was added to", by, told)
    letter = "G" if channel.is_private else "C"
    happened = {"type": "member_joined_channel", "user": BOT_USER, "channel": channel.id, "channel_type": letter}
    return {**happened, "team": state.team.id, "inviter": by}


def removed(state: State, channel: Channel, by: str) -> Json:
    _only_if(channel.is_member, "The bot is not in the channel.")
    channel.is_member = False
    told = {"subtype": "channel_leave", "text": f"<@{BOT_USER}> has left the channel"}
    _stands(state, channel, "was removed from", by, told)
    return {"type": f"{_kind(channel)}_left", "channel": channel.id, "actor_id": by}


def archived(_: State, channel: Channel, by: str) -> Json:
    _only_if(not channel.is_archived, "The channel is archived already.")
    channel.is_archived = True
    return {"type": f"{_kind(channel)}_archive", "channel": channel.id, "user": by, "is_moved": 0}


def unarchived(_: State, channel: Channel, by: str) -> Json:
    _only_if(channel.is_archived, "The channel is not archived.")
    channel.is_archived = False
    return {"type": f"{_kind(channel)}_unarchive", "channel": channel.id, "user": by}


def deleted(state: State, channel: Channel, by: str) -> Json:
    del state.channels[channel.id]
    return {"type": f"{_kind(channel)}_deleted", "channel": channel.id, "actor_id": by}


def _stands(state: State, channel: Channel, became: str, by: str, told: Json) -> None:
    """People read a sentence that goes on from the bot's name; a bot that reads the channel is *told* so instead."""
    said = state.post(channel, Content(f"{became} #{channel.name} by {state.users[by].real_name}."), user=BOT_USER)
    said.event = told


def _kind(channel: Channel) -> str:
    return "group" if channel.is_private else "channel"


def _only_if(possible: bool, otherwise: str) -> None:
    if not possible:
        raise LookupError(otherwise)
