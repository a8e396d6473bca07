"""Menus whose options the bot suggests, and the other inputs of a modal, as Slack sends and refuses them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.state import View
from bot.sandbox.slack.workspace import Content
from tests.sandbox_slack import Json, option, over_http, over_socket, record_requests

Transport = Callable[[Slack], AbstractAsyncContextManager[list[Json]]]
both_transports = pytest.mark.parametrize("transport", [over_http, over_socket])

FLAG: Json = {"type": "external_select", "action_id": "flag", "min_query_length": 0}
ACTIONS = [{"type": "actions", "block_id": "menus", "elements": [FLAG]}]
LONG = "x" * 151


def modal(*elements: Json, **fields: Any) -> Json:
    blocks = [
        {
            "type": "input",
            "block_id": f"b{index}",
            "label": {"type": "plain_text", "text": f"Field {index}"},
            "element": element,
            **fields,
        }
        for index, element in enumerate(elements)
    ]
    title = {"type": "plain_text", "text": "Watch"}
    return {"type": "modal", "callback_id": "save", "title": title, "submit": title, "blocks": blocks}


def submitted(payload: Json) -> Json:
    values: Json = payload["view"]["state"]["values"]
    return values


# ---------------------------------------------------------------------------------------------------- suggested options


@both_transports
async def test_bot_suggests_options_that_can_be_submitted(slack: Slack, transport: Transport) -> None:
    view = slack.create_view("U1", modal(FLAG))
    async with transport(slack) as payloads:
        suggestion = await slack.suggest(view, "Field 0", "new")
        await slack.submit(view, {"Field 0": "new-search"})
    request, submission = payloads
    assert suggestion.response == {"options": [option("new-checkout"), option("new-search")]}
    assert (request["type"], request["value"]) == ("block_suggestion", "new")
    assert (request["action_id"], request["block_id"], request["view"]["id"]) == ("flag", "b0", view.id)
    assert not {"trigger_id", "response_url", "actions"} & request.keys()
    assert submitted(submission) == {
        "b0": {"flag": {"type": "external_select", "selected_option": option("new-search")}}
    }


@both_transports
async def test_suggested_option_of_a_message_can_be_selected(slack: Slack, transport: Transport) -> None:
    message = slack.post(slack.channels["C1"], Content("Which flag?", ACTIONS))
    async with transport(slack) as payloads:
        await slack.suggest(message, "flag", "old", user="U2")
        await slack.select(message, "flag", "old-checkout", user="U2")
    request, action = payloads
    assert (request["container"]["message_ts"], request["user"]["id"]) == (message.ts, "U2")
    assert action["actions"][0]["selected_option"] == option("old-checkout")


async def test_option_that_was_not_suggested_cannot_be_selected(slack: Slack) -> None:
    view = slack.create_view("U1", modal(FLAG))
    async with over_http(slack):
        with pytest.raises(LookupError, match="There are: no options"):
            await slack.submit(view, {"flag": "new-search"})
        await slack.suggest(view, "flag", "new")
        with pytest.raises(LookupError, match="There are: new-checkout, new-search"):
            await slack.submit(view, {"flag": "old-search"})


async def test_suggested_option_can_be_typed_by_its_name(slack: Slack) -> None:
    named = option("checkout-api") | {"description": {"type": "plain_text", "text": "Checkout API"}}
    view = slack.create_view("U1", modal({**FLAG, "initial_option": named}))
    async with over_http(slack) as payloads:
        await slack.submit(view, {"flag": "checkout API"})
    assert submitted(payloads[0])["b0"]["flag"]["selected_option"] == named


async def test_options_suggested_twice_are_listed_once(slack: Slack) -> None:
    view = slack.create_view("U1", modal({**FLAG, "type": "multi_external_select"}))
    async with over_http(slack):
        for _ in range(3):
            await slack.suggest(view, "flag", "new")
        with pytest.raises(LookupError, match=r"There are: new-checkout, new-search\.$"):
            await slack.submit(view, {"flag": ["old-search"]})
        assert list(slack.suggestions[view.id].values()) == [[option("new-checkout"), option("new-search")]]


async def test_new_block_id_forgets_the_suggestions(slack: Slack) -> None:
    view = slack.create_view("U1", modal(FLAG))
    async with over_http(slack):
        await slack.suggest(view, "flag", "new")
        form = modal(FLAG)
        slack.set_view(view, {**form, "blocks": [{**form["blocks"][0], "block_id": "another"}]})
        with pytest.raises(LookupError, match="There are: no options"):
            await slack.submit(view, {"flag": "new-search"})


@pytest.mark.parametrize(("fields", "shortest"), [({"min_query_length": 2}, 2), ({}, 3)])
async def test_short_query_is_not_sent(slack: Slack, fields: Json, shortest: int) -> None:
    menu = {"type": "external_select", "action_id": "flag", **fields}
    view = slack.create_view("U1", modal(menu))
    async with record_requests(slack) as requests:
        with pytest.raises(LookupError, match=f"only after {shortest} letters"):
            await slack.suggest(view, "flag", "x" * (shortest - 1))
        await slack.suggest(view, "flag", "x" * shortest)
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"options": []}, ""),
        ({"options": [option(str(number)) for number in range(100)]}, ""),
        ({"options": [option(str(number)) for number in range(101)]}, "invalid_options"),
        ({"options": [option("x" * 75)]}, ""),
        ({"options": [option("x" * 76)]}, "invalid_options"),
        ({"options": [{**option("x"), "value": LONG[:150]}]}, ""),
        ({"options": [{**option("x"), "value": LONG}]}, "invalid_options"),
        ({"option_groups": [{"label": option("Web")["text"], "options": [option("x")]}] * 100}, ""),
        ({"option_groups": [{"label": option("Web")["text"], "options": [option("x")]}] * 101}, "invalid_options"),
        ({"options": [option("x")], "option_groups": []}, "invalid_options"),
        ({}, "invalid_options"),
    ],
)
async def test_suggestions_beyond_slacks_limits_are_refused(slack: Slack, answer: Json, error: str) -> None:
    async def bot(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(answer)(scope, receive, send)

    view = slack.create_view("U1", modal(FLAG))
    async with serving(bot) as slack.request_url:
        suggestion = await slack.suggest(view, "flag")
    assert suggestion.error == error
    assert bool(slack.suggestions[view.id]) == (not error)


async def test_slow_suggestions_time_out(slack: Slack) -> None:
    slack.ack_timeout = 0.02
    view = slack.create_view("U1", modal(FLAG))
    async with record_requests(slack, hangs=True):
        suggestion = await slack.suggest(view, "flag")
    assert suggestion.error == "operation_timeout"


# --------------------------------------------------------------------------------------------------------- other inputs


CHOICES = [option(name) for name in ("Toggled", "Rules", "Targets")]


@pytest.mark.parametrize(
    ("element", "value", "selected"),
    [
        ({"type": "radio_buttons", "options": CHOICES}, "Rules", {"selected_option": CHOICES[1]}),
        ({"type": "checkboxes", "options": CHOICES}, ["rules", "targets"], {"selected_options": CHOICES[1:]}),
        ({"type": "multi_static_select", "options": CHOICES}, ["rules"], {"selected_options": [CHOICES[1]]}),
        ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
        ({"type": "conversations_select"}, "C1", {"selected_conversation": "C1"}),
        ({"type": "users_select"}, "U2", {"selected_user": "U2"}),
        ({"type": "checkboxes", "options": CHOICES, "initial_options": CHOICES}, None, {"selected_options": CHOICES}),
        ({"type": "conversations_select", "initial_conversation": "C2"}, None, {"selected_conversation": "C2"}),
        ({"type": "static_select", "options": CHOICES, "initial_option": CHOICES[0]}, "", {"selected_option": None}),
        ({"type": "multi_external_select"}, None, {"selected_options": []}),
        ({"type": "timepicker"}, None, {"selected_time": None}),
    ],
)
async def test_input_is_submitted_in_slacks_format(slack: Slack, element: Json, value: Any, selected: Json) -> None:
    view = slack.create_view("U1", modal({**element, "action_id": "a"}, optional=True))
    async with over_http(slack) as payloads:
        await slack.submit(view, {} if value is None else {"a": value})
    assert submitted(payloads[0]) == {"b0": {"a": {"type": element["type"], **selected}}}


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "conversations_select"}, "checkout"),
        ({"type": "users_select"}, "C1"),
        ({"type": "checkboxes", "options": CHOICES}, ["nothing"]),
        ({"type": "multi_static_select", "options": CHOICES, "max_selected_items": 1}, ["rules", "targets"]),
        ({"type": "multi_static_select", "options": CHOICES}, []),
    ],
)
async def test_value_that_cannot_be_chosen_is_not_submitted(slack: Slack, element: Json, value: Any) -> None:
    view = slack.create_view("U1", modal({**element, "action_id": "a"}))
    with pytest.raises(LookupError):
        await slack.submit(view, {"a": value})


async def test_input_sends_an_action_only_if_it_asks_to(slack: Slack) -> None:
    menu = {"type": "static_select", "action_id": "place", "options": CHOICES}
    silent = slack.create_view("U1", modal(menu))
    async with over_http(slack) as payloads:
        with pytest.raises(LookupError, match="lacks dispatch_action"):
            await slack.select(silent, "Field 0", "Rules")
        await slack.select(_dispatching(slack, menu), "Field 0", "Rules")
    assert [action["selected_option"] for action in payloads[0]["actions"]] == [CHOICES[1]]


def _dispatching(slack: Slack, menu: Json) -> View:
    return slack.create_view("U1", modal(menu, dispatch_action=True))


async def test_action_carries_what_is_filled_in_so_far(slack: Slack) -> None:
    text = {"type": "plain_text_input", "action_id": "why", "initial_value": "Why"}
    view = slack.create_view("U1", modal(FLAG, text, dispatch_action=True))
    async with over_http(slack) as payloads:
        slack.fill(view, {"why": "Because"})
        await slack.suggest(view, "flag", "new")
        await slack.select(view, "flag", "new-search")
        slack.set_view(view, modal(FLAG, text))
        await slack.submit(view)
    _, action, submission = payloads
    filled = {
        "b0": {"flag": {"type": "external_select", "selected_option": option("new-search")}},
        "b1": {"why": {"type": "plain_text_input", "value": "Because"}},
    }
    assert submitted(action) == submitted(submission) == filled


async def test_menu_of_several_keeps_what_was_suggested_before(slack: Slack) -> None:
    view = slack.create_view("U1", modal(FLAG | {"type": "multi_external_select"}))
    async with over_http(slack) as payloads:
        await slack.suggest(view, "flag", "new-c")
        await slack.suggest(view, "flag", "new-s")
        await slack.submit(view, {"flag": ["new-c-checkout", "new-s-search"]})
    [selected] = submitted(payloads[-1]).values()
    assert [one["value"] for one in selected["flag"]["selected_options"]] == ["new-c-checkout", "new-s-search"]
