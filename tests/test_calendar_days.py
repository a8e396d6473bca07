"""Calendar days are the same in `deploys`, `releases` and the digest, in every time zone and at any time."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.answers import Answer
from bot.messages.text_fallback import with_text_fallback
from bot.sandbox.launchdarkly.company import harbour_goods
from bot.sandbox.launchdarkly.history import History, Window, millis
from tests.api_replies import DAY, HOUR, MIDNIGHT, deployments_at, no_series
from tests.conversation import NOW, Conversation, button_lines, start_conversation, visible_text, with_thread

WEEKDAY = re.compile(r"^\w{3} (?=\d)")  # omitted in charts of many days
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Santiago")
ASKED_AT = {
    "autumn in Berlin": "2026-10-29T09:20+01:00",
    "autumn in New York": "2026-11-05T23:40-05:00",
    "spring in New York": "2026-03-12T00:10-04:00",
    "spring in Berlin": "2026-04-02T14:00+02:00",
    "no change at all": "2026-11-20T16:00+01:00",
}


def _drawn(answer: Answer) -> dict[str, int]:
    """Return the deployments of each day in the chart; a day without data is 0 and marked."""
    blocks = [block for message in with_thread(answer.message) for block in message.blocks]
    charts = [block["chart"] for block in blocks if block["type"] == "data_visualization"]
    [points] = [line["data"] for line in charts[-1]["series"] if line["name"].lower() == "deployments"]
    return {WEEKDAY.sub("", point["label"]): point["value"] for point in points}


def _happened(first: date, many: int, zone: ZoneInfo) -> list[int]:
    """Count the deployments of each local day in the sandbox's history."""
    company = harbour_goods()
    web = company.project("web")
    assert web
    production = web.environment("production")
    assert production
    noon = int(datetime(first.year, first.month, first.day, 12, tzinfo=UTC).timestamp()) * 1000
    found = History(company).deployments(web, production, Window(noon - 2 * DAY, noon + (many + 2) * DAY))
    dates = [datetime.fromtimestamp(one.at / 1000, zone).date() for one in found]
    return [dates.count(first + timedelta(days=n)) for n in range(many)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("asked_at", ASKED_AT.values(), ids=ASKED_AT)
async def test_deploys_releases_and_digest_agree_on_days(asked_at: str, zone: str) -> None:
    now = datetime.fromisoformat(asked_at)
    async with start_conversation(now=now) as someone:
        someone.zone = ZoneInfo(zone)
        deploys, releases, digest = [
            _drawn(await someone.send(line))
            for line in (
                "deploys web/production since=12d",
                "releases web/production since=12d",
                "digest web/production",
            )
        ]
    *whole, today = deploys
    assert len(whole) == 12
    assert "…" in today
    assert {day: deploys[day] for day in whole} == releases
    assert digest == {day: deploys[day] for day in whole[-7:]}
    if zone != "Asia/Kolkata":  # an hour of LaunchDarkly's belongs to two days there
        first = now.astimezone(someone.zone).date() - timedelta(days=12)
        assert [deploys[day] for day in whole] == _happened(first, 12, someone.zone)


@pytest.mark.parametrize("zone", ZONES)
async def test_best_day_is_the_same_at_any_hour(zone: str) -> None:
    said = set()
    for hour in (0, 5, 11, 17):
        async with start_conversation(now=NOW.replace(hour=0, minute=30) + timedelta(hours=hour)) as someone:
            someone.zone = ZoneInfo(zone)
            answer = await someone.send("deploys web/production since=2026-11-09 until=2026-11-18")
        said.add(visible_text(answer).split("best *")[1].split("*")[0])
    assert len(said) == 1


@pytest.mark.parametrize(
    ("asked_at", "zone", "midnights"),
    [
        ("2026-10-27T09:00+01:00", "Europe/Berlin", ("2026-10-24T22:00", "2026-10-25T23:00", "2026-10-26T23:00")),
        ("2026-11-03T09:00-05:00", "America/New_York", ("2026-11-01T04:00", "2026-11-02T05:00", "2026-11-03T05:00")),
        ("2026-03-10T09:00-04:00", "America/New_York", ("2026-03-08T05:00", "2026-03-09T04:00", "2026-03-10T04:00")),
    ],
)
async def test_dst_change_day_is_one_day(asked_at: str, zone: str, midnights: tuple[str, ...]) -> None:
    """Two deployments in its first hour, three in its last, none on the day before."""
    first, second, third = (millis(datetime.fromisoformat(at).replace(tzinfo=UTC)) for at in midnights)
    hours = [((MIDNIGHT - at) / HOUR, y) for at, y in ((first, 2), (second - HOUR, 3), (second, 4), (third - HOUR, 1))]
    async with start_conversation(deployments_at(*hours), now=datetime.fromisoformat(asked_at)) as someone:
        someone.zone = ZoneInfo(zone)
        assert list(_drawn(await someone.send("deploys web/production since=2d")).values()) == [5, 5, 0]


async def _say(line: str, *hours: tuple[float, int]) -> Answer:
    async with start_conversation(deployments_at(*hours)) as someone:
        return await someone.send(line)


def _labels(answer: Answer) -> list[str]:
    [chart] = [block["chart"] for block in answer.message.blocks if block["type"] == "data_visualization"]
    found: list[str] = chart["axis_config"]["categories"]
    return found


async def test_today_is_marked_and_excluded_from_averages() -> None:
    answer = await _say("deploys web/production since=2d", (30, 4), (6, 6), (-9, 1))
    assert _labels(answer) == ["Wed 18 Nov", "Thu 19 Nov", "Fri 20 Nov (so far)"]
    shown = visible_text(answer)
    assert "*11 deployments* in web/production, 18 – 20 Nov 2026 · including 1 on Fri 20 Nov (so far)" in shown
    assert "5 per day · best *6 (Thu 19 Nov)* · worst *4 (Wed 18 Nov)*" in shown
    assert ", including 1 on Fri 20 Nov (so far)\n" in answer.message.text
    assert "Fri 20 Nov (so far): 1\n" in answer.message.text


async def test_today_alone_is_not_a_full_day() -> None:
    answer = await _say("deploys web/production since=today", (-9, 3))
    assert "*3 deployments* in web/production, Fri 20 Nov (so far)\n" in visible_text(answer)
    assert "best" not in visible_text(answer)


async def test_day_without_data_is_drawn_and_footnoted() -> None:
    answer = await _say("deploys web/production since=3d", (6, 6), (54, 3), (-9, 1))
    assert _labels(answer) == ["Tue 17 Nov", "Wed 18 Nov †", "Thu 19 Nov", "Fri 20 Nov (so far)"]
    footnote = "No data for 1 of 4 days: Wed 18 Nov. Averages leave it out."
    assert f"† {footnote}" in visible_text(answer)
    assert f"\n{footnote}" in answer.message.text
    assert "Wed 18 Nov: no data\n" in answer.message.text
    assert "Wed 18 Nov †          –\n" in "\n".join(
        block["text"]["text"] for block in with_text_fallback(answer.message).blocks[:3] if "text" in block
    )


async def test_day_that_sent_zero_is_not_a_gap() -> None:
    answer = await _say("deploys web/production since=2d", (6, 6), (30, 0))
    assert _labels(answer)[:2] == ["Wed 18 Nov", "Thu 19 Nov"]
    assert "worst *0 (Wed 18 Nov)*" in visible_text(answer)


async def test_partial_first_and_last_days_are_marked() -> None:
    answer = await _say("deploys web/production since=2026-11-17T18:00Z until=2026-11-19T06:00Z", (54, 9), (30, 4))
    assert _labels(answer) == ["Tue 17 Nov (partial)", "Wed 18 Nov", "19 Nov (partial) †"]


async def test_days_are_cut_in_the_callers_time_zone(someone: Conversation) -> None:
    someone.zone = ZoneInfo("America/New_York")
    week = "since=2026-11-16T00:00+01:00 until=2026-11-20T00:00+01:00"
    await someone.send(f"deploys web/production {week}")
    assert [(asked["from"], asked["to"]) for asked in someone.requested_params()] == [
        ([str(MIDNIGHT - 4 * DAY - HOUR)], [str(MIDNIGHT - HOUR)])
    ]


async def test_range_over_a_year_suggests_buckets(someone: Conversation) -> None:
    answer = await someone.send("deploys web/production since=60w")
    assert answer.outcome == "mistyped"
    assert button_lines(answer.message) == ["deploys web/production since=60w bucket=rolling"]
    assert (await someone.send("deploys web/production since=60w bucket=rolling")).outcome == "answered"


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("bucket=rolling", {"bucketType": ["rolling"], "bucketMs": [str(DAY)]}),
        ("bucket=day", {"bucketType": ["day"], "bucketMs": [str(DAY)]}),
        ("every=1d", {"bucketType": ["rolling"], "bucketMs": [str(DAY)]}),
        ("every=6h", {"bucketType": ["rolling"], "bucketMs": [str(6 * HOUR)]}),
    ],
)
async def test_explicit_buckets_are_passed_to_launchdarkly(
    someone: Conversation, line: str, sent: dict[str, Any]
) -> None:
    answer = await someone.send(f"deploys web/production {line}")
    assert someone.requested_params() == [{"projectKey": ["web"], "environmentKey": ["production"]} | sent]
    assert "Fri 13 Nov 2026, 15:00 UTC" in answer.message.text
    assert answer.line == f"deploys web/production {line}"


async def test_no_day_is_a_gap_without_any_data() -> None:
    async with start_conversation(no_series) as someone:
        answer = await someone.send("deploys web/production")
    assert "No data for" not in visible_text(answer)
    assert "*No deployment data* in web/production, 13 – 20 Nov 2026\n" in visible_text(answer)


async def test_hour_across_midnight_is_requested_in_full(someone: Conversation) -> None:
    """Half an hour of it would be missing from the last day, or counted to the day before the first."""
    someone.zone = ZoneInfo("Asia/Kolkata")
    for line in ("deploys web/production since=2d until=yesterday", "releases web/production since=2d"):
        await someone.send(line)
    midnight = MIDNIGHT - HOUR * 11 // 2  # 18:30 in UTC
    asked = [(each["from"], each["to"]) for each in someone.requested_params() if "bucketType" in each]
    assert asked == [([str(midnight - 2 * DAY - HOUR // 2)], [str(midnight + HOUR // 2)])] * 2
