"""`scores`: the tree, the bands, and scores that are not known."""

from typing import Any

import pytest

from tests.conversation import Conversation, Edit, history_of, start_conversation, visible_text, weekly


def _score(score: float, indicator: str, **more: Any) -> dict[str, Any]:
    return {"score": score, "indicator": indicator, "indicatorRange": {"min": 70, "max": 89}, **more}


def _only(**scores: Any) -> Edit:
    return lambda reply: reply | {"scores": scores}


def _uncalculated(reply: Any) -> Any:
    return reply | {
        "scores": {
            key: {"score": 0, "indicator": "notCalculated", "indicatorRange": {"min": 0, "max": 0}}
            | _aggregation(score)
            for key, score in reply["scores"].items()
        }
    }


def _aggregation(score: dict[str, Any]) -> dict[str, Any]:
    return {"aggregateOf": score["aggregateOf"]} if "aggregateOf" in score else {}


def _many(reply: Any) -> Any:
    return reply | {"scores": {f"someScoreNumber{n}": _score(n, "good") for n in range(120)}}


STATES: dict[str, Edit] = {
    "empty": _uncalculated,
    "one": _only(overall=_score(74, "good", diffVsLastPeriod=1)),
    "more": _many,
}

PASTS = {"weeks": weekly(overall=(61, 64, 63, 68, 67))}


async def test_score_tree_matches_launchdarklys(someone: Conversation) -> None:
    answer = await someone.send("scores web/production")
    sections = [block["text"]["text"] for block in answer.message.blocks if block["type"] == "section"]
    assert [s.split("*")[1] for s in sections[:4]] == ["Release maturity", "Velocity", "Risk", "Efficiency"]
    assert "↳" in sections[1]
    assert "Lead time" in sections[1]
    assert someone.requested_params() == [{"projectKey": ["web"], "environmentKey": ["production"]}]


async def test_applications_are_sent_and_shown(someone: Conversation) -> None:
    answer = await someone.send("scores web/production app=storefront,search-api")
    assert someone.requested_params()[0]["applicationKey"] == ["storefront,search-api"]
    assert "storefront and search-api" in answer.message.text


@pytest.mark.parametrize("indicator", ["notCalculated", "unknown"])
async def test_unavailable_score_has_no_number_bar_or_change(indicator: str) -> None:
    edit = _only(
        overall=_score(0, indicator, diffVsLastPeriod=5, aggregateOf=["leadTime"]), leadTime=_score(55, "fair")
    )
    async with start_conversation(edit) as someone:
        answer = await someone.send("scores web/production")
    overall = answer.message.blocks[1]["text"]["text"]
    assert overall == "⚪ *Release maturity* in web/production: *no data*"
    assert "Release maturity 0" not in answer.message.text


async def test_unknown_score_and_indicator_are_shown() -> None:
    async with start_conversation(_only(teamMorale=_score(71, "rather_splendid"))) as someone:
        shown = visible_text(await someone.send("scores web/production"))
    assert "Team morale *71* ▰▰▰▰▰▰▰▱▱▱ rather splendid" in shown
    assert "19 points from the next band" in shown


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (_score(72, "good"), "18 points from excellent"),
        (_score(89, "good"), "1 point from excellent"),
        (_score(95, "excellent", indicatorRange={"min": 90, "max": 100}), "*95* ▰▰▰▰▰▰▰▰▰▰ *excellent*"),
        (_score(72, "good", indicatorRange=None), "*72* ▰▰▰▰▰▰▰▱▱▱ *good*"),
        (_score(72, "good", diffVsLastPeriod=-3), "▼3 vs. the previous period"),
        (_score(72, "good", diffVsLastPeriod=0), "no change vs. the previous period"),
        (_score(72, "good", lastPeriod=_score(70, "good")), "▲2 vs. the previous period"),
        (_score(72, "good", lastPeriod=_score(0, "notCalculated")), "*72* ▰▰▰▰▰▰▰▱▱▱ *good* · 18 points"),
        (_score(72, "good", lastPeriod={}), "*72* ▰▰▰▰▰▰▰▱▱▱ *good* · 18 points"),
        (_score(72, "good", lastPeriod=_score(70, "good", lastPeriod={})), "▲2 vs. the previous period"),
    ],
)
async def test_score_shows_its_change_and_distance_to_the_next_band(score: Any, expected: str) -> None:
    async with start_conversation(
        _only(overall=score | {"aggregateOf": ["leadTime"]}, leadTime=_score(50, "fair"))
    ) as someone:
        assert expected in visible_text(await someone.send("scores web/production"))


@pytest.mark.parametrize("number", [1e308, -1e308])
async def test_extreme_score_is_reported_as_unreadable(number: float) -> None:
    async with start_conversation(_only(overall=_score(number, "good", lastPeriod=_score(-number, "good")))) as someone:
        answer = await someone.send("scores web/production")
    assert answer.outcome == "unreadable"
    assert "A number is too large or too small - at $.scores[...].score" in answer.error_summary


async def test_cyclic_scores_are_shown_once() -> None:
    edit = _only(a=_score(70, "good", aggregateOf=["b"]), b=_score(71, "good", aggregateOf=["a", "b", "ghost"]))
    async with start_conversation(edit) as someone:
        shown = visible_text(await someone.send("scores web/production"))
    assert shown.count("*70*") == 1
    assert shown.count("*71*") == 1


async def test_both_periods_are_shown(someone: Conversation) -> None:
    shown = visible_text(await someone.send("scores web/production"))
    assert "13 – 20 Nov 2026, compared with 6 – 13 Nov 2026 (UTC)." in shown


async def test_missing_scores_are_reported() -> None:
    async with start_conversation(lambda reply: reply | {"scores": {}}) as someone:
        answer = await someone.send("scores web/production")
    assert "No scores for web/production." in visible_text(answer)


async def test_overall_score_is_shown_for_past_weeks(someone: Conversation) -> None:
    someone.past_snapshots = history_of(*weekly(overall=(61, 64, None, 67)))
    answer = await someone.send("scores web/production")
    expected = "Release maturity, past weeks: 61 on 23 Oct, 64 on 30 Oct, 67 on 13 Nov, 65 now"
    assert expected in visible_text(answer)
    assert expected in answer.message.text


async def test_uncalculated_score_is_left_out_of_past_weeks() -> None:
    async with start_conversation(_uncalculated) as someone:
        someone.past_snapshots = history_of(*weekly(overall=(61, 64, 67), done=(1, 2, 3, 4)))
        answer = await someone.send("scores web/production")
    assert "61 on 30 Oct, 64 on 6 Nov, 67 on 13 Nov\n" in answer.message.text
