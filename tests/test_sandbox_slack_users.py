"""Actions in the sandbox's Slack reach a real Bolt app as Slack would send them, over HTTP and a socket."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import parse_qs

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.workspace import Content
from tests.sandbox_slack import MESSAGE_BLOCKS, Json, over_http, over_socket, record_requests, web_client

Transport = Callable[[Slack], AbstractAsyncContextManager[list[Json]]]

KEY: Json = {"type": "plain_text_input", "action_id": "key"}
FORM: Json = {
    "type": "modal",
    "callback_id": "save",
    "title": {"type": "plain_text", "text": "Watch"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "which",
            "label": {"type": "plain_text", "text": "Flag"},
            "element": KEY,
        }
    ],
}


both_transports = pytest.mark.parametrize("transport", [over_http, over_socket])


# ------------------------------------------------------------------------------------------------------------ over both


@both_transports
async def test_command_is_acknowledged_and_answered(slack: Slack, transport: Transport) -> None:
    async with transport(slack) as payloads:
        acknowledged = await slack.type("/insights scores web/production")
        answer = await slack.answer(acknowledged, lambda message: message.blocks)
    assert (acknowledged.status, acknowledged.body, acknowledged.error) == (200, "", "")
    assert 0 < acknowledged.seconds < 3
    assert slack.ephemeral["U1"] == [answer]
    assert (answer.text, answer.to) == ("Answer to scores web/production", "U1")
    assert [version.text for version in answer.versions] == ["Asking LaunchDarkly…"]
    assert payloads[0]["command"] == "/insights"


@both_transports
async def test_command_has_all_documented_fields(slack: Slack, transport: Transport) -> None:
    async with transport(slack) as payloads:
        await slack.type("/insights", channel="C2", user="U2")
    (body,) = payloads
    assert body.pop("response_url").startswith(f"{slack.url}/response/")
    assert body.pop("trigger_id") in slack.triggers
    assert body == {
        "token": "sandbox-verification",
        "team_id": "T0HARBOUR",
        "team_domain": "harbour-goods",
        "channel_id": "C2",
        "channel_name": "privategroup",  # Slack hides the names of private channels from commands
        "user_id": "U2",
        "user_name": "mateo",
        "command": "/insights",
        "text": "",
        "api_app_id": "A0INSIGHTS",
        "is_enterprise_install": "false",
    }


@both_transports
async def test_acknowledgement_can_contain_the_answer(slack: Slack, transport: Transport) -> None:
    async with transport(slack):
        acknowledged = await slack.type("/now please")
        answer = await slack.answer(acknowledged)
    assert json.loads(acknowledged.body) == {"text": "At once", "response_type": "in_channel"}
    posted = [(message.user, message.text) for message in slack.channels["C1"].messages]
    assert posted == [("U1", "/now please"), (BOT_USER_ID, "At once")]
    assert answer is slack.channels["C1"].messages[1]


@both_transports
async def test_button_is_pressed_by_its_label(slack: Slack, transport: Transport) -> None:
    async with transport(slack) as payloads:
        shown = await slack.answer(await slack.type("/insights events"), lambda message: message.blocks)
        answer = await slack.answer(await slack.press(shown, "Older"))
    click = payloads[1]
    assert answer is shown
    assert shown.text == "Older events"
    assert click["container"]["is_ephemeral"] is True
    assert "message" not in click
    assert click["user"] == {"id": "U1", "username": "lena", "name": "lena", "team_id": "T0HARBOUR"}
    assert click["team"] == {"id": "T0HARBOUR", "domain": "harbour-goods"}
    assert click["channel"] == {"id": "C1", "name": "checkout"}
    assert (click["actions"][0]["action_id"], click["actions"][0]["value"]) == ("older", "events x")
    assert click["response_url"] != payloads[0]["response_url"]
    assert click["trigger_id"] != payloads[0]["trigger_id"]


@both_transports
async def test_click_on_a_channel_message_includes_the_message(slack: Slack, transport: Transport) -> None:
    shown = slack.post(slack.channels["C6"], Content("Events", MESSAGE_BLOCKS))
    async with transport(slack) as payloads:
        await slack.answer(await slack.press(shown, "older", user="U9"))
    assert payloads[0]["message"]["ts"] == shown.ts
    assert payloads[0]["message"]["blocks"][1]["block_id"] == payloads[0]["actions"][0]["block_id"]
    assert payloads[0]["container"]["is_ephemeral"] is False
    assert payloads[0]["user"]["team_id"] == "T0QUAYSIDE"  # a guest of another organisation


@both_transports
async def test_option_is_chosen_by_its_text(slack: Slack, transport: Transport) -> None:
    shown = slack.post(slack.channels["C1"], Content("Events", MESSAGE_BLOCKS))
    async with transport(slack) as payloads:
        await slack.select(shown, "Where", "Staging")
    assert payloads[0]["actions"][0]["selected_option"]["value"] == "staging"


@both_transports
async def test_modal_is_filled_in_and_submitted(slack: Slack, transport: Transport) -> None:
    async with transport(slack) as payloads, web_client(slack) as client:
        await client.views_open(trigger_id=slack.issue_trigger("U1"), view=FORM)
        await slack.submit(slack.views[0], {"Flag": "new-checkout"})
    assert payloads[0]["view"]["state"]["values"] == {
        "which": {"key": {"type": "plain_text_input", "value": "new-checkout"}}
    }
    assert not slack.views[0].open


@both_transports
async def test_view_closed_is_sent_if_notify_on_close(slack: Slack, transport: Transport) -> None:
    async with transport(slack) as payloads:
        silent, notifying = (slack.create_view("U1", FORM | {"notify_on_close": notify}) for notify in (False, True))
        assert await slack.close(silent) is None
        acknowledged = await slack.close(notifying)
    assert acknowledged is not None
    assert (acknowledged.error, silent.open, notifying.open) == ("", False, False)
    [body] = payloads
    assert (body["type"], body["view"]["id"], body["is_cleared"]) == ("view_closed", notifying.id, False)
    assert "trigger_id" not in body


async def test_wait_for_change_misses_no_change(slack: Slack) -> None:
    async with asyncio.timeout(10):
        seen = slack.change_count
        waiting = asyncio.create_task(slack.wait_for_change(seen))
        await slack.notify_change()
        await slack.notify_change()
        assert await waiting > seen
        assert await slack.wait_for_change(seen) == slack.change_count == seen + 2  # changes before the wait count, too


async def test_modal_submits_initial_values(slack: Slack) -> None:
    picker = {"type": "timepicker", "action_id": "at", "initial_time": "09:00"}
    blocks = [FORM["blocks"][0] | {"element": {**KEY, "initial_value": "new-checkout"}}]
    blocks.append(
        {"type": "input", "block_id": "when", "label": {"type": "plain_text", "text": "At"}, "element": picker}
    )
    async with over_http(slack) as payloads:
        view = slack.create_view("U1", FORM | {"blocks": blocks})
        await slack.submit(view)
        await slack.submit(view, {"Flag": "old-checkout", "At": "17:30"})
    assert [body["view"]["state"]["values"] for body in payloads] == [
        {
            "which": {"key": {"type": "plain_text_input", "value": flag}},
            "when": {"at": {"type": "timepicker", "selected_time": at}},
        }
        for flag, at in (("new-checkout", "09:00"), ("old-checkout", "17:30"))
    ]


@pytest.mark.parametrize(
    ("element", "value"),
    [
        (KEY, ""),
        ({**KEY, "initial_value": "new-checkout"}, ""),
        ({**KEY, "max_length": 3}, "long"),
        ({"type": "timepicker", "action_id": "key"}, "9:00"),
        ({"type": "datepicker", "action_id": "key"}, "tomorrow"),
    ],
)
async def test_invalid_input_is_not_submitted(slack: Slack, element: Json, value: str) -> None:
    view = slack.create_view("U1", FORM | {"blocks": [FORM["blocks"][0] | {"element": element}]})
    with pytest.raises(LookupError):
        await slack.submit(view, {"key": value})


@pytest.mark.parametrize(
    ("answer", "error", "errors", "remains_open"),
    [
        ({"response_action": "errors", "errors": {"which": "No such flag"}}, "", {"which": "No such flag"}, True),
        ({"response_action": "errors", "errors": {"what": "Hm"}}, "invalid_response_action", {}, True),
        ({"response_action": "errors", "errors": {}}, "invalid_response_action", {}, True),
        ({"response_action": "update", "view": {**FORM, "blocks": []}}, "", {}, True),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments", {}, True),
        ({}, "", {}, False),
    ],
)
async def test_response_action_is_applied_to_the_modal(
    slack: Slack, answer: Json, error: str, errors: Json, remains_open: bool
) -> None:
    async def bot(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(answer)(scope, receive, send)

    view = slack.create_view("U1", FORM)
    async with serving(bot) as slack.request_url:
        submission = await slack.submit(view, {"Flag": "new-checkout"})
    assert (submission.error, view.errors, view.open) == (error, errors, remains_open)


@both_transports
async def test_event_can_be_delivered_twice(slack: Slack, transport: Transport) -> None:
    async with transport(slack) as payloads:
        await slack.event("app_uninstalled", event_id="Ev1")
        await slack.event("app_uninstalled", event_id="Ev1", retry=1)
        await slack.until(lambda: len(payloads) == 2)
    assert [(body["event_id"], body["event"]["type"]) for body in payloads] == [("Ev1", "app_uninstalled")] * 2
    assert payloads[0]["authorizations"][0]["user_id"] == BOT_USER_ID


@both_transports
async def test_opening_the_home_tab_is_an_event_with_its_view(
    slack: Slack, client: AsyncWebClient, transport: Transport
) -> None:
    async with transport(slack) as payloads:
        await slack.open_home(user="U2")
        await client.views_publish(user_id="U2", view={"type": "home", "blocks": []})
        await slack.open_home(user="U2")
        await slack.open_home(user="U2", tab="messages")
        await slack.until(lambda: len(payloads) == 3)
    first, again, messages = (body["event"] for body in payloads)
    assert (first["user"], first["channel"], first["tab"], first.get("view")) == ("U2", "D2", "home", None)
    assert again["view"]["id"] == slack.homes["U2"].id
    assert (messages["tab"], messages.get("view")) == ("messages", None)


@both_transports
async def test_unacknowledged_command_fails(slack: Slack, transport: Transport) -> None:
    async with transport(slack):
        slack.ack_timeout = 0.05 if transport is over_socket else 3
        acknowledged = await slack.type("/unknown")
    assert acknowledged.error == ("operation_timeout" if transport is over_socket else "dispatch_failed")


@both_transports
async def test_removed_button_can_still_be_pressed(slack: Slack, transport: Transport) -> None:
    shown = slack.post(slack.channels["C1"], Content("Events"))
    async with transport(slack) as payloads:
        await slack.act(shown, {"type": "button", "action_id": "older", "block_id": "b", "value": "of last year"})
    assert payloads[0]["actions"][0]["value"] == "of last year"


async def test_unknown_button_error_lists_the_buttons(slack: Slack) -> None:
    shown = slack.post(slack.channels["C1"], Content("Events", MESSAGE_BLOCKS))
    with pytest.raises(LookupError, match=r"No 'Newer' .* There are: 'Older' \(older\)"):
        await slack.press(shown, "Newer")
    with pytest.raises(LookupError, match=r"'Test' is not offered here\. There are: Production, Staging"):
        await slack.select(shown, "place", "Test")
    with pytest.raises(LookupError, match="No bot is there"):
        await slack.press(shown, "Older")


# ------------------------------------------------------------------------------------------------------------ over HTTP


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"X-Slack-Signature": "v0=00"}},
        {"headers": {"X-Slack-Signature": None}},
        {"headers": {"X-Slack-Request-Timestamp": None}},
        {"at": 0},
    ],
)
async def test_wrong_signature_can_be_sent(slack: Slack, wrong: Json) -> None:
    async with over_http(slack) as payloads:
        acknowledged = await slack.type("/insights scores", **wrong)
    assert (acknowledged.status, acknowledged.error, payloads) == (401, "dispatch_failed", [])


async def test_signature_can_be_undecodable_bytes(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        await slack.type("/insights", headers={"X-Slack-Signature": b"v0=\xff"})
    assert requests[0][0]["x-slack-signature"] == "v0=\xff"


async def test_same_bytes_can_be_sent_twice(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        await slack.resend(await slack.type("/insights scores"))
    assert requests[0] == requests[1]
    assert parse_qs(requests[0][1])["text"] == ["scores"]


async def test_retried_event_has_retry_headers(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        await slack.event("app_uninstalled", retry=2)
    assert requests[0][0]["x-slack-retry-num"] == "2"
    assert requests[0][0]["x-slack-retry-reason"] == "http_timeout"
    assert requests[0][0]["content-type"] == "application/json"


async def test_slow_acknowledgement_times_out(slack: Slack) -> None:
    slack.ack_timeout = 0.02
    async with record_requests(slack, hangs=True):
        acknowledged = await slack.type("/insights")
    assert (acknowledged.error, acknowledged.status) == ("operation_timeout", 0)


async def test_unreachable_bot_fails(slack: Slack) -> None:
    slack.request_url = "http://127.0.0.1:1/slack/events"
    assert (await slack.type("/insights")).error == "dispatch_failed"


async def test_two_hundred_commands_at_once_are_all_answered(slack: Slack) -> None:
    async with over_http(slack) as payloads:
        acknowledged = await asyncio.gather(*(slack.type(f"/insights {number}") for number in range(200)))
        answers = [await slack.answer(one, lambda message: message.blocks) for one in acknowledged]
    assert len(payloads) == 200
    assert [answer.text for answer in answers] == [f"Answer to {number}" for number in range(200)]
