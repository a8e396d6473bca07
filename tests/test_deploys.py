"""`deploys`: the chart, its totals, missing data, and the window in two notations."""

from typing import Any

import pytest

from tests.conversation import NOW, Conversation, Edit, start_conversation, visible_text

DAY = 86_400_000
HOUR = 3_600_000
MIDNIGHT = int(NOW.timestamp() * 1000) // DAY * DAY


def _series(name: str, *days: tuple[int, int | None], bucket: int = DAY, begin: int = MIDNIGHT) -> dict[str, Any]:
    data = [{"x": begin - ago * bucket, "y": y} for ago, y in days]
    return {"metadata": {"name": name}, "data": data}


def _only(*series: dict[str, Any], **metadata: Any) -> Edit:
    return lambda reply: {"metadata": reply["metadata"] | metadata, "series": list(series)}


STATES: dict[str, Edit] = {
    "empty": _only(),
    "one": _only(_series("deployments", (1, 4))),
    "more": _only(
        *(_series(f"an application with the number {n}", *((d, n + d) for d in range(90))) for n in range(70))
    ),
}


async def _shown(edit: Edit, line: str = "deploys web/production") -> str:
    async with start_conversation(edit) as someone:
        return visible_text(await someone.send(line))


def _chart(answer: Any) -> Any:
    return next(block["chart"] for block in answer.message.blocks if block["type"] == "data_visualization")


async def test_every_parameter_is_sent_under_launchdarklys_name(someone: Conversation) -> None:
    await someone.send(
        "deploys web/production app=storefront since=2w until=1d bucket=day every=6h by=kind expand=metrics"
    )
    assert someone.requested_params() == [
        {
            "projectKey": ["web"],
            "environmentKey": ["production"],
            "applicationKey": ["storefront"],
            "bucketType": ["day"],
            "bucketMs": ["21600000"],
            "groupBy": ["kind"],
            "expand": ["metrics"],
            "from": ["1793977200000"],
            "to": ["1795100400000"],
        }
    ]


async def test_all_parameters_are_optional(someone: Conversation) -> None:
    answer = await someone.send("deploys")
    assert someone.requested_params() == [
        {"bucketType": ["hour"], "bucketMs": [str(HOUR)], "from": [str(MIDNIGHT - 7 * DAY)]}
    ]
    assert "all projects" in answer.message.text


async def test_default_window_is_left_to_launchdarkly(someone: Conversation) -> None:
    await someone.send("deploys web/production since=7d bucket=rolling")
    assert "from" not in someone.requested_params()[0]


@pytest.mark.parametrize("spelling", ["milliseconds", "dates"])
async def test_time_window_works_with_milliseconds_or_dates(spelling: str) -> None:
    async with start_conversation(spelling=spelling) as someone:
        answer = await someone.send("deploys web/production since=2w until=1d bucket=rolling")
    assert answer.outcome == "answered"
    sent = [(asked["from"], asked["to"]) for asked in someone.requested_params()]
    dates = (["2026-11-06T15:00:00Z"], ["2026-11-19T15:00:00Z"])
    millis = (["1793977200000"], ["1795100400000"])
    assert sent == ([millis] if spelling == "milliseconds" else [millis, dates])


async def test_window_rejected_in_both_formats_is_an_error(someone: Conversation) -> None:
    someone.faults.status = 400
    answer = await someone.send("deploys web/production since=2w")
    assert answer.outcome == "mistyped"
    assert len([seen for seen in someone.faults.requests if seen.path.endswith("/frequency")]) == 2


async def test_average_best_and_worst_count_only_days_with_data() -> None:
    edit = _only(_series("deployments", (1, 6), (2, 0), (3, 3), (5, None)))
    shown = await _shown(edit, "deploys web/production bucket=rolling")
    assert "*9 deployments*" in shown
    assert "3 per day · best *6 (19 Nov)* · worst *0 (18 Nov)*" in shown
    assert "† No data for 4 of 7 days: 14 Nov, 15 Nov, 16 Nov and 20 Nov. Averages leave them out." in shown


# From Friday 15:00 to Friday 15:00: eight calendar days, of which the first and the last are partial.
@pytest.mark.parametrize(
    ("sent", "footnote"),
    [
        ((7, 6, 5, 4, 3, 2, 1, 0), ""),
        ((7, 6, 5, 4, 2, 1, 0), "No data for 1 of 8 days"),
        ((6, 5, 4, 2, 1), "No data for 1 of 6 days"),
        ((6, 5, 4, 3, 2, 1), ""),
        ((7, 5, 4, 3, 2, 1), "No data for 1 of 7 days"),
        ((0,), "No data for 6 of 7 days"),
    ],
)
@pytest.mark.parametrize("hours", [0, 5, -8])  # LaunchDarkly doesn't document when its days begin
async def test_full_day_without_data_in_the_window_is_reported(
    sent: tuple[int, ...], footnote: str, hours: int
) -> None:
    edit = _only(_series("deployments", *((ago, 1) for ago in sent), begin=MIDNIGHT + hours * HOUR))
    shown = await _shown(edit, "deploys web/production bucket=day")
    assert footnote in shown if footnote else "No data for" not in shown


async def test_all_days_of_an_explicit_date_range_are_expected() -> None:
    line = "deploys web/production bucket=day since=2026-11-16 until=2026-11-18"
    assert "No data for 1 of 3 days" in await _shown(_only(_series("deployments", (3, 1), (2, 1))), line)
    assert "No data for 2 of 3 days" in await _shown(_only(_series("deployments", (2, 1))), line)


