"""A payload of Slack's ─► who says which line, and where. It knows Slack's payloads, and nothing of lines."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that somebody typed or pressed."""

    line: str
    user: str
    team: str  # the team in which it happened
    home: str  # the team that the person belongs to
    channel: str
    response_url: str
    once: str  # what Slack never sends twice for two different things
    does: str = "ask"  # ask anew, turn the page in place, refresh in place, share
    key: str = ""  # of the answer that is to be shared
    private: bool = True  # whether only this person sees what was pressed
    pressed: bool = False  # rather than typed


def command(body: dict[str, Any]) -> Incoming:
    """A slash command."""
    return Incoming(
        line=body.get("text", ""),
        user=body["user_id"],
        team=body["team_id"],
        home=body["team_id"],
        channel=body["channel_id"],
        response_url=body["response_url"],
        once=body.get("trigger_id", ""),
    )


def press(body: dict[str, Any]) -> Incoming | None:
    """A button, or a choice from a menu; a button that only opens an address says nothing."""
    action, user = body["actions"][0], body["user"]
    team = (body.get("team") or {}).get("id") or user.get("team_id") or ""
    chosen = action.get("selected_option") or action
    does, _, key = action["action_id"].partition(":")
    if does not in ("ask", "turn", "refresh", "share") or "value" not in chosen:
        return None
    return Incoming(
        line=chosen["value"],
        user=user["id"],
        team=team,
        home=user.get("team_id") or team,
        channel=(body.get("channel") or {}).get("id", ""),
        response_url=body.get("response_url") or "",
        once=body.get("trigger_id", ""),
        does=does,
        key=key,
        private=bool((body.get("container") or {}).get("is_ephemeral")),
        pressed=True,
    )
