"""A line that matches no question is read by its words, and offers questions as buttons."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from bot.access import AccessRules, Caller
from bot.answers import Answer
from bot.core import open_answers
from bot.lines.spelling import build_speller
from bot.questions import discover
from bot.questions.catalog import CatalogItem
from bot.questions.mentions import Kind, find_mentions
from bot.sandbox.block_kit import violations
from bot.suggestions import suggest_lines
from tests.conversation import NOW, UTC_ZONE, Conversation, button_lines, settings, visible_text
from tests.plain_words import Example, read_examples
from tests.workspace import open_workspace
from tests.workspace import visible_text as slack_text

WEB = {"project": "web", "env": "production"}


@pytest.fixture
async def somebody(someone: Conversation) -> Conversation:
    return replace(someone, defaults=WEB)


def offered(answer: Answer) -> list[str]:
    """The suggested lines. The first screen's buttons aren't: they are there whatever the sentence says."""
    return button_lines(answer.message) if answer.message.text.startswith("Did you mean") else []


@pytest.mark.parametrize("example", read_examples("plain_words.txt"), ids=lambda example: example.sentence)
async def test_sentence_offers_its_question(somebody: Conversation, example: Example) -> None:
    answer = await somebody.send(example.sentence)
    lines = offered(answer)
    assert answer.outcome in ("mistyped", "not found")
    assert (lines == []) if example.is_off_topic else (example.expected in lines)
    assert len(lines) <= 3
    assert not violations(answer.message.payload())


async def test_four_of_five_unseen_sentences_offer_a_right_question(somebody: Conversation) -> None:
    """They were written before the tables, and nobody tunes the tables on them."""
    examples = [example for example in read_examples("plain_words_unseen.txt") if not example.is_off_topic]
    right = [await offers_any(somebody, example.sentence, example.expected.split()) for example in examples]
    assert len(right) >= 40
    assert sum(right) / len(right) >= 0.8


async def test_nine_of_ten_unseen_sentences_off_topic_offer_nothing(somebody: Conversation) -> None:
    examples = [example for example in read_examples("plain_words_unseen.txt") if example.is_off_topic]
    right = [not offered(await somebody.send(example.sentence)) for example in examples]
    assert len(right) >= 20
    assert sum(right) / len(right) >= 0.9


async def offers_any(person: Conversation, sentence: str, names: list[str]) -> bool:
    lines = offered(await person.send(sentence))
    return any(line.partition(" ")[0] in names for line in lines)


@pytest.mark.parametrize(
    ("sentence", "events", "flag"),
    [
        (
            "who turned off gift-wrap last week?",
            "events gift-wrap web/production impact=any since=2026-11-09 until=2026-11-15",
            "flag gift-wrap web/production",
        ),
        (
            "why was dark-mode off in staging?",
            "events dark-mode web/staging impact=any",
            "flag dark-mode web/staging",
        ),
        (
            "why was new-checkout rolled back?",
            "events new-checkout web/production impact=any",
            "flag new-checkout web/production",
        ),
        (
            "show me the history of passkeys in platform",
            "events passkeys platform/production impact=any",
            "flag passkeys platform/production",
        ),
    ],
)
async def test_past_of_a_flag_is_offered_before_its_state(
    somebody: Conversation, sentence: str, events: str, flag: str
) -> None:
    assert offered(await somebody.send(sentence)) == [events, flag]


async def test_buttons_say_what_their_questions_answer(somebody: Conversation) -> None:
    answer = await somebody.send("what happened to gift-wrap?")
    [row] = [block["elements"] for block in answer.message.blocks if block["type"] == "actions"]
    labels = [button["text"]["text"] for button in row]
    assert labels == ["What happened to gift-wrap", "How gift-wrap is set up now", "Digest"]
    assert "`events gift-wrap web/production impact=any`" in visible_text(answer)


async def test_suggestions_name_what_they_answer(somebody: Conversation) -> None:
    answer = await somebody.send("how are our releases doing?")
    assert visible_text(answer).startswith(
        "*Did you mean this?*\n"
        "• Release maturity scores, how they moved, and what's next\n"
        "`scores web/production`\n"
        "Scores\n"
    )
    assert answer.error_text.startswith("I didn't get that. You can ask about flag changes,")


@pytest.mark.parametrize("example", read_examples("plain_words.txt"), ids=lambda example: example.sentence)
async def test_offered_lines_are_answered(somebody: Conversation, example: Example) -> None:
    answers = [await somebody.send(line) for line in offered(await somebody.send(example.sentence))]
    assert [answer.error_text for answer in answers if answer.outcome != "answered"] == []


@pytest.mark.parametrize("sentence", ["what's for lunch?", "ok"])
@pytest.mark.parametrize("defaults", [WEB, {}])
async def test_off_topic_line_gets_the_first_screens_buttons(
    someone: Conversation, sentence: str, defaults: dict[str, str]
) -> None:
    person = replace(someone, defaults=defaults)
    answer = await person.send(sentence)
    assert answer.outcome == "mistyped"
    assert button_lines(answer.message) == button_lines((await person.send("help")).message)
    assert button_lines(answer.message)[0] == "digest web/production"
    assert "`help`" not in visible_text(answer)
    assert not violations(answer.message.payload())


async def test_button_of_the_first_screen_works_in_slack() -> None:
    async with open_workspace(default_project="web/production") as workspace:
        lost = await workspace.send("what's for lunch?", user="U1")
        answer = await workspace.press(lost, "Recent changes", user="U1")
        assert (lost.to, answer.to) == ("U1", "U1")
        assert "`events web/production" in slack_text(answer)


async def test_commands_are_never_offered(somebody: Conversation) -> None:
    """Also for a sentence that has their words."""
    for sentence in (
        "please stop the schedule",
        "how do I pause alerts",
        "can you watch the storefront",
        "snooze it",
        "schedules of the web",
        "use the force",
    ):
        lines = button_lines((await somebody.send(sentence)).message)
        assert {line.partition(" ")[0] for line in lines} <= {"help", *discover()}


async def test_channel_without_a_default_gets_the_first_project(someone: Conversation) -> None:
    assert "scores web/production" in offered(await someone.send("how are our releases doing?"))
    assert offered(await someone.send("what are the scores of sandpit")) == ["scores sandpit/production"]


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("scores warehouse", ["scores warehouse/production"]),
        ("events today web", ["events web/production since=today"]),
        ("deploys mobile staging", ["deploys mobile/production", "deploys mobile/beta"]),
        ("flag dark mode web", ["flag dark-mode web/production"]),
        ("compare web mobile", ["scores web/production", "scores mobile/production"]),
    ],
)
@pytest.mark.parametrize("defaults", [{}, {"project": "platform", "env": "production"}])
async def test_bare_project_means_its_main_environment(
    someone: Conversation, line: str, offers: list[str], defaults: dict[str, str]
) -> None:
    assert offered(await replace(someone, defaults=defaults).send(line)) == offers


async def test_listed_flag_needs_no_project(someone: Conversation) -> None:
    assert offered(await someone.send("flag dark-mode")) == ["flag dark-mode web/production"]


@pytest.mark.parametrize("line", ["warehouse", "insights warehouse", "what's for lunch in the warehouse?"])
async def test_buttons_of_an_unknown_line_are_about_its_project(somebody: Conversation, line: str) -> None:
    answer = await somebody.send(line)
    assert button_lines(answer.message)[:2] == ["digest warehouse/production", "events warehouse/production"]
    assert button_lines((await somebody.send(f"{line} staging")).message)[0] == "digest warehouse/staging"


async def test_default_application_is_filled_in(someone: Conversation) -> None:
    person = replace(someone, defaults={**WEB, "app": "storefront"})
    assert offered(await person.send("show me risky flags")) == ["events web/production app=storefront impact=large"]
    assert offered(await person.send("risky flags in mobile")) == ["events mobile/production impact=large"]


async def test_only_allowed_projects_are_named_and_offered(someone: Conversation) -> None:
    rules = AccessRules(projects=frozenset({"mobile"}))
    caller = Caller(UTC_ZONE, {"project": "mobile", "env": "beta"}, rules=rules)
    answer = await someone.answers.answer("is new-checkout on in web? what are its scores?", caller)
    assert offered(answer) == ["scores mobile/beta"]
    assert "new-checkout" not in str(answer.message.payload())
    outside = await someone.answers.answer("how are our releases doing?", replace(caller, defaults=WEB))
    assert offered(outside) == []


async def test_button_in_slack_asks_the_question() -> None:
    async with open_workspace(default_project="web/production") as workspace:
        offer = await workspace.send("how are our releases doing?", user="U1")
        answer = await workspace.press(offer, "Scores", user="U1")
        assert (offer.to, answer.to) == ("U1", "U1")
        assert "`scores web/production`" in slack_text(answer)


class SilentTransport(httpx.AsyncBaseTransport):
    """A LaunchDarkly that never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("nothing sets the event")


