"""What can happen to a channel: each change is applied to the state, and returned as the event that Slack sends."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.state import State
from bot.sandbox.slack.workspace import Channel, Content

Json = dict[str, Any]
Change = Callable[[State, Channel, str], Json]  # by whom


def bot_is_notified(state: State, channel: Channel) -> bool:
    """Return whether the bot gets the events of a channel.

    It gets those of public channels with `channels:read`, and those of private ones with `groups:read`, for as long as
    it is a member.
    """
    return f"{channel.kind}:read" in state.scopes and (channel.is_member or not channel.is_private)


def invite(state: State, channel: Channel, by: str) -> Json:
    """Add the bot to a channel."""
    _require(not channel.is_member, "The bot is in the channel already.")
    return state.add_bot(channel, by)


def remove(state: State, channel: Channel, by: str) -> Json:
    """Remove the bot from a channel."""
    _require(channel.is_member, "The bot is not in the channel.")
    channel.is_member = False
    text = f"was removed from #{channel.name} by {state.users[by].real_name}."
    notice = state.post(channel, Content(text), user=BOT_USER_ID)
    notice.system_event = {"subtype": "channel_leave", "text": f"<@{BOT_USER_ID}> has left the channel"}
    return {"type": f"{_event_prefix(channel)}_left", "channel": channel.id, "actor_id": by}


def archive(_: State, channel: Channel, by: str) -> Json:
    """Archive a channel."""
    _require(not channel.is_archived, "The channel is archived already.")
    channel.is_archived = True
    return {"type": f"{_event_prefix(channel)}_archive", "channel": channel.id, "user": by, "is_moved": 0}


def unarchive(_: State, channel: Channel, by: str) -> Json:
    """Unarchive a channel."""
    _require(channel.is_archived, "The channel is not archived.")
    channel.is_archived = False
    return {"type": f"{_event_prefix(channel)}_unarchive", "channel": channel.id, "user": by}


def delete(state: State, channel: Channel, by: str) -> Json:
    """Delete a channel."""
    del state.channels[channel.id]
    return {"type": f"{_event_prefix(channel)}_deleted", "channel": channel.id, "actor_id": by}


def _event_prefix(channel: Channel) -> str:
    return "group" if channel.is_private else "channel"


def _require(condition: bool, error: str) -> None:
    if not condition:
        raise LookupError(error)
