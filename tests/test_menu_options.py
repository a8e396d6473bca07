"""Searched menus: what they offer, to whom, and how soon, whatever LaunchDarkly does."""

import asyncio
from typing import Any

import pytest

from bot.questions.catalog import CACHE_LIFETIME, CatalogItem, Listing
from bot.sandbox.block_kit import suggestion_violations
from bot.sandbox.slack.state import View
from bot.slack.line_form import LineForm
from bot.slack.menu_options import MAX_WAIT, KeyList
from tests.conversation import NOW
from tests.form_filling import choose, elements, open_form, press, preview
from tests.workspace import Workspace, open_workspace

KEYS = ("new-checkout", "checkout", "sso-checkout-v1", "dark-mode", "checkout-v2", "x")


async def open_alerts(workspace: Workspace, question: str = "One flag") -> View:
    view = await open_form(workspace.slack, await workspace.send("help"), "Set up alerts")
    await choose(workspace.slack, view, "Alert me about", question)
    return view


async def offered(workspace: Workspace, view: View, name: str, typed: str = "", user: str = "") -> list[str]:
    suggested = await workspace.slack.suggest(view, name, typed, user=user)
    assert not suggested.error
    texts = [option["text"]["text"] for option in suggested.response["options"]]
    is_fault = workspace.faults.status or workspace.faults.delay
    if is_fault or not any("isn't answering" in text for text in texts):
        return texts
    return await offered(workspace, view, name, typed, user)  # on a busy machine, a list may come late


@pytest.mark.parametrize("socket", [False, True], ids=["HTTP", "Socket Mode"])
async def test_menus_offer_what_launchdarkly_lists(socket: bool) -> None:
    async with open_workspace(socket=socket) as workspace:
        view = await open_alerts(workspace)
        assert {"web", "mobile", "platform"} < {*await offered(workspace, view, "Project")}
        assert await offered(workspace, view, "Environments", "prod") == ["production"]
        assert (await offered(workspace, view, "Flag", "checkout"))[0] == "checkout-copy"
        await choose(workspace.slack, view, "Alert me about", "Scores that get better or worse")
        assert "ios-app" in await offered(workspace, view, "Only these applications", "IOS")


async def test_choice_of_a_project_changes_what_the_other_menus_offer() -> None:
    async with open_workspace() as workspace:
        view = await open_alerts(workspace)
        assert "new-checkout" in await offered(workspace, view, "Flag")
        await choose(workspace.slack, view, "Project", "mobile", typed="")
        flags = await offered(workspace, view, "Flag")
        assert flags
        assert "new-checkout" not in flags
        assert "initial_options" not in elements(view)["Environments"]


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("", list(KEYS)),
        ("checkout", ["checkout", "checkout-v2", "new-checkout", "sso-checkout-v1"]),
        ("CHECK", ["checkout", "checkout-v2", "new-checkout", "sso-checkout-v1"]),
        ("the night", ["dark-mode"]),
        ("chekout", ["checkout"]),
        ("kout", ["new-checkout", "checkout", "sso-checkout-v1", "checkout-v2"]),
        ("cehckout", ["checkout"]),
        ("checkuot", ["checkout"]),
        ("darkk-mode", ["dark-mode"]),
        ("y", ["x"]),
        ("nothing", []),
    ],
)
def test_nearest_keys_come_first(typed: str, nearest: list[str]) -> None:
    names = {"dark-mode": "For the night"}
    keys = KeyList.of(Listing(tuple(CatalogItem(key=key, name=names.get(key, key)) for key in KEYS)))
    assert [item.key for item in keys.search(typed)] == nearest


def test_options_are_within_slacks_limits() -> None:
    items = [CatalogItem(key="k" * length, name="n" * 300) for length in (1, 75, 76, 150, 151, 256)]
    items += [CatalogItem(key="not a key"), CatalogItem(key="blank", name=" ")]
    options = [item.option for item in KeyList.of(Listing(tuple(items))).search("")]
    assert [len(option["value"]) for option in options] == [1, 75, 76, 150, 5]
    assert suggestion_violations({"options": options}) == []


