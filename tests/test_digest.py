"""`digest`: what happened, what to do and the numbers on one screen; all details in the thread or the full report."""

import re
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.access import AccessRules, Caller
from bot.answers import Answer
from bot.errors import Failure, NotAllowed, NotFound, TryLater
from bot.messages.message import build_text
from bot.questions.base import raise_if_all_failed, result_or_failure
from bot.questions.digest import QUESTION as DIGEST
from bot.schedules.views import footer_view
from bot.store import Run, Schedule, ScheduleState, Snapshot
from tests.api_replies import (
    CALM,
    DAY,
    HOUR,
    MIDNIGHT,
    NO_EVENTS,
    a_score,
    an_event,
    deployments_at,
    edit_parts,
    large_impact,
    next_page_link,
    no_series,
    only_events,
    only_scores,
    refuse_with,
    scores_not_calculated,
    unchanged,
)
from tests.conversation import (
    NOW,
    Conversation,
    Edit,
    ErrorReply,
    button_lines,
    history_of,
    start_conversation,
    texts,
    visible_text,
    weekly,
    with_thread,
)
from tests.hostile import hostile


def _by(first: str) -> dict[str, str]:
    return {"firstName": first}


def _in(name: str) -> dict[str, Any]:
    return {"totalCount": 1, "items": [{"key": "e", "name": name, "iteration": {"status": "running"}}]}


