"""What goes over the wire when the bot asks, and what never does: the request itself, and the token."""

import logging
import re
from email import message_from_string
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from bot.launchdarkly import Version
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly import app as sandbox
from bot.sandbox.launchdarkly.faults import Weather
from tests.conversation import NOW, talk, words
from tests.misbehaving_server import GOOD, TOKEN, Behaviour, Thing, asking, hangs, reply, rude, talk_at, tells


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
async def test_a_request_says_who_asks_and_in_which_version(line: str, target: str, version: str) -> None:
    async with rude(lambda _: reply(404)) as server, talk_at(server.url) as someone:
        await someone.say(line)
    first, _, rest = server.requests[0].partition("\r\n")
    headers = message_from_string(rest)
    assert first.startswith(f"GET {target}")
    assert headers.get_all("Authorization") == [TOKEN]
    assert headers.get_all("LD-API-Version") == [version]
    assert headers.get_all("Accept-Encoding") == ["gzip"]


async def test_what_is_quoted_arrives_as_it_was_meant() -> None:
    hostile = "a/b ?#%é;&=+<>\"'|\\"
    path = f"/api/v2/flags/{quote(hostile, safe='')}/x"
    parameters = (("env", hostile), ("env", "two"), ("q", ""))
    async with rude(lambda _: GOOD) as server, asking(server.url) as launchdarkly:
        await launchdarkly.get(Thing, path, parameters, version=Version.CURRENT)
    target = urlsplit(server.requests[0].split()[1])
    assert target.path == path
    assert tuple(parse_qsl(target.query, keep_blank_values=True)) == parameters


async def test_a_question_over_a_real_port_is_answered_although_it_is_refused_at_first() -> None:
    weather = Weather(status=503, times=1)
    async with (
        serving(sandbox.launchdarkly(lambda: NOW, weather=weather)) as url,
        talk_at(url, sandbox.TOKEN, answer_seconds=20.0) as someone,
    ):
        answer = await someone.say("scores web/production")
    assert answer.outcome == "answered"
    assert len(weather.requests) == 2


async def test_the_token_is_in_no_log_and_in_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "asyncio", "bot", "hpack", "httpcore", "httpx"):
        caplog.set_level(logging.DEBUG, logger=name)
    meets: list[bytes | Behaviour] = [
        tells(401, {"message": f"Not {TOKEN}"}),
        reply(200, b"<html>"),
        reply(302, Location="http://xn--a/"),
        b"",
        hangs,
    ]
    async with talk() as someone:
        told = [words(await someone.say(line)) for line in ("scores web/production", "status web/nowhere", "what")]
    async with (
        rude(lambda n: meets[n - 1]) as server,
        talk_at(server.url, answer_seconds=0.15) as someone,  # no second attempt fits into that
    ):
        for place in "abcde":
            answer = await someone.say(f"scores web/{place}")
            assert answer.outcome not in ("answered", "broken", "mistyped")
            told.append(words(answer))
    assert all(TOKEN in request for request in server.requests)
    assert {"httpx", "httpcore.connection", "httpcore.http11"} <= {record.name for record in caplog.records}
    logged = [f"{logging.Formatter().format(record)} {vars(record)!r}" for record in caplog.records]
    for text in told + logged:
        assert not re.search(f"{TOKEN}|{sandbox.TOKEN}", text)
