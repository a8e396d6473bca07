"""What people do in the sandbox's Slack reaches a real Bolt app as Slack would send it, over HTTP and a socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import parse_qs

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bot.sandbox.http_server import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.message import Content
from tests.sandbox_slack import MESSAGE_BLOCKS, Clock, Json, over_http, over_socket, record_requests, web_client

Way = Callable[[Slack], AbstractAsyncContextManager[list[Json]]]

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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[Slack]:
    slack = Slack(clock)
    async with slack.serving():
        yield slack


both_ways = pytest.mark.parametrize("way", [over_http, over_socket])


# --------------------------------------------------------------------------------------------------- over either way


@both_ways
async def test_a_command_is_acknowledged_and_answered(slack: Slack, way: Way) -> None:
    async with way(slack) as said:
        acknowledged = await slack.type("/insights scores web/production")
        answer = await slack.answer(acknowledged, lambda message: message.blocks)
    assert (acknowledged.status, acknowledged.body, acknowledged.error) == (200, "", "")
    assert 0 < acknowledged.seconds < 3
    assert slack.ephemeral["U1"] == [answer]
    assert (answer.text, answer.to) == ("Answer to scores web/production", "U1")
    assert [version.text for version in answer.versions] == ["Asking LaunchDarkly …"]
    assert said[0]["command"] == "/insights"


@both_ways
async def test_a_command_brings_all_documented_fields(slack: Slack, way: Way) -> None:
    async with way(slack) as said:
        await slack.type("/insights", channel="C2", user="U2")
    (body,) = said
    assert body.pop("response_url").startswith(f"{slack.url}/response/")
    assert body.pop("trigger_id") in slack.triggers
    assert body == {
        "token": "sandbox-verification",
        "team_id": "T0HARBOUR",
        "team_domain": "harbour-goods",
        "channel_id": "C2",
        "channel_name": "privategroup",  # Slack does not tell a command what a private channel is called
        "user_id": "U2",
        "user_name": "mateo",
        "command": "/insights",
        "text": "",
        "api_app_id": "A0INSIGHTS",
        "is_enterprise_install": "false",
    }


@both_ways
async def test_an_acknowledgement_may_be_the_answer(slack: Slack, way: Way) -> None:
    async with way(slack):
        acknowledged = await slack.type("/now please")
        answer = await slack.answer(acknowledged)
    assert json.loads(acknowledged.body) == {"text": "At once", "response_type": "in_channel"}
    told = [(message.user, message.text) for message in slack.channels["C1"].messages]
    assert told == [("U1", "/now please"), (BOT_USER_ID, "At once")]
    assert answer is slack.channels["C1"].messages[1]


@both_ways
async def test_a_button_is_pressed_by_its_label(slack: Slack, way: Way) -> None:
    async with way(slack) as said:
        shown = await slack.answer(await slack.type("/insights events"), lambda message: message.blocks)
        answer = await slack.answer(await slack.press(shown, "Older"))
    click = said[1]
    assert answer is shown
    assert shown.text == "Older events"
    assert click["container"]["is_ephemeral"] is True
    assert "message" not in click
    assert click["user"] == {"id": "U1", "username": "lena", "name": "lena", "team_id": "T0HARBOUR"}
    assert click["team"] == {"id": "T0HARBOUR", "domain": "harbour-goods"}
    assert click["channel"] == {"id": "C1", "name": "checkout"}
    assert (click["actions"][0]["action_id"], click["actions"][0]["value"]) == ("older", "events x")
    assert click["response_url"] != said[0]["response_url"]
    assert click["trigger_id"] != said[0]["trigger_id"]


@both_ways
async def test_of_a_message_in_the_channel_a_click_tells_everything(slack: Slack, way: Way) -> None:
    shown = slack.post(slack.channels["C6"], Content("Events", MESSAGE_BLOCKS))
    async with way(slack) as said:
        await slack.answer(await slack.press(shown, "older", user="U9"))
    assert said[0]["message"]["ts"] == shown.ts
    assert said[0]["message"]["blocks"][1]["block_id"] == said[0]["actions"][0]["block_id"]
    assert said[0]["container"]["is_ephemeral"] is False
    assert said[0]["user"]["team_id"] == "T0QUAYSIDE"  # a guest of another organisation


@both_ways
async def test_an_option_is_chosen_by_its_text(slack: Slack, way: Way) -> None:
    shown = slack.post(slack.channels["C1"], Content("Events", MESSAGE_BLOCKS))
    async with way(slack) as said:
        await slack.select(shown, "Where", "Staging")
    assert said[0]["actions"][0]["selected_option"]["value"] == "staging"


@both_ways
async def test_a_modal_is_filled_in_and_sent(slack: Slack, way: Way) -> None:
    async with way(slack) as said, web_client(slack) as client:
        await client.views_open(trigger_id=slack.issue_trigger("U1"), view=FORM)
        await slack.submit(slack.views[0], {"Flag": "new-checkout"})
    assert said[0]["view"]["state"]["values"] == {
        "which": {"key": {"type": "plain_text_input", "value": "new-checkout"}}
    }
    assert not slack.views[0].open


@both_ways
async def test_a_bot_hears_of_a_modal_that_is_closed_if_it_asked_to(slack: Slack, way: Way) -> None:
    async with way(slack) as said:
        quiet, loud = (slack.create_view("U1", FORM | {"notify_on_close": asked}) for asked in (False, True))
        assert await slack.close(quiet) is None
        acknowledged = await slack.close(loud)
    assert acknowledged is not None
    assert (acknowledged.error, quiet.open, loud.open) == ("", False, False)
    [body] = said
    assert (body["type"], body["view"]["id"], body["is_cleared"]) == ("view_closed", loud.id, False)
    assert "trigger_id" not in body


async def test_whoever_waits_is_told_of_the_next_change(slack: Slack) -> None:
    async with asyncio.timeout(5):
        seen = slack.change_count
        waiting = asyncio.create_task(slack.wait_for_change(seen))
        await slack.notify_change()
        await slack.notify_change()
        assert await waiting > seen
        assert (
            await slack.wait_for_change(seen) == slack.change_count == seen + 2
        )  # what happened meanwhile is not missed


async def test_a_modal_tells_what_its_inputs_held_at_first(slack: Slack) -> None:
    picker = {"type": "timepicker", "action_id": "at", "initial_time": "09:00"}
    blocks = [FORM["blocks"][0] | {"element": {**KEY, "initial_value": "new-checkout"}}]
    blocks.append(
        {"type": "input", "block_id": "when", "label": {"type": "plain_text", "text": "At"}, "element": picker}
    )
    async with over_http(slack) as said:
        view = slack.create_view("U1", FORM | {"blocks": blocks})
        await slack.submit(view)
        await slack.submit(view, {"Flag": "old-checkout", "At": "17:30"})
    assert [body["view"]["state"]["values"] for body in said] == [
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
async def test_what_slack_would_not_let_anybody_send_is_not_sent(slack: Slack, element: Json, value: str) -> None:
    view = slack.create_view("U1", FORM | {"blocks": [FORM["blocks"][0] | {"element": element}]})
    with pytest.raises(LookupError):
        await slack.submit(view, {"key": value})


@pytest.mark.parametrize(
    ("answer", "error", "errors", "stays"),
    [
        ({"response_action": "errors", "errors": {"which": "No such flag"}}, "", {"which": "No such flag"}, True),
        ({"response_action": "errors", "errors": {"what": "Hm"}}, "invalid_response_action", {}, True),
        ({"response_action": "errors", "errors": {}}, "invalid_response_action", {}, True),
        ({"response_action": "update", "view": {**FORM, "blocks": []}}, "", {}, True),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments", {}, True),
        ({}, "", {}, False),
    ],
)
async def test_what_a_bot_answers_is_done_to_the_modal_if_slack_can(
    slack: Slack, answer: Json, error: str, errors: Json, stays: bool
) -> None:
    async def bot(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(answer)(scope, receive, send)

    view = slack.create_view("U1", FORM)
    async with serving(bot) as slack.request_url:
        sent = await slack.submit(view, {"Flag": "new-checkout"})
    assert (sent.error, view.errors, view.open) == (error, errors, stays)


@both_ways
async def test_an_event_can_come_twice(slack: Slack, way: Way) -> None:
    async with way(slack) as said:
        await slack.event("app_uninstalled", event_id="Ev1")
        await slack.event("app_uninstalled", event_id="Ev1", retry=1)
        await slack.until(lambda: len(said) == 2)
    assert [(body["event_id"], body["event"]["type"]) for body in said] == [("Ev1", "app_uninstalled")] * 2
    assert said[0]["authorizations"][0]["user_id"] == BOT_USER_ID


@both_ways
async def test_a_bot_that_does_not_acknowledge_has_failed(slack: Slack, way: Way) -> None:
    async with way(slack):
        slack.ack_timeout = 0.05 if way is over_socket else 3
        acknowledged = await slack.type("/unknown")
    assert acknowledged.error == ("operation_timeout" if way is over_socket else "dispatch_failed")


@both_ways
async def test_a_button_may_be_pressed_that_is_no_longer_there(slack: Slack, way: Way) -> None:
    shown = slack.post(slack.channels["C1"], Content("Events"))
    async with way(slack) as said:
        await slack.act(shown, {"type": "button", "action_id": "older", "block_id": "b", "value": "of last year"})
    assert said[0]["actions"][0]["value"] == "of last year"


async def test_who_presses_what_is_not_there_is_told_what_is(slack: Slack) -> None:
    shown = slack.post(slack.channels["C1"], Content("Events", MESSAGE_BLOCKS))
    with pytest.raises(LookupError, match=r"No 'Newer' .* There are: 'Older' \(older\)"):
        await slack.press(shown, "Newer")
    with pytest.raises(LookupError, match=r"'Test' is not offered here\. There are: Production, Staging"):
        await slack.select(shown, "place", "Test")
    with pytest.raises(LookupError, match="No bot is there"):
        await slack.press(shown, "Older")


# --------------------------------------------------------------------------------------------------------- over HTTP


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"X-Slack-Signature": "v0=00"}},
        {"headers": {"X-Slack-Signature": None}},
        {"headers": {"X-Slack-Request-Timestamp": None}},
        {"at": 0},
    ],
)
async def test_a_wrong_signature_is_sent_on_request(slack: Slack, wrong: Json) -> None:
    async with over_http(slack) as said:
        acknowledged = await slack.type("/insights scores", **wrong)
    assert (acknowledged.status, acknowledged.error, said) == (401, "dispatch_failed", [])


async def test_a_signature_may_be_no_text_at_all(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        await slack.type("/insights", headers={"X-Slack-Signature": b"v0=\xff"})
    assert requests[0][0]["x-slack-signature"] == "v0=\xff"


async def test_the_same_bytes_can_be_sent_twice(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        await slack.resend(await slack.type("/insights scores"))
    assert requests[0] == requests[1]
    assert parse_qs(requests[0][1])["text"] == ["scores"]


async def test_an_event_that_comes_again_says_so(slack: Slack) -> None:
    async with record_requests(slack) as requests:
        await slack.event("app_uninstalled", retry=2)
    assert requests[0][0]["x-slack-retry-num"] == "2"
    assert requests[0][0]["x-slack-retry-reason"] == "http_timeout"
    assert requests[0][0]["content-type"] == "application/json"


async def test_nobody_waits_longer_than_slack_does(slack: Slack) -> None:
    slack.ack_timeout = 0.02
    async with record_requests(slack, hangs=True):
        acknowledged = await slack.type("/insights")
    assert (acknowledged.error, acknowledged.status) == ("operation_timeout", 0)


async def test_a_bot_that_is_not_there_has_failed(slack: Slack) -> None:
    slack.request_url = "http://127.0.0.1:1/slack/events"
    assert (await slack.type("/insights")).error == "dispatch_failed"


async def test_two_hundred_commands_at_once_are_all_answered(slack: Slack) -> None:
    async with over_http(slack) as said:
        acknowledged = await asyncio.gather(*(slack.type(f"/insights {number}") for number in range(200)))
        answers = [await slack.answer(one, lambda message: message.blocks) for one in acknowledged]
    assert len(said) == 200
    assert [answer.text for answer in answers] == [f"Answer to {number}" for number in range(200)]