def _hundred(reply: Any) -> Any:
    """Turn each page into a full one; the sandbox has eight events and sends one a page here."""
    page = len(reply["items"])
    moved = ((n * 7 + page) % 100 for n in range(100))
    times = (MIDNIGHT - (8 - page) * 12 * HOUR - n * HOUR // 60 for n in range(100))
    events = [
        an_event(flagKey=f"flag-{n % 60}", eventTime=at, impact=large_impact(80 + moved / 5))
        for n, (at, moved) in enumerate(zip(times, moved, strict=True), 1)
    ]
    return {"totalCount": 912, "items": events, "_links": next_page_link(reply["items"][0]["id"])}


def _many(reply: Any) -> Any:
    named = (f"An application with the number {n}" for n in range(9))
    data = [{"x": MIDNIGHT - ago * HOUR, "y": 3} for ago in range(1, 168)]
    return reply | {"series": [{"metadata": {"name": name}, "data": data} for name in named]}


def _statuses(reply: Any) -> Any:
    counted = [{"metadata": {"name": f"A status with the number {n}", "count": 100 - n}} for n in range(70)]
    return reply | {"series": counted}


def _active(count: int) -> Edit:
    return lambda reply: reply | {"series": [{"metadata": {"name": "Active", "count": count}}]}


STEADY = (0, "fair", "fair")
OFF = an_event(flagKey="apple-pay", eventType="disabled_targeting", description="Latency alarm")
ON = an_event(flagKey="apple-pay", eventType="enabled_targeting", eventTime=OFF["eventTime"] + 25 * HOUR // 60)


CALM_HEADLINE = "🟢 *web/production was calm*, 13 – 19 Nov 2026: no large change, and no score changed much."


def _flag_is(state: str, key: str = "apple-pay") -> Edit:
    environments = {"production": {"on": state == "on", "lastModified": OFF["eventTime"]}}
    return lambda _: {"items": [{"key": key, "environments": environments}]}


STATES: dict[str, Edit] = {
    "empty": edit_parts(scores=scores_not_calculated, events=NO_EVENTS, status=no_series, deploys=no_series),
    "one": edit_parts(events=only_events(an_event()), status=_active(1), deploys=deployments_at((30, 1))),
    "more": edit_parts(events=_hundred, status=_statuses, deploys=_many),
    "half": edit_parts(scores=refuse_with(403), deploys=refuse_with(404)),
    "calm": edit_parts(scores=CALM, events=NO_EVENTS),
    "open": edit_parts(events=only_events(OFF), flags=_flag_is("off")),
}

NOW_MS = int(NOW.timestamp() * 1000)
FOUR_WEEKS = weekly(ready=(9, 6, 7, 7, 8), overall=(61, 64, 63, 68, 67))


async def _shown(edit: Edit, line: str = "digest web/production", zone: str = "UTC") -> str:
    async with start_conversation(edit) as someone:
        someone.zone = ZoneInfo(zone)
        answer = await someone.send(line)
    assert answer.outcome == "answered", answer.message.text
    return visible_text(answer)


def _chart(answer: Any, heading: str) -> Any:
    [block] = [block for block in _below(answer, heading).blocks if block["type"] == "data_visualization"]
    return block["chart"]


def _top(answer: Any) -> str:
    return "\n".join(texts(list(answer.message.blocks)))


def _below(answer: Any, heading: str) -> Any:
    """Return the message in the thread with this heading."""
    [message] = [below for below in answer.message.thread if below.blocks[0].get("text", {}).get("text") == heading]
    return message


def _below_text(answer: Any, heading: str) -> str:
    return "\n".join(texts(list(_below(answer, heading).blocks)))


# One screen

SCREENS: dict[str, tuple[str, Edit | None, tuple[Snapshot, ...]]] = {
    **{f"example-{number}": (line, None, ()) for number, line in enumerate(DIGEST.examples, 1)},
    **{state: ("digest web/production", edit, ()) for state, edit in (STATES | {"hostile": hostile}).items()},
    "other-half": ("digest web/production", edit_parts(events=refuse_with(403), status=refuse_with(404)), ()),
    "weeks": ("digest web/production", None, FOUR_WEEKS),
}
MONDAYS = Schedule(
    *("1", "T1", "C1", 1, "U1", (0,), 0, time(9), "UTC", "digest web/production"), ScheduleState.ACTIVE, "", NOW
)


@pytest.mark.parametrize("name", SCREENS)
async def test_scheduled_digest_fits_on_one_screen(name: str) -> None:
    line, edit, past = SCREENS[name]
    async with start_conversation(edit) as someone:
        someone.past_snapshots = history_of(*past)
        answer = await someone.send(line)
        footer = footer_view(MONDAYS, Run("1", NOW, "T1", line, "UTC"), ())
        message = answer.message.with_footer(someone.answers.notice("schedule_footer", footer))
    assert len(message.blocks) <= 10
    assert len([word for word in build_text("", message.blocks).split() if re.search(r"\w", word)]) <= 170


# Requests


async def test_ten_requests_cover_one_environment_and_two_weeks(someone: Conversation) -> None:
    await someone.send("digest web/production app=storefront")
    place = {"projectKey": ["web"], "environmentKey": ["production"], "applicationKey": ["storefront"]}
    week, both_weeks = {"from": [str(MIDNIGHT - 7 * DAY)]}, {"from": [str(MIDNIGHT - 14 * DAY)]}
    large = {"impactSize": ["large"], "global": ["include"]}
    used = {"limit": ["100"], "offset": ["0"], "sort": ["-creationDate"], "filter": ["applicationEvaluated:storefront"]}
    expected: list[dict[str, list[str]]] = [
        {},
        {},
        {"projKey": ["web"], "from": [str(NOW_MS - 7 * DAY)], "to": [str(NOW_MS)]},
        place,
        place,
        {"env": ["production"], "limit": ["100"], "sort": ["-targetingModifiedDate"]},
        used,
        place | both_weeks | {"to": [str(MIDNIGHT)], "bucketType": ["hour"], "bucketMs": [str(HOUR)]},
        place | both_weeks | large | {"to": [str(MIDNIGHT - 7 * DAY - 1)], "limit": ["1"]},
        place | week | large | {"to": [str(MIDNIGHT - 1)], "limit": ["100"], "expand": ["experiments"]},
    ]
    in_order = [
        sorted(requests, key=lambda params: sorted(params.items()))
        for requests in (someone.requested_params(), expected)
    ]
    assert in_order[0] == in_order[1]


async def test_event_at_midnight_appears_in_exactly_one_digest() -> None:
    edges = [an_event(flagKey="first", eventTime=MIDNIGHT - 7 * DAY), an_event(flagKey="last", eventTime=MIDNIGHT - 1)]
    async with start_conversation(edit_parts(events=only_events(*edges))) as someone:
        answer = await someone.send("digest web/production")
        [asked] = [asked for asked in someone.requested_params() if "expand" in asked]
    assert (asked["from"], asked["to"]) == ([str(MIDNIGHT - 7 * DAY)], [str(MIDNIGHT - 1)])
    assert "Large changes 1" in _below(answer, "Deployments").text


# Spans


@pytest.mark.parametrize(
    ("options", "title", "days", "before", "previous"),
    [
        ("", "Weekly digest", "13 – 19 Nov 2026", "the week before", "6 – 12 Nov 2026"),
        ("span=day", "Daily digest", "19 Nov 2026", "the day before", "18 Nov 2026"),
        ("span=month", "Monthly digest", "20 Oct – 19 Nov 2026", "the month before", "20 Sep – 19 Oct 2026"),
        ("since=2026-11-17", "3-day digest", "17 – 19 Nov 2026", "the 3 days before", "14 – 16 Nov 2026"),
        ("span=day until=2026-11-09", "Daily digest", "9 Nov 2026", "the day before", "8 Nov 2026"),
        (
            "span=month since=2026-10-05 until=2026-11-01",
            "Monthly digest",
            "5 Oct – 1 Nov 2026",
            "the month before",
            "7 Sep – 4 Oct 2026",
        ),
        ("until=monday", "Weekly digest", "10 – 16 Nov 2026", "the week before", "3 – 9 Nov 2026"),
    ],
)
async def test_span_is_named_and_compared_with_the_one_before(
    someone: Conversation, options: str, title: str, days: str, before: str, previous: str
) -> None:
    answer = await someone.send(f"digest web/production {options}")
    assert _top(answer).startswith(f"{title} · {days}\n")
    assert f" vs. {before}\n" in _top(answer)
    assert f"; compared with {previous}." in _below_text(answer, "Deployments")


@pytest.mark.parametrize(
    ("zone", "hours"), [("Europe/Berlin", 24 * 31 + 1), ("America/New_York", 24 * 31 + 1), ("Asia/Kolkata", 24 * 31)]
)
async def test_month_has_whole_days_across_a_clock_change(zone: str, hours: int) -> None:
    async with start_conversation() as someone:
        someone.zone = ZoneInfo(zone)
        await someone.send("digest web/production span=month until=2026-11-19")
        [asked] = [asked for asked in someone.requested_params() if "expand" in asked]
    assert (int(asked["to"][0]) + 1 - int(asked["from"][0])) / HOUR == hours


async def test_span_that_is_too_long_offers_the_week(someone: Conversation) -> None:
    answer = await someone.send("digest web/production since=60d")
    assert answer.outcome == "mistyped"
    assert "A digest covers at most 45 days." in answer.message.text
    assert button_lines(answer.message) == ["digest web/production"]


# Headline


def _scores(**moves: tuple[float, str, str]) -> Edit:
    """Return scores under an overall one, each with its change, its band and the band before."""
    scores = {
        key: a_score(60, band, diffVsLastPeriod=points, lastPeriod=a_score(60, last))
        for key, (points, band, last) in moves.items()
    }
    return only_scores(
        **scores | {"overall": scores["overall"] | {"aggregateOf": [key for key in scores if key != "overall"]}}
    )


@pytest.mark.parametrize(
    ("edit", "headline"),
    [
        (
            edit_parts(scores=_scores(overall=(-5, "fair", "good"), velocity=(-9, "fair", "excellent"))),
            "📉 *Release maturity fell from good to fair* (60, down 5) in web/production. Also: velocity down 9.",
        ),
        (
            edit_parts(scores=_scores(overall=STEADY, velocity=(4, "fair", "fair"), risk=(-1, "fair", "good"))),
            "📉 *Risk score fell from good to fair* (60, down 1) in web/production. Also: velocity up 4.",
        ),
        (
            edit_parts(scores=_scores(overall=STEADY, velocity=(4, "fair", "fair"), risk=(-6, "fair", "fair"))),
            "📉 *Risk score fell to 60* (fair, down 6) in web/production. Also: velocity up 4.",
        ),
        (
            edit_parts(scores=_scores(overall=(3, "fair", "fair"))),
            "📈 *Release maturity rose to 60* (fair, up 3) in web/production.",
        ),
        (
            edit_parts(scores=CALM, events=only_events(OFF), flags=_flag_is("off")),
            "🚨 *apple-pay is still off* in web/production.",
        ),
        (
            edit_parts(scores=_scores(overall=(3, "fair", "fair")), events=only_events(OFF), flags=_flag_is("off")),
            "🚨 *apple-pay is still off* · *Release maturity rose to 60* (fair, up 3) in web/production.",
        ),
        (edit_parts(scores=CALM, events=only_events(ON, OFF)), "*2 large changes* on 1 flag in web/production."),
        (
            STATES["calm"],
            CALM_HEADLINE,
        ),
        (
            STATES["empty"],
            "*No insights for web/production yet*: no scores, changes or deployments, 13 – 19 Nov 2026.",
        ),
        (edit_parts(scores=refuse_with(403), events=only_events(OFF)), "*1 large change* on 1 flag in web/production."),
        (edit_parts(scores=CALM, events=refuse_with(403)), "*Some parts couldn't be loaded* in web/production."),
    ],
)
async def test_headline_says_what_happened(edit: Edit, headline: str) -> None:
    async with start_conversation(edit) as someone:
        answer = await someone.send("digest web/production")
    [summary] = [block for block in answer.message.blocks if block["type"] == "section"][:1]
    assert summary["text"]["text"] == headline


async def test_notification_opens_with_the_finding(someone: Conversation) -> None:
    words = (await someone.send("digest web/production")).message.text.split()
    assert " ".join(words[:12]).startswith("Failure rate score fell from good to fair (69, down 7) in")


# Worth knowing


def _details_of(answer: Answer) -> str:
    lines: list[str] = [block.get("accessory", {}).get("value", "") for block in answer.message.blocks]
    return next(line for line in lines if "apple-pay" in line)


async def test_details_of_an_incident_list_its_events_of_these_days() -> None:
    async with start_conversation(edit_parts(events=only_events(OFF), flags=_flag_is("off"))) as someone:
        line = _details_of(await someone.send("digest web/production"))
        shown = visible_text(await someone.send(line))
    window = "since=2026-11-13T00:00Z until=2026-11-20T00:00Z"
    assert line == f"events apple-pay web/production impact=any {window}"
    assert "*Still off*" in shown


async def test_details_of_another_change_are_the_flag() -> None:
    async with start_conversation(edit_parts(events=only_events(ON), flags=_flag_is("on"))) as someone:
        answer = await someone.send("digest web/production")
    assert _details_of(answer) == "flag apple-pay web/production"


async def test_flag_that_was_off_twice_is_one_line() -> None:
    again = [event | {"eventTime": event["eventTime"] - 2 * DAY} for event in (ON, OFF)]
    async with start_conversation(edit_parts(events=only_events(ON, OFF, *again), flags=_flag_is("on"))) as someone:
        shown = _top(await someone.send("digest web/production"))
    assert "|apple-pay>* was off twice: 25 minutes on Tue and 25 minutes on Thu · _Latency alarm_" in shown


async def test_open_incident_comes_first_and_three_are_shown() -> None:
    calm = [an_event(flagKey=f"flag-{n}", impact=large_impact(100)) for n in range(4)]
    edit = edit_parts(events=only_events(*calm, OFF), flags=_flag_is("off"))
    async with start_conversation(edit) as someone:
        shown = _top(await someone.send("digest web/production"))
    assert shown.index("apple-pay>* has been off since Thu by Dana Ortiz") < shown.index("flag-0>*")
    assert "flag-1>*" in shown
    assert "flag-2>*" not in shown


# Numbers


async def test_sparkline_needs_four_known_weeks(someone: Conversation) -> None:
    someone.past_snapshots = history_of(*weekly(overall=(62, 62, 59)))
    assert " (4 weeks ▄▄▁▆) · " in _top(await someone.send("digest web/production"))
    someone.past_snapshots = history_of(*weekly(overall=(64, 64)))
    assert "▁" not in _top(await someone.send("digest web/production"))


async def test_counts_are_compared_with_the_days_before() -> None:
    async with start_conversation(edit_parts(deploys=deployments_at((3, 5), (200, 7)))) as someone:
        shown = _top(await someone.send("digest web/production"))
    assert "*5 deployments* (−2) · *8 large changes* (" in shown


# Full report


async def test_full_report_shows_the_thread_in_one_message(someone: Conversation) -> None:
    scheduled = (await someone.send("digest web/production")).message
    full = (await someone.send("digest web/production full=yes")).message
    assert full.thread == ()
    assert len(full.blocks) <= 48
    below = [block for message in scheduled.thread for block in message.blocks]
    assert [block for block in below if block not in full.blocks] == []


# Several environments

SEVERAL = "digest web/production,mobile/production,platform/production"


async def test_several_environments_are_one_line_each_biggest_mover_first(someone: Conversation) -> None:
    answer = await someone.send(SEVERAL)
    lines = next(text for text in texts(list(answer.message.blocks)) if "*mobile/production*" in text).split("\n")
    moves = [abs(int(line.partition("▲" if "▲" in line else "▼")[2].split()[0])) for line in lines]
    assert len(moves) == 3
    assert moves == sorted(moves, reverse=True)
    footers = [texts([below.blocks[-1]])[0].partition(" · ")[0] for below in answer.message.thread]
    assert footers == [line.split("*")[1] for line in lines]
    for line in button_lines(answer.message):
        assert (await someone.send(line)).outcome == "answered"


async def test_environment_that_fails_is_one_line_among_the_others(someone: Conversation) -> None:
    shown = _top(await someone.send("digest web/production,mobile/nowhere"))
    assert "⚠️ *mobile/nowhere* couldn't be loaded. LaunchDarkly can't find that." in shown
    assert "*web/production* *65*" in shown


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("digest web/production mobile/production", "digest web/production,mobile/production"),
        ("digest web/production,staging", "digest web/production,web/staging"),
        ("digest more=mobile/production web/production", "digest web/production,mobile/production"),
    ],
)
async def test_several_environments_can_be_written_in_any_way(someone: Conversation, line: str, canonical: str) -> None:
    assert (await someone.send(line)).line == canonical


