"""The requests that the bot sends to LaunchDarkly, and the token, which appears nowhere else."""

import logging
import re
from email import message_from_string
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from bot.launchdarkly import Version
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly import app as sandbox
from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.conversation import NOW, start_conversation, visible_text
from tests.misbehaving_server import (
    GOOD_RESPONSE,
    TOKEN,
    Behaviour,
    SampleReply,
    client_for,
    conversation_at,
    hang,
    http_response,
    json_response,
    misbehaving_server,
)


@pytest.mark.parametrize(
    ("line", "target", "version"),
    [
        (
            "scores web/production",
            "/api/v2/engineering-insights/insights/scores?projectKey=web&environmentKey=production",
            "beta",
        ),
        ("flag new-checkout web/production", "/api/v2/flags/web/new-checkout?", "20240415"),
    ],
)
async def test_request_carries_token_and_api_version(line: str, target: str, version: str) -> None:
    async with misbehaving_server(lambda _: http_response(404)) as server, conversation_at(server.url) as someone:
        await someone.send(line)
    first, _, rest = server.requests[0].partition("\r\n")
    headers = message_from_string(rest)
    assert first.startswith(f"GET {target}")
    assert headers.get_all("Authorization") == [TOKEN]
    assert headers.get_all("LD-API-Version") == [version]
    assert headers.get_all("Accept-Encoding") == ["gzip"]


async def test_quoted_path_and_params_arrive_unchanged() -> None:
    hostile = "a/b ?#%é;&=+<>\"'|\\"
    path = f"/api/v2/flags/{quote(hostile, safe='')}/x"
    parameters = (("env", hostile), ("env", "two"), ("q", ""))
    async with misbehaving_server(lambda _: GOOD_RESPONSE) as server, client_for(server.url) as launchdarkly:
        await launchdarkly.get(SampleReply, path, parameters, version=Version.CURRENT)
    target = urlsplit(server.requests[0].split()[1])
    assert target.path == path
    assert tuple(parse_qsl(target.query, keep_blank_values=True)) == parameters


async def test_question_over_http_is_answered_after_a_retry() -> None:
    faults = FaultInjector(status=503, times=1)
    async with (
        serving(sandbox.launchdarkly(lambda: NOW, faults=faults)) as url,
        conversation_at(url, sandbox.TOKEN, answer_timeout_seconds=20.0) as someone,
    ):
        answer = await someone.send("scores web/production")
    assert answer.outcome == "answered"
    assert len(faults.requests) == 2


async def test_token_is_in_no_log_and_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "asyncio", "bot", "hpack", "httpcore", "httpx"):
        caplog.set_level(logging.DEBUG, logger=name)
    responses: list[bytes | Behaviour] = [
        json_response(401, {"message": f"Not {TOKEN}"}),
        http_response(200, b"<html>"),
        http_response(302, Location="http://xn--a/"),
        b"",
        hang,
    ]
    async with start_conversation() as someone:
        shown = [
            visible_text(await someone.send(line)) for line in ("scores web/production", "status web/nowhere", "what")
        ]
    async with (
        misbehaving_server(lambda n: responses[n - 1]) as server,
        conversation_at(server.url, answer_timeout_seconds=0.15, launchdarkly_retry_base_seconds=1) as someone,
    ):
        for env in "abcde":
            answer = await someone.send(f"scores web/{env}")
            assert answer.outcome not in ("answered", "broken", "mistyped")
            shown.append(visible_text(answer))
    assert all(TOKEN in request for request in server.requests)
    assert {"httpx", "httpcore.connection", "httpcore.http11"} <= {record.name for record in caplog.records}
    logged = [f"{logging.Formatter().format(record)} {vars(record)!r}" for record in caplog.records]
    for text in shown + logged:
        assert not re.search(f"{TOKEN}|{sandbox.TOKEN}", text)