async def test_silent_launchdarkly_keeps_nobody_waiting() -> None:
    async with open_answers(settings(suggestion_timeout_seconds=0.01), lambda: NOW, SilentTransport()) as answers:
        answer = await answers.answer("is new-checkout on? how are our scores in staging?", Caller(UTC_ZONE, WEB))
        assert offered(answer) == ["scores web/production", "flag new-checkout web/production"]
        assert offered(await answers.answer("how are our scores?", Caller(UTC_ZONE))) == []


async def test_long_key_fits_on_its_button() -> None:
    key = f"a-{'very' * 60}-long-key"
    async with open_answers(settings(suggestion_timeout_seconds=0.01), lambda: NOW, SilentTransport()) as answers:
        answer = await answers.answer(f"is {key} on?", Caller(UTC_ZONE, WEB))
    assert offered(answer) == [f"flag {key} web/production"]
    assert not violations(answer.message.payload())


@pytest.mark.parametrize(
    ("environments", "environment"),
    [(("test", "production"), "production"), (("dev", "live"), "dev"), ((), "production")],
)
def test_project_without_a_default_is_asked_about_its_usual_environment(
    environments: tuple[str, ...], environment: str
) -> None:
    known = {Kind.PROJECT: [CatalogItem("shop")], Kind.ENVIRONMENT: [CatalogItem(key) for key in environments]}
    assert suggest_lines("our scores", discover(), {}, known, NOW.date(), "shop") == [f"scores shop/{environment}"]