async def test_seventh_environment_is_refused_with_the_first_six(someone: Conversation) -> None:
    names = [f"web/env-{n}" for n in range(7)]
    answer = await someone.send(f"digest {','.join(names)}")
    assert "A digest covers at most six environments, and you gave 7." in answer.message.text
    assert button_lines(answer.message) == [f"digest {','.join(names[:6])}"]


async def test_every_project_of_a_digest_must_be_allowed(someone: Conversation) -> None:
    caller = Caller(ZoneInfo("UTC"), rules=AccessRules(projects=frozenset({"web"})))
    refused = await someone.answers.answer("digest web/production,mobile/production", caller)
    assert refused.outcome == "not allowed"
    assert "I can't read the project mobile here." in refused.message.text
    assert (await someone.answers.answer("digest web/production,staging", caller)).outcome == "answered"


async def test_calm_environments_are_quiet_together() -> None:
    async with start_conversation(STATES["calm"]) as someone:
        calm = await someone.send("digest web/production,mobile/production")
        quiet = await someone.send("digest web/production,mobile/production quiet=on-change")
    assert calm.message.text.startswith("web/production and mobile/production were calm: no large change")
    assert quiet.is_quiet
    assert quiet.message.text.startswith("Nothing to report in web/production and mobile/production, 13 – 19 Nov 2026:")
    assert quiet.snapshot
    assert (quiet.snapshot.place, quiet.snapshot.material) == ("web/production,mobile/production", False)


