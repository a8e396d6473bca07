"""The `views` methods: modals and Home tabs. They need no scope."""

from typing import Any

from bot.sandbox.slack.request import ApiError, Call
from bot.sandbox.slack.state import State, View
from bot.sandbox.slack.validation import validate_view

Json = dict[str, Any]

MAX_OPEN_MODALS = 3


def open_modal(state: State, call: Call) -> Json:
    """Open a modal."""
    return _add_view(state, _use_trigger(state, call), _view(call))


def push_modal(state: State, call: Call) -> Json:
    """Open a modal on top of the open one, which reappears when this one is closed."""
    user = _use_trigger(state, call)
    open_modals = [view for view in state.views if view.open and view.user == user]
    if not open_modals:
        raise ApiError("not_found")
    if len(open_modals) >= MAX_OPEN_MODALS:
        raise ApiError("push_limit_reached")
    return _add_view(state, user, _view(call))


def _use_trigger(state: State, call: Call) -> str:
    """Use up a trigger, and return its user."""
    trigger = state.triggers.get(call.required("trigger_id"))
    if trigger is None:
        raise ApiError("invalid_trigger_id")
    trigger.use(call.at)
    return trigger.user


def _add_view(state: State, user: str, view: Json) -> Json:
    created = state.create_view(user, view)
    state.views.append(created)
    return {"view": created.body}


def update(state: State, call: Call) -> Json:
    """Replace the contents of a view."""
    target = _find_view(state, call)
    if call.text("hash") and call.text("hash") != target.body["hash"]:
        raise ApiError("hash_conflict")
    state.set_view(target, _view(call))
    return {"view": target.body}


def publish(state: State, call: Call) -> Json:
    """Set a user's Home tab."""
    user = call.required("user_id")
    if user not in state.users:
        raise ApiError("user_not_found")
    view = _view(call)
    home = state.homes.get(user)
    if home is None:
        state.homes[user] = home = state.create_view(user, view)
    elif call.text("hash") and call.text("hash") != home.body["hash"]:
        raise ApiError("hash_conflict")
    else:
        state.set_view(home, view)
    return {"view": home.body}


def _view(call: Call) -> Json:
    return validate_view(call.decode_json("view", "invalid_arguments"))


def _find_view(state: State, call: Call) -> View:
    view_id = call.text("view_id") or call.required("external_id")
    views = [*state.views, *state.homes.values()]
    for view in views:
        if view.open and view_id in (view.id, view.body["external_id"]):
            return view
    raise ApiError("not_found")


METHODS = {"views.open": open_modal, "views.push": push_modal, "views.update": update, "views.publish": publish}
