"""Answers that a response_url may give: whatever it says, the answer arrives by another way, or the log says so."""

from typing import Any

import aiohttp
import httpx
import pytest

from bot.messages.message import Message
from bot.sandbox.slack import Fault, signature_headers
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.slack.block_fallback import MAX_TEXT_CHARS
from bot.slack.client import retry_after
from bot.slack.responder import Delivered, ResponseUrls
from tests.misbehaving_server import http_response, misbehaving_server
from tests.workspace import Workspace, open_workspace

LATIN = "Fr\xfch".encode("latin-1")
SCORES = "command=%2Finsights&text=scores+web%2Fproduction&user_id=U1&channel_id=C1&trigger_id=1"


def methods(desk: Workspace) -> list[str]:
    """The ways that were tried."""
    ways = ("response_url", "chat.postEphemeral", "chat.postMessage")
    return [call.method for call in desk.slack.calls if call.method in ways]


async def ask(desk: Workspace, response_url: str) -> None:
    """Send a signed command that wants its answer there."""
    body = f"{SCORES}&team_id={desk.slack.team.id}&response_url={httpx.QueryParams({'': response_url})}"
    body = body.replace("response_url==", "response_url=")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = kind | signature_headers(body.encode(), SIGNING_SECRET, int(desk.slack.signing_clock().timestamp()))
    async with httpx.AsyncClient() as http:
        assert (await http.post(f"{desk.url}/slack/events", content=body, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("weather", "tried"),
    [
        (Fault(status=429, retry_after="Fri, 20 Nov 2026 15:00:00 GMT", times=1), ["response_url"] * 2),
        (Fault(status=429, retry_after=3600), ["response_url", "chat.postEphemeral"]),
        (Fault(status=429, retry_after="0"), ["response_url"] * 3 + ["chat.postEphemeral"]),
        (Fault(status=500, body="upstream"), ["response_url"] * 2 + ["chat.postEphemeral"]),
        (Fault(status=302, body="elsewhere"), ["response_url", "chat.postEphemeral"]),
        (Fault(reset=True), ["response_url"] * 2 + ["chat.postEphemeral"]),
        (Fault(status=400, body="invalid_blocks"), ["response_url"] * 3 + ["chat.postEphemeral"]),
    ],
    ids=["date", "an hour", "again and again", "500", "redirect", "reset", "in no form"],
)
async def test_an_answer_goes_the_next_way_where_a_response_url_fails(weather: Fault, tried: list[str]) -> None:
    async with open_workspace() as desk:
        desk.slack.faults["response_url"] = weather
        await desk.slack.type("/insights status web/production")
    assert methods(desk) == tried


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (http_response(200, LATIN), Delivered.SENT),
        (http_response(500, LATIN), Delivered.FAILED),
        (http_response(200, LATIN, content_length=99), Delivered.SENT),
        (http_response(307, Location="http://127.0.0.1:9/"), Delivered.GONE),
        (http_response(404, b"expired_url"), Delivered.GONE),
        (http_response(400, b'{"ok":false,"error":"invalid_blocks"}'), Delivered.INVALID),
    ],
    ids=["not UTF-8", "500, not UTF-8", "cut", "redirect", "expired", "blocks"],
)
async def test_what_odd_bytes_say(answer: bytes, said: Delivered) -> None:
    async with misbehaving_server(lambda _: answer) as there, aiohttp.ClientSession() as session:
        response = ResponseUrls(session, f"{there.url}/api/").get(f"{there.url}/response/1")
        assert await response.send(Message.from_markup("Scores")) is said
    assert len(there.requests) == 1


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
async def test_only_slacks_hosts_are_answered(url: str) -> None:
    async with open_workspace() as desk:
        await ask(desk, url)
    assert methods(desk) == ["chat.postEphemeral"]


async def test_a_host_that_is_not_slacks_is_never_called() -> None:
    async with misbehaving_server(lambda _: http_response(200, b"ok")) as elsewhere:
        async with open_workspace() as desk:
            await ask(desk, f"{elsewhere.url.replace('127.0.0.1', 'localhost')}/response/1")
        assert elsewhere.requests == []
    assert methods(desk) == ["chat.postEphemeral"]


async def test_what_cannot_be_delivered_at_all_is_in_the_log_with_its_reference(caplog: Any) -> None:
    async with open_workspace() as desk:
        desk.slack.faults["response_url"] = Fault(status=404, body="expired_url")
        for method in ("chat.postEphemeral", "chat.postMessage"):
            desk.slack.faults[method] = Fault(status=429, body="<html>", retry_after="soon")
        await desk.slack.type("/insights status web/production")
    [record] = [record for record in caplog.records if record.getMessage() == "not delivered"]
    assert record.levelname == "WARNING"
    assert record.facts["question"] == "status web/production"
    assert len(record.facts["reference"]) == 6


@pytest.mark.parametrize(
    ("said", "seconds"),
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
def test_how_long_to_wait_is_said_in_seconds_or_by_a_date(said: str, seconds: float) -> None:
    assert retry_after({"Retry-After": said, "Date": "Fri, 20 Nov 2026 15:00:00 GMT"}, 5) == seconds


def test_a_date_without_the_answers_own_tells_nothing() -> None:
    assert retry_after({"Retry-After": "Fri, 20 Nov 2026 15:00:30 GMT"}, 5) == 5


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks_format", "msg_blocks_too_long"])
async def test_a_form_that_slack_does_not_take_is_followed_by_a_plainer_one(code: str) -> None:
    async with open_workspace() as desk:
        desk.slack.faults["response_url"] = Fault(status=400, body=code, times=2)
        answer = await desk.send("status web/production")
        assert answer.blocks == []
        assert 0 < len(answer.text) <= MAX_TEXT_CHARS
        again = await desk.send("status web/production")
        assert [block for block in again.blocks if block["type"] == "data_visualization"]
