"""A key that LaunchDarkly doesn't know is answered with those that it does, and other capitals are put right."""

from typing import Any

import pytest

from bot.answers import Answer, Asker
from bot.sandbox.block_kit import faults
from bot.sandbox.block_kit.mentions import pings
from tests.conversation import UTC_ZONE, Given, Talk, talk, words
from tests.workspace import office
from tests.workspace import words as shown


def requested(someone: Talk) -> list[str]:
    return [seen.path.rsplit("/v2/")[1] for seen in someone.weather.requests]


def buttons(answer: Answer) -> list[str]:
    """The lines that the buttons of a failure ask."""
    return [block["accessory"]["value"] for block in answer.message.blocks if "accessory" in block]


@pytest.mark.parametrize(
    ("line", "says", "corrected"),
    [
        (
            "scores web/prod",
            "web has no environment “prod”. It has production, staging and test.",
            "scores web/production",
        ),
        (
            "status mobile/btea",
            "mobile has no environment “btea”. It has beta and production.",
            "status mobile/beta",
        ),
        ("deploys web/live since=2w", "web has no environment “live”. It has production, staging and test.", ""),
        ("scores wbe/production", "There's no project “wbe”. Did you mean web?", "scores web/production"),
        ("events wbe/production", "There's no project “wbe”. Did you mean web?", "events web/production"),
        ("deploys project=platfrm", "There's no project “platfrm”. Did you mean platform?", "deploys project=platform"),
        ("digest x/y", "There's no project “x”. There are web, mobile, platform and sandpit.", ""),
        (
            "flag new-chekout web/production",
            "There's no flag “new-chekout” in web. Did you mean new-checkout?",
            "flag new-checkout web/production",
        ),
        (
            "flag checkout web/production",
            "There's no flag “checkout” in web. Did you mean checkout-copy or new-checkout?",
            "flag checkout-copy web/production",
        ),
        ("flag ghost web/production", "There's no flag “ghost” in web.", ""),
        (
            "flag new-checkout web/production,stagin",
            "web has no environment “stagin”. It has staging, production and test.",
            "flag new-checkout web/production,staging",
        ),
        (
            "scores mobile/production app=ios",
            "There's no application “ios”. Did you mean ios-app?",
            "scores mobile/production app=ios-app",
        ),
        (
            "deploys app=ios",
            "There's no application “ios”. Did you mean ios-app?",
            "deploys app=ios-app",
        ),
        (
            "compare web/production app=storefront,serach-api",
            "There's no application “serach-api”. Did you mean search-api?",
            "compare web/production app=storefront,search-api",
        ),
    ],
)
async def test_an_unknown_key_is_answered_with_known_ones(someone: Talk, line: str, says: str, corrected: str) -> None:
    answer = await someone.say(line)
    assert answer.outcome == "not found"
    assert answer.what == says
    assert says in answer.message.text
    assert buttons(answer) == ([corrected] if corrected else [])
    assert "validation failed" not in words(answer)
    assert not faults(answer.message.payload()) + pings(answer.message.payload())


@pytest.mark.parametrize(
    ("line", "lists"),
    [
        ("scores web/prod", ["projects/web/environments"]),
        ("scores wbe/production", ["projects"]),
        ("flag new-chekout web/production", ["flags/web"]),
        ("flag new-checkout web/prod", ["projects/web/environments"]),
        ("status platform/production app=billing", ["applications"]),
        ("scores web/production", []),
        ("scores sandpit/production", []),
        ("status platform/production app=payments", []),
        ("events web/production after=nowhere", []),
    ],
)
async def test_one_unknown_key_costs_one_more_request(someone: Talk, line: str, lists: list[str]) -> None:
    await someone.say(line)
    assert requested(someone)[1:] == lists
    await someone.say(line)
    assert requested(someone)[1 + len(lists) :] == requested(someone)[:1]


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
async def test_other_capitals_are_put_right_silently(someone: Talk, line: str, canonical: str) -> None:
    answer = await someone.say(line)
    assert (answer.outcome, answer.line) == ("answered", canonical)
    assert f"`{canonical}`" in words(answer)


