"""`status`: the chart, the flags behind its numbers with their owners."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.answers import Answer
from bot.errors import TryLater
from bot.store import Snapshot
from tests.api_replies import lists_flag_statuses
from tests.conversation import (
    NOW,
    Conversation,
    Edit,
    ErrorReply,
    history_of,
    start_conversation,
    visible_text,
    weekly,
)


def _series(name: str, count: int | None, *points: int | None) -> dict[str, Any]:
    metadata = {"name": name} | ({} if count is None else {"count": count})
    return {"metadata": metadata, "data": [{"x": n, "y": y} for n, y in enumerate(points)]}


def _only(*series: dict[str, Any]) -> Edit:
    return lambda reply: reply | {"series": list(series)} if "metadata" in reply else reply


def _is_catalog(reply: Any) -> bool:
    return "totalCount" in reply


def _flags(*flags: dict[str, Any]) -> Edit:
    """Reply with these flags, each with a status."""

    def edit(reply: Any) -> Any:
        if _is_catalog(reply):
            return {"totalCount": len(flags), "items": list(flags)}
        if lists_flag_statuses(reply):
            return {"_links": {}, "items": [_status_of(flag) for flag in flags]}
        return reply

    return edit


def _status_of(flag: dict[str, Any]) -> dict[str, Any]:
    link = {"href": f"/api/v2/flag-statuses/web/production/{flag['key']}"}
    return {"name": flag["status"], "lastRequested": flag.get("evaluated"), "_links": {"self": link}}


def _flag(key: str, status: str, days: int = 100, **more: Any) -> dict[str, Any]:
    created = int((NOW - timedelta(days=days)).timestamp() * 1000)
    return {"key": key, "status": status, "creationDate": created, "temporary": True} | more


STATES: dict[str, Edit] = {
    "empty": _only(),
    "one": _only(_series("Active", 1)),
    "more": _only(*(_series(f"A status with the number {n}", 100 - n) for n in range(70))),
    "without-insights": lambda reply: ErrorReply(403) if "metadata" in reply else reply,
}

PASTS = {"weeks": weekly(done=(6, 8, 7, None, 9))}


def _blocks(answer: Any, kind: str) -> list[Any]:
    return [block for block in answer.message.blocks if block["type"] == kind]


def _groups(answer: Answer) -> list[str]:
    """Return the text of each status."""
    sections = [block["text"]["text"] for block in answer.message.blocks if block["type"] == "section"]
    return [text for text in sections if re.match("(🧹 )?\\*[^*]+: ", text)]


def _named(text: str) -> list[str]:
    """Return the lines of flags in a text, without their addresses."""
    return [re.sub(r"<[^|]*\|([^>]*)>", r"\1", line) for line in text.splitlines() if line.startswith("• ")]


async def test_chart_and_groups_show_the_same_numbers(someone: Conversation) -> None:
    answer = await someone.send("status web/production")
    [chart] = _blocks(answer, "data_visualization")
    drawn = [(segment["label"], segment["value"]) for segment in chart["chart"]["segments"]]
    assert drawn == [("New", 2), ("Active", 12), ("Launched", 3), ("Inactive", 2)]
    assert [text.splitlines()[0] for text in _groups(answer)] == [
        "🧹 *Launched: 3* (16%) · everyone has been served one variation for a week",
        "🧹 *Inactive: 2* (11%) · not evaluated for at least a week",
        "*New: 2* (11%) · created in the last week, not evaluated yet",
        "*Active: 12* (63%) · evaluated, and changed or serving several variations in the last week",
    ]


async def test_flags_are_named_with_owner_and_age(someone: Conversation) -> None:
    launched, inactive, _, _ = _groups(await someone.send("status web/production"))
    assert _named(launched)[1:] == [
        "• *dark-mode* · owned by Tom O’Brien · ready to remove from code · 8 months old",
        "• *express-delivery* · owned by Mateo Ruiz · permanent · 10 months old",
    ]
    assert _named(inactive) == [
        "• *old-address-form* · owned by Jonas Weber · ready to archive · evaluated 6 weeks ago",
        "• *holiday-theme* · owned by Chloé Martin · evaluated 4 weeks ago",
    ]


async def test_five_flags_per_status_are_named_and_rest_is_counted(someone: Conversation) -> None:
    *_, active = _groups(await someone.send("status web/production"))
    assert len(_named(active)) == 5
    assert active.endswith("\n… and 7 more flags")


async def test_most_urgent_flags_come_first() -> None:
    flags = (
        _flag("permanent", "launched", 900, temporary=False),
        _flag("old", "launched", 800),
        _flag("young", "launched", 10),
        _flag("ready", "launched", 50, stale={"readyForCodeRemoval": True}),
        _flag("unclear", "launched", 60, stale={"readyForCodeRemoval": False}),
        _flag("older-feature", "active", 90),
        _flag("newer-feature", "active", 9),
    )
    async with start_conversation(_flags(*flags)) as someone:
        groups = _groups(await someone.send("status web/production"))
    order = [re.findall(r"\*([^*]+)\* ·", "\n".join(_named(group))) for group in groups]
    assert order == [["ready", "old", "unclear", "young", "permanent"], [], [], ["newer-feature", "older-feature"]]


async def test_owner_is_a_team_or_a_person_by_name_never_by_email() -> None:
    flags = (
        _flag("team", "launched", 4, _maintainerTeam={"key": "checkout", "name": "Checkout crew"}),
        _flag("person", "launched", 3, _maintainer={"firstName": "Dana", "email": "dana@harbour.example"}),
        _flag("masked", "launched", 2, _maintainer={"firstName": "dana@harbour.example"}),
        _flag("nobody", "launched", 1),
    )
    async with start_conversation(_flags(*flags)) as someone:
        answer = await someone.send("status web/production")
    assert [line.split(" · ")[1] for line in _named(_groups(answer)[0])] == [
        "owned by Checkout crew",
        "owned by Dana",
        "owned by a member",
        "no owner",
    ]
    assert "@harbour.example" not in str(answer.message)


async def test_flags_cost_two_requests(someone: Conversation) -> None:
    await someone.send("status web/production")
    paths = sorted(request.path for request in someone.faults.requests)
    chart = "/api/v2/engineering-insights/charts/flags/status"
    assert paths == [chart, "/api/v2/flag-statuses/web/production", "/api/v2/flags/web"]


async def test_flags_of_an_application_are_named(someone: Conversation) -> None:
    answer = await someone.send("status web/production app=checkout-api")
    assert "old-address-form" in visible_text(answer)
    assert "dark-mode" not in visible_text(answer)


# Missing plan or permission


async def test_without_insights_flags_are_counted_one_by_one(someone: Conversation) -> None:
    full = _groups(await someone.send("status web/production"))
    someone.faults.missing = frozenset({"insights"})
    answer = await someone.send("status web/production")
    assert _groups(answer) == full
    assert answer.message.text.count("I can't read engineering insights: the LaunchDarkly plan or the role") == 1


@pytest.mark.parametrize(("status", "reason"), [(403, "I can't read the flags: the LaunchDarkly plan or"), (404, "")])
async def test_without_flag_statuses_flags_are_only_counted(status: int, reason: str) -> None:
    async with start_conversation(lambda reply: ErrorReply(status) if lists_flag_statuses(reply) else reply) as someone:
        answer = await someone.send("status web/production")
    assert [_named(group) for group in _groups(answer)] == [[], [], [], []]
    assert "*19 flags* in web/production" in visible_text(answer)
    assert f"⚠️ Flags can't be named. {reason}" in visible_text(answer)


async def test_without_the_flag_list_flags_are_named_by_key() -> None:
    async with start_conversation(lambda reply: ErrorReply(403) if _is_catalog(reply) else reply) as someone:
        shown = visible_text(await someone.send("status web/production"))
        assert "⚠️ Owners are missing. I can't read the list of flags: the LaunchDarkly plan" in shown
        assert "|old-address-form>* · evaluated 6 weeks ago\n" in shown
        by_app = visible_text(await someone.send("status web/production app=storefront"))
    assert "⚠️ Flags can't be named. I can't read the flags: " in by_app


async def test_answer_fails_if_neither_numbers_nor_flags_can_be_read() -> None:
    def refuse_all(reply: Any) -> Any:
        return reply if _is_catalog(reply) else ErrorReply(403)

    async with start_conversation(refuse_all) as someone:
        assert (await someone.send("status web/production")).outcome == "not allowed"


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        ("soon", "3 months old"),
        (None, "3 months old"),
        ("9999-12-31T23:59:59-14:00", "evaluated at an unknown time"),
    ],
)
async def test_unknown_evaluation_is_not_shown(time: str | None, shown: str) -> None:
    async with start_conversation(_flags(_flag("old-form", "inactive", 100, evaluated=time))) as someone:
        groups = _groups(await someone.send("status web/production"))
    assert _named(groups[1]) == [f"• *old-form* · no owner · {shown}"]


# Numbers


async def test_flags_worth_a_look_are_counted(someone: Conversation) -> None:
    answer = await someone.send("status web/production")
    assert "*19 flags* in web/production · 🧹 *5 flags* (26%) launched or inactive" in visible_text(answer)


async def test_application_is_sent_as_a_parameter(someone: Conversation) -> None:
    await someone.send("status web/production app=storefront")
    chart = {"projectKey": ["web"], "environmentKey": ["production"], "applicationKey": ["storefront"]}
    assert chart in someone.requested_params()
    assert ["applicationEvaluated:storefront"] in [params.get("filter") for params in someone.requested_params()]


@pytest.mark.parametrize(
    ("series", "flags"),
    [
        (_series("Active", 7, 3), 7),
        (_series("Active", None, 3, 4), 4),
        (_series("Active", None, 3, None), 3),
        (_series("Active", None), 0),
    ],
)
async def test_count_comes_from_the_metadata_or_the_last_point(series: Any, flags: int) -> None:
    async with start_conversation(_only(series, _series("Inactive", 1))) as someone:
        answer = await someone.send("status web/production")
    assert f"*Active: {flags}* (" in visible_text(answer)


async def test_unknown_statuses_are_shown_after_the_known_ones() -> None:
    async with start_conversation(
        _only(_series("Hibernating", 3), _series("LAUNCHED", 2), _series("new", 1))
    ) as someone:
        answer = await someone.send("status web/production")
    assert [text.partition("*")[2].partition(":")[0] for text in _groups(answer)] == ["LAUNCHED", "new", "Hibernating"]
    assert "*2 flags* (33%) launched or inactive" in visible_text(answer)


async def test_excess_slices_are_combined_as_other() -> None:
    async with start_conversation(_only(*(_series(f"Status {n}", n) for n in range(12)))) as someone:
        answer = await someone.send("status web/production")
    segments = _blocks(answer, "data_visualization")[0]["chart"]["segments"]
    assert [segment["label"] for segment in segments] == [
        "Status 7",
        "Status 8",
        "Status 9",
        "Status 10",
        "Status 11",
        "Other",
    ]
    assert segments[-1]["value"] == 21
    assert "combines the smallest slices as Other" in visible_text(answer)


async def test_status_named_other_is_not_mistaken_for_the_combined_slice() -> None:
    async with start_conversation(_only(_series("Other", 3), _series("Active", 2))) as someone:
        assert "as Other" not in visible_text(await someone.send("status web/production"))


async def test_zero_flags_have_no_chart() -> None:
    async with start_conversation(_only(_series("Active", 0))) as someone:
        answer = await someone.send("status web/production")
    assert _blocks(answer, "data_visualization") == []
    assert "*0 flags* in web/production · nothing to clean up" in visible_text(answer)


async def test_empty_reply_is_not_reported_as_zero_flags() -> None:
    async with start_conversation(_only()) as someone:
        answer = await someone.send("status web/production")
    assert "No flags in web/production yet." in visible_text(answer)
    assert "0 flags" not in answer.message.text


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ((8, 7, 9), "Launched or inactive, past weeks: 8 on 30 Oct, 7 on 6 Nov, 9 on 13 Nov, 5 now"),
        ((8, None, 7, None, 9), "Launched or inactive, past weeks: 8 on 16 Oct, 7 on 30 Oct, 9 on 13 Nov, 5 now"),
        (tuple(range(20, 30)), "Launched or inactive, past weeks: 22 on 25 Sep, 23 on 2 Oct, 24 on 9 Oct"),
        ((8, 7, None, None), ""),
        ((7, 9), ""),
        ((), ""),
    ],
)
async def test_past_weeks_are_shown_once_three_are_known(
    someone: Conversation, weeks: tuple[float | None, ...], expected: str
) -> None:
    someone.past_snapshots = history_of(*weekly(done=weeks) if weeks else ())
    answer = await someone.send("status web/production")
    assert expected in visible_text(answer)
    assert expected in answer.message.text
    assert ("past weeks" in visible_text(answer)) is bool(expected)


async def test_past_weeks_match_the_environment_and_applications(someone: Conversation) -> None:
    someone.past_snapshots = history_of(*weekly(done=(8, 7, 9)))
    for line in ("status web/staging", "status web/production app=storefront"):
        assert "past weeks" not in visible_text(await someone.send(line))
    snapshots = (replace(week, place="web/production app=search-api,storefront") for week in weekly(done=(8, 7, 9)))
    someone.past_snapshots = history_of(*snapshots)
    assert "9 on 13 Nov" in visible_text(await someone.send("status web/production app=storefront,search-api"))


async def test_past_weeks_without_a_current_count_omit_now() -> None:
    async with start_conversation(_only()) as someone:
        someone.past_snapshots = history_of(*weekly(done=(8, 7, 9)))
        assert "7 on 6 Nov, 9 on 13 Nov\n" in (await someone.send("status web/production")).message.text


async def test_unavailable_history_does_not_prevent_the_answer(someone: Conversation) -> None:
    async def unavailable(_: str, __: date) -> tuple[Snapshot, ...]:
        raise TryLater("The bot's database is unavailable.", "Try again.")

    someone.past_snapshots = unavailable
    answer = await someone.send("status web/production")
    assert "*19 flags*" in visible_text(answer)


async def test_all_flags_lead_to_cleanup_or_to_their_changes(someone: Conversation) -> None:
    answer = await someone.send("status web/production app=storefront")
    lines = [block["accessory"]["value"] for block in answer.message.blocks if "accessory" in block]
    assert set(lines) == {
        "events web/production app=storefront impact=any",
        "cleanup web/production app=storefront",
    }
