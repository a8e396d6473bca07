"""`compare`: two to four sides, which is ahead and by how much, missing data, and invalid comparisons."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api_replies import (
    DAY,
    HOUR,
    MIDNIGHT,
    a_score,
    deployments_at,
    edit_parts,
    edit_sides,
    no_series,
    only_scores,
    refuse_with,
    scores_not_calculated,
    unchanged,
)
from tests.conversation import Conversation, Edit, button_lines, start_conversation, visible_text

UNKNOWN = a_score(0, "notCalculated")


def of_each(**edits: Edit) -> Edit:
    return edit_sides("environmentKey", **edits)


def _tree(overall: dict[str, Any], **leaves: dict[str, Any]) -> Edit:
    return only_scores(overall=overall | {"aggregateOf": list(leaves)}, **leaves)


def _scored(overall: float, lead: float, failures: float) -> Edit:
    return _tree(a_score(overall), leadTime=a_score(lead), deploymentFailureRate=a_score(failures))


def _many(reply: Any) -> Any:
    behind = {"staging": 3, "test": 7}.get(reply.asked["environmentKey"], 0)
    return reply | {"scores": {f"someScoreNumber{n}": a_score(100 - n % (behind + 1)) for n in range(120)}}


def _hours(reply: Any) -> Any:
    data = [{"x": MIDNIGHT - ago * HOUR, "y": ago % 5} for ago in range(1, 168)]
    return reply | {"series": [{"metadata": {"name": f"series {n}"}, "data": data} for n in range(9)]}


PRODUCTION = edit_parts(scores=_scored(84, 90, 78), deploys=deployments_at((5, 3), (30, 2)))
STAGING = edit_parts(scores=_scored(61, 50, 72), deploys=deployments_at((5, 1), (54, 1)))

STATES: dict[str, Edit] = {
    "empty": edit_parts(scores=scores_not_calculated, deploys=no_series),
    "one": of_each(production=PRODUCTION, staging=STAGING),
    "more": edit_parts(scores=_many, deploys=_hours),
    "half": of_each(staging=edit_parts(scores=refuse_with(403), deploys=refuse_with(404))),
    "other-half": of_each(production=edit_parts(scores=refuse_with(403)), staging=edit_parts(deploys=no_series)),
    "level": edit_parts(scores=_scored(70, 71, 72), deploys=deployments_at((5, 1))),
    "nothing": edit_parts(scores=only_scores(), deploys=no_series),
}


async def _shown(edit: Edit, line: str = "compare web/production,staging", zone: str = "UTC") -> str:
    async with start_conversation(edit) as someone:
        someone.zone = ZoneInfo(zone)
        answer = await someone.send(line)
    assert answer.outcome == "answered", answer.message.text
    return visible_text(answer)


def _of(answer: Any, kind: str) -> Any:
    [found] = [block for block in answer.message.blocks if block["type"] == kind]
    return found


def _rows(answer: Any) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in _of(answer, "data_table")["rows"]]


# Parameters and requests


async def test_each_side_requests_scores_and_deployments(someone: Conversation) -> None:
    await someone.send("compare web/production,staging app=storefront since=2d")
    days = {"from": [str(MIDNIGHT - 2 * DAY)], "to": [str(MIDNIGHT)], "bucketType": ["hour"], "bucketMs": [str(HOUR)]}
    places = [
        {"projectKey": ["web"], "environmentKey": [env], "applicationKey": ["storefront"]}
        for env in ("production", "staging")
    ]
    assert sorted(someone.requested_params(), key=len) == [*places, *(place | days for place in places)]


async def test_applications_of_one_environment_are_requested_separately(someone: Conversation) -> None:
    await someone.send("compare web/production app=storefront,search-api")
    assert {asked["environmentKey"][0] for asked in someone.requested_params()} == {"production"}
    asked = sorted(asked["applicationKey"][0] for asked in someone.requested_params())
    assert asked == ["search-api", "search-api", "storefront", "storefront"]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("compare production,staging", "compare web/production,staging"),
        ("compare production staging", "compare web/production,staging"),
        ("compare platform/production test", "compare platform/production,test"),
        ("compare env=production env=staging", "compare web/production,staging"),
        ("compare app=storefront,search-api", "compare web/production app=storefront,search-api"),
        ("compare staging app=storefront,search-api", "compare web/staging app=storefront,search-api"),
        ("compare platform/production,staging,test from=2w", "compare platform/production,staging,test since=2w"),
        ("compare project=platform env=staging,test", "compare platform/staging,test"),
    ],
)
async def test_omitted_parameters_come_from_the_channel_defaults(
    someone: Conversation, typed: str, canonical: str
) -> None:
    someone.defaults = {"project": "web", "env": "production"}
    assert (await someone.send(typed)).line == canonical


async def test_default_applications_are_sides_only_of_one_environment(someone: Conversation) -> None:
    someone.defaults = {"project": "web", "env": "production", "app": "storefront,search-api"}
    assert (await someone.send("compare")).line == "compare web/production app=storefront,search-api"
    answer = await someone.send("compare production,staging")
    assert answer.line == "compare web/production,staging app=storefront,search-api"
    assert _rows(answer)[0] == ["Score", "production", "staging", "Gap", "Leader"]
    assert "storefront and search-api" in answer.message.text


@pytest.mark.parametrize(
    ("typed", "message", "corrected"),
    [
        (
            "compare web/production",
            "Give at least two environments or applications to compare",
            "compare web/production,ENV",
        ),
        (
            "compare web/production,production",
            "Give at least two environments or applications to compare",
            "compare web/production,ENV",
        ),
        (
            "compare web/production app=storefront",
            "Give at least two environments or applications to compare",
            "compare web/production app=storefront,APP",
        ),
        ("compare web/a,b,c,d,e", "I can compare at most 4 at a time, and you gave 5.", "compare web/a,b,c,d"),
        (
            "compare web/x app=a,b,c,d,e",
            "I can compare at most 4 at a time, and you gave 5.",
            "compare web/x app=a,b,c,d",
        ),
        (
            "compare web/production sinse=2w",
            "Give at least two environments or applications to compare",
            "compare web/production,ENV since=2w",
        ),
        ("compare web/production,staging since=today", "covers no full day yet", "compare web/production,staging"),
    ],
)
async def test_invalid_comparison_suggests_a_correction(
    someone: Conversation, typed: str, message: str, corrected: str
) -> None:
    answer = await someone.send(typed)
    assert answer.outcome == "mistyped"
    assert message in answer.message.text
    if "ENV" in corrected or "APP" in corrected:
        assert f"`{corrected}`" in visible_text(answer)
    else:
        assert button_lines(answer.message) == [corrected]
    assert someone.requested_params() == []


async def test_five_applications_may_filter_several_environments(someone: Conversation) -> None:
    assert (
        await someone.send("compare web/production,staging app=storefront,checkout-api,search-api,ios-app,payments")
    ).outcome == "answered"


# Ranking


async def test_leading_side_is_named_with_numbers() -> None:
    async with start_conversation(STATES["one"]) as someone:
        answer = await someone.send("compare web/production,staging")
    assert visible_text(answer).splitlines()[1:4] == [
        "*production* leads in web: release maturity *84*, 23 points ahead of staging (61).",
        "Widest gap: *lead time* · production *90*, 40 points ahead of staging (50).",
        "*Deployments*: production *5*, 2.5 times as many as staging (2).",
    ]
    assert answer.message.text.startswith(
        "production leads in web: release maturity 84, 23 points ahead of staging (61).\n"
        "Widest gap: lead time, production 90, 40 points ahead of staging (50).\n"
        "Deployments: production 5, 2.5 times as many as staging (2).\n"
    )


async def test_score_table_follows_the_score_tree() -> None:
    async with start_conversation(STATES["one"]) as someone:
        answer = await someone.send("compare web/production,staging")
    assert _rows(answer) == [
        ["Score", "production", "staging", "Gap", "Leader"],
        ["Release maturity", "84", "61", "23", "production"],
        ["Lead time", "90", "50", "40", "production"],
        ["Failure rate", "78", "72", "6", "production"],
    ]
    assert {row[3]["type"] for row in _of(answer, "data_table")["rows"][1:]} == {"raw_number"}


async def test_leaf_scores_are_indented_below_their_branch(someone: Conversation) -> None:
    names = [row[0] for row in _rows(await someone.send("compare web/production,staging"))]
    assert names[1:5] == ["Release maturity", "Velocity", "↳ Deployment frequency", "↳ Lead time"]


async def test_each_trailing_side_shows_its_distance() -> None:
    edit = of_each(
        production=edit_parts(scores=_scored(84, 90, 78), deploys=deployments_at((5, 12))),
        staging=edit_parts(scores=_scored(61, 50, 72), deploys=deployments_at((5, 9))),
        test=edit_parts(scores=_scored(84, 60, 79.5), deploys=deployments_at((5, 4))),
    )
    async with start_conversation(edit) as someone:
        answer = await someone.send("compare web/production,staging,test")
    shown = visible_text(answer)
    assert "*production and test* lead in web: release maturity *84*, 23 points ahead of staging (61)." in shown
    assert "production *90*, 30 points ahead of test (60) and 40 points ahead of staging (50)." in shown
    assert "production *12*, 3 more than staging (9) and 3 times as many as test (4)." in shown
    assert _rows(answer)[1] == ["Release maturity", "84", "61", "84", "23", "production and test"]
    assert _rows(answer)[3] == ["Failure rate", "78", "72", "79.5", "7.5", "test"]


async def test_equal_sides_are_called_level() -> None:
    shown = await _shown(STATES["level"])
    assert "*production and staging* are level in web: release maturity *70*." in shown
    assert "*Deployments*: production and staging *1* each." in shown
    assert "widest gap" not in shown


@pytest.mark.parametrize(
    ("more", "less", "sentence"),
    [
        (10, 5, "production *10*, 2 times as many as staging (5)."),
        (9, 5, "production *9*, 4 more than staging (5)."),
        (9, 0, "production *9*, 9 more than staging (0)."),
        (0, 0, "production and staging *0* each."),
    ],
)
async def test_deployments_use_a_factor_when_it_says_more(more: int, less: int, sentence: str) -> None:
    edit = of_each(
        production=edit_parts(deploys=deployments_at((5, more))), staging=edit_parts(deploys=deployments_at((5, less)))
    )
    assert f"*Deployments*: {sentence}" in await _shown(edit)


async def test_deployments_are_charted_side_by_side() -> None:
    async with start_conversation(STATES["one"]) as someone:
        answer = await someone.send("compare web/production,staging")
    chart = _of(answer, "data_visualization")["chart"]
    assert chart["axis_config"]["categories"][-3:] == ["Tue 17 Nov †", "Wed 18 Nov †", "Thu 19 Nov"]
    drawn = {line["name"]: [point["value"] for point in line["data"]] for line in chart["series"]}
    assert drawn == {"production": [0, 0, 0, 0, 0, 2, 3], "staging": [0, 0, 0, 0, 1, 0, 1]}
    shown = visible_text(answer)
    assert "*production* · 84 (good) · 5 deployments, 2.5 per day over the 2 days with data" in shown
    gaps = "production for Fri 13 Nov – Tue 17 Nov; staging for Fri 13 Nov – Mon 16 Nov and Wed 18 Nov"
    assert f"† No deployment data: {gaps}. " in shown
    assert (
        "Tue 17 Nov: production no data, staging 1\nWed 18 Nov: production 2, staging no data\n"
        "Thu 19 Nov: production 3, staging 1\n" in answer.message.text
    )


async def test_many_days_are_grouped_into_bars() -> None:
    async with start_conversation(
        edit_parts(deploys=deployments_at(*((24 * ago + 5, 1) for ago in range(28))))
    ) as someone:
        answer = await someone.send("compare web/production,staging since=4w")
    assert _of(answer, "data_visualization")["title"] == "Deployments per 2 days"
    assert "Each bar covers 2 days." in visible_text(answer)
    assert "28 deployments, 1 per day\n" in visible_text(answer)


async def test_similar_keys_get_distinct_labels() -> None:
    apps = [f"an-application-with-the-number-{n}" for n in (1, 2)]
    listed = {"items": [{"key": app} for app in apps]}
    async with start_conversation(lambda reply: listed if "items" in reply else reply) as someone:
        answer = await someone.send(f"compare web/production app={','.join(apps)}")
    names = _rows(answer)[0][1:3]
    assert len(set(names)) == 2
    assert all(len(name) <= 20 for name in names)


async def test_each_side_has_follow_up_buttons(someone: Conversation) -> None:
    answer = await someone.send("compare web/production,staging app=storefront")
    lines = [button["value"] for button in _of(answer, "actions")["elements"]]
    times = "since=2026-11-13T00:00Z until=2026-11-20T00:00Z"
    assert lines == [
        f"{question} web/{env} app=storefront{more}"
        for env in ("production", "staging")
        for question, more in (("scores", ""), ("deploys", f" {times}"))
    ]
    for line in lines:
        assert (await someone.send(line)).line == line


# Missing data


async def test_uncalculated_score_has_no_number_and_no_gap() -> None:
    uneven = _tree(a_score(84), leadTime=a_score(90), deploymentFailureRate=UNKNOWN)
    edit = of_each(production=edit_parts(scores=uneven), staging=edit_parts(scores=_scored(61, 50, 72)))
    async with start_conversation(edit) as someone:
        answer = await someone.send("compare web/production,staging")
    assert _rows(answer)[3] == ["Failure rate", "no data", "72", "–", "–"]
    assert "Not fully comparable: some have no failure rate." in visible_text(answer)
    assert "Not fully comparable: some have no failure rate." in answer.message.text


async def test_single_score_is_not_called_ahead() -> None:
    edit = of_each(production=edit_parts(scores=_tree(UNKNOWN, leadTime=a_score(90))))
    shown = await _shown(edit)
    assert "*No leader* in web: fewer than two sides have an overall score." in shown
    assert "⚪ *production* · no data · " in shown
    assert "leads in web" not in shown


async def test_score_of_one_side_only_shows_gaps_for_others() -> None:
    edit = of_each(production=edit_parts(scores=only_scores(overall=a_score(70), teamMorale=a_score(71))))
    async with start_conversation(edit) as someone:
        rows = _rows(await someone.send("compare web/production,staging"))
    assert ["Team morale", "71", "–", "–", "–"] in rows


async def test_side_without_deployment_data_is_not_compared() -> None:
    async with start_conversation(STATES["other-half"]) as someone:
        answer = await someone.send("compare web/production,staging")
    shown = visible_text(answer)
    assert "fair) · no deployment data\n" in shown
    assert "*Deployments*:" not in shown
    assert "0 deployments" not in shown
    assert _of(answer, "data_visualization")["title"] == "Deployments of production per day"


async def test_failed_side_is_reported_and_the_other_shown() -> None:
    async with start_conversation(STATES["half"]) as someone:
        answer = await someone.send("compare web/production,staging")
    shown = visible_text(answer)
    assert answer.outcome == "answered"
    assert "⚪ *staging* · scores couldn't be loaded · deployments couldn't be loaded" in shown
    assert "⚠️ *Scores of staging* couldn't be loaded. The bot's access token can't read this." in shown
    assert "⚠️ *Deployments of staging* couldn't be loaded. LaunchDarkly can't find that." in shown
    assert "🟡 *production* · 65 (fair) · " in shown
    assert _rows(answer)[1] == ["Release maturity", "65", "–", "–", "–"]
    assert "Scores of staging couldn't be loaded. The bot's access token can't read this." in answer.message.text


@pytest.mark.parametrize("env", ["production", "staging"])
@pytest.mark.parametrize("name", ["scores", "deploys"])
async def test_any_part_of_a_side_may_fail(env: str, name: str) -> None:
    async with start_conversation(of_each(**{env: edit_parts(**{name: refuse_with(403)})})) as someone:
        answer = await someone.send("compare web/production,staging")
    assert answer.outcome == "answered"
    assert answer.message.text.count("couldn't be loaded.") == 1
    assert visible_text(answer).count("⚠️") == 1


async def test_unavailable_scores_are_not_called_missing() -> None:
    assert "LaunchDarkly has no scores for these." not in await _shown(edit_parts(scores=refuse_with(403)))
    assert "LaunchDarkly has no scores for these." in await _shown(STATES["nothing"])


async def test_unknown_side_suggests_known_environments(someone: Conversation) -> None:
    answer = await someone.send("compare web/production,stagin")
    assert answer.outcome == "not found"
    assert "web has no environment “stagin”. It has staging, production and test." in visible_text(answer)
    assert "Ask: compare web/production,staging" in visible_text(answer)


async def test_existing_side_that_returns_404_fails_alone() -> None:
    edit = edit_sides("environmentKey", staging=refuse_with(404))
    async with start_conversation(edit) as someone:
        answer = await someone.send("compare web/production,staging")
    assert answer.outcome == "answered"
    assert "⚠️ *Scores of staging* couldn't be loaded." in visible_text(answer)


async def test_error_is_the_answer_when_all_sides_fail(someone: Conversation) -> None:
    assert (await someone.send("compare web/nowhere,neverwhere")).outcome == "not found"


async def test_different_periods_are_shown_per_side() -> None:
    def shifted(reply: Any) -> Any:
        return reply | {"period": {"startTime": MIDNIGHT - 14 * DAY, "endTime": MIDNIGHT - 7 * DAY}}

    shown = await _shown(of_each(staging=edit_parts(scores=shifted)))
    assert "Scores: 13 – 20 Nov 2026 (production) and 6 – 13 Nov 2026 (staging) (UTC), gaps in points" in shown
    assert "Scores: 13 – 20 Nov 2026 (UTC)" in await _shown(unchanged)


async def test_scores_beyond_the_table_limit_are_counted() -> None:
    async with start_conversation(STATES["more"]) as someone:
        answer = await someone.send("compare web/production,staging")
    assert len(_rows(answer)) == 31
    assert "… and 90 more scores." in visible_text(answer)


async def test_oversized_score_is_truncated() -> None:
    edit = of_each(production=edit_parts(scores=only_scores(overall=a_score(1e18))))
    async with start_conversation(edit) as someone:
        cell = _rows(await someone.send("compare web/production,staging"))[1][1]
    assert cell == "1,000,000,000,000,0…"


@pytest.mark.parametrize(("zone", "mentioned"), [("Asia/Kolkata", True), ("Europe/Berlin", False)])
async def test_partial_hour_utc_offset_is_mentioned(zone: str, mentioned: bool) -> None:
    shown = await _shown(edit_parts(deploys=deployments_at((30, 1))), zone=zone)
    assert ("LaunchDarkly counts by UTC hour" in shown) is mentioned