# Large changes


async def test_changes_are_grouped_by_flag_with_the_largest_first() -> None:
    events = [
        an_event(flagKey="small-one", impact=large_impact(81)),
        an_event(flagKey="big-one", impact=large_impact(85), member=_by("Ana"), description="a step"),
        an_event(flagKey="unsaid-one", impact=large_impact(None)),
        an_event(flagKey="big-one", impact=large_impact(99), member=_by("Ben"), description="a leap"),
        an_event(flagKey="big-one", impact=large_impact(85), member=_by("Ana")),
    ]
    shown = await _shown(edit_parts(events=only_events(*events)))
    assert "*5 large changes* on 3 flags" in shown
    details = shown.partition("*5 large changes* on 3 flags in web/production")[2]
    assert details.index("big-one>*") < details.index("small-one>*") < details.index("unsaid-one>*")
    assert "big-one>* · 3 changes by Ben and Ana" in details
    assert "large impact (99%)" in details


async def test_changes_name_owners_and_variations() -> None:
    counts = [{"value": True, "before": 4, "after": 96}, {"value": False, "before": 96, "after": 4}]
    event = an_event(impact=large_impact(92) | {"evaluationsSummary": {"variations": counts}})
    team, variations = {"key": "checkout", "name": "Checkout crew"}, [{"value": True, "name": "New checkout"}]
    flag = {"key": "new-checkout", "_maintainerTeam": team, "variations": variations}
    catalog = edit_parts(events=only_events(event), flags=lambda _: {"items": [flag]})
    shown = await _shown(catalog)
    assert "was rolled out from 5% to 95% on Thu by Dana Ortiz · owner: Checkout crew" in shown
    assert "new-checkout>* · owned by Checkout crew" in shown
    assert "New checkout: 4% → 96%" in shown


async def test_good_news_has_no_red_dot() -> None:
    shown = await _shown(edit_parts(events=only_events(an_event(eventType="enabled_targeting"))))
    assert "🟢 *<" in shown
    assert "🔴 *<" not in shown


async def test_long_author_lists_are_shortened() -> None:
    shown = await _shown(edit_parts(events=only_events(*(an_event(member=_by(name)) for name in "ABCDE"))))
    assert "5 changes by A, B, C and 2 more" in shown


async def test_change_shows_variation_shares_before_and_after() -> None:
    counts = [{"value": True, "before": 4, "after": 96}, {"value": False, "before": 96, "after": 4}]
    event = an_event(impact=large_impact(92) | {"evaluationsSummary": {"variations": counts}})
    assert "New checkout: 4% → 96%\n" in await _shown(edit_parts(events=only_events(event)))


