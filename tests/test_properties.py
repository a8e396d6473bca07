"""Whatever LaunchDarkly's description allows, with hostile text in every string: Slack accepts the message that is made
of it, in both forms, and it pings nobody and fakes no link."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answer import Asked
from bot.endpoints import discover
from bot.endpoints.flag import FlagQuery
from bot.launchdarkly import read
from bot.mrkdwn import Stamp
from bot.question import parse
from bot.render import Renderer
from bot.sandbox.slack_pings import pings
from bot.sandbox.slack_rules import faults
from tests import described
from tests.talk import ask

ENDPOINTS = discover()
PATHS = {
    "scores": "/api/v2/engineering-insights/insights/scores",
    "events": "/api/v2/engineering-insights/flag-events",
    "flag": "/api/v2/flags/{projectKey}/{featureFlagKey}",
    "status": "/api/v2/engineering-insights/charts/flags/status",
    "deploys": "/api/v2/engineering-insights/charts/deployments/frequency",
}
RENDERER = Renderer()
ASKS = [ask(ZoneInfo(name)) for name in ("UTC", "Pacific/Auckland", "America/St_Johns")]


@described.needed
@pytest.mark.parametrize("name", PATHS)
@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_answer_makes_a_message_that_slack_accepts(name: str, data: st.DataObject) -> None:
    reply = data.draw(described.answers(PATHS[name]))
    line = data.draw(st.sampled_from(ENDPOINTS[name].examples))
    asking = data.draw(st.sampled_from(ASKS))
    message = _message(line, reply, asking)
    for form in (message, message.plain()):
        assert not faults(form.payload())
        assert not pings(form.payload())
    assert message.blocks[-1]["type"] == "context"


def _message(line: str, reply: Any, asking: Any) -> Any:
    question = parse(line, ENDPOINTS)
    endpoint = ENDPOINTS[question.spoken.name]
    if isinstance(question.query, FlagQuery):
        found = (reply.get("environments") or {}).values()
        reply["environments"] = dict(zip(question.query.env, found, strict=False))
    view = endpoint.show(question.query, read(endpoint.reply, json.dumps(reply).encode()), asking)
    asked = Asked(question.canonical, Stamp(1795186800, "Fri 20 Nov 2026"))
    return RENDERER.render(endpoint.name, view=view, asked=asked)
