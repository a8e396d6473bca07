"""`use` chooses only what LaunchDarkly knows, and says so where that can't be checked."""

import pytest

from tests.workspace import open_workspace, visible_text


@pytest.mark.parametrize(
    ("line", "says", "instead"),
    [
        (
            "use wbe/prod",
            [
                "There's no project “wbe”. Did you mean web?",
                "web has no environment “prod”. It has production, staging and test.",
            ],
            "use web/production",
        ),
        ("use wbe/staging", ["There's no project “wbe”. Did you mean web?"], "use web/staging"),
        ("use mobile/staging", ["mobile has no environment “staging”. It has production and beta."], ""),
        ("use xyz/production", ["There's no project “xyz”. There are web, mobile, platform and sandpit."], ""),
        (
            "use web/production app=storefrnt",
            ["There's no application “storefrnt”. Did you mean storefront?"],
            "use web/production app=storefront",
        ),
    ],
)
async def test_an_unknown_default_is_refused_with_the_nearest(line: str, says: list[str], instead: str) -> None:
    async with open_workspace() as desk:
        refusal = await desk.send(line)
        assert [part for part in says if part not in visible_text(refusal)] == []
        assert "✅" not in visible_text(refusal)
        assert f"`{instead}`" in visible_text(refusal) if instead else "`use" not in visible_text(refusal)
        assert not [block for block in refusal.blocks if "accessory" in block or block["type"] == "actions"]
        assert "Nothing is chosen" in visible_text(await desk.send("use"))


async def test_a_known_default_costs_one_request_and_has_launchdarklys_capitals() -> None:
    async with open_workspace() as desk:
        assert "now ask about *web/production*" in visible_text(await desk.send("use web/Production"))
        assert [seen.path for seen in desk.faults.requests] == ["/api/v2/projects/web/environments"]
        assert "now ask about *web/production*" in visible_text(await desk.send("use WEB/PRODUCTION"))
        assert "applications *storefront*" in visible_text(await desk.send("use web/production app=Storefront"))


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (503, "LaunchDarkly has trouble of its own (503)."),
        (429, "LaunchDarkly's rate limit is used up"),
        (403, "I can't list wbe's environments with this token."),
    ],
)
async def test_a_default_that_cannot_be_checked_is_saved_and_the_reply_says_so(status: int, why: str) -> None:
    async with open_workspace() as desk:
        desk.faults.status = status
        said = visible_text(await desk.send("use wbe/prod"))
        assert "✅ Questions in this channel now ask about *wbe/prod*" in said
        assert f"I saved this without checking the keys. {why}" in said
        assert "ask about *wbe/prod*" in visible_text(await desk.send("use"))


async def test_forgetting_and_looking_request_nothing() -> None:
    async with open_workspace() as desk:
        desk.faults.status = 503
        assert "Nothing is chosen" in visible_text(await desk.send("use"))
        assert "forgotten" in visible_text(await desk.send("use nothing"))
        assert desk.faults.requests == []


async def test_only_allowed_projects_are_offered_as_defaults() -> None:
    async with open_workspace(allowed_projects="wbe,mobile") as desk:
        said = visible_text(await desk.send("use wbe/production"))
        assert "There's no project “wbe”. There is mobile." in said
