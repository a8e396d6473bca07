"""`events`: flag changes with their authors and impact, and pagination."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.answers import Answer
from bot.lines.timespec import display_line
from bot.questions.events import QUESTION, EventsParams, FlagEvents
from bot.questions.events.event import Event, EventsLink, EventsReply
from bot.questions.time_range import parse_window
from bot.terminal import console, draw
from tests.api_replies import lists_flags, refuse_with, unchanged
from tests.conversation import (
    NOW,
    Conversation,
    Edit,
    ErrorReply,
    button_lines,
    question_context,
    start_conversation,
    visible_text,
)
from tests.workspace import open_workspace
from tests.workspace import visible_text as slack_text


def _event(**more: Any) -> dict[str, Any]:
    return {
        "id": "e3b2b0e0-9e9b-4c9a-8e9a-0e0e0e0e0e0e",
        "projectKey": "web",
        "flagKey": "new-checkout",
        "eventType": "updated_rollout",
        "eventTime": int(NOW.timestamp() * 1000) - 3_600_000,
        "description": "Rollout changed from 20% to 60%",
        "environmentKey": "production",
        "member": {"id": "1", "email": "dana@harbour.example", "firstName": "Dana", "lastName": "Ortiz"},
        "impact": {"size": "large", "percentage": 92.4, "reason": "evaluations"},
    } | more


def _flag(key: str = "new-checkout", *, on: bool = True, modified: float = 0, **more: Any) -> dict[str, Any]:
    """A flag in the catalog."""
    team = {"key": "checkout", "name": "Checkout crew"}
    variations = [{"value": True, "name": "New checkout"}, {"value": False, "name": "Four-step checkout"}]
    environments = {"production": {"on": on, "lastModified": modified}}
    return {"key": key, "_maintainerTeam": team, "variations": variations, "environments": environments} | more


def _catalog(*flags: dict[str, Any]) -> Edit:
    return lambda _: {"totalCount": len(flags), "items": list(flags)}


def _only(*events: dict[str, Any], flags: Edit = unchanged, total: int | None = None, **links: str) -> Edit:
    hrefs = {name: {"href": f"/api/v2/engineering-insights/flag-events?{query}"} for name, query in links.items()}
    page = {"totalCount": total or len(events), "items": list(events), "_links": hrefs}
    return lambda reply: flags(reply) if lists_flags(reply) else page


MINUTE = 60_000


def _off(minutes_ago: float, flag: str = "new-checkout", **more: Any) -> dict[str, Any]:
    at = int(NOW.timestamp() * 1000) - minutes_ago * MINUTE
    event = {"eventType": "disabled_targeting", "eventTime": at, "description": "Off: support saw a spike of tickets"}
    return _event(**{"flagKey": flag, **event, **more})


def _on(minutes_ago: float, flag: str = "new-checkout", **more: Any) -> dict[str, Any]:
    lena = {"firstName": "Lena", "lastName": "Hoffmann"}
    event = {"eventType": "enabled_targeting", "description": "On again after a fix", "member": lena}
    return _off(minutes_ago, flag, **{**event, **more})


def _rollout(minutes_ago: float, before: int, after: int, flag: str = "new-checkout") -> dict[str, Any]:
    shares = [{"value": False, "before": 100 - before, "after": 100 - after}]
    shares += [{"value": True, "before": before, "after": after}]
    impact = {"size": "large", "percentage": abs(before - after), "evaluationsSummary": {"variations": shares}}
    description = f"Rollout changed from {before}% to {after}%"
    return _off(minutes_ago, flag, eventType="updated_rollout", description=description, impact=impact)


INCIDENTS = (
    _rollout(90, 10, 100, "gift-wrap"),
    _on(300),
    _off(314),
    _off(700, "sso-v1"),
    _rollout(800, 100, 10, "lighter-images"),
    _on(1500),
    _off(1525),
)
STILL = _catalog(
    _flag(),
    _flag("sso-v1", on=False),
    _flag("lighter-images", modified=int(NOW.timestamp() * 1000) - 800 * MINUTE),
    _flag("gift-wrap", _maintainerTeam=None, _maintainer={"firstName": "Samira", "email": "samira@harbour.example"}),
)

STATES: dict[str, Edit] = {
    "empty": _only(),
    "one": _only(_event()),
    "more": _only(*(_event(flagKey=f"flag-{n}") for n in range(70)), total=412, next="after=abc", prev="before=xyz"),
    "incidents": _only(*INCIDENTS, flags=STILL),
    "without-insights": lambda reply: reply if lists_flags(reply) else ErrorReply(403),
}


async def _shown(*events: dict[str, Any], flags: Edit = unchanged, line: str = "events web/production") -> str:
    async with start_conversation(_only(*events, flags=flags)) as someone:
        return visible_text(await someone.send(line))


def _requested_events(someone: Conversation) -> list[dict[str, list[str]]]:
    return [params for params in someone.requested_params() if "sort" not in params]


async def test_defaults_are_large_impact_and_seven_days(someone: Conversation) -> None:
    answer = await someone.send("events web/production")
    assert _requested_events(someone) == [
        {
            "projectKey": ["web"],
            "environmentKey": ["production"],
            "impactSize": ["large"],
            "global": ["include"],
            "limit": ["20"],
            "from": ["1794582000000"],
        }
    ]
    assert answer.message.blocks[0]["text"]["text"] == "Flag events"


async def test_params_are_sent_under_launchdarklys_names(someone: Conversation) -> None:
    await someone.send(
        "events checkout web/production app=storefront impact=any experiments=yes global=exclude expand=experiments "
        "limit=5 since=2026-11-01 until=2026-11-02 after=abc"
    )
    assert _requested_events(someone) == [
        {
            "projectKey": ["web"],
            "environmentKey": ["production"],
            "query": ["checkout"],
            "applicationKey": ["storefront"],
            "hasExperiments": ["true"],
            "global": ["exclude"],
            "expand": ["experiments"],
            "limit": ["5"],
            "after": ["abc"],
            "from": ["1793491200000"],
            "to": ["1793663999999"],
        }
    ]


async def test_event_shows_flag_change_author_time_and_impact() -> None:
    shown = await _shown(_event())
    link = "https://app.launchdarkly.com/projects/web/flags/new-checkout/targeting?env=production&amp;selected-env=production"
    assert f"*<{link}|new-checkout>* · owned by Checkout crew\n" in shown
    when = "<!date^1795183200^{date_short_pretty} at {time}|Fri 20 Nov 2026, 14:00 UTC>"
    assert f"\n*Rolled forward from 20% to 60%* · {when} · Dana Ortiz\nlarge impact (92%)\n" in f"{shown}\n"
    assert "harbour.example" not in shown


@pytest.mark.parametrize(
    ("member", "author"),
    [
        (None, "· automation\n"),
        ({"firstName": "Dana"}, "· Dana\n"),
        ({"email": "dana@x.example"}, "· a member\n"),
        ({"firstName": "dana@x.example", "lastName": ""}, "· a member\n"),
    ],
)
async def test_author_is_shown_by_name_never_by_email(member: Any, author: str) -> None:
    shown = await _shown(_event(member=member))
    assert author in shown
    assert "@x.example" not in shown


@pytest.mark.parametrize(
    ("impact", "expected"),
    [
        ({"size": "none", "percentage": 0}, "⚪|no impact (0%)"),
        ({"size": "small", "percentage": 0.2}, "🟡|small impact (under 1%)"),
        ({"size": "medium"}, "🟠|medium impact"),
        ({"size": "gigantic", "percentage": 130}, "⚪|gigantic impact (130%)"),
        ({"reason": "waiting"}, "⏳|impact not known yet"),
        ({"reason": "global"}, "🌐|flag settings, all environments"),
        ({}, "⚪|impact unknown"),
        (None, "⚪|impact unknown"),
    ],
)
async def test_impact_size_or_its_absence_is_shown(impact: Any, expected: str) -> None:
    mark, text = expected.split("|")
    shown = await _shown(_event(eventType="updated_rules", impact=impact))
    assert f"{mark} *<" in shown
    assert f"\n{text}\n" in f"{shown}\n"


def _shift(*counts: dict[str, Any], value: Any = True) -> dict[str, Any]:
    return {
        "size": "large",
        "evaluationsSummary": {"variations": counts or [{"value": value, "before": 4, "after": 96}]},
    }


async def test_boolean_shift_shows_one_half_by_name() -> None:
    halves = {"value": False, "before": 960, "after": 40}, {"value": True, "before": 40, "after": 960}
    shown = await _shown(_event(impact=_shift(*halves)), flags=_catalog(_flag()))
    assert " · New checkout: 4% → 96%\n" in f"{shown}\n"
    assert "Four-step checkout" not in shown
    assert " · true: 4% → 96%\n" in f"{await _shown(_event(impact=_shift(*halves)), flags=_catalog())}\n"


JSON = {"weights": {"title": 3.0}}


@pytest.mark.parametrize(
    ("value", "variations", "name"),
    [
        (JSON, [{"value": 1}, {"value": JSON, "name": "Careful"}], "Careful"),
        (JSON, [{"value": 1}, {"value": JSON}], "variation 2"),
        (JSON, [], "variation 1"),
        ('{"a": 1}', [], "variation 1"),
        (None, [], "variation 1"),
        ("", [], "variation 1"),
        ("Buy now", [], "Buy now"),
        (1, [{"value": True, "name": "On"}, {"value": 1, "name": "One"}], "One"),
        (1.0, [{"value": 1, "name": "One"}], "One"),
        (7, [], "7"),
    ],
)
async def test_variations_are_named_never_shown_as_json(value: Any, variations: Any, name: str) -> None:
    counts: list[dict[str, Any]] = [
        {"value": value, "before": 1, "after": 3},
        {"value": "other", "before": 3, "after": 1},
    ]
    shown = await _shown(_event(impact=_shift(*counts)), flags=_catalog(_flag(variations=variations)))
    assert f" · {name}: 25% → 75%\n" in f"{shown}\n"


async def test_largest_share_changes_come_first_and_rest_is_counted() -> None:
    counts = [{"value": n, "before": 10, "after": 10 + n} for n in range(6)]
    shown = await _shown(_event(impact=_shift(*counts)))
    assert "0: 17% → 13%" in shown
    assert "3: 17%" not in shown
    assert "and 2 more variations" in shown


async def test_no_shares_are_shown_without_evaluations() -> None:
    counts: list[dict[str, Any]] = [{"value": "a", "before": 0, "after": 10}, {"value": "b", "before": None}]
    assert "→" not in await _shown(_event(impact=_shift(*counts)))


async def test_experiments_are_shown_when_expanded() -> None:
    items = [{"key": "k", "name": "Faster checkout", "iteration": {"id": "1", "status": "running", "startedAt": 1}}]
    shown = await _shown(
        _event(experiments={"totalCount": 1, "items": items}), line="events web/production expand=experiments"
    )
    assert "🧪 Faster checkout (running)" in shown


# Incidents


async def test_off_and_on_again_is_one_story_with_people_and_comments() -> None:
    shown = await _shown(_on(60), _off(74), flags=_catalog(_flag()))
    assert "🟢 *<" in shown
    assert "*Off for 14 minutes* · <!date^" in shown
    assert " · turned off by Dana Ortiz, turned back on by Lena Hoffmann\n" in shown
    assert "_Off: support saw a spike of tickets → On again after a fix_" in shown
    assert "🔴" not in shown


async def test_still_off_comes_first_and_opens_the_message() -> None:
    async with start_conversation(_only(*INCIDENTS, flags=STILL)) as someone:
        answer = await someone.send("events web/production")
    summary, *flags = [block["text"]["text"] for block in answer.message.blocks if block["type"] == "section"]
    assert summary.startswith("⚠️ *sso-v1 is still off and lighter-images is still rolled back.*\n*7 events*")
    assert [text.partition("|")[2].partition(">")[0] for text in flags] == [
        "sso-v1",
        "lighter-images",
        "gift-wrap",
        "new-checkout",
    ]
    assert "*Still off* since " in flags[0]
    assert "*Still rolled back from 100% to 10%* since " in flags[1]
    assert flags[2].startswith("🟢 ")
    assert flags[3].count("*Off for ") == 2


async def test_flag_that_is_on_now_is_not_called_off() -> None:
    shown = await _shown(_off(30), flags=_catalog(_flag(on=True)))
    assert "*Turned off, on again now*" in shown
    assert "🔴" not in shown


async def test_rehearsal_is_neither_good_nor_bad_news() -> None:
    shown = await _shown(_off(30), _on(90), flags=_catalog(_flag(on=False)))
    assert "⚪ *<" in shown
    assert "*On for 60 minutes*" in shown


@pytest.mark.parametrize(("others", "shown_changes"), [(0, 8), (1, 3)])
async def test_further_changes_of_a_flag_are_counted(others: int, shown_changes: int) -> None:
    edits = [_event(eventType="updated_rules", description=f"Rule {n} added", eventTime=n) for n in range(12, 0, -1)]
    other = [_event(flagKey="other", eventType="updated_rules", description="Renamed", eventTime=0)]
    shown = await _shown(*edits, *other[:others])
    assert sum(f"Rule {n} added" in shown for n in range(1, 13)) == shown_changes
    assert f"… and {12 - shown_changes} more changes" in shown


# Owners


async def test_owner_is_a_team_or_a_person_by_name() -> None:
    dana = {"firstName": "Dana", "lastName": "Ortiz", "email": "dana@harbour.example"}
    masked = {"firstName": "dana@harbour.example"}
    for owner, expected in (
        ({}, "> · owned by Checkout crew"),
        ({"_maintainer": dana, "_maintainerTeam": None}, ">* · owned by Dana Ortiz\n"),
        ({"_maintainer": masked, "_maintainerTeam": None}, ">* · owned by a member\n"),
        ({"_maintainerTeam": None}, "new-checkout>* · no owner\n"),
    ):
        shown = await _shown(_event(member=None), flags=_catalog(_flag(**owner)))
        assert expected.replace("> ·", ">* ·") in shown
        assert "harbour.example" not in shown


async def test_owners_cost_one_request_for_all_flags(someone: Conversation) -> None:
    await someone.send("events web/production impact=any limit=50 since=4w")
    paths = [request.path for request in someone.faults.requests]
    assert sorted(paths) == ["/api/v2/engineering-insights/flag-events", "/api/v2/flags/web"]


@pytest.mark.parametrize("status", [403, 404])
async def test_events_are_shown_without_owners_if_flags_cannot_be_read(status: int) -> None:
    shown = await _shown(_off(30), flags=refuse_with(status))
    assert "*Turned off* · " in shown
    assert "owned by" not in shown
    assert "no owner" not in shown
    assert "Owners and current states are missing: I can't read the list of flags." in shown


async def test_flag_without_an_owner_says_so() -> None:
    flags = _catalog(_flag(_maintainerTeam=None))
    assert "new-checkout>* · no owner\n" in await _shown(_off(30), flags=flags)
    assert "no owner" not in await _shown(_off(30, "another"), flags=flags)


# Comments of the audit log


def _entry(minutes_ago: float, comment: str | None, flag: str = "new-checkout") -> dict[str, Any]:
    at = int(NOW.timestamp() * 1000) - minutes_ago * MINUTE + 400
    member = {"firstName": "Dana", "lastName": "Ortiz", "email": "dana@harbour.example"}
    target = {"name": flag, "resources": [f"proj/web:env/production:flag/{flag}"]}
    return {"date": at, "comment": comment, "member": member, "target": target}


def _with_audit_log(edit: Edit, *entries: dict[str, Any] | int) -> Edit:
    """Answer the audit log with these entries, or refuse it with a status."""

    def edit_audit_log(reply: Any) -> Any:
        if "spec" not in reply.asked:
            return edit(reply)
        refusals = [entry for entry in entries if isinstance(entry, int)]
        return ErrorReply(refusals[0]) if refusals else {"items": list(entries)}

    return edit_audit_log


SILENT = _only(_on(60, description=""), _off(74, description=None), flags=_catalog(_flag()))


async def test_incident_without_description_shows_its_comments() -> None:
    entries = _entry(60, "Fixed"), _entry(74, "Too many tickets"), _entry(74, "Not this", "new-checkout-v2")
    async with start_conversation(_with_audit_log(SILENT, *entries)) as someone:
        shown = visible_text(await someone.send("events web/production"))
        [asked] = [params for params in someone.requested_params() if "spec" in params]
    assert "_Too many tickets → Fixed_" in shown
    assert "harbour.example" not in shown
    assert asked["spec"] == ["proj/web:env/production:flag/new-checkout"]
    assert asked["limit"] == ["20"]


@pytest.mark.parametrize(
    "entries",
    [(), (403,), (404,), (503,), (_entry(60, None), _entry(74, "")), (_entry(76, "Earlier"),)],
)
async def test_incident_without_comments_is_shown_all_the_same(entries: tuple[Any, ...]) -> None:
    async with start_conversation(_with_audit_log(SILENT, *entries)) as someone:
        shown = visible_text(await someone.send("events web/production"))
    assert "*Off for 14 minutes* · " in shown
    assert "Earlier" not in shown
    assert "⚠️" not in shown


async def test_audit_log_is_read_once_and_only_for_incidents_without_description() -> None:
    several = _only(*(_off(10 * n, f"flag-{n}", description="") for n in range(1, 6)), flags=_catalog(_flag()))
    described = _only(_on(60), _off(74), _event(eventType="updated_rules", description=""))
    for edit, specs in ((several, [["proj/web:env/production:flag/*"]]), (described, [])):
        async with start_conversation(_with_audit_log(edit)) as someone:
            await someone.send("events web/production")
            assert [params["spec"] for params in someone.requested_params() if "spec" in params] == specs


async def test_sandbox_tells_the_comment_of_an_event_without_description() -> None:
    def without_descriptions(reply: Any) -> Any:
        is_events = "totalCount" in reply and not lists_flags(reply)
        return reply | {"items": [event | {"description": ""} for event in reply["items"]]} if is_events else reply

    async with start_conversation(without_descriptions) as someone:
        assert "_Vans in Bergen got empty tours_" in visible_text(await someone.send("events warehouse/production"))


# Missing insights


async def test_without_insights_changed_flags_are_listed(someone: Conversation) -> None:
    someone.faults.missing = frozenset({"insights"})
    answer = await someone.send("events warehouse/production")
    shown = visible_text(answer)
    assert shown.count("⚠️ I can't read engineering insights: the LaunchDarkly plan or the role of") == 1
    assert "|route-planner>* · owned by Warehouse &amp; delivery · off · changed 3 days ago\n" in shown
    assert "|stock-forecast>* · no owner · on · changed 3 hours ago\n" in shown
    assert len(someone.faults.requests) == 2
    narrow = visible_text(await someone.send("events route warehouse/production since=1d"))
    assert "route-planner" not in narrow.split("\n`")[0]
    assert "No flag was changed in warehouse/production" in narrow


async def test_without_insights_changed_flags_beyond_ten_are_counted() -> None:
    modified = int(NOW.timestamp() * 1000) - 5 * MINUTE
    flags = _catalog(*(_flag(f"flag-{n}", modified=modified) for n in range(12)))
    async with start_conversation(lambda reply: flags(reply) if lists_flags(reply) else ErrorReply(403)) as someone:
        shown = visible_text(await someone.send("events web/production"))
    assert "|flag-9>* · owned by Checkout crew · on · changed 5 minutes ago\n… and 2 more flags\n" in shown


async def test_without_insights_and_flags_the_answer_fails(someone: Conversation) -> None:
    someone.faults.status = 403
    assert (await someone.send("events web/production")).outcome == "not allowed"


async def test_without_insights_changes_of_one_application_are_not_guessed(someone: Conversation) -> None:
    someone.faults.missing = frozenset({"insights"})
    assert (await someone.send("events web/production app=storefront")).outcome == "not allowed"


# Pages


async def test_older_and_newer_buttons_keep_the_time_window() -> None:
    edit = _only(_event(), total=57, next="after=abc-1", prev="before=xyz")
    async with start_conversation(edit) as someone:
        answer = await someone.send("events web/production since=2w limit=1")
    [actions] = [block for block in answer.message.blocks if block["type"] == "actions"]
    window = "since=2026-11-06T15:00Z until=2026-11-20T15:00Z"
    assert {button["text"]["text"]: button["value"] for button in actions["elements"]} == {
        "Newer": f"events web/production limit=1 {window} before=xyz",
        "Older": f"events web/production limit=1 {window} page=2 after=abc-1",
    }
    assert "*1 of 57 events*" in visible_text(answer)


@pytest.mark.parametrize(
    ("words", "links", "position"),
    [
        ({}, {}, "1–5 of 106 events"),
        ({"page": 2, "after": "a"}, {"prev": EventsLink("/?before=b")}, "6–10 of 106 events"),
        ({"after": "a"}, {"prev": EventsLink("/?before=b")}, "5 of 106 events"),
        ({"page": 22, "after": "a"}, {"prev": EventsLink("/?before=b")}, "5 of 106 events"),
    ],
    ids=["first", "second", "unknown", "past the end"],
)
def test_page_says_which_events_it_shows(words: dict[str, Any], links: dict[str, Any], position: str) -> None:
    page = EventsReply(total=106, items=[Event(f"flag-{n}") for n in range(5)], links=links)
    params = EventsParams(project="web", env="production", limit=5, **words)
    assert QUESTION.build_view(params, FlagEvents(page, {}), question_context()).total == position


async def test_pages_hold_every_event_once(someone: Conversation) -> None:
    shown, line = 0, "events web/production impact=any since=10d limit=7"
    for page in range(1, 20):
        answer = await someone.send(line)
        first, last, total = re.findall(r"\*(\d+)–?(\d*) of (\d+) events\*", visible_text(answer))[0]
        assert int(first) == shown + 1 == (page - 1) * 7 + 1
        shown = int(last or first)
        buttons = [e for b in answer.message.blocks if b["type"] == "actions" for e in b["elements"]]
        older = [button["value"] for button in buttons if button["text"]["text"] == "Older"]
        if not older:
            break
        line = older[0]
    assert shown == int(total) > 20


def _button(answer: Answer, label: str) -> str:
    """The line that a button carries."""
    buttons = [e for block in answer.message.blocks if block["type"] == "actions" for e in block["elements"]]
    [line] = [button["value"] for button in buttons if button["text"]["text"] == label]
    return str(line)


def _listed(answer: Answer) -> list[str]:
    return [block["text"]["text"] for block in answer.message.blocks if block["type"] == "section"][1:]


def _footer(answer: Answer) -> str:
    return str(answer.message.blocks[-1]["elements"][0]["text"])


async def test_typed_page_equals_the_page_behind_the_button(someone: Conversation) -> None:
    line = "events web/production impact=any limit=7"
    for page in range(2, 5):
        line = _button(await someone.send(line), "Older")
        pressed, typed = await someone.send(line), await someone.send(display_line(line))
        assert "after=" in line
        assert f"page={page}`" in _footer(pressed)
        assert _footer(pressed) == _footer(typed)
        assert _listed(pressed) == _listed(typed)
        assert f"*{7 * page - 6}–{7 * page} of " in visible_text(typed)


async def test_distant_page_takes_few_requests(someone: Conversation) -> None:
    await someone.send("events web/production impact=any since=8w limit=50 page=5")
    assert [(params["limit"], "after" in params) for params in _requested_events(someone)] == [
        (["100"], False),
        (["100"], True),
        (["50"], True),
    ]


async def test_page_after_the_last_is_empty_and_counts_all_events(someone: Conversation) -> None:
    shown = visible_text(await someone.send("events web/production page=40"))
    assert "*8 events*" in shown
    assert " · none on page 40" in shown
    assert "impact=any" not in shown


async def test_page_beyond_the_limit_suggests_the_first_page(someone: Conversation) -> None:
    answer = await someone.send("events web/production page=52")
    assert "Page 52 is past the first 1,000 events." in visible_text(answer)
    assert button_lines(answer.message) == ["events web/production"]


async def test_page_button_keeps_its_window_when_pressed_late(someone: Conversation) -> None:
    line = _button(await someone.send("events web/production impact=any limit=7"), "Older")
    now = await someone.send(line)
    async with start_conversation(now=NOW + timedelta(weeks=3)) as later:
        later.zone = ZoneInfo("America/New_York")
        then = await later.send(line)
    assert [text.split("|")[1] for text in _listed(then)] == [text.split("|")[1] for text in _listed(now)]
    async with start_conversation(now=NOW + timedelta(days=365)) as much_later:
        await much_later.send(display_line(line))
        for name in ("from", "to"):
            assert _requested_events(much_later)[0].get(name) == _requested_events(someone)[-1][name]


@pytest.mark.parametrize(("button", "name"), [("Older", "after"), ("Newer", "before")])
async def test_footer_shows_no_cursors_or_milliseconds(someone: Conversation, button: str, name: str) -> None:
    first = await someone.send("events web/production impact=any limit=7")
    second = await someone.send(_button(first, "Older"))
    cursor = f"{name}={_button(first if button == 'Older' else second, button).split('=')[-1]}"
    answer = await someone.send(f"events web/production impact=any since=1794582000000 until=1795132800000 {cursor}")
    assert answer.line.endswith(f" since=2026-11-13T15:00Z until=2026-11-20T00:00Z {cursor}")
    shown = "`events web/production impact=any since=2026-11-13T15:00Z until=2026-11-19` · "
    assert _footer(answer).startswith(shown)


async def test_terminal_shows_buttons_as_lines_to_type(
    someone: Conversation, capsys: pytest.CaptureFixture[str]
) -> None:
    someone.zone = ZoneInfo("Europe/Berlin")
    for line in ("events web/production limit=3", "digest web/production", "releases web/production"):
        draw((await someone.send(line)).message, console())
    shown = " ".join(capsys.readouterr().out.split())
    assert "[Older] events web/production limit=3 since=2026-11-13T16:00+01:00 until=2026-11-20T16:00+01:00" in shown
    assert "[Deployments] deploys web/production since=2026-11-13 until=2026-11-19" in shown
    assert not re.search(r"\d{12}|after=|before=", shown)


async def test_next_link_to_another_host_is_only_read_for_its_cursor() -> None:
    async with start_conversation(
        lambda reply: (
            reply
            if lists_flags(reply)
            else reply | {"_links": {"next": {"href": "https://evil.example/x?after=abc&from=1"}}}
        )
    ) as someone:
        answer = await someone.send("events web/production")
    assert "after=abc" in visible_text(answer)
    assert "evil.example" not in str(answer.message.payload())


async def test_events_that_do_not_fit_are_counted() -> None:
    events = [_event(flagKey=f"flag-{n}", impact={"size": "large" if n < 25 else "small"}) for n in range(70)]
    shown = await _shown(*events, line="events web/production impact=any limit=100")
    assert "… and 50 more events of this page (5 large)." in shown


@pytest.mark.parametrize(
    ("options", "wider"),
    [
        ("", ["impact=any", "since=4w"]),
        (" impact=any since=yesterday until=today", ["impact=any since=4w until=today"]),
        (" since=6w", ["impact=any since=6w"]),
        (" impact=any since=4w", []),
    ],
)
async def test_empty_answer_offers_to_widen_it(someone: Conversation, options: str, wider: list[str]) -> None:
    answer = await someone.send(f"events no-such-flag web/production{options}")
    assert "*No events*" in visible_text(answer)
    assert button_lines(answer.message) == [f"events no-such-flag web/production {one}" for one in wider]


async def test_button_of_an_empty_answer_widens_it_in_slack() -> None:
    async with open_workspace() as workspace:
        empty = await workspace.send("events gift-wrap web/production since=1h")
        answer = await workspace.press(empty, "Include smaller changes")
        assert "`events gift-wrap web/production impact=any since=1h`" in slack_text(answer)


async def test_window_that_ends_before_it_starts_is_refused(someone: Conversation) -> None:
    answer = await someone.send("events web/production since=yesterday until=2w")
    assert answer.outcome == "mistyped"
    assert "since=yesterday isn't before until=2w" in visible_text(answer)
    assert "events web/production" in visible_text(answer)
    assert someone.requested_params() == []


async def test_window_start_is_right_while_clocks_go_back() -> None:
    berlin, second_hour = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    window = parse_window("30m", None, replace(question_context(berlin), now=second_hour), corrected="")
    assert window.end - window.start.astimezone(UTC) == timedelta(minutes=30)


async def test_event_with_missing_fields_still_renders() -> None:
    shown = await _shown(
        {"flagKey": "lonely"}, {"flagKey": "odd", "eventTime": 10**18, "eventType": "enabled_targeting"}
    )
    assert "lonely" in shown
    assert "*Turned on* · at an unknown time" in shown
    assert "at an unknown time" in shown