@pytest.mark.parametrize(
    ("experiments", "shown_text", "hidden_text"),
    [
        ([None, None], "Experiments unknown for 2 changes.", "an experiment*"),
        ([{"items": []}], " · 🧪 without an experiment", "does not say"),
        ([{"items": []}, {"items": []}], "all without an experiment", "does not say"),
        ([{"items": []}, _in("Copy test")], "1 without an experiment", "does not say"),
        ([_in("Copy test")], "all in experiments", "without an experiment"),
        ([{"items": []}, None], "Experiments unknown for 1 change.", "all without"),
    ],
)
async def test_changes_without_an_experiment_are_counted_when_known(
    experiments: list[Any], shown_text: str, hidden_text: str
) -> None:
    shown = await _shown(edit_parts(events=only_events(*(an_event(experiments=known) for known in experiments))))
    assert shown_text in shown
    assert hidden_text not in shown


async def test_flag_group_lists_its_experiments() -> None:
    events = [an_event(experiments=_in("Copy test")), an_event(experiments=_in("Copy test")), an_event()]
    assert "🧪 Copy test (running)" in await _shown(edit_parts(events=only_events(*events)))


async def test_first_three_hundred_changes_are_read_and_the_rest_counted() -> None:
    async with start_conversation(edit_parts(events=_hundred)) as someone:
        answer = await someone.send("digest web/production")
        pages = [asked for asked in someone.requested_params() if "expand" in asked]
    assert len(pages) == 3
    assert len({str(page.get("after")) for page in pages}) == 3
    assert "*912 large changes*" in _top(answer)
    assert "612 more changes weren't read." in _top(answer)
    changes = _below_text(answer, "Large changes")
    assert "*912 large changes* on 60 flags" in changes
    assert "612 more changes couldn't be read; showing the newest." in changes
    assert "… and 20 more flags" in changes
    assert "† Large changes before Wed 18 Nov couldn't all be read." in _below_text(answer, "Deployments")


async def test_repeating_page_stops_pagination() -> None:
    page = [an_event(flagKey=f"flag-{n}") for n in range(100)]

    def again(reply: Any) -> Any:
        return {"totalCount": 100_000, "items": page, "_links": next_page_link(reply["items"][0]["id"])}

    async with start_conversation(edit_parts(events=again)) as someone:
        answer = await someone.send("digest web/production")
        assert len([asked for asked in someone.requested_params() if "expand" in asked]) == 2
    assert "99,900 more changes weren't read" in _top(answer)


async def test_failed_later_page_keeps_earlier_changes() -> None:
    def once(reply: Any) -> Any:
        return {"totalCount": 9, "items": [an_event()], "_links": next_page_link("00000000-unknown")}

    async with start_conversation(edit_parts(events=once)) as someone:
        answer = await someone.send("digest web/production")
    assert "new-checkout" in _top(answer)
    assert "8 more changes weren't read. LaunchDarkly rejected this request." in _top(answer)
    assert "after is unknown" in _below(answer, "Large changes").text


async def test_flags_and_sections_have_follow_up_buttons(someone: Conversation) -> None:
    messages = with_thread((await someone.send("digest web/production")).message)
    blocks = [block for message in messages for block in message.blocks]
    beside = [block["accessory"]["value"] for block in blocks if "accessory" in block]
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    lines = dict.fromkeys([*beside, *(button["value"] for row in rows for button in row)])
    assert {line.split()[0] for line in lines} == {"digest", "events", "scores", "status", "cleanup", "deploys", "flag"}
    for line in lines:
        answer = await someone.send(line)
        assert answer.outcome == "answered"
        assert answer.line == line


async def test_line_too_long_for_a_button_has_none() -> None:
    apps = [f"an-application-with-the-number-{n}" for n in range(80)]
    listed = {"items": [{"key": app} for app in apps]}
    async with start_conversation(lambda reply: reply if "project" in str(reply.asked) else listed) as someone:
        answer = await someone.send(f"digest web/production app={','.join(apps)}")
    assert answer.outcome == "answered"
    assert "actions" not in {block["type"] for message in with_thread(answer.message) for block in message.blocks}


# Deployments beside changes


async def test_deployments_and_changes_share_the_same_days() -> None:
    changed = [an_event(eventTime=MIDNIGHT - ago * HOUR) for ago in (1, 2, 50)]
    edit = edit_parts(events=only_events(*changed), deploys=deployments_at((24, 2), (3, 1), (25, 4), (50, 0), (168, 5)))
    async with start_conversation(edit) as someone:
        answer = await someone.send("digest web/production")
    chart = _chart(answer, "Deployments")
    drawn = {line["name"]: {point["label"]: point["value"] for point in line["data"]} for line in chart["series"]}
    gaps = {"Sat 14 Nov †": 0, "Sun 15 Nov †": 0, "Mon 16 Nov †": 0}
    assert drawn == {
        "Deployments": gaps | {"Fri 13 Nov": 5, "Tue 17 Nov": 0, "Wed 18 Nov": 4, "Thu 19 Nov": 3},
        "Large changes": gaps | {"Fri 13 Nov": 0, "Tue 17 Nov": 1, "Wed 18 Nov": 0, "Thu 19 Nov": 2},
    }
    assert "*12 deployments*" in _top(answer)
    below = _below_text(answer, "Deployments")
    assert "*12 deployments* and *3 large changes* in web/production" in below
    assert "Large changes on *Tue 17 Nov*, with no deployment that day." in below
    assert "Tue 17 Nov: Deployments 0, Large changes 1" in _below(answer, "Deployments").text
    assert "† No deployment data for Sat 14 Nov – Mon 16 Nov." in below


