"""`releases`: deployments against large changes, days that had one without the other, and missing data."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api_replies import (
    DAY,
    HOUR,
    MIDNIGHT,
    an_event,
    deployments_at,
    edit_parts,
    next_page_link,
    no_series,
    only_events,
    refuse_with,
)
from tests.conversation import Conversation, Edit, ErrorReply, button_lines, start_conversation, texts, visible_text


def changed(*hours: float, **more: Any) -> Edit:
    """Large changes these hours before the last midnight."""
    return only_events(*(an_event(eventTime=round(MIDNIGHT - ago * HOUR), **more) for ago in hours))


def _daily(days: int, every: int = 1) -> list[tuple[float, int]]:
    return [(24 * ago + 5, 3) for ago in range(0, days, every)]


def _unread(_: Any) -> Any:
    """One change of nine, and a next page that LaunchDarkly refuses."""
    events = [an_event(eventTime=MIDNIGHT - 26 * HOUR)]
    return {"totalCount": 9, "items": events, "_links": next_page_link("00000000-unknown")}


NO_CHANGES = only_events()
STATES: dict[str, Edit] = {
    "empty": edit_parts(events=NO_CHANGES, deploys=no_series),
    "one": edit_parts(events=changed(30), deploys=deployments_at((5, 1))),
    "more": edit_parts(
        events=changed(*range(1, 14 * 24, 12)),
        deploys=deployments_at(*_daily(14, 13), *((24 * ago + 6, 0) for ago in range(14))),
    ),
    "half": edit_parts(deploys=refuse_with(404)),
    "other-half": edit_parts(events=refuse_with(403)),
    "calm": edit_parts(events=NO_CHANGES),
    "unread": edit_parts(events=_unread, deploys=deployments_at((3, 2), (26, 0), (50, 4))),
}


async def _shown(edit: Edit, line: str = "releases web/production", zone: str = "UTC") -> str:
    async with start_conversation(edit) as someone:
        someone.zone = ZoneInfo(zone)
        answer = await someone.send(line)
    assert answer.outcome == "answered", answer.message.text
    return visible_text(answer)


def _chart(answer: Any) -> Any:
    [chart] = [block for block in answer.message.blocks if block["type"] == "data_visualization"]
    return chart["chart"]


# Requests


async def test_deploys_and_events_are_requested_for_the_same_whole_days(someone: Conversation) -> None:
    await someone.send("releases web/production app=storefront since=7d")
    common = {"projectKey": ["web"], "environmentKey": ["production"], "applicationKey": ["storefront"]}
    since = {"from": [str(MIDNIGHT - 7 * DAY)]}
    assert sorted(someone.requested_params(), key=len) == [
        common | since | {"to": [str(MIDNIGHT)], "bucketType": ["hour"], "bucketMs": [str(HOUR)]},
        common | since | {"to": [str(MIDNIGHT - 1)], "impactSize": ["large"], "global": ["include"], "limit": ["100"]},
    ]


async def test_days_are_in_the_callers_time_zone(someone: Conversation) -> None:
    someone.zone = ZoneInfo("Europe/Berlin")
    await someone.send("releases web/production")
    assert {params["from"][0] for params in someone.requested_params()} == {str(MIDNIGHT - HOUR - 14 * DAY)}


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("releases", "releases web/production app=storefront"),
        ("releases staging", "releases web/staging app=storefront"),
        ("releases mobile/beta from=2w", "releases mobile/beta"),
        ("releases since=MONDAY app=search-api", "releases web/production app=search-api since=monday"),
    ],
)
async def test_omitted_params_come_from_the_channel_defaults(someone: Conversation, typed: str, canonical: str) -> None:
    someone.defaults = {"project": "web", "env": "production", "app": "storefront"}
    answer = await someone.send(typed)
    assert (answer.outcome, answer.line) == ("answered", canonical)


@pytest.mark.parametrize("since", ["today", "14w"])
async def test_range_without_days_or_with_too_many_is_refused(someone: Conversation, since: str) -> None:
    answer = await someone.send(f"releases web/production app=storefront since={since}")
    assert answer.outcome == "mistyped"
    assert f"since={since}" in answer.message.text
    assert button_lines(answer.message) == ["releases web/production app=storefront"]
    assert someone.requested_params() == []


# One without the other


async def test_days_are_grouped_by_deployments_and_changes() -> None:
    edit = edit_parts(events=changed(1, 2, 26, 50), deploys=deployments_at((3, 2), (26, 0), (50, 1), (75, 4), (99, 5)))
    async with start_conversation(edit) as someone:
        answer = await someone.send("releases web/production")
    shown = visible_text(answer)
    assert "*12 deployments* and *4 large-impact changes* in web/production, 6 – 19 Nov 2026 (14 days)." in shown
    assert (
        "*1 day* had large changes without a deployment; *2 days* had deployments without a large change;"
        " 2 days had both." in shown
    )
    assert "*Wed 18 Nov* · 1 large change · new-checkout" in shown
    assert "*Deployments without a large change*\nMon 16 Nov (4) and Sun 15 Nov (5)" in shown
    gaps = {f"{day} Nov †": 0 for day in range(6, 15)}
    drawn = {line["name"]: {p["label"]: p["value"] for p in line["data"]} for line in _chart(answer)["series"]}
    assert drawn == {
        "Deployments": gaps | {"15 Nov": 5, "16 Nov": 4, "17 Nov": 1, "18 Nov": 0, "19 Nov": 2},
        "Large changes": gaps | {"15 Nov": 0, "16 Nov": 0, "17 Nov": 1, "18 Nov": 1, "19 Nov": 2},
    }
    assert "† No deployment data for Fri 6 Nov – Sat 14 Nov." in shown


async def test_text_says_all_that_the_message_shows() -> None:
    async with start_conversation(edit_parts(events=changed(26), deploys=deployments_at((3, 2), (26, 0)))) as someone:
        text = (await someone.send("releases web/production since=2d")).message.text
    assert text == (
        "2 deployments and 1 large-impact change in web/production, 18 – 19 Nov 2026 (2 days).\n"
        "1 day had large changes without a deployment; 1 day had deployments without a large change; no day had both.\n"
        "Releases\n"
        "Deployments and large changes per day:\n"
        "Wed 18 Nov: Deployments 0, Large changes 1\n"
        "Thu 19 Nov: Deployments 2, Large changes 0\n"
        "Large changes with no deployment that day\n"
        "Wed 18 Nov, 1 large change, new-checkout\n"
        "Deployments without a large change\n"
        "Thu 19 Nov (2)\n"
        "Calendar days, UTC. A large change moved more than 80% of users to another variation.\n"
        "releases web/production since=2d, as of Fri 20 Nov 2026, 15:00 UTC, Open in LaunchDarkly"
    )


async def test_buttons_lead_to_a_days_changes_and_to_related_questions() -> None:
    async with start_conversation(
        edit_parts(events=changed(26, 50), deploys=deployments_at((3, 2), (26, 0), (50, 0)))
    ) as someone:
        blocks = (await someone.send("releases web/production app=storefront")).message.blocks
        lines = [block["accessory"]["value"] for block in blocks if "accessory" in block]
        assert lines == [
            f"events web/production app=storefront since=2026-11-{n}T00:00Z until=2026-11-{n + 1}T00:00Z"
            for n in (18, 17)
        ]
        [row] = [block["elements"] for block in blocks if block["type"] == "actions"]
        for line in [*lines, *(button["value"] for button in row)]:
            answer = await someone.send(line)
            assert (answer.outcome, answer.line) == ("answered", line)


async def test_days_that_do_not_fit_are_named_and_then_counted() -> None:
    edit = edit_parts(
        events=changed(*(24 * n + 1 for n in range(28))),
        deploys=deployments_at((27 * 24 + 5, 3), *((24 * n + 1, 0) for n in range(28))),
    )
    async with start_conversation(edit) as someone:
        answer = await someone.send("releases web/production since=4w")
    with_button = [block for block in answer.message.blocks if "accessory" in block]
    assert len(with_button) == 5
    assert "\n… and Sat 14 Nov, Fri 13 Nov, " in visible_text(answer)
    assert "Sun 1 Nov and 8 more.\n" in visible_text(answer)


async def test_day_with_many_flags_names_some() -> None:
    flags = [an_event(flagKey=f"flag-{n}", eventTime=MIDNIGHT - HOUR) for n in (1, 2, 2, 3, 4, 5)]
    shown = await _shown(edit_parts(events=only_events(*flags), deploys=deployments_at((50, 1), (1, 0))))
    assert "*Thu 19 Nov* · 6 large changes · flag-1, flag-2, flag-3 and 2 more" in shown


async def test_chart_adds_up_days_of_a_long_range() -> None:
    async with start_conversation(edit_parts(events=changed(1, 26), deploys=deployments_at(*_daily(56)))) as someone:
        answer = await someone.send("releases web/production since=8w")
    assert len(_chart(answer)["axis_config"]["categories"]) == 19
    assert [p["value"] for p in _chart(answer)["series"][0]["data"]] == [9] * 18 + [6]
    assert "Each bar covers 3 days." in visible_text(answer)
    assert "Deployments and large changes per 3 days" in visible_text(answer)
    assert "*54 days* had deployments without a large change" in visible_text(answer)


# Missing data


async def test_missing_deployment_data_is_not_called_no_deployments() -> None:
    shown = await _shown(edit_parts(events=changed(26), deploys=no_series))
    assert "*No deployment data* and *1 large-impact change*" in shown
    assert "Are deployment events being sent to LaunchDarkly?" in shown
    assert "without a deployment" not in shown


async def test_day_with_unread_changes_is_not_called_without_changes() -> None:
    shown = await _shown(STATES["unread"])
    assert "As far as I could read, *1 day* had large changes without a deployment; *1 day* had deployments" in shown
    assert "*Deployments without a large change*\nThu 19 Nov (2)\n" in shown
    assert "8 more changes couldn't be read. LaunchDarkly rejected this request." in shown
    assert "† Large changes before Wed 18 Nov couldn't all be read." in shown


@pytest.mark.parametrize(
    ("edit", "missing", "reason", "summary"),
    [
        (
            STATES["half"],
            "Deployments",
            "LaunchDarkly can't find that.",
            "large-impact changes* in web/production, 6 – 19 Nov 2026",
        ),
        (
            STATES["other-half"],
            "Large-impact changes",
            "The bot's access token can't read this.",
            " deployments* in web/production, 6 – 19 Nov 2026",
        ),
    ],
)
async def test_failed_part_is_reported_and_the_other_is_charted(
    edit: Edit, missing: str, reason: str, summary: str
) -> None:
    async with start_conversation(edit) as someone:
        answer = await someone.send("releases web/production")
    shown = visible_text(answer)
    assert answer.outcome == "answered"
    assert f"⚠️ *{missing}* couldn't be loaded. {reason}" in shown
    assert f"{missing} couldn't be loaded." in answer.message.text
    assert summary in shown
    assert len(_chart(answer)["series"]) == 1
    assert "without a" not in shown


async def test_failure_of_both_parts_is_the_answer(someone: Conversation) -> None:
    assert (await someone.send("releases web/nowhere")).outcome == "not found"
    async with start_conversation(lambda reply: ErrorReply(403 if "totalCount" in reply else 400)) as other:
        assert (await other.send("releases web/production")).outcome == "not allowed"


@pytest.mark.parametrize(("zone", "noted"), [("Asia/Kolkata", True), ("Europe/Berlin", False)])
async def test_time_zone_with_half_hour_offset_is_noted(zone: str, noted: bool) -> None:
    shown = await _shown(edit_parts(deploys=deployments_at((30, 1))), zone=zone)
    assert ("LaunchDarkly counts by UTC hour" in shown) is noted


async def test_line_too_long_for_a_button_has_no_button() -> None:
    apps = ",".join(f"an-application-with-the-number-{n}" for n in range(80))
    async with start_conversation(edit_parts(events=changed(26), deploys=deployments_at((3, 2), (26, 0)))) as someone:
        blocks = (await someone.send(f"releases web/production app={apps}")).message.blocks
    assert "button" not in texts(list(blocks))
    assert not [block for block in blocks if block["type"] == "actions" or "accessory" in block]
