"""The one door: it answers every line, and is never silent."""

from dataclasses import replace
from typing import Any

import pytest

from bot.answers import Answers, Asker
from bot.messages.renderer import Renderer
from bot.questions import discover
from bot.sandbox.block_kit import faults
from bot.sandbox.block_kit.mentions import pings
from tests.conversation import UTC_ZONE, Talk, ask, talk, words
from tests.hostile import STRINGS


@pytest.mark.parametrize("line", ["", "help", "HELP", "?", "  ", "help list", "help me stop this"])
async def test_help_shows_what_can_be_asked(someone: Talk, line: str) -> None:
    answer = await someone.say(line)
    assert answer.outcome == "answered"
    for name, endpoint in discover().items():
        assert f"*{name}* · {endpoint.summary}" in words(answer)
        assert f"`{endpoint.examples[0]}`" in words(answer)
    assert someone.asked() == []


@pytest.mark.parametrize("line", ["help events", "events --help", "events help", "help evnts"])
async def test_help_for_a_question_shows_every_parameter(someone: Talk, line: str) -> None:
    shown = words(await someone.say(line))
    for field in discover()["events"].query.fields():
        assert field.short in shown
        assert field.name in shown
        assert field.meaning in shown


@pytest.mark.parametrize("question", discover())
async def test_every_help_is_a_message_that_slack_takes(someone: Talk, question: str) -> None:
    message = (await someone.say(f"help {question}")).message
    assert not faults(message.payload()) + pings(message.payload())
    assert not faults(message.plain().payload())


async def test_all_mistakes_and_the_corrected_line_are_said(someone: Talk) -> None:
    answer = await someone.say("evnts web/production impac=any limit=500")
    assert answer.outcome == "mistyped"
    assert "• I don't know “evnts”: did you mean events?" in words(answer)
    assert "• There is no parameter “impac”: did you mean impact?" in words(answer)
    assert "• limit: 500 is not within 1 to 100: did you mean 100?" in words(answer)
    assert "`events web/production impact=any limit=100`" in words(answer)
    assert someone.asked() == []


async def test_the_corrected_line_can_be_asked(someone: Talk) -> None:
    answer = await someone.say("evnts web/production impac=any limit=500")
    assert (await someone.say(words(answer).split("`")[-2])).outcome == "answered"


@pytest.mark.parametrize("text", STRINGS)
async def test_hostile_lines_are_answered_politely(someone: Talk, text: str) -> None:
    for line in (text, f"scores {text}", f"scores web/production {text}", f"events web/production flag={text}"):
        message = (await someone.say(line)).message.payload()
        assert not faults(message) + pings(message)


async def test_what_launchdarkly_says_of_a_failure_is_shown_and_disarmed(someone: Talk) -> None:
    someone.weather.status, someone.weather.body = 403, b'{"message":"Ask <!channel> or <https://evil.example|this>"}'
    answer = await someone.say("scores web/production")
    assert answer.outcome == "not allowed"
    assert "LaunchDarkly says: _Ask &lt;!channel&gt; or" in words(answer)
    assert "Engineering insights is a beta" in words(answer)
    assert not faults(answer.message.payload()) + pings(answer.message.payload())


async def test_a_project_that_does_not_exist_is_a_clear_answer(someone: Talk) -> None:
    for line in ("scores nowhere/production", "status nowhere/production", "events nowhere/production"):
        answer = await someone.say(line)
        assert answer.outcome == "not found"
        assert "There's no project “nowhere”." in answer.message.text


async def test_an_answer_is_asked_in_the_zone_of_whoever_asks() -> None:
    async with talk() as someone:
        someone.zone = Asker(UTC_ZONE).zone
        await someone.say("events web/production since=yesterday")
        assert someone.asked()[0]["from"] == ["1795046400000"]


@pytest.mark.parametrize("quiet", [True, False])
async def test_whether_there_is_nothing_to_say_is_what_the_question_says_of_what_it_shows(quiet: bool) -> None:
    scores = discover()["scores"]
    scores = replace(scores, quiet=lambda view: isinstance(view, scores.view) and quiet)
    answer = await Answers({"scores": scores}, Renderer(), ask).answer("scores web/production", Asker(UTC_ZONE))
    assert answer.quiet is quiet


async def test_an_answer_speaks_unless_its_question_can_be_quiet(someone: Talk) -> None:
    assert not any([(await someone.say(line)).quiet for line in ("scores web/production", "help", "scors")])


class _BrokenRenderer(Renderer):
    """A renderer of a bot with a fault."""

    def render(self, name: str, **holes: object) -> Any:
        raise RuntimeError("secret details")


async def test_a_fault_of_the_bot_is_a_constant_sentence_with_a_reference_that_the_log_holds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = Answers(discover(), _BrokenRenderer(), ask)
    answer = await answers.answer("scores web/production", Asker(UTC_ZONE))
    reference = answer.message.text.split()[-1].rstrip(".")
    assert answer.outcome == "broken"
    assert "secret" not in words(answer)
    assert reference in caplog.text
    assert "secret details" in caplog.text
    assert not faults(answer.message.payload())
