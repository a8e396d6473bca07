"""The methods for users and user groups, for testing authentication, and for opening a socket."""

from typing import Any

from bot.sandbox.slack.credentials import APP_ID, BOT_ID, BOT_USER_ID
from bot.sandbox.slack.request import ApiError, Call
from bot.sandbox.slack.state import State

Json = dict[str, Any]


def api_test(_: State, call: Call) -> Json:
    """Echo the arguments."""
    if call.text("error"):
        raise ApiError(call.text("error"), args=call.arguments)
    return {"args": call.arguments} if call.arguments else {}


def auth_test(state: State, _: Call) -> Json:
    """Return whose token it is."""
    return {
        "url": state.team.url,
        "team": state.team.name,
        "user": state.users[BOT_USER_ID].name,
        "team_id": state.team.id,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(state: State, _: Call) -> Json:
    """Return a URL for a Socket Mode connection."""
    ticket = state.new_id("ticket-")
    state.tickets.add(ticket)
    return {"url": f"{state.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"}


def users_info(state: State, call: Call) -> Json:
    """Return a user."""
    state.require_scope("users:read")
    user = state.users.get(call.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user.to_json(call.at)}


def group_members(state: State, call: Call) -> Json:
    """Return the members of a user group."""
    state.require_scope("usergroups:read")
    members = state.groups.get(call.required("usergroup"))
    if members is None:
        raise ApiError("no_such_subteam")
    return {"users": list(members)}


METHODS = {
    "api.test": api_test,
    "auth.test": auth_test,
    "apps.connections.open": connections_open,
    "users.info": users_info,
    "usergroups.users.list": group_members,
}
