"""JSON that is nested too deeply, from LaunchDarkly or from Slack, ends as any failure does: with a message."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.answers import Asker
from bot.app import opened
from bot.questions import discover
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.slack import Weather
from bot.schedules.answer_store import unpacked
from bot.schedules.answer_store import whole as packed
from tests.conversation import NOW, UTC_ZONE, settings
from tests.scheduler_harness import LOOP, Desk
from tests.workspace import office, words

pytestmark = LOOP

MARK = "nested here"
# Far from what can be read, just around it, and far beyond.
DEPTHS = (200, *range(960, 1000, 3), 1_100, 20_000, 200_000)
SHAPES = {"lists": ("[", "]"), "objects": ('{"a":', "}")}
PLACES = ("value", "values", "unknown")
DEEP = 100_000 * '{"deep": '


class Nested(httpx.AsyncBaseTransport):
    """An embedded LaunchDarkly in whose answers every object holds something nested."""

    def __init__(self, place: str, nested: str) -> None:
        self._inner = httpx.ASGITransport(launchdarkly(lambda: NOW))
        self._place = place
        self._nested = nested

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        body = json.loads(await answer.aread())
        self._mark(body)
        text = json.dumps(body).replace(json.dumps(MARK), self._nested)
        return httpx.Response(answer.status_code, text=text, request=request)

    def _mark(self, part: Any) -> None:
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            self._mark(inner)
        if isinstance(part, dict) and (self._place in part or self._place == "unknown"):
            part[self._place] = [MARK] if self._place == "values" else MARK


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["flag", "events", "scores", "digest"])
async def test_a_deeply_nested_reply_is_answered_or_a_failure(name: str, place: str, shape: str) -> None:
    before, after = SHAPES[shape]
    line = discover()[name].examples[0]
    for depth in DEPTHS:
        transport = Nested(place, f"{before * depth}1{after * depth}")
        async with opened(settings(), lambda: NOW, transport) as answers:
            answer = await answers.answer(line, Asker(UTC_ZONE))
        assert answer.outcome in ("answered", "unreadable"), depth
        assert answer.message.text
        assert answer.outcome == "answered" or answer.reference in json.dumps(answer.message.payload())
        assert unpacked(json.loads(json.dumps(packed(answer)))) == answer.message
    assert answer.outcome == "unreadable" or place != "unknown"


async def test_a_run_whose_reply_is_nested_too_deeply_fails_with_a_reason(desk: Desk) -> None:
    await desk.say("every monday 9:00 scores web/production")
    desk.office.weather.body = DEEP.encode()
    await desk.come(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    for _ in range(13):  # it is tried again for an hour
        await desk.wait(minutes=5)
    assert "Nested too deeply" in await desk.say("history")


@pytest.mark.parametrize("method", ["users.info", "chat.postEphemeral", "chat.postMessage"])
async def test_slacks_deeply_nested_answers_keep_nobody_waiting(method: str) -> None:
    async with office() as desk:
        desk.slack.weather[method] = Weather(body=DEEP, media_type="application/json")
        assert "Release maturity" in words(await desk.say("scores web/production"))


async def test_a_process_is_not_ready_while_slack_answers_deeply_nested() -> None:
    async with office() as desk, httpx.AsyncClient(base_url=desk.url) as http:
        desk.slack.weather["auth.test"] = Weather(body=DEEP, media_type="application/json")
        assert (await http.get("/readyz")).status_code == 503
