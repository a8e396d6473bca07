"""Parses the events that say that the bot lost a channel, or got it back."""

from typing import Any

LEFT, ARCHIVED, DELETED, RESTORED = "left", "archived", "deleted", "back"

CHANNEL_EVENTS = {
    "channel_left": LEFT,
    "group_left": LEFT,
    "channel_archive": ARCHIVED,
    "group_archive": ARCHIVED,
    "channel_deleted": DELETED,
    "group_deleted": DELETED,
    "channel_unarchive": RESTORED,
    "group_unarchive": RESTORED,
    "member_joined_channel": RESTORED,
}


def parse_channel_event(body: dict[str, Any]) -> tuple[str, str] | None:
    """Return the channel and what happened to it. Other people joining a channel are ignored."""
    event = body["event"]
    if event["type"] == "member_joined_channel" and event.get("user") != _bot_user(body):
        return None
    return event.get("channel", ""), CHANNEL_EVENTS[event["type"]]


def _bot_user(body: dict[str, Any]) -> str:
    """Return the bot's user: each event names the installation it was sent to."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("user_id") or "")
