"""Any reply that LaunchDarkly's description allows, with hostile text in every string, makes a valid message.

Slack accepts it, with native blocks and in the fallback, and it pings nobody and fakes no link.
"""

import asyncio
from contextlib import suppress
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answers import AnswerFooter
from bot.errors import InvalidLine, NotAllowed
from bot.lines.parser import parse
from bot.messages.message import Message
from bot.messages.mrkdwn import Timestamp
from bot.messages.renderer import Renderer
from bot.messages.text_fallback import with_text_fallback
from bot.questions import discover
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from tests import openapi_strategies
from tests.conversation import question_context, with_thread
from tests.source_tree import composed_of

QUESTIONS = discover()
FLAG = "/api/v2/flags/{projectKey}/{featureFlagKey}"
FLAGS = "/api/v2/flags/{projectKey}"
RENDERER = Renderer()
ZONES = [ZoneInfo(name) for name in ("UTC", "Pacific/Auckland", "America/St_Johns")]
STRICT = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@openapi_strategies.requires_openapi
@pytest.mark.parametrize("name", QUESTIONS)
@given(data=st.data())
@STRICT
def test_any_reply_makes_a_message_that_slack_accepts(name: str, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(QUESTIONS[name].examples))
    with suppress(InvalidLine):  # no flag has the owner that the line names
        _check(asyncio.run(_message(line, DrawnReplies(data), data.draw(st.sampled_from(ZONES)))))


@openapi_strategies.requires_openapi
@pytest.mark.parametrize("name", [name for name in QUESTIONS if composed_of(name)])
@given(data=st.data())
@STRICT
def test_any_failed_parts_make_a_message_that_slack_accepts(name: str, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(QUESTIONS[name].examples))
    with suppress(NotAllowed):  # every part failed
        _check(asyncio.run(_message(line, DrawnReplies(data, refuses=True), ZONES[0])))


def _check(message: Message) -> None:
    for form in (*with_thread(message), *with_thread(with_text_fallback(message))):
        assert not violations(form.payload())
        assert not unsafe_markup(form.payload())
    assert message.blocks[-1]["type"] == "context"


async def _message(line: str, drawn: "DrawnReplies", zone: ZoneInfo) -> Message:
    parsed = parse(line, QUESTIONS)
    question = QUESTIONS[parsed.spec.name]
    ctx = question_context(zone, transport=drawn)
    view = question.build_view(parsed.params, await question.fetch(parsed.params, ctx), ctx)
    footer = AnswerFooter(parsed.canonical, Timestamp(1795186800, "Fri 20 Nov 2026"))
    return RENDERER.render(question.name, view=view, asked=footer)


class DrawnReplies(httpx.AsyncBaseTransport):
    """A transport that draws a reply to each request, or refuses some."""

    def __init__(self, data: st.DataObject, *, refuses: bool = False) -> None:
        self._data = data
        self._refuses = refuses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._refuses and self._data.draw(st.booleans()):
            return httpx.Response(403, request=request)
        path = openapi_strategies.matching_path(request.url.path)
        answer = self._data.draw(openapi_strategies.replies(path))
        if path == FLAG:  # an environment missing from the reply would be reported as not found
            environments = [*(answer.get("environments") or {}).values(), {"on": False}]
            answer["environments"] = dict(zip(request.url.params.get_list("env"), environments, strict=False))
        if path == FLAGS:  # otherwise a single flag might be the first of thousands of pages
            answer |= {"totalCount": None, "_links": {}}
        return httpx.Response(200, json=answer, request=request)
