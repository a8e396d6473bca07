"""A payload of Slack's ─► which channel the bot lost or got back, and how. It knows Slack's events, and nothing of what
is posted where."""

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
    """The channel and what became of it; that somebody else joins one is nothing to the bot."""
    event = body["event"]
    if event["type"] == "member_joined_channel" and event.get("user") != _bot_user(body):
        return None
    return event.get("channel", ""), CHANNEL_EVENTS[event["type"]]


def _bot_user(body: dict[str, Any]) -> str:
    """Who the bot is: each event says for whom it was sent."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("user_id") or "")
