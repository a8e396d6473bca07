"""Failures of a response_url: the answer is delivered by another method, or the log says that it isn't."""

from contextlib import nullcontext
from typing import Any

import aiohttp
import httpx
import pytest

from bot.messages.message import MAX_CHARS, Message
from bot.sandbox.slack import Fault, signature_headers
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.schedules.delivery_errors import DeliveryError, DeliveryUnknown, InvalidMessage, Unavailable
from bot.slack.client import retry_after
from bot.slack.responder import ResponseUrls
from tests.misbehaving_server import http_response, misbehaving_server
from tests.workspace import Workspace, open_workspace

LATIN = "Fr\xfch".encode("latin-1")
SCORES = "command=%2Finsights&text=scores+web%2Fproduction&user_id=U1&channel_id=C1&trigger_id=1"


def methods(workspace: Workspace) -> list[str]:
    """The delivery methods that were tried."""
    delivery_methods = ("response_url", "chat.postEphemeral", "chat.postMessage")
    return [call.method for call in workspace.slack.calls if call.method in delivery_methods]


async def ask(workspace: Workspace, response_url: str) -> None:
    """Send a signed command with this response_url."""
    body = f"{SCORES}&team_id={workspace.slack.team.id}&response_url={httpx.QueryParams({'': response_url})}"
    body = body.replace("response_url==", "response_url=")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = kind | signature_headers(body.encode(), SIGNING_SECRET, int(workspace.slack.signing_clock().timestamp()))
    async with httpx.AsyncClient() as http:
        assert (await http.post(f"{workspace.url}/slack/events", content=body, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("fault", "tried"),
    [
        (Fault(status=429, retry_after="Fri, 20 Nov 2026 15:00:00 GMT", times=1), ["response_url"] * 2),
        (Fault(status=429, retry_after=3600), ["response_url", "chat.postEphemeral"]),
        (Fault(status=429, retry_after="0"), ["response_url"] * 3 + ["chat.postEphemeral"]),
        (Fault(status=500, body="upstream"), ["response_url"] * 2 + ["chat.postEphemeral"]),
        (Fault(status=302, body="elsewhere"), ["response_url", "chat.postEphemeral"]),
        (Fault(reset=True), ["response_url"] * 2 + ["chat.postEphemeral"]),
        (Fault(status=400, body="invalid_blocks"), ["response_url"] * 3 + ["chat.postEphemeral"]),
    ],
    ids=["date", "an hour", "repeatedly", "500", "redirect", "reset", "blocks"],
)
async def test_failed_response_url_falls_back_to_the_web_api(fault: Fault, tried: list[str]) -> None:
    async with open_workspace() as workspace:
        workspace.slack.faults["response_url"] = fault
        await workspace.slack.type("/insights status web/production")
    assert methods(workspace) == tried


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http_response(200, LATIN), None),
        (http_response(500, LATIN), DeliveryUnknown),
        (http_response(200, LATIN, content_length=99), None),
        (http_response(307, Location="http://127.0.0.1:9/"), Unavailable),
        (http_response(404, b"expired_url"), Unavailable),
        (http_response(400, b'{"ok":false,"error":"invalid_blocks"}'), InvalidMessage),
    ],
    ids=["not UTF-8", "500, not UTF-8", "cut", "redirect", "expired", "blocks"],
)
async def test_malformed_responses_are_classified(answer: bytes, error: type[DeliveryError] | None) -> None:
    async with misbehaving_server(lambda _: answer) as server, aiohttp.ClientSession() as session:
        response = ResponseUrls(session, f"{server.url}/api/").get(f"{server.url}/response/1")
        with pytest.raises(error) if error else nullcontext():
            await response.send(Message.from_markup("Scores"))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/response/1",
        "http://hooks.slack.com/commands/1",
        "https://hooks.slack.com.example.com/1",
        "https://hooks.slack.com@example.com/1",
        "https://slack.com\\@example.com/1",
        "file:///etc/passwd",
        "https://[",
    ],
)
async def test_only_slacks_hosts_are_called(url: str) -> None:
    async with open_workspace() as workspace:
        await ask(workspace, url)
    assert methods(workspace) == ["chat.postEphemeral"]


async def test_other_host_receives_no_request() -> None:
    async with misbehaving_server(lambda _: http_response(200, b"ok")) as elsewhere:
        async with open_workspace() as workspace:
            await ask(workspace, f"{elsewhere.url.replace('127.0.0.1', 'localhost')}/response/1")
        assert elsewhere.requests == []
    assert methods(workspace) == ["chat.postEphemeral"]


async def test_undelivered_answer_is_logged_with_its_reference(caplog: Any) -> None:
    async with open_workspace() as workspace:
        workspace.slack.faults["response_url"] = Fault(status=404, body="expired_url")
        for method in ("chat.postEphemeral", "chat.postMessage"):
            workspace.slack.faults[method] = Fault(status=429, body="<html>", retry_after="soon")
        await workspace.slack.type("/insights status web/production")
    [record] = [record for record in caplog.records if record.getMessage() == "not delivered"]
    assert record.levelname == "WARNING"
    assert record.facts["question"] == "status web/production"
    assert len(record.facts["reference"]) == 6


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-1", 0),
        ("Fri, 20 Nov 2026 15:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 14:00:00 GMT", 0),
        ("soon", 5),
        ("nan", 5),
        ("inf", 5),
        ("", 5),
    ],
)
def test_retry_after_may_be_seconds_or_a_date(header: str, seconds: float) -> None:
    assert retry_after({"Retry-After": header, "Date": "Fri, 20 Nov 2026 15:00:00 GMT"}, 5) == seconds


def test_retry_after_date_is_ignored_without_a_date_header() -> None:
    assert retry_after({"Retry-After": "Fri, 20 Nov 2026 15:00:30 GMT"}, 5) == 5


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks_format", "msg_blocks_too_long"])
async def test_refused_blocks_fall_back_to_plain_text(code: str) -> None:
    async with open_workspace() as workspace:
        workspace.slack.faults["response_url"] = Fault(status=400, body=code, times=2)
        answer = await workspace.send("status web/production")
        assert answer.blocks == []
        assert 0 < len(answer.text) <= MAX_CHARS
        again = await workspace.send("status web/production")
        assert [block for block in again.blocks if block["type"] == "data_visualization"]
