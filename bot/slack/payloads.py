"""A payload of Slack's ─► who says which line, and where. It knows Slack's payloads, and nothing of lines."""

from dataclasses import dataclass
from typing import Any

from bot.slack import modal

CONFIRMED = "confirmed-"  # begins what a button does that was asked about before
IN_LIST = "-in-list"  # ends what a button does that is in the list of schedules


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that somebody typed, pressed or sent."""

    line: str
    user: str
    team: str  # the team in which it happened
    home: str  # the team that the person belongs to
    channel: str
    response_url: str
    trigger: str  # with which a modal can be opened
    once: str  # what no two payloads share
    does: str = "ask"  # ask anew, turn the page in place, refresh in place, share, order, change
    key: str = ""  # of the answer that is to be shared
    private: bool = True  # whether only this person sees what was pressed
    pressed: bool = False  # rather than typed
    confirmed: bool = False  # what the person was asked about before
    list_url: str = ""  # the response_url of the list of schedules that it was pressed in


def command(body: dict[str, Any], once: str) -> Incoming:
    """A slash command."""
    return Incoming(
        line=body.get("text", ""),
        user=body["user_id"],
        team=body["team_id"],
        home=body["team_id"],
        channel=body["channel_id"],
        response_url=body["response_url"],
        trigger=body.get("trigger_id", ""),
        once=once,
    )


def press(body: dict[str, Any], once: str) -> Incoming | None:
    """A button, or a choice from a menu; a button that only opens an address says nothing."""
    action, user, team = body["actions"][0], body["user"], _team(body)
    chosen = action.get("selected_option") or action
    does, _, key = action["action_id"].partition(":")
    confirmed, does = does.startswith(CONFIRMED), does.removeprefix(CONFIRMED)
    in_list, does = does.endswith(IN_LIST), does.removesuffix(IN_LIST)
    if does not in ("ask", "turn", "refresh", "share", "order", "change") or "value" not in chosen:
        return None
    return Incoming(
        line=chosen["value"],
        user=user["id"],
        team=team,
        home=user.get("team_id") or team,
        channel=(body.get("channel") or {}).get("id", ""),
        response_url=body.get("response_url") or "",
        trigger=body.get("trigger_id", ""),
        once=once,
        does=does,
        key=key,
        private=bool((body.get("container") or {}).get("is_ephemeral")),
        pressed=True,
        confirmed=confirmed,
        list_url=body.get("response_url") or "" if in_list else "",
    )


def submission(body: dict[str, Any], once: str) -> Incoming | None:
    """A modal that somebody sent, which is as deliberate as a line that is typed. It brings no way back."""
    change, user, team = modal.read(body["view"]), body["user"], _team(body)
    if change is None:
        return None
    return Incoming(
        line=change.line,
        user=user["id"],
        team=team,
        home=user.get("team_id") or team,
        channel=change.channel,
        response_url="",
        trigger=body.get("trigger_id", ""),
        once=once,
        list_url=change.list_url,
    )


def _team(body: dict[str, Any]) -> str:
    """Where it happened; of an organisation's app Slack may tell only where the person belongs."""
    return str((body.get("team") or {}).get("id") or body["user"].get("team_id") or "")
