"""Whatever LaunchDarkly's description allows, with hostile text in every string: Slack accepts the message that is made
of it, in both forms, and it pings nobody and fakes no link."""

import asyncio
import re
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answer import Asked
from bot.endpoints import discover
from bot.endpoints.flag import FlagQuery
from bot.message import Message
from bot.mrkdwn import Stamp
from bot.question import parse
from bot.render import Renderer
from bot.sandbox.slack_pings import pings
from bot.sandbox.slack_rules import faults
from tests import described
from tests.talk import ask, whole

ENDPOINTS = discover()
SCORES = "/api/v2/engineering-insights/insights/scores"
EVENTS = "/api/v2/engineering-insights/flag-events"
FLAG = "/api/v2/flags/{projectKey}/{featureFlagKey}"
STATUS = "/api/v2/engineering-insights/charts/flags/status"
DEPLOYS = "/api/v2/engineering-insights/charts/deployments/frequency"
PATHS = {
    "scores": (SCORES,),
    "events": (EVENTS,),
    "flag": (FLAG,),
    "status": (STATUS,),
    "deploys": (DEPLOYS,),
    "digest": (SCORES, EVENTS, STATUS, DEPLOYS),
}
RENDERER = Renderer()
ZONES = [ZoneInfo(name) for name in ("UTC", "Pacific/Auckland", "America/St_Johns")]
Answers = dict[str, Any]


def test_every_question_is_tried() -> None:
    assert PATHS.keys() == ENDPOINTS.keys()


@described.needed
@pytest.mark.parametrize("name", PATHS)
@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_answer_makes_a_message_that_slack_accepts(name: str, data: st.DataObject) -> None:
    answers = {path: data.draw(described.answers(path)) for path in PATHS[name]}
    line = data.draw(st.sampled_from(ENDPOINTS[name].examples))
    _check(asyncio.run(_message(line, answers, data.draw(st.sampled_from(ZONES)))))


@described.needed
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_so_does_any_choice_of_parts_that_fail(data: st.DataObject) -> None:
    left = data.draw(st.lists(st.sampled_from(PATHS["digest"]), min_size=1, max_size=3, unique=True))
    answers = {path: data.draw(described.answers(path)) for path in left}
    _check(asyncio.run(_message("digest web/production", answers, ZONES[0])))


def _check(message: Message) -> None:
    for form in (*whole(message), *whole(message.plain())):
        assert not faults(form.payload())
        assert not pings(form.payload())
    assert message.blocks[-1]["type"] == "context"


async def _message(line: str, answers: Answers, zone: ZoneInfo) -> Message:
    question = parse(line, ENDPOINTS)
    endpoint = ENDPOINTS[question.spoken.name]
    if isinstance(question.query, FlagQuery):
        found = [*(answers[FLAG].get("environments") or {}).values(), {"on": False}]  # or it would not be found
        answers[FLAG]["environments"] = dict(zip(question.query.env, found, strict=False))
    asking = ask(zone, transport=Drawn(answers))
    view = endpoint.show(question.query, await endpoint.fetch(question.query, asking), asking)
    asked = Asked(question.canonical, Stamp(1795186800, "Fri 20 Nov 2026"))
    return RENDERER.render(endpoint.name, view=view, asked=asked)


class Drawn(httpx.AsyncBaseTransport):
    """A LaunchDarkly that gives the drawn answers, and refuses what was drawn for no path."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for path, answer in self._answers.items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), request.url.path):
                return httpx.Response(200, json=answer, request=request)
        return httpx.Response(403, request=request)
