"""Whatever LaunchDarkly's description allows, with hostile text in every string: Slack accepts the message that is made
of it, in both forms, and it pings nobody and fakes no link."""

import asyncio
from contextlib import suppress
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answers import AnswerFooter
from bot.errors import NotAllowed
from bot.lines.parser import parse
from bot.messages.message import Message
from bot.messages.mrkdwn import Timestamp
from bot.messages.renderer import Renderer
from bot.questions import discover
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from tests import openapi_strategies
from tests.conversation import question_context, with_thread
from tests.source_tree import composed_of

ENDPOINTS = discover()
FLAG = "/api/v2/flags/{projectKey}/{featureFlagKey}"
RENDERER = Renderer()
ZONES = [ZoneInfo(name) for name in ("UTC", "Pacific/Auckland", "America/St_Johns")]
STRICT = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@openapi_strategies.requires_openapi
@pytest.mark.parametrize("name", ENDPOINTS)
@given(data=st.data())
@STRICT
def test_any_answer_makes_a_message_that_slack_accepts(name: str, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(ENDPOINTS[name].examples))
    _check(asyncio.run(_message(line, Drawn(data), data.draw(st.sampled_from(ZONES)))))


@openapi_strategies.requires_openapi
@pytest.mark.parametrize("name", [name for name in ENDPOINTS if composed_of(name)])
@given(data=st.data())
@STRICT
def test_so_does_any_choice_of_parts_that_fail(name: str, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(ENDPOINTS[name].examples))
    with suppress(NotAllowed):  # all of them
        _check(asyncio.run(_message(line, Drawn(data, refuses=True), ZONES[0])))


def _check(message: Message) -> None:
    for form in (*with_thread(message), *with_thread(message.with_text_fallback())):
        assert not violations(form.payload())
        assert not unsafe_markup(form.payload())
    assert message.blocks[-1]["type"] == "context"


async def _message(line: str, drawn: "Drawn", zone: ZoneInfo) -> Message:
    question = parse(line, ENDPOINTS)
    endpoint = ENDPOINTS[question.spec.name]
    asking = question_context(zone, transport=drawn)
    view = endpoint.build_view(question.params, await endpoint.fetch(question.params, asking), asking)
    asked = AnswerFooter(question.canonical, Timestamp(1795186800, "Fri 20 Nov 2026"))
    return RENDERER.render(endpoint.name, view=view, asked=asked)


class Drawn(httpx.AsyncBaseTransport):
    """A LaunchDarkly that draws an answer to each request, or *refuses* some."""

    def __init__(self, data: st.DataObject, *, refuses: bool = False) -> None:
        self._data = data
        self._refuses = refuses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._refuses and self._data.draw(st.booleans()):
            return httpx.Response(403, request=request)
        path = openapi_strategies.matching_path(request.url.path)
        answer = self._data.draw(openapi_strategies.replies(path))
        if path == FLAG:  # what is not there would not be found
            found = [*(answer.get("environments") or {}).values(), {"on": False}]
            answer["environments"] = dict(zip(request.url.params.get_list("env"), found, strict=False))
        return httpx.Response(200, json=answer, request=request)
