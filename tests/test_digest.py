"""`digest`: a week of four questions in one message, with a thread, and notes for missing parts."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Failure, NotAllowed, NotFound, TryLater
from bot.questions.base import raise_if_all_failed, result_or_failure
from bot.store import Snapshot
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
)


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


STATES: dict[str, Edit] = {
    "empty": edit_parts(scores=scores_not_calculated, events=NO_EVENTS, status=no_series, deploys=no_series),
    "one": edit_parts(events=only_events(an_event()), status=_active(1), deploys=deployments_at((30, 1))),
    "more": edit_parts(events=_hundred, status=_statuses, deploys=_many),
    "half": edit_parts(scores=refuse_with(403), deploys=refuse_with(404)),
    "other-half": edit_parts(events=refuse_with(403), status=refuse_with(404)),
    "calm": edit_parts(scores=CALM, events=NO_EVENTS),
}

PASTS = {"weeks": weekly(done=(9, 6, 7, 7, 8), overall=(61, 64, 63, 68, 67))}


async def _shown(edit: Edit, line: str = "digest web/production", zone: str = "UTC") -> str:
    async with start_conversation(edit) as someone:
        someone.zone = ZoneInfo(zone)
        answer = await someone.send(line)
    assert answer.outcome == "answered", answer.message.text
    return visible_text(answer)


def _charts(answer: Any) -> list[Any]:
    return [block for block in answer.message.blocks if block["type"] == "data_visualization"]


def _top(answer: Any) -> str:
    return "\n".join(texts(list(answer.message.blocks)))


# Requests


async def test_seven_requests_cover_one_environment_and_week(someone: Conversation) -> None:
    await someone.send("digest web/production app=storefront")
    place = {"projectKey": ["web"], "environmentKey": ["production"], "applicationKey": ["storefront"]}
    week = {"from": [str(MIDNIGHT - 7 * DAY)]}
    used = {"limit": ["100"], "offset": ["0"], "sort": ["-creationDate"], "filter": ["applicationEvaluated:storefront"]}
    expected: list[dict[str, list[str]]] = [
        {},
        place,
        place,
        {"env": ["production"], "limit": ["100"], "sort": ["-targetingModifiedDate"]},
        used,
        place | week | {"to": [str(MIDNIGHT)], "bucketType": ["hour"], "bucketMs": [str(HOUR)]},
        place
        | week
        | {
            "to": [str(MIDNIGHT - 1)],
            "impactSize": ["large"],
            "expand": ["experiments"],
            "global": ["include"],
            "limit": ["100"],
        },
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
        [asked] = [asked for asked in someone.requested_params() if "impactSize" in asked]
    assert (asked["from"], asked["to"]) == ([str(MIDNIGHT - 7 * DAY)], [str(MIDNIGHT - 1)])
    assert "Large changes 1" in answer.message.text


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
    assert "*5 large-impact changes* on 3 flags" in shown
    assert shown.index("big-one>*\na leap") < shown.index("small-one>*") < shown.index("unsaid-one>*")
    assert "3 changes by Ben and Ana · largest: <!date" in shown
    assert "large impact (99%)" in shown


async def test_changes_name_owners_and_variations() -> None:
    counts = [{"value": True, "before": 4, "after": 96}, {"value": False, "before": 96, "after": 4}]
    event = an_event(impact=large_impact(92) | {"evaluationsSummary": {"variations": counts}})
    team, variations = {"key": "checkout", "name": "Checkout crew"}, [{"value": True, "name": "New checkout"}]
    flag = {"key": "new-checkout", "_maintainerTeam": team, "variations": variations}
    catalog = edit_parts(events=only_events(event), flags=lambda _: {"items": [flag]})
    shown = await _shown(catalog)
    assert shown.count("new-checkout>* · owned by Checkout crew") == 2
    assert shown.count("New checkout: 4% → 96%") == 2


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
    assert "New checkout: 4% → 96% · 🧪 no experiment" in await _shown(edit_parts(events=only_events(event)))


@pytest.mark.parametrize(
    ("experiments", "shown_text", "hidden_text"),
    [
        ([None, None], "Experiments unknown for 2 changes.", "an experiment*"),
        ([{"items": []}], "on 1 flag · 🧪 without an experiment", "does not say"),
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


async def test_first_five_hundred_changes_are_read_and_the_rest_counted() -> None:
    async with start_conversation(edit_parts(events=_hundred)) as someone:
        answer = await someone.send("digest web/production")
        pages = [asked for asked in someone.requested_params() if "impactSize" in asked]
    assert len(pages) == 5
    assert len({str(page.get("after")) for page in pages}) == 5
    assert "*912 large-impact changes* on 60 flags" in _top(answer)
    assert "412 more changes couldn't be read; showing the newest." in _top(answer)
    assert "… and 55 more flags" in _top(answer)
    assert "† Large changes before Tue 17 Nov couldn't all be read." in _top(answer)


async def test_repeating_page_stops_pagination() -> None:
    page = [an_event(flagKey=f"flag-{n}") for n in range(100)]

    def again(reply: Any) -> Any:
        return {"totalCount": 100_000, "items": page, "_links": next_page_link(reply["items"][0]["id"])}

    async with start_conversation(edit_parts(events=again)) as someone:
        answer = await someone.send("digest web/production")
        assert len([asked for asked in someone.requested_params() if "impactSize" in asked]) == 2
    assert "99,900 more changes couldn't be read" in _top(answer)


async def test_failed_later_page_keeps_earlier_changes() -> None:
    def once(reply: Any) -> Any:
        return {"totalCount": 9, "items": [an_event()], "_links": next_page_link("00000000-unknown")}

    async with start_conversation(edit_parts(events=once)) as someone:
        answer = await someone.send("digest web/production")
    assert "new-checkout" in _top(answer)
    assert "8 more changes couldn't be read. LaunchDarkly rejected this request." in _top(answer)
    assert "after is unknown" in answer.message.text


async def test_flags_and_sections_have_follow_up_buttons(someone: Conversation) -> None:
    blocks = (await someone.send("digest web/production")).message.blocks
    beside = [block["accessory"]["value"] for block in blocks if "accessory" in block]
    [row] = [block["elements"] for block in blocks if block["type"] == "actions"]
    lines = [*beside, *(button["value"] for button in row)]
    assert len(row) <= 5
    assert lines[0].startswith("events web/production impact=any since=")
    assert "flag gift-wrap web/production" in lines
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
    assert "actions" not in {block["type"] for block in answer.message.blocks}


# Deployments beside changes


async def test_deployments_and_changes_share_the_same_days() -> None:
    changed = [an_event(eventTime=MIDNIGHT - ago * HOUR) for ago in (1, 2, 50)]
    edit = edit_parts(events=only_events(*changed), deploys=deployments_at((24, 2), (3, 1), (25, 4), (50, 0), (168, 5)))
    async with start_conversation(edit) as someone:
        answer = await someone.send("digest web/production")
    chart = _charts(answer)[1]["chart"]
    drawn = {line["name"]: {point["label"]: point["value"] for point in line["data"]} for line in chart["series"]}
    gaps = {"Sat 14 Nov †": 0, "Sun 15 Nov †": 0, "Mon 16 Nov †": 0}
    assert drawn == {
        "Deployments": gaps | {"Fri 13 Nov": 5, "Tue 17 Nov": 0, "Wed 18 Nov": 4, "Thu 19 Nov": 3},
        "Large changes": gaps | {"Fri 13 Nov": 0, "Tue 17 Nov": 1, "Wed 18 Nov": 0, "Thu 19 Nov": 2},
    }
    assert "*12 deployments* and *3 large-impact changes*." in _top(answer)
    assert "Large flag changes on *Tue 17 Nov*, with no deployment that day." in _top(answer)
    assert "Tue 17 Nov: Deployments 0, Large changes 1" in answer.message.text
    assert "† No deployment data for Sat 14 Nov – Mon 16 Nov." in _top(answer)


async def test_nobody_is_blamed_for_a_day_without_deployment_data() -> None:
    """Two large changes are on Tuesday, whose deployments are unknown."""
    changed = [an_event(eventTime=MIDNIGHT - ago * HOUR) for ago in (50, 51)]
    async with start_conversation(edit_parts(events=only_events(*changed), deploys=deployments_at((3, 1)))) as someone:
        answer = await someone.send("digest web/production")
    assert "no deployment was reported" not in _top(answer) + answer.message.text
    assert "† No deployment data for Fri 13 Nov – Wed 18 Nov." in _top(answer)
    assert "Tue 17 Nov: Deployments no data, Large changes 2" in answer.message.text


async def test_local_days_apply_to_deployments_and_changes() -> None:
    """23:30 in Berlin is still Thursday for both."""
    late = MIDNIGHT - HOUR - HOUR // 2
    edit = edit_parts(events=only_events(an_event(eventTime=late)), deploys=deployments_at((2, 1)))
    async with start_conversation(edit) as someone:
        someone.zone = ZoneInfo("Europe/Berlin")
        chart = _charts(await someone.send("digest web/production"))[1]["chart"]
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
        [row] = [block["elements"] for block in answer.message.blocks if block["type"] == "actions"]
        week = "since=2026-11-13T00:00+01:00 until=2026-11-20T00:00+01:00"
        assert {button["text"]["text"]: button["value"] for button in row} == {
            "Changes": f"events web/production expand=experiments {week}",
            "Scores (latest period)": "scores web/production",
            "Flag status (now)": "status web/production",
            "Deployments": f"deploys web/production {week}",
        }
        someone.zone = ZoneInfo("America/New_York")
        changes = (await someone.send(row[0]["value"])).message.text
        assert changes.startswith("8 events")
        assert "Thu 12 Nov 2026, 18:00 EST – Thu 19 Nov 2026, 18:00 EST" in changes


async def test_no_deployment_data_is_not_called_no_deployments() -> None:
    async with start_conversation(edit_parts(deploys=no_series)) as someone:
        answer = await someone.send("digest web/production")
    assert "Are deployment events being sent to LaunchDarkly?" in _top(answer)
    assert "0 deployments" not in _top(answer) + answer.message.text
    assert [line["name"] for line in _charts(answer)[1]["chart"]["series"]] == ["Large changes"]
    assert len(_charts(answer)[1]["chart"]["axis_config"]["categories"]) == 7


# Missing parts


async def test_failed_part_is_reported_and_the_rest_delivered() -> None:
    async with start_conversation(STATES["half"]) as someone:
        answer = await someone.send("digest web/production")
    assert answer.outcome == "answered"
    assert "⚠️ *Scores* couldn't be loaded. The bot's access token can't read this." in _top(answer)
    assert "⚠️ *Deployments* couldn't be loaded. LaunchDarkly can't find that." in _top(answer)
    assert "*8 large-impact changes* on 4 flags" in _top(answer)
    assert "*19 flags*" in _top(answer)
    for said in ("Scores couldn't be loaded.", "Deployments couldn't be loaded.", "8 large-impact changes", "19 flags"):
        assert said in answer.message.text


async def test_missing_insights_are_reported_in_one_line() -> None:
    async with start_conversation() as someone:
        someone.faults.missing = frozenset({"insights"})
        answer = await someone.send("digest web/production")
        assert not answer.is_quiet
    assert _top(answer).count("⚠️ I can't read engineering insights: the LaunchDarkly plan or the role") == 1
    assert "couldn't be loaded" not in visible_text(answer)
    assert "*19 flags* · 🧹 *5 flags* (26%) ready to clean up" in _top(answer)
    assert "old-address-form>* · owned by Jonas Weber" in visible_text(answer)
    assert button_lines(answer.message) == ["status web/production"]


async def test_missing_status_chart_is_reported_and_flags_are_counted() -> None:
    async with start_conversation(edit_parts(status=refuse_with(403))) as someone:
        answer = await someone.send("digest web/production")
    assert _top(answer).count("⚠️") == 1
    assert "*19 flags* · 🧹 *5 flags* (26%) ready to clean up\n⚠️ I can't read engineering insights" in _top(answer)


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
    assert "*Scores*\n🔵 Some score number0 *0* good" in _top(answer)
    assert "… and 4 more\n" in _top(answer)
    assert "Some score number13" in visible_text(answer)


async def test_empty_scores_are_reported() -> None:
    async with start_conversation(edit_parts(scores=only_scores())) as someone:
        answer = await someone.send("digest web/production")
    assert "LaunchDarkly has no scores for web/production." in _top(answer)
    assert "LaunchDarkly has no scores for web/production." in answer.message.text


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
    assert spoken.message.blocks[0]["type"] == "header"
    assert (len(asked.message.blocks) == 2 and not asked.message.thread) is quiet


async def test_quiet_digest_is_one_summary_line() -> None:
    async with start_conversation(edit_parts(scores=CALM, events=NO_EVENTS)) as someone:
        answer = await someone.send("digest web/production quiet=on-change")
    summary = answer.message.text.split("\n")[0]
    assert summary == (
        "Quiet week in web/production, 13 – 19 Nov 2026: no large-impact change, no score moved by 3 points or into "
        "another band (release maturity 71), 19 flags, 25 deployments."
    )
    assert answer.message.blocks[0]["text"]["text"].replace("*", "").removeprefix("💤 ") == summary


async def test_quiet_parameter_is_never_sent_to_launchdarkly(someone: Conversation) -> None:
    await someone.send("digest web/production quiet=on-change")
    assert not any("quiet" in asked or "" in asked for asked in someone.requested_params())
    help_ = (await someone.send("help digest")).message
    [row] = [row for row in help_.blocks[2]["rows"] if row[0]["text"] == "quiet"]
    assert row[1]["text"] == "–"
    assert "quiet, –, only one line when" in help_.text


# Thread


async def test_details_are_posted_in_the_thread(someone: Conversation) -> None:
    thread = (await someone.send("digest web/production")).message.thread
    heads = [below.blocks[0]["text"]["text"] for below in thread]
    assert heads == ["Scores", "Large-impact changes", "Flag status"]
    assert "Lead time 79 good" in thread[0].text
    assert "Sukarno, Targeting turned off for the load test" in thread[1].text
    assert "dark-mode, owned by Tom O’Brien, ready to remove from code" in thread[2].text
    said = (await someone.send("scores web/production")).message
    assert said.text.startswith(thread[0].text.rpartition("\n")[0])
    assert thread[0].blocks[1:-1] == said.blocks[1 : len(thread[0].blocks) - 1]


async def test_thread_lists_more_flags_and_counts_the_rest() -> None:
    async with start_conversation(STATES["more"]) as someone:
        below = (await someone.send("digest web/production")).message.thread[1]
    shown = "\n".join(texts(list(below.blocks)))
    assert len(below.blocks) <= 48
    assert "… and 20 more flags (" in shown
    assert "more changes of this flag" in shown


async def test_no_thread_without_details() -> None:
    async with start_conversation(STATES["empty"]) as someone:
        assert (await someone.send("digest web/production")).message.thread == ()


# Previous weeks


@pytest.mark.parametrize(
    ("weeks", "sentence"),
    [
        ((9, 6, 7, 7, 8), "ready to clean up: 3 fewer than last week, the first fall in 4 weeks."),
        ((4, 4, 4), "ready to clean up: 1 more than last week, the first rise in 3 weeks."),
        ((6, 7, 6, 5), "ready to clean up: same as last week."),
        ((2, 3, 4), "ready to clean up: 1 more than last week, the third rise in a row."),
        ((9, 8, 7), "ready to clean up: 2 fewer than last week, the third fall in a row."),
        ((7, 8), "ready to clean up: 3 fewer than last week."),
        ((6, 7, 8, None), "ready to clean up: 3 fewer than two weeks ago."),
        ((6, 7, None, 8), "ready to clean up: 3 fewer than last week."),
        ((8, None, None), "ready to clean up: 3 fewer than three weeks ago."),
        ((8, None, None, None), "ready to clean up."),
        ((), "ready to clean up."),
    ],
)
async def test_ready_flag_count_is_compared_with_previous_weeks(
    someone: Conversation, weeks: tuple[float | None, ...], sentence: str
) -> None:
    someone.past_snapshots = history_of(*weekly(done=weeks) if weeks else ())
    answer = await someone.send("digest web/production")
    assert f"5 flags (26%) {sentence}".rstrip(".") in answer.message.text
    assert f"*5 flags* (26%) {sentence}".rstrip(".") in _top(answer).replace(": *", ": ")


async def test_previous_snapshot_from_a_partial_week_is_dated(someone: Conversation) -> None:
    """This happens if the digest is posted on Mondays, and somebody asks on a Friday."""
    days = [date(2026, 11, 16) - timedelta(weeks=ago) for ago in range(2)]
    someone.past_snapshots = history_of(*(Snapshot("web/production", day, {"done": 9}, material=True) for day in days))
    assert "4 fewer than on 16 Nov\n" in (await someone.send("digest web/production")).message.text


async def test_zero_ready_flags_are_compared_too() -> None:
    async with start_conversation(edit_parts(status=_active(9))) as someone:
        someone.past_snapshots = history_of(*weekly(done=(3,)))
        answer = await someone.send("digest web/production")
    assert "nothing to clean up: 3 fewer than last week" in answer.message.text
    assert "nothing to clean up: *3 fewer than last week*" in _top(answer)


@pytest.mark.parametrize("status", [no_series, refuse_with(403)])
async def test_unavailable_flag_count_is_not_compared(status: Edit) -> None:
    async with start_conversation(edit_parts(status=status)) as someone:
        someone.past_snapshots = history_of(*weekly(done=(3, 3, 3)))
        assert "last week" not in (await someone.send("digest web/production")).message.text


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
    assert kept.numbers.keys() == {"overall", "changes", "flags", "done", "deployments"} - missing


@pytest.mark.parametrize("line", ["digest web/production", "digest web/production quiet=on-change"])
async def test_snapshot_significance_follows_the_quiet_rule(line: str) -> None:
    for edit, material in ((STATES["calm"], False), (edit_parts(), True), (edit_parts(scores=refuse_with(403)), True)):
        async with start_conversation(edit) as someone:
            kept = (await someone.send(line)).snapshot
        assert kept
        assert kept.material is material