async def test_only_allowed_projects_are_offered() -> None:
    async with open_workspace(allowed_projects="mobile") as workspace:
        view = await open_alerts(workspace)
        assert await offered(workspace, view, "Project") == ["mobile"]
        await choose(workspace.slack, view, "Project", "mobile")
        assert await offered(workspace, view, "Flag")
        form = LineForm.model_validate_json(str(view.body["private_metadata"]))
        view.body["private_metadata"] = form.model_copy(update={"project": "web"}).model_dump_json()
        assert await offered(workspace, view, "Flag") == []
        assert await offered(workspace, view, "Environments") == []
        await choose(workspace.slack, view, "Alert me about", "Scores that get better or worse")
        assert await offered(workspace, view, "Only these applications") == []


@pytest.mark.parametrize("user", ["U9", "U2"], ids=["external", "not allowed"])
async def test_people_who_may_not_ask_are_offered_nothing(user: str) -> None:
    async with open_workspace(allowed_users="U1") as workspace:
        view = await open_alerts(workspace)
        assert await offered(workspace, view, "Project")
        assert await offered(workspace, view, "Project", user=user) == []


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (403, "No flags: the token may not list them. Type the keys instead."),
        (503, "No flags: LaunchDarkly isn't answering. Type the keys instead."),
        (404, "No flags: the project is gone. Type the keys instead."),
    ],
)
async def test_menu_says_why_it_is_empty(status: int, says: str) -> None:
    async with open_workspace() as workspace:
        view = await open_alerts(workspace)
        workspace.faults.status = status
        assert await offered(workspace, view, "Flag") == [says]
        await workspace.slack.submit(view, {"Flag": says})
        assert view.errors == {"flag:web": "Choose a flag."}


async def test_menu_answers_in_time_while_launchdarkly_is_slow() -> None:
    async with open_workspace() as workspace:
        view = await open_alerts(workspace)
        workspace.faults.delay = 30
        async with asyncio.timeout(MAX_WAIT + 0.9):
            assert await offered(workspace, view, "Flag") == [
                "No flags: LaunchDarkly isn't answering. Type the keys instead."
            ]


async def test_menu_offers_the_last_known_list_during_an_outage() -> None:
    now = [NOW]
    async with open_workspace(clock=lambda: now[-1]) as workspace:
        view = await open_alerts(workspace)
        flags = await offered(workspace, view, "Flag")
        now.append(NOW + 2 * CACHE_LIFETIME)
        workspace.faults.status = 503
        assert await offered(workspace, view, "Flag") == flags
        assert "isn't answering" in (await offered(workspace, view, "Environments"))[0]


async def test_unknown_word_is_answered_in_one_line() -> None:
    async with open_workspace() as workspace:
        view = await open_alerts(workspace)
        assert await offered(workspace, view, "Flag", "zzz") == ["No flags match “zzz”."]


async def test_launchdarkly_searches_a_project_with_more_flags_than_are_listed() -> None:
    def edit(reply: Any) -> Any:
        is_list = reply.asked.get("sort") == "-creationDate"
        return reply | {"totalCount": 3000, "items": reply["items"] or [{"key": "more"}]} if is_list else reply

    async with open_workspace(edit=edit) as workspace:
        view = await open_alerts(workspace)
        assert "new-checkout" in await offered(workspace, view, "Flag", "new-check")
        assert "filter=query%3Anew-check" in str(workspace.faults.requests[-1].query)


async def test_keys_longer_than_an_option_can_be_typed() -> None:
    async with open_workspace() as workspace:
        view = await open_alerts(workspace)
        await press(workspace.slack, view, "Type the keys instead")
        await preview(workspace.slack, view, Flag="k" * 200)
        assert any("k" * 200 in request.path for request in workspace.faults.requests)
        assert elements(view)["Flag"]["initial_value"] == "k" * 200
        await press(workspace.slack, view, "Choose from lists")  # it can't be chosen, so it stays typed
        assert elements(view)["Flag"]["initial_value"] == "k" * 200