@pytest.mark.parametrize(
    ("sentence", "flag"),
    [
        ("is newCheckout on", "newCheckout"),
        ("is Checkout.V2 on?", "checkout.v2"),
        ("is new chekout-page on?", ""),
        ("is chekout-v3 on?", "checkout-v3"),
        ("who is on-call?", ""),
        ("is the search flag on?", "search"),
    ],
)
def test_flag_is_known_by_its_key_or_name(sentence: str, flag: str) -> None:
    flags = [CatalogItem(key) for key in ("newCheckout", "checkout.v2", "checkout-v3", "search", "search-api")]
    assert find_mentions(sentence, {Kind.FLAG: flags}).flag == flag


@pytest.mark.parametrize("sentence", ["is the new-search thing on?", "is newSearch on?", "the flag newsearch"])
def test_flag_is_known_by_its_looks_without_a_list(sentence: str) -> None:
    assert find_mentions(sentence, {}).flag.lower().replace("-", "") == "newsearch"
    assert find_mentions("on 2026-11-01 the iPhone e-mail", {}).flag == "e-mail"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("scroes", "scores"),  # swapped
        ("relases", "releases"),  # left out
        ("relleases", "releases"),  # added
        ("experimants", "experiments"),  # replaced
        ("releases", "releases"),
        ("deploymnts", "deploymnts"),  # begins with what is looked for
        ("charge", "charge"),  # change
        ("cores", "cores"),
        ("stable", "stable"),  # stale
        ("sicpk", "sicpk"),
    ],
)
def test_word_is_corrected_if_it_is_probably_misspelled(typed: str, meant: str) -> None:
    speller = build_speller(("score*, stale, change*, deploy*", "release*, incident*, without experiment*, ship"))
    assert speller.correct(typed) == meant


def test_key_is_not_corrected() -> None:
    known = {Kind.PROJECT: [CatalogItem("web")], Kind.APPLICATION: [CatalogItem("scroes")]}
    assert suggest_lines("how are the scroes", discover(), WEB, known, NOW.date(), "web") == []
