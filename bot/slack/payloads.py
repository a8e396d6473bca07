"""A payload of Slack's ─► who says which line, and where. It knows Slack's payloads, and nothing of lines."""

from dataclasses import dataclass
from typing import Any

from bot.slack import modal

CONFIRMED_PREFIX = "confirmed-"  # begins what a button does that was asked about before
IN_LIST_SUFFIX = "-in-list"  # ends what a button does that is in the list of schedules


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something that somebody typed, pressed or sent."""

    line: str
    user: str
    team: str  # the team in which it happened
    home_team: str  # the team that the person belongs to
    channel: str
    response_url: str
    trigger_id: str  # with which a modal can be opened
    dedup_key: str  # what no two payloads share
    action: str = "ask"  # ask anew, turn the page in place, refresh in place, share, order, change
    answer_key: str = ""  # of the answer that is to be shared
    ephemeral: bool = True  # whether only this person sees what was pressed
    pressed: bool = False  # rather than typed
    confirmed: bool = False  # what the person was asked about before
    list_response_url: str = ""  # the response_url of the list of schedules that it was pressed in


def parse_command(body: dict[str, Any], dedup_key: str) -> Interaction:
    """A slash command."""
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
    """A button, or a choice from a menu; a button that only opens an address says nothing."""
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
    """A modal that somebody sent, which is as deliberate as a line that is typed. It brings no way back."""
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
    """Where it happened; of an organisation's app Slack may tell only where the person belongs."""
    return str((body.get("team") or {}).get("id") or body["user"].get("team_id") or "")
