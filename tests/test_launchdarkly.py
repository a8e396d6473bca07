"""However LaunchDarkly or a proxy misbehaves, a request ends in a reply or in a readable failure."""

import asyncio
import gzip
from typing import Any

import pytest

from bot.errors import Failure, InvalidResponse, NotAllowed, NotFound, Rejected, TokenRejected, TryLater
from bot.launchdarkly import Version
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from bot.sandbox.launchdarkly.request import BETA_REQUIRED_MESSAGE
from tests.conversation import NOW
from tests.hostile import HOSTILE_STRINGS
from tests.misbehaving_server import (
    GOOD_RESPONSE,
    TOKEN,
    Behaviour,
    MisbehavingServer,
    SampleReply,
    client_for,
    conversation_at,
    drip,
    flood,
    hang,
    http_response,
    json_response,
    misbehaving_server,
)

PATH = "/api/v2/things"
LINE = "scores web/production"
MS = int(NOW.timestamp() * 1000)
HTML = b"<html><body><h1>Bad Gateway</h1>hunter2</body></html>"
TRUNCATED = http_response(200, b'{"name": "o', content_length=100)


async def failure_of(
    behaviour: bytes | Behaviour, version: Version = Version.BETA, **limits: Any
) -> tuple[Failure, MisbehavingServer]:
    """Send a request to a server that always behaves like this, and return the failure.

    The request ends in time and leaves no connection open.
    """
    async with (
        misbehaving_server(lambda _: behaviour) as server,
        client_for(server.url, **limits) as launchdarkly,
        asyncio.timeout(10),
    ):
        with pytest.raises(Failure) as raised:
            await launchdarkly.get(SampleReply, PATH, version=version)
        if server.requests:
            await server.connection_done.wait()
    return checked(raised.value), server


def checked(failure: Failure) -> Failure:
    """Check that a failure is readable and reveals no secrets, and return it."""
    for sentence in (failure.summary, failure.todo):
        assert sentence.endswith(".")
        assert len(sentence.splitlines()) == 1
        assert len(sentence) < 300
    assert len(failure.server_message) <= 300
    assert TOKEN not in f"{failure.summary} {failure.todo} {failure.server_message}"
    assert "hunter2" not in f"{failure.summary} {failure.todo}"
    assert (
        failure.__context__ is None or failure.__suppress_context__
    )  # another exception would bring its own text along
    return failure


