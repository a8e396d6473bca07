"""Channel changes. Each changes the state and returns its event, with the documented fields.

When the bot is added or removed, Slack also posts a message in the channel. A bot gets the events of public channels
with `channels:read`, and those of private ones with `groups:read`, for as long as it is a member.
"""

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.message import Content
from bot.sandbox.slack.state import State
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]
MembershipChange = Callable[[State, Channel, str], Json]


def bot_is_notified(state: State, channel: Channel) -> bool:
    """Return whether the bot gets the events of a channel."""
    return f"{channel.kind}:read" in state.scopes and (channel.is_member or not channel.is_private)


def invite(state: State, channel: Channel, by: str) -> Json:
    """Add the bot to a channel."""
    _require(not channel.is_member, "The bot is in the channel already.")
    channel.is_member = True
    system_event = {"subtype": "channel_join", "text": f"<@{BOT_USER_ID}> has joined the channel", "inviter": by}
    _post_system_message(state, channel, "was added to", by, system_event)
    channel_type = "G" if channel.is_private else "C"
    event = {"type": "member_joined_channel", "user": BOT_USER_ID, "channel": channel.id, "channel_type": channel_type}
    return {**event, "team": state.team.id, "inviter": by}


def remove(state: State, channel: Channel, by: str) -> Json:
    """Remove the bot from a channel."""
    _require(channel.is_member, "The bot is not in the channel.")
    channel.is_member = False
    system_event = {"subtype": "channel_leave", "text": f"<@{BOT_USER_ID}> has left the channel"}
    _post_system_message(state, channel, "was removed from", by, system_event)
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


def _post_system_message(state: State, channel: Channel, action: str, by: str, system_event: Json) -> None:
    """Post Slack's notice: people see a sentence that starts with the bot's name, the API returns `system_event`."""
    message = state.post(
        channel, Content(f"{action} #{channel.name} by {state.users[by].real_name}."), user=BOT_USER_ID
    )
    message.system_event = system_event


def _event_prefix(channel: Channel) -> str:
    return "group" if channel.is_private else "channel"


def _require(condition: bool, error: str) -> None:
    if not condition:
        raise LookupError(error)