async def test_nobody_is_blamed_for_a_day_without_deployment_data() -> None:
    """Two large changes are on Tuesday, whose deployments are unknown."""
    changed = [an_event(eventTime=MIDNIGHT - ago * HOUR) for ago in (50, 51)]
    async with start_conversation(edit_parts(events=only_events(*changed), deploys=deployments_at((3, 1)))) as someone:
        answer = await someone.send("digest web/production")
    assert "with no deployment" not in visible_text(answer)
    assert "† No deployment data for Fri 13 Nov – Wed 18 Nov." in _below_text(answer, "Deployments")
    assert "Tue 17 Nov: Deployments no data, Large changes 2" in _below(answer, "Deployments").text


async def test_local_days_apply_to_deployments_and_changes() -> None:
    """23:30 in Berlin is still Thursday for both."""
    late = MIDNIGHT - HOUR - HOUR // 2
    edit = edit_parts(events=only_events(an_event(eventTime=late)), deploys=deployments_at((2, 1)))
    async with start_conversation(edit) as someone:
        someone.zone = ZoneInfo("Europe/Berlin")
        chart = _chart(await someone.send("digest web/production"), "Deployments")
    assert chart["axis_config"]["categories"][-1] == "Thu 19 Nov"
    assert [line["data"][-1]["value"] for line in chart["series"]] == [1, 1]


@pytest.mark.parametrize(("zone", "mentioned"), [("Europe/Berlin", False), ("Asia/Kolkata", True), ("UTC", False)])
async def test_partial_hour_utc_offset_is_mentioned(zone: str, mentioned: bool) -> None:
    shown = await _shown(edit_parts(deploys=deployments_at((30, 1))), zone=zone)
    assert ("LaunchDarkly counts by UTC hour" in shown) is mentioned


async def test_hour_across_midnight_counts_for_the_day_it_starts_on() -> None:
    edit = edit_parts(deploys=deployments_at((6, 3), (7 * 24 + 6, 40)))  # half an hour before two midnights in India
    assert "*3 deployments*" in await _shown(edit, zone="Asia/Kolkata")


async def test_buttons_cover_the_digest_week_or_name_their_period() -> None:
    async with start_conversation() as someone:
        someone.zone = ZoneInfo("Europe/Berlin")
        answer = await someone.send("digest web/production")
        blocks = [block for message in with_thread(answer.message) for block in message.blocks]
        rows = [block["elements"] for block in blocks if block["type"] == "actions"]
        week = "since=2026-11-13T00:00+01:00 until=2026-11-20T00:00+01:00"
        lines = {button["text"]["text"]: button["value"] for row in rows for button in row}
        assert lines == {
            "Full report": f"digest web/production {week} full=yes",
            "Why?": "events web/production impact=any since=2026-11-13T01:00+01:00 until=2026-11-20T01:00+01:00",
            "Changes": f"events web/production expand=experiments {week}",
            "Scores (latest period)": "scores web/production",
            "Flag status (now)": "status web/production",
            "Deployments": f"deploys web/production {week}",
        }
        someone.zone = ZoneInfo("America/New_York")
        changes = (await someone.send(lines["Changes"])).message.text
        assert changes.startswith("8 events")
        assert "Thu 12 Nov 2026, 18:00 EST – Thu 19 Nov 2026, 18:00 EST" in changes


async def test_no_deployment_data_is_not_called_no_deployments() -> None:
    async with start_conversation(edit_parts(deploys=no_series)) as someone:
        answer = await someone.send("digest web/production")
    assert "No deployment data." in _top(answer)
    assert "Are deployment events being sent to LaunchDarkly?" in _below_text(answer, "Deployments")
    assert "0 deployments" not in visible_text(answer) + answer.message.text
    chart = _chart(answer, "Deployments")
    assert [line["name"] for line in chart["series"]] == ["Large changes"]
    assert len(chart["axis_config"]["categories"]) == 7


# Missing parts


async def test_failed_part_is_reported_and_the_rest_delivered() -> None:
    async with start_conversation(STATES["half"]) as someone:
        answer = await someone.send("digest web/production")
    assert answer.outcome == "answered"
    assert "⚠️ *Scores* couldn't be loaded. The bot's access token can't read this." in _top(answer)
    assert "⚠️ *Deployments* couldn't be loaded. LaunchDarkly can't find that." in _top(answer)
    assert "*8 large changes* on 4 flags" in _top(answer)
    assert "3 of 13 flags ready to clean up" in _top(answer)
    for said in (
        "Scores couldn't be loaded.",
        "Deployments couldn't be loaded.",
        "8 large changes",
        "3 of 13 flags ready",
    ):
        assert said in answer.message.text
    assert "The token needs the Reader role or higher." in "".join(message.text for message in answer.message.thread)


async def test_missing_insights_are_reported_in_one_line() -> None:
    async with start_conversation() as someone:
        someone.faults.missing = frozenset({"insights"})
        answer = await someone.send("digest web/production")
        assert not answer.is_quiet
    assert answer.message.text.startswith("No engineering insights in web/production.")
    assert _top(answer).count("⚠️ I can't read engineering insights: the LaunchDarkly plan or the role") == 1
    assert "couldn't be loaded" not in visible_text(answer)
    assert "3 of 13 flags ready to clean up" in _top(answer)
    assert "old-address-form>* · owned by Jonas Weber" in visible_text(answer)


async def test_missing_status_chart_is_reported_and_flags_are_counted() -> None:
    async with start_conversation(edit_parts(status=refuse_with(403))) as someone:
        answer = await someone.send("digest web/production")
    assert "3 of 13 flags ready to clean up" in _top(answer)
    assert "⚠️ I can't read engineering insights" in _below_text(answer, "Flag status")