# For each reply: the error class, a part of its text, and LaunchDarkly's own message.
REFUSALS = {
    "401-empty": (http_response(401), TokenRejected, "Ask the person who runs the bot", ""),
    "403-beta": (
        json_response(403, {"message": BETA_REQUIRED_MESSAGE}),
        NotAllowed,
        "Reader role",
        BETA_REQUIRED_MESSAGE,
    ),
    "403-plan": (
        json_response(403, {"code": "forbidden", "message": "Not in your plan."}),
        NotAllowed,
        "plans",
        "Not in your plan.",
    ),
    "403-nulls": (json_response(403, {"message": "Not yours.", "errors": None}), NotAllowed, "Reader", "Not yours."),
    "404": (
        json_response(404, {"code": "not_found", "message": "Invalid resource identifier"}),
        NotFound,
        "keys",
        "",
    ),
    "400": (
        json_response(
            400, {"message": "validation failed", "errors": [{"attribute": "projectKey", "reason": "must be present"}]}
        ),
        Rejected,
        "Check the values",
        "validation failed: projectKey must be present",
    ),
    "400-reasons-only": (
        json_response(
            400, {"message": None, "errors": [{"attribute": None, "reason": "no"}, "what?", {"attribute": "b"}]}
        ),
        Rejected,
        "Check the values",
        "no, b",
    ),
    "405": (
        json_response(405, {"message": "Method not allowed"}),
        Rejected,
        "Check the values",
        "Method not allowed",
    ),
    "409": (
        json_response(409, {"message": "Somebody was faster"}),
        InvalidResponse,
        "answered 409",
        "Somebody was faster",
    ),
    "204": (http_response(204), InvalidResponse, "answered 204", ""),
    "502-html": (http_response(502, HTML, Content_Type="text/html"), TryLater, "having problems (502)", ""),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_refusal_says_what_to_do_and_quotes_launchdarkly(name: str) -> None:
    answer, kind, part, server_message = REFUSALS[name]
    failure, server = await failure_of(answer)
    assert type(failure) is kind
    assert part in f"{failure.summary} {failure.todo}"
    assert failure.server_message == server_message
    assert len(server.requests) == 1


async def test_a_403_outside_the_beta_api_does_not_blame_the_plan() -> None:
    failure, _ = await failure_of(http_response(403), Version.CURRENT)
    assert "plan" not in failure.todo


async def test_token_in_a_server_message_is_masked() -> None:
    failure, _ = await failure_of(json_response(401, {"message": f"Invalid access token {TOKEN}!"}))
    assert failure.server_message == "Invalid access token •••!"


async def test_token_across_the_truncation_limit_is_masked() -> None:
    failure, _ = await failure_of(json_response(401, {"message": f"{'x' * 280}{TOKEN}"}))
    assert failure.server_message == "x" * 280 + "•••"


@pytest.mark.parametrize("text", HOSTILE_STRINGS, ids=range(len(HOSTILE_STRINGS)))
async def test_hostile_server_message_stays_valid_and_unlinked(text: str) -> None:
    response = json_response(400, {"message": text, "errors": [{"attribute": text, "reason": text}]})
    await failure_of(response)
    async with misbehaving_server(lambda _: response) as server, conversation_at(server.url) as someone:
        answer = await someone.send(LINE)
    assert answer.outcome == "mistyped"
    assert not violations(answer.message.payload())
    assert not unsafe_markup(answer.message.payload())


async def test_long_server_message_is_truncated() -> None:
    failure, _ = await failure_of(json_response(400, {"message": "ä" * 10_000}))
    assert failure.server_message == "ä" * 299 + "…"


UNDECODABLE = {
    "html": (HTML, "(JSON is malformed: invalid character (byte 0))"),
    "empty": (b"", "(Input data was truncated)"),
    "null": (b"null", "(Expected object, got null)"),
    "list": (b'["hunter2"]', "(Expected object, got array)"),
    "wrong-type": (b'{"name": {"password": "hunter2"}}', "(Expected str, got object - at $.name)"),
    "wrong-inside": (b'{"name": "a", "parts": {"b": "hunter2"}}', "(Expected int, got str - at $.parts[...])"),
    "missing": (b'{"password": "hunter2"}', "(Object missing required field name)"),
    "essential-null": (b'{"name": null}', "(Expected str, got null - at $.name)"),
    "truncated": (b'{"name": "hunter2", "par', "(Input data was truncated)"),
    "not-utf-8": (b'{"name": "hunter2 \xff\xfe"}', "(Text is not UTF-8)"),
    "half-a-sign": (b'{"name": "hunter2 \\ud83d"}', "(Input data was truncated)"),
    "other-half-of-a-sign": (
        b'{"name": "hunter2 \\ude42"}',
        "(JSON is malformed: invalid utf-16 surrogate pair (byte 24))",
    ),
    "nan": (b'{"name": "a", "weight": NaN}', "(JSON is malformed: invalid character (byte 24))"),
    "nan-as-text": (b'{"name": "a", "weight": "NaN"}', "- at $.weight)"),
    "infinite": (b'{"name": "a", "weight": 1e999}', "(A number is too large or too small - at $.weight)"),
    "infinite-as-text": (b'{"name": "a", "amount": "-inf"}', "- at $.amount)"),
    "fraction": (b'{"name": "a", "parts": {"b": 1.5}}', "(Expected int, got float - at $.parts[...])"),
    "extreme": (b'{"name": "a", "weight": 1e308}', "(A number is too large or too small - at $.weight)"),
    "extreme-below-zero": (b'{"name": "a", "amount": -1e308}', "(A number is too large or too small - at $.amount)"),
    "large-number": (
        b'{"name": "a", "amount": 9223372036854775808}',
        "(A number is too large or too small - at $.amount)",
    ),
    "huge-number": (
        b'{"name": "a", "parts": {"b": ' + b"9" * 5000 + b"}}",
        "(A number is too large or too small - at $.parts[...])",
    ),
    "deep": (b'{"name": "a", "last": ' * 10_000, "(Nested too deeply)"),
    "deep-unread": (b'{"name": "a", "else": ' + b"[" * 100_000, "(Nested too deeply)"),
    "long-name": (
        b'{"name": "a", "parts": {"' + b"k" * 10_000 + b'": "hunter2"}}',
        "(Expected int, got str - at $.parts[...])",
    ),
    "long-way": (
        b'{"name": "a", "last": ' * 50 + b'{"name": 7}' + b"}" * 50,
        f"(Expected str, got int - at ${'.last' * 19}.las)",
    ),
}


@pytest.mark.parametrize("name", UNDECODABLE)
async def test_undecodable_reply_reports_the_position_not_the_content(name: str) -> None:
    body, where = UNDECODABLE[name]
    failure, server = await failure_of(http_response(200, body), attempts=3)
    assert type(failure) is InvalidResponse
    assert where in failure.summary
    assert len(server.requests) == 1  # a retry would not help


TRANSIENT = {
    **{str(status): http_response(status) for status in (408, 500, 502, 503, 504)},
    "cut": TRUNCATED,
    "429-soon": http_response(429, Retry_After="0.01"),
    "429-now": json_response(429, {"code": "rate_limited", "message": "Try again later."}, Retry_After="0"),
    "429-past": http_response(429, X_Ratelimit_Reset=str(MS - 60_000)),
}


async def test_transient_failure_is_retried_unnoticed() -> None:
    async def requests(response: bytes) -> int:
        async with (
            misbehaving_server(lambda n: response if n == 1 else GOOD_RESPONSE) as server,
            client_for(server.url, attempts=3, answer=8) as launchdarkly,  # less than the default wait
        ):
            assert await launchdarkly.get(SampleReply, PATH, version=Version.BETA) == SampleReply(name="one")
            return len(server.requests)

    sent = await asyncio.gather(*map(requests, TRANSIENT.values()))
    assert dict(zip(TRANSIENT, sent, strict=True)) == dict.fromkeys(TRANSIENT, 2)


LASTING = {
    "500": http_response(500),
    "503-html": http_response(503, HTML),
    "429": http_response(429, Retry_After="0"),
    "cut": TRUNCATED,
    "nothing": b"",
    "half-a-head": b"HTTP/1.1 200 OK\r\nContent-",
    "not-http": b"SSH-2.0-OpenSSH_9.9\r\n",
    "another-protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhunter2\r\n",
    "endless-header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
}


async def test_lasting_failure_is_given_up_after_three_attempts() -> None:
    results = await asyncio.gather(*(failure_of(response, attempts=3) for response in LASTING.values()))
    outcomes = {
        name: (type(failure), len(server.requests)) for name, (failure, server) in zip(LASTING, results, strict=True)
    }
    assert outcomes == dict.fromkeys(LASTING, (TryLater, 3))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "30"}, 30),
        ({"X_Ratelimit_Reset": str(MS + 42_000)}, 42),
        ({"X_Ratelimit_Reset": str(MS - 1), "X_Ratelimit_Auth_Token_Reset": str(MS + 21_000)}, 21),
        ({}, 10),
        ({"Retry_After": "Fri, 20 Nov 2026 15:00:30 GMT"}, 10),
        ({"Retry_After": "nan"}, 10),
        ({"Retry_After": "1e999"}, 60),
    ],
)
async def test_long_retry_after_is_reported_instead_of_waited_for(headers: dict[str, str], seconds: int) -> None:
    failure, server = await failure_of(json_response(429, {"message": "Slow down."}, **headers), attempts=3, answer=8)
    assert isinstance(failure, TryLater)
    assert failure.todo == f"Try again in {seconds} seconds."
    assert failure.retry_after == seconds
    assert failure.server_message == ""
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "limits", "part"),
    [
        (hang, {"read": 0.05}, "took too long"),
        (hang, {"answer": 0.1, "attempts": 3}, "within 0.1 seconds"),
        (drip, {"answer": 0.1, "attempts": 3}, "within 0.1 seconds"),
    ],
)
async def test_hanging_server_times_out(behaviour: Behaviour, limits: dict[str, Any], part: str) -> None:
    failure, server = await failure_of(behaviour, **limits)
    assert type(failure) is TryLater
    assert part in failure.summary
    assert len(server.requests) <= 1