async def test_capitals_that_fit_two_keys_are_not_guessed() -> None:
    def twins(reply: Given) -> Any:
        keys = ("Prod", "PROD", "test")
        return {"items": [{"key": key} for key in keys]} if "items" in reply else reply

    async with talk(twins) as someone:
        answer = await someone.say("scores web/prod")
    assert answer.what == "web has no environment “prod”. It has Prod, PROD and test."


async def test_an_application_without_data_is_told_from_an_unknown_one(someone: Talk) -> None:
    empty = await someone.say("scores sandpit/production app=storefront")
    assert empty.outcome == "answered"
    assert "The application storefront exists; there's just nothing here for it." in words(empty)
    unknown = await someone.say("scores sandpit/production app=storefrnt")
    assert unknown.what == "There's no application “storefrnt”. Did you mean storefront?"


@pytest.mark.parametrize(
    "line", ["events web/production app=payments", "releases web/production since=7d app=identity"]
)
async def test_every_empty_answer_for_an_application_says_whether_it_exists(someone: Talk, line: str) -> None:
    assert "exists; there's just nothing here for it." in words(await someone.say(line))
    assert (await someone.say(f"{line}x")).outcome == "not found"


@pytest.mark.parametrize(
    ("line", "path", "says"),
    [
        ("scores web/prod", "environments", "I can't list web's environments with this token."),
        ("scores wbe/production", "/projects", "I can't list projects with this token."),
        ("flag new-checkout web/prod", "environments", "I can't list web's environments with this token."),
        ("scores web/production app=ios", "applications", "I can't list applications with this token."),
    ],
)
async def test_a_list_that_the_token_may_not_read_is_said(someone: Talk, line: str, path: str, says: str) -> None:
    someone.weather.status, someone.weather.only = 403, path
    assert says in words(await someone.say(line))


async def test_an_empty_list_of_environments_means_that_the_token_sees_none() -> None:
    async with talk(lambda reply: {"items": []} if "items" in reply else reply) as someone:
        answer = await someone.say("scores web/prod")
    assert "I can't list web's environments with this token." in words(answer)
    assert "has no environment" not in words(answer)


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_a_list_that_fails_leaves_the_failure_as_it_was(someone: Talk, status: int) -> None:
    someone.weather.status, someone.weather.only = status, "/projects"
    answer = await someone.say("scores web/prod")
    assert answer.what == "LaunchDarkly would not take that question."
    assert "environmentKey is unknown" in words(answer)


async def test_only_what_the_settings_allow_is_suggested(someone: Talk) -> None:
    asker = Asker(UTC_ZONE, allows=lambda project: project in ("wbe", "mobile"))
    answer = await someone.answers.answer("scores wbe/production", asker)
    assert answer.what == "There's no project “wbe”. There is mobile."
    asker = Asker(UTC_ZONE, allows=lambda project: project == "mobile")
    answer = await someone.answers.answer("scores mobile/production app=ios", asker)
    assert answer.what == "There's no application “ios”."


async def test_a_capped_list_says_that_it_was_capped() -> None:
    def many(reply: Given) -> Any:
        offset = int(reply.asked.get("offset", "0"))
        flags = [{"key": f"flag-{n}"} for n in range(offset, offset + 99)]
        return {"items": [{"key": "new-checkout"}, *flags], "totalCount": 3400} if "items" in reply else reply

    async with talk(many) as someone:
        answer = await someone.say("flag new-chekout web/production")
    assert "Did you mean new-checkout? I only looked through the newest 2,000 of its flags." in answer.what


async def test_the_button_asks_the_corrected_question() -> None:
    async with office() as desk:
        failure = await desk.say("scores web/prod")
        assert "web has no environment “prod”" in shown(failure)
        answer = await desk.press(failure, "Run")
        assert "Release maturity" in shown(answer)


async def test_the_settings_narrow_what_is_suggested_in_slack() -> None:
    async with office(allowed_projects="wbe,platform") as desk:
        said = shown(await desk.say("scores wbe/production"))
    assert "There's no project “wbe”. There is platform." in said