@pytest.mark.parametrize("name", ["scores", "events", "deploys"])
async def test_any_single_part_may_fail(name: str) -> None:
    async with start_conversation(edit_parts(**{name: refuse_with(403)})) as someone:
        answer = await someone.send("digest web/production")
    assert answer.outcome == "answered"
    assert answer.message.text.count("couldn't be loaded. ") == 1
    assert _top(answer).count("⚠️") == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("digest nowhere/production", "There's no project “nowhere”."),
        ("digest web/nowhere", "web has no environment “nowhere”."),
        ("digest mobile/production app=ios", "There's no application “ios”."),
    ],
)
async def test_unknown_key_is_reported_once(someone: Conversation, line: str, says: str) -> None:
    answer = await someone.send(line)
    assert answer.outcome == "not found"
    assert answer.message.text.count(says) == 1
    assert "does not know what you asked about" not in visible_text(answer)


async def test_clearest_error_wins_when_every_part_fails() -> None:
    async with start_conversation(lambda reply: ErrorReply(403 if "scores" in reply else 400)) as someone:
        assert (await someone.send("digest web/production")).outcome == "not allowed"


def test_fixable_error_comes_first() -> None:
    later, unknown, denied = TryLater("a", "b"), NotFound("c", "d"), NotAllowed("e", "f")
    for failures, told in (((later, unknown, denied), denied), ((later, unknown), unknown), ((later,), later)):
        with pytest.raises(Failure) as raised:
            raise_if_all_failed(*failures)
        assert raised.value is told
    raise_if_all_failed(later, "something")


async def test_internal_error_is_not_treated_as_a_missing_part() -> None:
    async def broken() -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await result_or_failure(broken())


async def test_uncalculated_scores_are_listed_without_a_number() -> None:
    missing = {"score": 0, "indicator": "notCalculated"}
    shown = await _shown(
        edit_parts(scores=only_scores(overall=a_score(71, aggregateOf=["leadTime"]), leadTime=missing))
    )
    assert "No data: Lead time." in shown
    assert "*0*" not in shown


async def test_scores_without_a_tree_are_listed_flat() -> None:
    many = {f"someScoreNumber{n}": a_score(n) for n in range(14)}
    async with start_conversation(edit_parts(scores=only_scores(**many))) as someone:
        answer = await someone.send("digest web/production")
    assert "Some score number0 *0* · Some score number1 *1*" in _top(answer)
    assert "Some score number4" not in _top(answer)
    assert "Some score number13" in visible_text(answer)


async def test_empty_scores_are_reported() -> None:
    async with start_conversation(edit_parts(scores=only_scores())) as someone:
        answer = await someone.send("digest web/production")
    assert "\nNo scores yet\n" in _top(answer)
    assert "\nNo scores yet\n" in answer.message.text


# Quiet weeks


@pytest.mark.parametrize(
    ("edit", "quiet"),
    [
        (edit_parts(scores=CALM, events=NO_EVENTS), True),
        (edit_parts(scores=scores_not_calculated, events=NO_EVENTS, status=no_series, deploys=no_series), True),
        (edit_parts(scores=CALM), False),
        (edit_parts(events=NO_EVENTS), False),
        (edit_parts(scores=CALM, events=only_events(total=3)), False),
        (edit_parts(scores=only_scores(overall=a_score(71, diffVsLastPeriod=2)), events=NO_EVENTS), True),
        (edit_parts(scores=only_scores(overall=a_score(71, diffVsLastPeriod=-3)), events=NO_EVENTS), False),
        (edit_parts(scores=only_scores(overall=a_score(70, lastPeriod=a_score(69, "fair"))), events=NO_EVENTS), False),
        (
            edit_parts(scores=only_scores(overall=a_score(0, "unknown", lastPeriod=a_score(69))), events=NO_EVENTS),
            False,
        ),
        (edit_parts(scores=only_scores(overall=a_score(0, "unknown", diffVsLastPeriod=9)), events=NO_EVENTS), True),
        *(
            (edit_parts(**({"scores": CALM, "events": NO_EVENTS} | {name: refuse_with(403)})), False)
            for name in ("scores", "events", "status", "deploys")
        ),
    ],
)
async def test_quiet_requires_no_significant_change_and_no_missing_part(edit: Edit, quiet: bool) -> None:
    async with start_conversation(edit) as someone:
        asked = await someone.send("digest web/production quiet=on-change")
        spoken = await someone.send("digest web/production")
    assert (asked.is_quiet, spoken.is_quiet) == (quiet, False)
    assert len(spoken.message.blocks) > 2
    assert (len(asked.message.blocks) == 2 and not asked.message.thread) is quiet


async def test_quiet_digest_is_one_summary_line() -> None:
    async with start_conversation(edit_parts(scores=CALM, events=NO_EVENTS)) as someone:
        answer = await someone.send("digest web/production quiet=on-change")
    summary = answer.message.text.split("\n")[0]
    assert summary == (
        "Nothing to report in web/production, 13 – 19 Nov 2026: no large change, no score moved by 3 points or into "
        "another band (release maturity 71), 19 flags, 25 deployments."
    )
    assert answer.message.blocks[0]["text"]["text"].replace("*", "").removeprefix("💤 ") == summary


async def test_quiet_parameter_is_never_sent_to_launchdarkly(someone: Conversation) -> None:
    await someone.send("digest web/production quiet=on-change")
    assert not any("quiet" in asked or "" in asked for asked in someone.requested_params())
    help_ = (await someone.send("help digest")).message
    [row] = [row for block in help_.blocks for row in block.get("rows", ()) if row[0]["text"] == "quiet"]
    assert row[1]["text"] == "–"
    assert "quiet, –, only one line when" in help_.text


