"""Help: the first screen, all commands, and a page for each of them."""

import asyncio
from typing import Any

import pytest

from bot.core import build_registry
from bot.messages.text_fallback import with_text_fallback
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from bot.sandbox.slack.workspace import Message as PostedMessage
from tests.conversation import Conversation, button_lines, visible_text
from tests.workspace import open_workspace
from tests.workspace import visible_text as slack_text

FIRST_LINES = [
    "digest web/production",
    "events web/production",
    "cleanup web/production",
    "help every",
    "help watch",
    "help commands",
]
REGISTRY = build_registry()


def _elements(message: PostedMessage) -> list[dict[str, Any]]:
    return [element for block in message.blocks if block["type"] == "actions" for element in block["elements"]]


def _menu(message: PostedMessage) -> dict[str, Any]:
    return next(element for element in _elements(message) if element["type"] == "static_select")


@pytest.mark.parametrize("line", ["", "  ", "help", "HELP", "?", "--help"])
async def test_first_screen_has_few_blocks_and_buttons_that_work(someone: Conversation, line: str) -> None:
    message = (await someone.send(line)).message
    assert len(message.blocks) <= 8
    assert button_lines(message) == FIRST_LINES
    assert {(await someone.send(button)).outcome for button in FIRST_LINES} == {"answered"}


@pytest.mark.parametrize(
    "line",
    [
        "hi",
        "Hello!",
        "hey there",
        "good morning everyone",
        "thanks",
        "Thank you so much!",
        "what can you do?",
        "hello, what can you do?",
        "hi there, what can you do",
    ],
)
async def test_greeting_gets_the_first_screen(someone: Conversation, line: str) -> None:
    answer = await someone.send(line)
    assert (answer.name, answer.outcome) == ("help", "answered")
    assert answer.message.blocks == (await someone.send("help")).message.blocks


async def test_first_screen_names_the_default_and_asks_about_it(someone: Conversation) -> None:
    someone.defaults = {"project": "mobile", "env": "beta", "app": "ios-app"}
    answer = await someone.send("help")
    assert "by default in *mobile/beta* (ios-app)." in visible_text(answer)
    assert button_lines(answer.message)[0] == "digest mobile/beta"


@pytest.mark.parametrize(("delay", "status"), [(30, None), (0, 503), (0, 403)])
async def test_help_never_waits_for_launchdarkly(delay: float, status: int | None) -> None:
    async with open_workspace(suggestion_timeout_seconds=0.05) as workspace:
        workspace.faults.delay, workspace.faults.status = delay, status
        async with asyncio.timeout(20):
            unlisted = await workspace.send("help")
            assert "Name one in each question, as in `digest project/environment`." in slack_text(unlisted)
            lines = [element["value"] for element in _elements(unlisted)]
            assert lines == ["every monday 9:00 digest", "watch on events", "help commands"]


async def test_menu_sets_the_default_of_the_channel() -> None:
    async with open_workspace() as workspace:
        first_screen = await workspace.send("")
        assert "these buttons use *web/production*" in slack_text(first_screen)
        assert "initial_option" not in _menu(first_screen)
        assert "web/staging" in [choice["text"]["text"] for choice in _menu(first_screen)["options"]]
        chosen = await workspace.slack.select(first_screen, "Project / environment", "mobile/beta")
        reply = await workspace.wait_for_answer(chosen)
        assert "*mobile/beta* is now this channel's default" in slack_text(reply)
        changed = await workspace.send("help")
        assert _menu(changed)["initial_option"]["value"] == "use mobile/beta"
        assert "mobile/beta" in slack_text(await workspace.press(changed, "This week"))


async def test_menu_offers_only_allowed_projects() -> None:
    async with open_workspace(allowed_projects="mobile") as workspace:
        options = _menu(await workspace.send("help"))["options"]
    assert {choice["value"] for choice in options} == {"use mobile/production", "use mobile/beta"}


async def test_menu_costs_one_request_per_project_and_is_cached(someone: Conversation) -> None:
    await someone.send("help")
    asked = len(someone.faults.requests)
    await someone.send("help")
    assert len(someone.faults.requests) == asked == 6


async def test_all_commands_are_grouped_with_one_line_each(someone: Conversation) -> None:
    answer = await someone.send("help commands")
    assert len(answer.message.blocks) <= 8
    shown = visible_text(answer).splitlines()
    for name, spec in REGISTRY.items():
        assert len([line for line in shown if line.startswith(f"`{name}") and line.endswith(f" · {spec.summary}")]) == 1
    assert [line for line in shown if line.startswith("*")] == ["*Ask*", "*Schedules*", "*Alerts*", "*Settings*"]


@pytest.mark.parametrize("line", ["help events", "events --help", "events help", "help me with events"])
async def test_help_for_a_question_lists_every_parameter(someone: Conversation, line: str) -> None:
    shown = visible_text(await someone.send(line))
    for field in REGISTRY["events"].params.fields():
        assert field.short_name in shown
        assert field.api_name in shown
        assert field.description in shown


@pytest.mark.parametrize("name", REGISTRY)
async def test_every_help_message_is_accepted_by_slack(someone: Conversation, name: str) -> None:
    someone.defaults = {"project": "web", "env": "production"}
    message = (await someone.send(f"help {name}")).message
    assert not violations(message.payload()) + unsafe_markup(message.payload())
    assert not violations(with_text_fallback(message).payload())
    assert len(message.blocks) <= 8


@pytest.mark.parametrize(
    ("line", "says", "button"),
    [
        ("help evnts", "There's no question or command “evnts”. Did you mean events?", "help events"),
        ("help schedule", "There's no question or command “schedule”. Did you mean schedules?", "help schedules"),
        ("scors --help", "There's no question or command “scors”. Did you mean scores?", "help scores"),
        ("help nosuch", "There's no question or command “nosuch”.", "help commands"),
        ("help list", "There's no question or command “list”.", "help commands"),
    ],
)
async def test_unknown_word_is_named_with_a_button(someone: Conversation, line: str, says: str, button: str) -> None:
    answer = await someone.send(line)
    assert answer.message.text == says
    assert button_lines(answer.message) == [button]
    assert (await someone.send(button)).outcome == "answered"


@pytest.mark.parametrize(("name", "lines"), [("scores", ["scores mobile/beta"]), ("flag", []), ("every", [])])
async def test_help_uses_the_default(someone: Conversation, name: str, lines: list[str]) -> None:
    someone.defaults = {"project": "mobile", "env": "beta"}
    answer = await someone.send(f"help {name}")
    assert button_lines(answer.message) == lines
    assert " mobile/beta" in visible_text(answer)


async def test_schedule_button_shows_a_line_to_type(someone: Conversation) -> None:
    shown = visible_text(await someone.send("help every"))
    assert "`every &lt;when&gt; &lt;question&gt;`" in shown
    assert "`every monday 9:00 digest web/production`" in shown
