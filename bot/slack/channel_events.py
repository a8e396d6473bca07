"""A payload of Slack's ─► which channel the bot lost or got back, and how. It knows Slack's events, and nothing of what
is posted where."""

from typing import Any

LEFT, ARCHIVED, DELETED, BACK = "left", "archived", "deleted", "back"

MOVES = {
    "channel_left": LEFT,
    "group_left": LEFT,
    "channel_archive": ARCHIVED,
    "group_archive": ARCHIVED,
    "channel_deleted": DELETED,
    "group_deleted": DELETED,
    "channel_unarchive": BACK,
    "group_unarchive": BACK,
    "member_joined_channel": BACK,
}


def move(body: dict[str, Any]) -> tuple[str, str] | None:
    """The channel and what became of it; that somebody else joins one is nothing to the bot."""
    event = body["event"]
    if event["type"] == "member_joined_channel" and event.get("user") != _me(body):
        return None
    return event.get("channel", ""), MOVES[event["type"]]


def _me(body: dict[str, Any]) -> str:
    """Who the bot is: each event says for whom it was sent."""
    sent_for = body.get("authorizations") or [{}]
    return str(sent_for[0].get("user_id") or "")
