"""`status`: the chart, the table of the same numbers, and what is worth cleaning up."""

from typing import Any

import pytest

from tests.talk import Edit, Talk, talk, words


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


def _blocks(answer: Any, kind: str) -> list[Any]:
    return [block for block in answer.message.blocks if block["type"] == kind]


async def test_the_chart_and_the_table_hold_the_same_numbers(someone: Talk) -> None:
    answer = await someone.say("status web/production")
    [chart], [table] = _blocks(answer, "data_visualization"), _blocks(answer, "data_table")
    drawn = [(segment["label"], segment["value"]) for segment in chart["chart"]["segments"]]
    assert drawn == [(row[0]["text"], row[1]["value"]) for row in table["rows"][1:]]
    assert drawn == [("New", 2), ("Active", 12), ("Launched", 3), ("Inactive", 2)]
    assert table["rows"][3][3]["text"] == "everybody has been served one variation for a week: remove it from the code"


async def test_what_is_worth_cleaning_up_is_said(someone: Talk) -> None:
    answer = await someone.say("status web/production")
    assert "*19 flags* · 🧹 *5 flags* (26 %) launched or inactive: worth cleaning up" in words(answer)


async def test_applications_are_passed_on(someone: Talk) -> None:
    await someone.say("status web/production app=storefront")
    assert someone.asked() == [
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
async def test_a_count_is_taken_where_it_is_said_and_else_the_last_point(series: Any, flags: int) -> None:
    async with talk(_only(series, _series("Inactive", 1))) as someone:
        answer = await someone.say("status web/production")
    assert _blocks(answer, "data_table")[0]["rows"][1][1]["value"] == flags


async def test_names_that_launchdarkly_invents_are_shown_as_they_come_and_after_the_known() -> None:
    async with talk(_only(_series("Hibernating", 3), _series("LAUNCHED", 2), _series("new", 1))) as someone:
        answer = await someone.say("status web/production")
    rows = _blocks(answer, "data_table")[0]["rows"][1:]
    assert [row[0]["text"] for row in rows] == ["new", "LAUNCHED", "Hibernating"]
    assert [row[3]["text"] for row in rows][-1] == "–"
    assert "*2 flags* (33 %) launched or inactive" in words(answer)


async def test_too_many_slices_are_folded_and_that_is_said() -> None:
    async with talk(_only(*(_series(f"Status {n}", n) for n in range(12)))) as someone:
        answer = await someone.say("status web/production")
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
    assert "drawn together as Other" in words(answer)


async def test_a_status_that_is_called_other_is_not_taken_for_the_fold() -> None:
    async with talk(_only(_series("Other", 3), _series("Active", 2))) as someone:
        assert "drawn together" not in words(await someone.say("status web/production"))


async def test_nothing_is_not_drawn() -> None:
    async with talk(_only(_series("Active", 0))) as someone:
        answer = await someone.say("status web/production")
    assert _blocks(answer, "data_visualization") == []
    assert "*0 flags* · nothing to clean up" in words(answer)


async def test_an_empty_chart_is_not_called_zero_flags() -> None:
    async with talk(_only()) as someone:
        answer = await someone.say("status web/production")
    assert "LaunchDarkly counts no flags in web/production yet." in words(answer)
    assert "0 flags" not in answer.message.text
