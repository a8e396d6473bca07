"""Too deeply nested JSON from LaunchDarkly or Slack fails like any other error: with a message."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.access import Caller
from bot.core import open_answers
from bot.questions import discover
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.slack import Fault
from bot.schedules.context import deserialize_message
from bot.schedules.context import serialize_answer as packed
from tests.conversation import NOW, UTC_ZONE, settings
from tests.scheduler_harness import LOOP, SchedulerHarness
from tests.workspace import open_workspace, visible_text

pytestmark = LOOP
DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

MARK = "nested here"
# Far below, just around, and far above the depth that can be decoded.
HUGE_DEPTH = 20_000
DEPTHS = (200, *range(960, 1000, 3), 1_100, HUGE_DEPTH, 200_000)
SHAPES = {"lists": ("[", "]"), "objects": ('{"a":', "}")}
PLACES = ("value", "values", "unknown")
DEEP = 100_000 * '{"deep": '


class Nested(httpx.AsyncBaseTransport):
    """A LaunchDarkly whose replies have a nested value in every object; the rest of a reply is always the same."""

    nested = b""
    count = -1  # of the values to nest; all of them

    def __init__(self, position: str) -> None:
        self._inner = httpx.ASGITransport(launchdarkly(lambda: NOW))
        self._place = position
        self._marked: dict[httpx.URL, tuple[int, bytes]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url not in self._marked:
            answer = await self._inner.handle_async_request(request)
            body = json.loads(await answer.aread())
            self._mark(body)
            self._marked[request.url] = answer.status_code, json.dumps(body).encode()
        status, marked = self._marked[request.url]
        return httpx.Response(
            status, content=marked.replace(json.dumps(MARK).encode(), self.nested, self.count), request=request
        )

    def _mark(self, part: Any) -> None:
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            self._mark(inner)
        if isinstance(part, dict) and (self._place in part or self._place == "unknown"):
            part[self._place] = [MARK] if self._place == "values" else MARK


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("position", PLACES)
@pytest.mark.parametrize("name", ["flag", "events", "scores", "digest"])
async def test_deeply_nested_reply_is_answered_or_fails_cleanly(name: str, position: str, shape: str) -> None:
    before, after = SHAPES[shape]
    line, transport = discover()[name].examples[0], Nested(position)
    for depth in DEPTHS:
        transport.nested = f"{before * depth}1{after * depth}".encode()
        transport.count = 1 if depth >= HUGE_DEPTH else -1  # several would only be too large
        async with open_answers(settings(), lambda: NOW, transport) as answers:
            answer = await answers.answer(line, Caller(UTC_ZONE))
        assert answer.outcome in ("answered", "unreadable"), depth
        assert answer.message.text
        assert answer.outcome == "answered" or answer.reference in json.dumps(answer.message.payload())
        assert deserialize_message(json.loads(json.dumps(packed(answer)))) == answer.message
    assert answer.outcome == "unreadable" or position != "unknown"


async def test_run_with_a_too_deeply_nested_reply_fails_with_a_reason(scheduler: SchedulerHarness) -> None:
    await scheduler.send("every monday 9:00 scores web/production")
    scheduler.workspace.faults.body = DEEP.encode()
    await scheduler.advance_to(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    for _ in range(13):  # it is retried for an hour
        await scheduler.advance(minutes=5)
    assert "Nested too deeply" in await scheduler.send("history")


@pytest.mark.parametrize("method", ["users.info", "chat.postEphemeral", "chat.postMessage"])
async def test_deeply_nested_slack_reply_does_not_block_the_answer(method: str) -> None:
    async with open_workspace() as desk:
        desk.slack.faults[method] = Fault(body=DEEP, media_type="application/json")
        assert "Release maturity" in visible_text(await desk.send("scores web/production"))


async def test_deeply_nested_slack_reply_fails_readiness() -> None:
    async with open_workspace() as desk, httpx.AsyncClient(base_url=desk.url) as http:
        desk.slack.faults["auth.test"] = Fault(body=DEEP, media_type="application/json")
        assert (await http.get("/readyz")).status_code == 503