# Thread


async def test_details_are_posted_in_the_thread(someone: Conversation) -> None:
    thread = (await someone.send("digest web/production")).message.thread
    heads = [below.blocks[0]["text"]["text"] for below in thread]
    assert heads == ["Scores", "Large changes", "Flag status", "Deployments"]
    assert "Lead time 79 good" in thread[0].text
    assert "Sukarno, Targeting turned off for the load test" in thread[1].text
    assert "dark-mode, owned by Tom O’Brien, ready to remove from code" in thread[2].text
    scores = (await someone.send("scores web/production")).message
    tree = [block for block in thread[0].blocks if block["type"] == "section"]
    assert tree == [block for block in scores.blocks if block["type"] == "section"][: len(tree)]


async def test_thread_lists_more_flags_and_counts_the_rest() -> None:
    async with start_conversation(STATES["more"]) as someone:
        below = (await someone.send("digest web/production")).message.thread[1]
    shown = "\n".join(texts(list(below.blocks)))
    assert len(below.blocks) <= 48
    assert "… and 20 more flags (" in shown
    assert "more changes of this flag" in shown


async def test_thread_of_an_empty_project_only_explains_deployments() -> None:
    async with start_conversation(STATES["empty"]) as someone:
        [below] = (await someone.send("digest web/production")).message.thread
    assert "Are deployment events being sent to LaunchDarkly?" in below.text


# Previous weeks


@pytest.mark.parametrize(
    ("weeks", "sentence"),
    [
        ((7, 4, 5, 5, 6), "ready to clean up: 3 fewer than last week, the first fall in 4 weeks."),
        ((2, 2, 2), "ready to clean up: 1 more than last week, the first rise in 3 weeks."),
        ((4, 5, 4, 3), "ready to clean up: same as last week."),
        ((0, 1, 2), "ready to clean up: 1 more than last week, the third rise in a row."),
        ((7, 6, 5), "ready to clean up: 2 fewer than last week, the third fall in a row."),
        ((5, 6), "ready to clean up: 3 fewer than last week."),
        ((4, 5, 6, None), "ready to clean up: 3 fewer than two weeks ago."),
        ((4, 5, None, 6), "ready to clean up: 3 fewer than last week."),
        ((6, None, None), "ready to clean up: 3 fewer than three weeks ago."),
        ((6, None, None, None), "ready to clean up."),
        ((), "ready to clean up."),
    ],
)
async def test_ready_flag_count_is_compared_with_previous_weeks(
    someone: Conversation, weeks: tuple[float | None, ...], sentence: str
) -> None:
    someone.past_snapshots = history_of(*weekly(ready=weeks) if weeks else ())
    answer = await someone.send("digest web/production")
    assert f"Worth doing, 3 of 13 flags {sentence[:-1]}\n" in answer.message.text


async def test_previous_snapshot_from_a_partial_week_is_dated(someone: Conversation) -> None:
    """This happens if the digest is posted on Mondays, and somebody asks on a Friday."""
    days = [date(2026, 11, 16) - timedelta(weeks=ago) for ago in range(2)]
    someone.past_snapshots = history_of(*(Snapshot("web/production", day, {"ready": 9}, material=True) for day in days))
    assert "6 fewer than on 16 Nov\n" in (await someone.send("digest web/production")).message.text


async def test_nothing_is_worth_doing_without_flags_to_clean_up() -> None:
    async with start_conversation(edit_parts(flags=lambda _: {"items": []})) as someone:
        someone.past_snapshots = history_of(*weekly(ready=(3,)))
        assert "Worth doing" not in (await someone.send("digest web/production")).message.text


async def test_flags_that_cannot_be_read_are_one_short_line() -> None:
    async with start_conversation(edit_parts(flags=refuse_with(403))) as someone:
        someone.past_snapshots = history_of(*weekly(ready=(3, 3, 3)))
        answer = await someone.send("digest web/production")
    assert "⚠️ *Flags to clean up* couldn't be loaded. The bot's access token can't read this.\n" in _top(answer)
    assert "last week" not in answer.message.text
    assert answer.snapshot
    assert "ready" not in answer.snapshot.numbers


@pytest.mark.parametrize(
    ("edit", "missing"),
    [
        (unchanged, set[str]()),
        (edit_parts(scores=refuse_with(403)), {"overall"}),
        (edit_parts(scores=scores_not_calculated), {"overall"}),
        (edit_parts(events=refuse_with(403)), {"changes"}),
        (edit_parts(status=refuse_with(403)), {"flags", "done"}),
        (edit_parts(status=no_series), {"flags", "done"}),
        (edit_parts(deploys=refuse_with(403)), {"deployments"}),
        (edit_parts(deploys=no_series), {"deployments"}),
    ],
)
async def test_snapshot_holds_exactly_the_known_numbers(edit: Edit, missing: set[str]) -> None:
    async with start_conversation(edit) as someone:
        kept = (await someone.send("digest web/production app=storefront")).snapshot
        assert (await someone.send("status web/production")).snapshot is None
    assert kept
    assert (kept.place, kept.day) == ("web/production app=storefront", NOW.date())
    assert kept.numbers.keys() == {"overall", "changes", "flags", "done", "ready", "deployments"} - missing


@pytest.mark.parametrize("line", ["digest web/production", "digest web/production quiet=on-change"])
async def test_snapshot_significance_follows_the_quiet_rule(line: str) -> None:
    for edit, material in ((STATES["calm"], False), (edit_parts(), True), (edit_parts(scores=refuse_with(403)), True)):
        async with start_conversation(edit) as someone:
            kept = (await someone.send(line)).snapshot
        assert kept
        assert kept.material is material