async def test_dst_day_counts_as_one_day() -> None:
    begins = [MIDNIGHT - ago * DAY + (4 if ago > 19 else 5) * HOUR for ago in range(27) if ago != 10]  # New York's days
    data = [{"x": x, "y": 1} for x in begins]
    shown = await _shown(
        _only({"metadata": {"name": "deployments"}, "data": data}), "deploys web/production bucket=day since=26d"
    )
    assert "No data for 1 of 27 days: 10 Nov." in shown


async def test_full_hour_without_data_in_the_window_is_reported() -> None:
    async def shown(*sent: int) -> str:
        series = _series("deployments", *((ago, 1) for ago in sent), bucket=HOUR, begin=MIDNIGHT + 15 * HOUR)
        return await _shown(_only(series), "deploys web/production bucket=hour since=90m")

    assert "No data for" not in await shown(1)
    assert "No data for 1 of 2 hours" in await shown(2)


@pytest.mark.parametrize("bucket", ["rolling", "day"])
async def test_bucket_without_data_keeps_its_place_and_is_marked(bucket: str) -> None:
    async with start_conversation(_only(_series("deployments", (1, 6), (3, 3)))) as someone:
        answer = await someone.send(f"deploys web/production bucket={bucket} since=2026-11-16 until=2026-11-19")
    assert _chart(answer)["axis_config"]["categories"] == ["16 Nov †", "17 Nov", "18 Nov †", "19 Nov"]
    assert [point["value"] for point in _chart(answer)["series"][0]["data"]] == [0, 3, 0, 6]
    assert "16 Nov: no data\n17 Nov: 3\n18 Nov: no data\n19 Nov: 6\n" in answer.message.text


async def test_more_than_twenty_points_are_grouped() -> None:
    async with start_conversation(_only(_series("deployments", *((ago, 1) for ago in range(56))))) as someone:
        answer = await someone.send("deploys web/production since=55d")
    assert [point["value"] for point in _chart(answer)["series"][0]["data"]] == [3] * 18 + [2]
    assert "Each bar covers 3 days." in visible_text(answer)
    assert "*56 deployments*" in visible_text(answer)


async def test_bucket_type_names_the_chart_unit() -> None:
    assert "per hour" in await _shown(_only(_series("d", (1, 1))), "deploys web/production bucket=hour")
    assert "per day" in await _shown(_only(_series("d", (1, 1))), "deploys web/production bucket=day every=1h")


async def test_groups_are_charted_side_by_side_with_a_legend() -> None:
    edit = _only(_series("api", (1, 2), (2, 1)), _series("web", (1, 5)))
    async with start_conversation(edit) as someone:
        answer = await someone.send("deploys web/production by=application since=2d until=yesterday")
    assert [(line["name"], [point["value"] for point in line["data"]]) for line in _chart(answer)["series"]] == [
        ("web", [0, 5]),
        ("api", [1, 2]),
    ]
    assert "A missing bar means no data for that group." in visible_text(answer)


async def test_groups_beyond_the_chart_limit_are_summed_as_other() -> None:
    edit = _only(*(_series(f"app-{n}", (1, 10 - n), (2, 1)) for n in range(9)))
    async with start_conversation(edit) as someone:
        answer = await someone.send("deploys web/production by=application since=2d until=yesterday")
    assert [line["name"] for line in _chart(answer)["series"]] == ["app-0", "app-1", "app-2", "app-3", "app-4", "Other"]
    assert [point["value"] for point in _chart(answer)["series"][-1]["data"]] == [4, 14]
    assert "The chart combines the 4 smallest groups as Other." in visible_text(answer)


async def test_hours_are_local_and_launchdarkly_days_stay_unchanged() -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - for this test alone

    async with start_conversation(_only(_series("deployments", (1, 1)))) as someone:
        someone.zone = ZoneInfo("America/New_York")
        labels = _chart(await someone.send("deploys web/production bucket=rolling"))["axis_config"]["categories"]
        assert [label for label in labels if "†" not in label] == ["19 Nov"]
    async with start_conversation(_only(_series("deployments", (1, 1), bucket=3_600_000))) as someone:
        someone.zone = ZoneInfo("America/New_York")
        labels = _chart(await someone.send("deploys web/production every=1h since=24h"))["axis_config"]["categories"]
        assert "19 Nov 18:00" in labels


async def test_expanded_metrics_show_the_rating_and_its_tiers(someone: Conversation) -> None:
    shown = visible_text(await someone.send("deploys platform/production expand=metrics"))
    assert "*Deployment frequency*: *excellent* at" in shown
    assert "excellent: at least 1 per day · good: at least 1 per week" in shown


async def test_unknown_rating_still_renders() -> None:
    metrics = {"someMetric": {"indicator": "meh", "value": None, "tiers": [{"indicator": None}]}, "other": None}
    assert "*Some metric*: *meh*\nunknown: not described" in await _shown(_only(_series("d", (1, 1)), metrics=metrics))


async def test_no_data_is_not_called_no_deployments() -> None:
    async with start_conversation(_only()) as someone:
        answer = await someone.send("deploys web/production")
    shown = visible_text(answer)
    assert answer.message.text.startswith("No deployment data in web/production, 13 – 20 Nov 2026\n")
    assert "*No deployment data*" in shown
    assert "Are deployment events being sent to LaunchDarkly?" in shown
    assert "per day" not in shown


async def test_points_with_missing_or_invalid_times_are_skipped() -> None:
    odd = {"metadata": {"name": "odd"}, "data": [{"x": None, "y": 1}, {"x": 10**18, "y": 1}, {"x": MIDNIGHT, "y": 2}]}
    assert "*2 deployments*" in await _shown(_only(odd))
