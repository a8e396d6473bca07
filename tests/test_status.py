"""`status`: the chart, the table with the same numbers, and the flags ready to clean up."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.errors import TryLater
from bot.store import Snapshot
from tests.conversation import Conversation, Edit, history_of, start_conversation, visible_text, weekly


def _series(name: str, count: int | None, *points: int | None) -> dict[str, Any]:
    metadata = {"name": name} | ({} if count is None else {"count": count})
    return {"metadata": metadata, "data": [{"x": n, "y": y} for n, y in enumerate(points)]}


def _only(*series: dict[str, Any]) -> Edit:
    return lambda reply: reply | {"series": list(series)}


STATES: dict[str, Edit] = {
    "empty": _only(),
    "one": _only(_series("Active", 1)),
    "more": _only(*(_series(f"A status with the number {n}", 100 - n) for n in range(70))),
}

PASTS = {"weeks": weekly(done=(6, 8, 7, None, 9))}


def _blocks(answer: Any, kind: str) -> list[Any]:
    return [block for block in answer.message.blocks if block["type"] == kind]


async def test_chart_and_table_show_the_same_numbers(someone: Conversation) -> None:
    answer = await someone.send("status web/production")
    [chart], [table] = _blocks(answer, "data_visualization"), _blocks(answer, "data_table")
    drawn = [(segment["label"], segment["value"]) for segment in chart["chart"]["segments"]]
    assert drawn == [(row[0]["text"], row[1]["value"]) for row in table["rows"][1:]]
    assert drawn == [("New", 2), ("Active", 12), ("Launched", 3), ("Inactive", 2)]
    assert table["rows"][3][3]["text"] == "everyone has been served one variation for a week: remove it from the code"


async def test_flags_worth_a_look_are_counted(someone: Conversation) -> None:
    answer = await someone.send("status web/production")
    assert "*19 flags* in web/production · 🧹 *5 flags* (26%) ready to clean up" in visible_text(answer)


async def test_application_is_sent_as_a_parameter(someone: Conversation) -> None:
    await someone.send("status web/production app=storefront")
    assert someone.requested_params() == [
        {"projectKey": ["web"], "environmentKey": ["production"], "applicationKey": ["storefront"]}
    ]


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
    assert _blocks(answer, "data_table")[0]["rows"][1][1]["value"] == flags


async def test_unknown_statuses_are_shown_after_the_known_ones() -> None:
    async with start_conversation(
        _only(_series("Hibernating", 3), _series("LAUNCHED", 2), _series("new", 1))
    ) as someone:
        answer = await someone.send("status web/production")
    rows = _blocks(answer, "data_table")[0]["rows"][1:]
    assert [row[0]["text"] for row in rows] == ["new", "LAUNCHED", "Hibernating"]
    assert [row[3]["text"] for row in rows][-1] == "–"
    assert "*2 flags* (33%) ready to clean up" in visible_text(answer)


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
        ((8, 7, 9), "Ready to clean up, past weeks: 8 on 30 Oct, 7 on 6 Nov, 9 on 13 Nov, 5 now"),
        ((8, None, 7, None, 9), "Ready to clean up, past weeks: 8 on 16 Oct, 7 on 30 Oct, 9 on 13 Nov, 5 now"),
        (tuple(range(20, 30)), "Ready to clean up, past weeks: 22 on 25 Sep, 23 on 2 Oct, 24 on 9 Oct"),
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
