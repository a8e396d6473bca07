"""`use` accepts only keys that LaunchDarkly knows, and warns if it can't check them."""

import pytest

from tests.workspace import open_workspace, visible_text


@pytest.mark.parametrize(
    ("line", "says", "buttons"),
    [
        (
            "use wbe/prod",
            [
                "There's no project “wbe”. Did you mean web?",
                "web has no environment “prod”. It has production, staging and test.",
            ],
            ["use web/production"],
        ),
        ("use wbe/staging", ["There's no project “wbe”. Did you mean web?"], ["use web/staging"]),
        (
            "use mobile/staging",
            ["mobile has no environment “staging”. It has production and beta."],
            ["use mobile/production", "use mobile/beta"],
        ),
        (
            "use xyz/production",
            ["There's no project “xyz”. There are web, mobile, platform, warehouse and sandpit."],
            ["help use"],
        ),
        (
            "use web/production app=storefrnt",
            ["There's no application “storefrnt”. Did you mean storefront?"],
            ["use web/production app=storefront"],
        ),
    ],
)
async def test_unknown_default_is_refused_with_suggestions(line: str, says: list[str], buttons: list[str]) -> None:
    async with open_workspace() as workspace:
        refusal = await workspace.send(line)
        assert [part for part in says if part not in visible_text(refusal)] == []
        assert "✅" not in visible_text(refusal)
        [row] = [block["elements"] for block in refusal.blocks if block["type"] == "actions"]
        assert [button["value"] for button in row] == buttons
        assert "no default project" in visible_text(await workspace.send("use"))


async def test_button_sets_the_corrected_default() -> None:
    async with open_workspace() as workspace:
        refusal = await workspace.send("use wbe/prod")
        reply = await workspace.press(refusal, "Run")
        assert "*web/production* is now this channel's default" in visible_text(reply)


async def test_known_default_costs_one_request_and_is_capitalized() -> None:
    async with open_workspace() as workspace:
        assert "*web/production* is now this channel's default" in visible_text(
            await workspace.send("use web/Production")
        )
        assert [seen.path for seen in workspace.faults.requests] == ["/api/v2/projects/web/environments"]
        assert "*web/production* is now this channel's default" in visible_text(
            await workspace.send("use WEB/PRODUCTION")
        )
        assert "applications *storefront*" in visible_text(await workspace.send("use web/production app=Storefront"))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (503, "LaunchDarkly is having problems (503)."),
        (429, "LaunchDarkly is rate-limiting your account."),
        (403, "I can't list wbe's environments with this token."),
    ],
)
async def test_unchecked_default_is_saved_with_a_warning(status: int, reason: str) -> None:
    async with open_workspace() as workspace:
        workspace.faults.status = status
        reply = visible_text(await workspace.send("use wbe/prod"))
        assert "✅ *wbe/prod* is now this channel's default" in reply
        assert f"I saved this without checking the keys. {reason}" in reply
        assert "*wbe/prod* is this channel's default" in visible_text(await workspace.send("use"))


async def test_showing_and_clearing_defaults_request_nothing() -> None:
    async with open_workspace() as workspace:
        workspace.faults.status = 503
        assert "no default project" in visible_text(await workspace.send("use"))
        assert "cleared" in visible_text(await workspace.send("use nothing"))
        assert workspace.faults.requests == []


async def test_only_allowed_projects_are_suggested_as_defaults() -> None:
    async with open_workspace(allowed_projects="wbe,mobile") as workspace:
        reply = visible_text(await workspace.send("use wbe/production"))
        assert "There's no project “wbe”. There is mobile." in reply
