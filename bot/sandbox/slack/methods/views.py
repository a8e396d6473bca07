"""Modals and Home tabs. No scope is needed for them."""

from typing import Any

from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.request import Call
from bot.sandbox.slack.response_urls import View
from bot.sandbox.slack.state import State
from bot.sandbox.slack.validation import judged_view

Json = dict[str, Any]


DEEPEST = 3  # modals on top of each other


def opened(state: State, call: Call) -> Json:
    return _put(state, _asking(state, call), _view(call))


def pushed(state: State, call: Call) -> Json:
    """On top of the modal that is open, which comes back when this one is closed."""
    user = _asking(state, call)
    below = [view for view in state.views if view.open and view.user == user]
    if not below:
        raise Refused("not_found")
    if len(below) >= DEEPEST:
        raise Refused("push_limit_reached")
    return _put(state, user, _view(call))


def _asking(state: State, call: Call) -> str:
    """Whose trigger it is; it is used up with this."""
    trigger = state.triggers.get(call.needed("trigger_id"))
    if trigger is None:
        raise Refused("invalid_trigger_id")
    trigger.use(call.at)
    return trigger.user


def _put(state: State, user: str, view: Json) -> Json:
    shown = state.show(user, view)
    state.views.append(shown)
    return {"view": shown.body}


def update(state: State, call: Call) -> Json:
    shown = _found(state, call)
    if call.text("hash") and call.text("hash") != shown.body["hash"]:
        raise Refused("hash_conflict")
    state.set_view(shown, _view(call))
    return {"view": shown.body}


def publish(state: State, call: Call) -> Json:
    user = call.needed("user_id")
    if user not in state.users:
        raise Refused("user_not_found")
    view = _view(call)
    shown = state.homes.get(user)
    if shown is None:
        state.homes[user] = shown = state.show(user, view)
    elif call.text("hash") and call.text("hash") != shown.body["hash"]:
        raise Refused("hash_conflict")
    else:
        state.set_view(shown, view)
    return {"view": shown.body}


def _view(call: Call) -> Json:
    return judged_view(call.decoded("view", "invalid_arguments"))


def _found(state: State, call: Call) -> View:
    name = call.text("view_id") or call.needed("external_id")
    shown = [*state.views, *state.homes.values()]
    for view in shown:
        if view.open and name in (view.id, view.body["external_id"]):
            return view
    raise Refused("not_found")


METHODS = {"views.open": opened, "views.push": pushed, "views.update": update, "views.publish": publish}
