"""Modals and Home tabs. No scope is needed for them."""

from typing import Any

from bot.sandbox.slack.call import Call
from bot.sandbox.slack.chain import View
from bot.sandbox.slack.content import judged_view
from bot.sandbox.slack.refusal import Refused
from bot.sandbox.slack.state import State

Json = dict[str, Any]


def opened(state: State, call: Call) -> Json:
    trigger = state.triggers.get(call.needed("trigger_id"))
    if trigger is None:
        raise Refused("invalid_trigger_id")
    trigger.use(call.at)
    shown = state.show(trigger.user, _view(call))
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


METHODS = {"views.open": opened, "views.update": update, "views.publish": publish}
