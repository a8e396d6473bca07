"""Every line gets an answer."""

from dataclasses import replace
from typing import Any

import pytest

from bot.access import Caller
from bot.answers import Answers
from bot.messages.renderer import Renderer
from bot.questions import discover
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from tests.conversation import (
    NOW,
    UTC_ZONE,
    Conversation,
    button_lines,
    question_context,
    start_conversation,
    visible_text,
)
from tests.hostile import HOSTILE_STRINGS


async def test_all_mistakes_are_listed_with_the_corrected_line(someone: Conversation) -> None:
    answer = await someone.send("evnts web/production impac=any limit=500")
    assert answer.outcome == "mistyped"
    assert "• I don't know “evnts”. Did you mean events?" in visible_text(answer)
    assert "• events has no option “impac”. Did you mean impact?" in visible_text(answer)
    assert "• limit must be 1 to 100, not 500. Did you mean 100?" in visible_text(answer)
    assert button_lines(answer.message) == ["events web/production impact=any limit=100"]
    assert someone.requested_params() == []


async def test_corrected_line_can_be_run(someone: Conversation) -> None:
    answer = await someone.send("evnts web/production impac=any limit=500")
    [corrected] = button_lines(answer.message)
    assert (await someone.send(corrected)).outcome == "answered"


@pytest.mark.parametrize("text", HOSTILE_STRINGS)
async def test_hostile_lines_get_a_valid_answer(someone: Conversation, text: str) -> None:
    for line in (text, f"scores {text}", f"scores web/production {text}", f"events web/production flag={text}"):
        message = (await someone.send(line)).message.payload()
        assert not violations(message) + unsafe_markup(message)


async def test_launchdarkly_error_message_is_shown_escaped(someone: Conversation) -> None:
    someone.faults.status, someone.faults.body = 403, b'{"message":"Ask <!channel> or <https://evil.example|this>"}'
    answer = await someone.send("scores web/production")
    assert answer.outcome == "not allowed"
    assert "LaunchDarkly says: _Ask &lt;!channel&gt; or" in visible_text(answer)
    assert "Engineering insights is a beta" in visible_text(answer)
    assert not violations(answer.message.payload()) + unsafe_markup(answer.message.payload())


async def test_missing_project_is_reported_clearly(someone: Conversation) -> None:
    for line in ("scores nowhere/production", "status nowhere/production", "events nowhere/production"):
        answer = await someone.send(line)
        assert answer.outcome == "not found"
        assert "There's no project “nowhere”." in answer.message.text


async def test_relative_times_use_the_callers_time_zone() -> None:
    async with start_conversation() as someone:
        someone.zone = Caller(UTC_ZONE).zone
        await someone.send("events web/production since=yesterday")
        assert someone.requested_params()[0]["from"] == ["1795046400000"]


@pytest.mark.parametrize("quiet", [True, False])
async def test_quiet_flag_comes_from_the_question(quiet: bool) -> None:
    scores = discover()["scores"]
    scores = replace(scores, is_quiet=lambda view: isinstance(view, scores.view) and quiet)
    ctx = question_context()
    answers = Answers({"scores": scores}, Renderer(), ctx.launchdarkly, ctx.urls, lambda: NOW)
    answer = await answers.answer("scores web/production", Caller(UTC_ZONE))
    assert answer.is_quiet is quiet


async def test_questions_without_a_quiet_form_are_never_quiet(someone: Conversation) -> None:
    assert not any([(await someone.send(line)).is_quiet for line in ("scores web/production", "help", "scors")])


class _BrokenRenderer(Renderer):
    """A renderer that always fails."""

    def render(self, name: str, **values: object) -> Any:
        raise RuntimeError("secret details")


async def test_internal_error_shows_only_a_reference_to_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ctx = question_context()
    answers = Answers(discover(), _BrokenRenderer(), ctx.launchdarkly, ctx.urls, lambda: NOW)
    answer = await answers.answer("scores web/production", Caller(UTC_ZONE))
    reference = answer.message.text.split()[-1].rstrip(".")
    assert answer.outcome == "broken"
    assert "secret" not in visible_text(answer)
    assert reference in caplog.text
    assert "secret details" in caplog.text
    assert not violations(answer.message.payload())