async def test_huge_reply_is_not_read_to_its_end() -> None:
    failure, server = await failure_of(flood(50_000_000))
    assert type(failure) is InvalidResponse
    assert "larger than 10 MB" in failure.summary
    assert server.bytes_sent < 25_000_000  # the cap, and what fits into the socket buffers


async def test_decompression_bomb_is_refused() -> None:
    compressed = gzip.compress(b" " * 50_000_000, 1)
    assert len(compressed) < 500_000
    failure, _ = await failure_of(http_response(200, compressed, Content_Encoding="gzip"))
    assert type(failure) is InvalidResponse
    assert "larger than 10 MB" in failure.summary


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate, identity, gzip"])
async def test_unrequested_content_encoding_is_not_decompressed(encoding: str) -> None:
    body = gzip.compress(gzip.compress(b" " * 20_000_000, 1))
    failure, _ = await failure_of(http_response(200, body, Content_Encoding=encoding))
    assert type(failure) is InvalidResponse
    assert "unsupported compression" in failure.summary


@pytest.mark.parametrize("body", [b"hunter2", gzip.compress(b'{"name": "one"}', mtime=0)[:-8] + b"hunter2!"])
async def test_corrupt_gzip_is_reported(body: bytes) -> None:
    failure, _ = await failure_of(http_response(200, body, Content_Encoding="gzip"))
    assert type(failure) is InvalidResponse
    assert "corrupted" in failure.summary


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_token_does_not_follow_a_redirect(status: int) -> None:
    async with misbehaving_server(lambda _: GOOD_RESPONSE) as elsewhere:
        redirect = http_response(status, Location=f"{elsewhere.url}/hunter2")
        failure, server = await failure_of(redirect, attempts=3)
        async with misbehaving_server(lambda _: redirect) as redirecting, conversation_at(redirecting.url) as someone:
            assert (await someone.send(LINE)).outcome == "unreadable"
    assert elsewhere.connections == 0
    assert len(server.requests) == 1
    assert type(failure) is InvalidResponse
    assert failure.summary == "LaunchDarkly redirects to 127.0.0.1, which the bot doesn't follow."


@pytest.mark.parametrize(
    "location",
    ["http://xn--a/", "http://[::1", "mailto:a@example.com", "/" + "ä" * 30_000, f"http://{'a' * 60_000}/", "//", ""],
    ids=range(7),
)
async def test_redirect_to_an_invalid_location_is_reported(location: str) -> None:
    failure, _ = await failure_of(http_response(302, Location=location))
    assert type(failure) in (InvalidResponse, TryLater)
    assert "LaunchDarkly" in failure.summary


@pytest.mark.parametrize("host", ["http://a..b", None], ids=["no-such-host", "refused"])
async def test_unreachable_server_is_reported(host: str | None) -> None:
    async with misbehaving_server(lambda _: GOOD_RESPONSE) as gone:
        pass
    async with client_for(host or gone.url) as launchdarkly:
        with pytest.raises(TryLater, match="I couldn't connect to LaunchDarkly") as raised:
            await launchdarkly.get(SampleReply, PATH, version=Version.BETA)
    checked(raised.value)
    assert gone.connections == 0
