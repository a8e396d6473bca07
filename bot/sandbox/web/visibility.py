"""The channels and messages that the page's viewer can see."""

from typing import Any

from bot.sandbox.slack import Message, Slack
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]

VIEWER_ID = "U1"


def channels(slack: Slack) -> list[Channel]:
    """Return the visible channels by name; archived ones follow, direct messages come last."""
    visible = [one for one in slack.channels.values() if one.with_user in ("", VIEWER_ID)]
    return sorted(visible, key=lambda channel: (bool(channel.with_user), channel.is_archived, channel.name))


def channel_json(slack: Slack, channel: Channel) -> Json:
    """Return what the page shows of a channel."""
    bot = next((user.real_name for user in slack.users.values() if user.is_bot), "")
    is_dm = bool(channel.with_user)
    name = bot if is_dm else channel.name
    sign = "🔒" if channel.is_private else "#"
    placeholder = f"Message {'' if is_dm else '#'}{name} or type /insights"
    return {
        "id": channel.id,
        "name": name,
        "sign": "●" if is_dm else "🗄" if channel.is_archived else sign,
        "title": name if is_dm else f"{sign} {name}",
        "about": _about(channel),
        "placeholder": "This channel is archived" if channel.is_archived else placeholder,
        "is_dm": is_dm,
        "archived": channel.is_archived,
    }


def _about(channel: Channel) -> str:
    if channel.is_archived:
        return "Archived"
    if channel.with_user:
        return "Direct message with the app"
    if not channel.is_member:
        return "Insights isn't in this channel. Add it with /invite"
    return "Shared with Quayside Partners" if channel.is_ext_shared else ""


def messages(slack: Slack) -> list[Message]:
    """Return all visible messages, oldest first."""
    channel_messages = [message for channel in channels(slack) for message in channel.messages]
    return sorted([*channel_messages, *slack.ephemeral.get(VIEWER_ID, [])], key=lambda message: message.ts)


def parent_ts(slack: Slack, message: Message) -> str:
    """Return the parent of a thread reply. Empty for other messages, and for a reply whose parent was deleted."""
    thread_ts = message.thread_ts
    return (
        thread_ts
        if thread_ts and thread_ts != message.ts and slack.message(slack.channels[message.channel], thread_ts)
        else ""
    )
