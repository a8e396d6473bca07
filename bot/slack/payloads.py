"""Parses Slack's payloads: interactions (a line, who sent it, and where) and channel events."""

from dataclasses import dataclass
from typing import Any

from bot.slack import modal

# Both are parts of a button's action.
CONFIRMED_PREFIX = "confirmed-"  # the button confirms what the person was asked before
IN_LIST_SUFFIX = "-in-list"  # the button is in the list of schedules

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


@dataclass(frozen=True, slots=True)
class Interaction:
    """A slash command, a pressed button, a choice from a menu, or a submitted modal."""

    line: str
    user: str
    team: str  # where it happened
    home_team: str  # where the user is a member
    channel: str
    response_url: str
    trigger_id: str  # opens a modal
    dedup_key: str  # unique to the payload
    # ask, turn (a page, in place), refresh (in place), share, order (run a command), change (open the modal)
    action: str = "ask"
    answer_key: str = ""  # of the answer to share
    ephemeral: bool = True  # whether only this user sees the message with the button
    pressed: bool = False  # a button or menu, rather than typed
    confirmed: bool = False  # the user confirmed what they were asked before
    list_response_url: str = ""  # of the list of schedules, if the button is in it


def interaction_from_command(body: dict[str, Any], dedup_key: str) -> Interaction:
    """Parse a slash command."""
    return Interaction(
        line=body.get("text", ""),
        user=body["user_id"],
        team=body["team_id"],
        home_team=body["team_id"],
        channel=body["channel_id"],
        response_url=body["response_url"],
        trigger_id=body.get("trigger_id", ""),
        dedup_key=dedup_key,
    )


def parse_action(body: dict[str, Any], dedup_key: str) -> Interaction | None:
    """Parse a pressed button, or a choice from a menu. Return None for a button that only opens a URL."""
    element, user, team = body["actions"][0], body["user"], _team(body)
    choice = element.get("selected_option") or element
    action, _, key = element["action_id"].partition(":")
    confirmed, action = action.startswith(CONFIRMED_PREFIX), action.removeprefix(CONFIRMED_PREFIX)
    in_list, action = action.endswith(IN_LIST_SUFFIX), action.removesuffix(IN_LIST_SUFFIX)
    if action not in ("ask", "turn", "refresh", "share", "order", "change") or "value" not in choice:
        return None
    return Interaction(
        line=choice["value"],
        user=user["id"],
        team=team,
        home_team=user.get("team_id") or team,
        channel=(body.get("channel") or {}).get("id", ""),
        response_url=body.get("response_url") or "",
        trigger_id=body.get("trigger_id", ""),
        dedup_key=dedup_key,
        action=action,
        answer_key=key,
        ephemeral=bool((body.get("container") or {}).get("is_ephemeral")),
        pressed=True,
        confirmed=confirmed,
        list_response_url=body.get("response_url") or "" if in_list else "",
    )


def parse_submission(body: dict[str, Any], dedup_key: str) -> Interaction | None:
    """Parse a submitted modal. It counts as typed rather than pressed, and has no response_url."""
    form, user, team = modal.parse_modal(body["view"]), body["user"], _team(body)
    if form is None:
        return None
    return Interaction(
        line=form.line,
        user=user["id"],
        team=team,
        home_team=user.get("team_id") or team,
        channel=form.channel,
        response_url="",
        trigger_id=body.get("trigger_id", ""),
        dedup_key=dedup_key,
        list_response_url=form.list_response_url,
    )


def _team(body: dict[str, Any]) -> str:
    """Return the team where it happened. For an org-wide app, Slack may send only the user's team."""
    return str((body.get("team") or {}).get("id") or body["user"].get("team_id") or "")


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
