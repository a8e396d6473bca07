"""An unknown key is answered with known ones, and wrong capitalization is corrected."""

from typing import Any

import pytest

from bot.access import AccessRules, Caller
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from tests.conversation import UTC_ZONE, Conversation, EditableReply, button_lines, start_conversation, visible_text
from tests.workspace import open_workspace
from tests.workspace import visible_text as slack_text


def requested(someone: Conversation) -> list[str]:
    return [seen.path.rsplit("/v2/")[1] for seen in someone.faults.requests]


@pytest.mark.parametrize(
    ("line", "says", "buttons"),
    [
        (
            "scores web/prod",
            "web has no environment “prod”. It has production, staging and test.",
            ["scores web/production"],
        ),
        (
            "status mobile/btea",
            "mobile has no environment “btea”. It has beta and production.",
            ["status mobile/beta"],
        ),
        (
            "deploys web/live since=2w",
            "web has no environment “live”. It has production, staging and test.",
            [f"deploys web/{env} since=2w" for env in ("production", "staging", "test")],
        ),
        ("scores wbe/production", "There's no project “wbe”. Did you mean web?", ["scores web/production"]),
        ("events wbe/production", "There's no project “wbe”. Did you mean web?", ["events web/production"]),
        (
            "deploys project=platfrm",
            "There's no project “platfrm”. Did you mean platform?",
            ["deploys project=platform"],
        ),
        (
            "digest x/y",
            "There's no project “x”. There are web, mobile, platform, warehouse and sandpit.",
            ["help digest"],
        ),
        (
            "flag new-chekout web/production",
            "There's no flag “new-chekout” in web. Did you mean new-checkout?",
            ["flag new-checkout web/production"],
        ),
        (
            "flag checkout web/production",
            "There's no flag “checkout” in web. Did you mean checkout-copy or new-checkout?",
            ["flag checkout-copy web/production", "flag new-checkout web/production"],
        ),
        ("flag ghost web/production", "There's no flag “ghost” in web.", ["help flag"]),
        (
            "flag new-checkout web/production,stagin",
            "web has no environment “stagin”. It has staging, production and test.",
            ["flag new-checkout web/production,staging"],
        ),
        (
            "scores mobile/production app=ios",
            "There's no application “ios”. Did you mean ios-app?",
            ["scores mobile/production app=ios-app"],
        ),
        (
            "deploys app=ios",
            "There's no application “ios”. Did you mean ios-app?",
            ["deploys app=ios-app"],
        ),
        (
            "compare web/production app=storefront,serach-api",
            "There's no application “serach-api”. Did you mean search-api?",
            ["compare web/production app=storefront,search-api"],
        ),
    ],
)
async def test_unknown_key_is_answered_with_known_ones(
    someone: Conversation, line: str, says: str, buttons: list[str]
) -> None:
    answer = await someone.send(line)
    assert answer.outcome == "not found"
    assert answer.error_summary == says
    assert says in answer.message.text
    assert button_lines(answer.message) == buttons
    assert "validation failed" not in visible_text(answer)
    assert not violations(answer.message.payload()) + unsafe_markup(answer.message.payload())


@pytest.mark.parametrize(
    ("line", "lists"),
    [
        ("scores web/prod", ["projects/web/environments"]),
        ("scores wbe/production", ["projects"]),
        ("flag new-chekout web/production", ["flags/web"]),
        ("flag new-checkout web/prod", ["projects/web/environments"]),
        ("scores platform/production app=billing", ["applications"]),
        ("scores web/production", []),
        ("scores sandpit/production", []),
        ("scores platform/production app=payments", []),
        ("events web/production after=nowhere", []),
    ],
)
async def test_unknown_key_costs_one_more_request(someone: Conversation, line: str, lists: list[str]) -> None:
    own = 2 if line.startswith(("events", "flag")) else 1  # a flag and its latest change, events and their flags
    await someone.send(line)
    assert requested(someone)[own:] == lists
    await someone.send(line)
    assert requested(someone)[own + len(lists) :] == requested(someone)[:own]


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("scores WEB/Production", "scores web/production"),
        ("digest Web/production app=STOREFRONT", "digest web/production app=storefront"),
        ("flag New-Checkout WEB/Production,staging", "flag new-checkout web/production,staging"),
        ("deploys WEB/production by=kind", "deploys web/production by=kind"),
        ("releases mobile/Production app=iOS-app", "releases mobile/production app=ios-app"),
        ("compare web/Production,STAGING", "compare web/production,staging"),
    ],
)
async def test_capitalization_is_corrected_silently(someone: Conversation, line: str, canonical: str) -> None:
    answer = await someone.send(line)
    assert (answer.outcome, answer.line) == ("answered", canonical)
    assert f"`{canonical}`" in visible_text(answer)


async def test_ambiguous_capitalization_is_not_guessed() -> None:
    def two_spellings(reply: EditableReply) -> Any:
        keys = ("Prod", "PROD", "test")
        return {"items": [{"key": key} for key in keys]} if "items" in reply else reply

    async with start_conversation(two_spellings) as someone:
        answer = await someone.send("scores web/prod")
    assert answer.error_summary == "web has no environment “prod”. It has Prod, PROD and test."


async def test_known_application_without_data_is_not_called_unknown(someone: Conversation) -> None:
    empty = await someone.send("scores sandpit/production app=storefront")
    assert empty.outcome == "answered"
    assert "The application storefront exists, but has no data here." in visible_text(empty)
    unknown = await someone.send("scores sandpit/production app=storefrnt")
    assert unknown.error_summary == "There's no application “storefrnt”. Did you mean storefront?"


@pytest.mark.parametrize(
    "line", ["events web/production app=payments", "releases web/production since=7d app=identity"]
)
async def test_empty_answer_says_whether_the_application_exists(someone: Conversation, line: str) -> None:
    assert "exists, but has no data here." in visible_text(await someone.send(line))
    assert (await someone.send(f"{line}x")).outcome == "not found"


@pytest.mark.parametrize(
    ("line", "path", "says"),
    [
        ("scores web/prod", "environments", "I can't list web's environments with this token."),
        ("scores wbe/production", "/projects", "I can't list projects with this token."),
        ("flag new-checkout web/prod", "environments", "I can't list web's environments with this token."),
        ("scores web/production app=ios", "applications", "I can't list applications with this token."),
    ],
)
async def test_forbidden_list_is_reported(someone: Conversation, line: str, path: str, says: str) -> None:
    someone.faults.status, someone.faults.path_contains = 403, path
    assert says in visible_text(await someone.send(line))


async def test_empty_environment_list_is_reported_as_missing_access() -> None:
    async with start_conversation(lambda reply: {"items": []} if "items" in reply else reply) as someone:
        answer = await someone.send("scores web/prod")
    assert "I can't list web's environments with this token." in visible_text(answer)
    assert "has no environment" not in visible_text(answer)


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_failed_list_request_keeps_the_original_error(someone: Conversation, status: int) -> None:
    someone.faults.status, someone.faults.path_contains = status, "/projects"
    answer = await someone.send("scores web/prod")
    assert answer.error_summary == "LaunchDarkly rejected this request."
    assert "environmentKey is unknown" in visible_text(answer)


async def test_only_allowed_projects_are_suggested(someone: Conversation) -> None:
    caller = Caller(UTC_ZONE, rules=AccessRules(projects=frozenset({"wbe", "mobile"})))
    answer = await someone.answers.answer("scores wbe/production", caller)
    assert answer.error_summary == "There's no project “wbe”. There is mobile."
    caller = Caller(UTC_ZONE, rules=AccessRules(projects=frozenset({"mobile"})))
    answer = await someone.answers.answer("scores mobile/production app=ios", caller)
    assert answer.error_summary == "There's no application “ios”."


async def test_truncated_list_says_so() -> None:
    def many_flags(reply: EditableReply) -> Any:
        offset = int(reply.asked.get("offset", "0"))
        flags = [{"key": f"flag-{n}"} for n in range(offset, offset + 99)]
        return {"items": [{"key": "new-checkout"}, *flags], "totalCount": 3400} if "items" in reply else reply

    async with start_conversation(many_flags) as someone:
        answer = await someone.send("flag new-chekout web/production")
    assert "Did you mean new-checkout? I only looked through the newest 2,000 of its flags." in answer.error_summary


async def test_button_runs_the_corrected_question() -> None:
    async with open_workspace() as workspace:
        failure = await workspace.send("scores web/prod")
        assert "web has no environment “prod”" in slack_text(failure)
        answer = await workspace.press(failure, "Ask: scores web/production")
        assert "Release maturity" in slack_text(answer)


async def test_each_nearest_key_has_a_button() -> None:
    async with open_workspace() as workspace:
        failure = await workspace.send("flag checkout web/production")
        assert "New checkout" in slack_text(await workspace.press(failure, "new-checkout"))
        assert "Checkout copy" in slack_text(await workspace.press(failure, "checkout-copy"))


async def test_saved_question_with_an_unknown_key_offers_the_command() -> None:
    async with open_workspace() as workspace:
        failure = await workspace.send("every monday 9:00 flag checkout web/production")
        scheduled = await workspace.press(failure, "new-checkout")
        assert "scheduled flag new-checkout web/production here, every Monday at 9:00" in slack_text(scheduled)


async def test_settings_limit_suggestions_in_slack() -> None:
    async with open_workspace(allowed_projects="wbe,platform") as workspace:
        text = slack_text(await workspace.send("scores wbe/production"))
    assert "There's no project “wbe”. There is platform." in text
