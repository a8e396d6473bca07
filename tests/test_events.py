"""`events`: flag changes with their authors and impact, and pagination."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.answers import Answer
from bot.lines.timespec import display_line
from bot.questions.time_range import parse_window
from bot.terminal import console, draw
from tests.conversation import NOW, Conversation, Edit, button_lines, question_context, start_conversation, visible_text


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


def _only(*events: dict[str, Any], total: int | None = None, **links: str) -> Edit:
    hrefs = {name: {"href": f"/api/v2/engineering-insights/flag-events?{query}"} for name, query in links.items()}
    return lambda reply: {"totalCount": total or len(events), "items": list(events), "_links": hrefs}


STATES: dict[str, Edit] = {
    "empty": _only(),
    "one": _only(_event()),
    "more": _only(*(_event(flagKey=f"flag-{n}") for n in range(70)), total=412, next="after=abc", prev="before=xyz"),
}


async def _shown(*events: dict[str, Any], line: str = "events web/production") -> str:
    async with start_conversation(_only(*events)) as someone:
        return visible_text(await someone.send(line))


async def test_defaults_are_large_impact_and_seven_days(someone: Conversation) -> None:
    answer = await someone.send("events web/production")
    assert someone.requested_params() == [
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
    assert someone.requested_params() == [
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
    assert f"🔴 *<{link}|new-checkout>* · Rollout changed from 20% to 60%" in shown
    assert (
        "Dana Ortiz · <!date^1795183200^{date_short_pretty} at {time}|Fri 20 Nov 2026, 14:00 UTC> · large impact (92%)"
        in shown
    )
    assert "harbour.example" not in shown


@pytest.mark.parametrize(
    ("member", "author"),
    [
        (None, "automation ·"),
        ({"firstName": "Dana"}, "Dana ·"),
        ({"email": "dana@x.example"}, "a member ·"),
        ({"firstName": "dana@x.example", "lastName": ""}, "a member ·"),
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
    shown = await _shown(_event(impact=impact))
    assert f"{mark} *<" in shown
    assert f" · {text}\n" in f"{shown}\n"


async def test_variation_shares_are_shown_before_and_after() -> None:
    counts = [{"value": True, "before": 40, "after": 960}, {"value": None, "before": 960, "after": 40}]
    shown = await _shown(_event(impact={"size": "large", "evaluationsSummary": {"variations": counts}}))
    assert "true: 4% → 96% · null: 96% → 4%" in shown


async def test_largest_share_changes_come_first_and_rest_is_counted() -> None:
    counts = [{"value": n, "before": 10, "after": 10 + n} for n in range(6)]
    shown = await _shown(_event(impact={"evaluationsSummary": {"variations": counts}}))
    assert "0: 17% → 13%" in shown
    assert "and 3 more variations" in shown


async def test_no_shares_are_shown_without_evaluations() -> None:
    counts = [{"value": "a", "before": 0, "after": 10}, {"value": "b", "before": None}]
    assert "→" not in await _shown(_event(impact={"evaluationsSummary": {"variations": counts}}))


async def test_experiments_are_shown_when_expanded() -> None:
    items = [{"key": "k", "name": "Faster checkout", "iteration": {"id": "1", "status": "running", "startedAt": 1}}]
    shown = await _shown(
        _event(experiments={"totalCount": 1, "items": items}), line="events web/production expand=experiments"
    )
    assert "🧪 Faster checkout (running)" in shown


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
    assert "*57 events*" in visible_text(answer)
    assert "56 events on other pages" in visible_text(answer)


async def test_pages_hold_every_event_once(someone: Conversation) -> None:
    seen: list[str] = []
    line = "events web/production impact=any limit=20"
    for _ in range(10):
        answer = await someone.send(line)
        seen += [
            b["text"]["text"]
            for b in answer.message.blocks
            if b["type"] == "section" and "|" in b["text"]["text"][:200]
        ][1:]
        buttons = [e for b in answer.message.blocks if b["type"] == "actions" for e in b["elements"]]
        older = [button["value"] for button in buttons if button["text"]["text"] == "Older"]
        if not older:
            break
        line = older[0]
    total = int(visible_text(answer).split("*")[1].split()[0])
    assert len(seen) == len(set(seen)) == total


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
        assert f" · page {page} · " in visible_text(typed)


async def test_distant_page_takes_few_requests(someone: Conversation) -> None:
    await someone.send("events web/production impact=any since=8w limit=50 page=5")
    assert [(params["limit"], "after" in params) for params in someone.requested_params()] == [
        (["100"], False),
        (["100"], True),
        (["50"], True),
    ]


async def test_page_after_the_last_is_empty_and_counts_events_elsewhere(someone: Conversation) -> None:
    shown = visible_text(await someone.send("events web/production page=40"))
    assert "*8 events*" in shown
    assert " · page 40 · 8 events on other pages" in shown
    assert "No matching events." not in shown


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
            assert much_later.requested_params()[0].get(name) == someone.requested_params()[-1][name]


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
        lambda reply: reply | {"_links": {"next": {"href": "https://evil.example/x?after=abc&from=1"}}}
    ) as someone:
        answer = await someone.send("events web/production")
    assert "after=abc" in visible_text(answer)
    assert "evil.example" not in str(answer.message.payload())


async def test_events_that_do_not_fit_are_counted() -> None:
    events = [_event(flagKey=f"flag-{n}", impact={"size": "large" if n < 25 else "small"}) for n in range(70)]
    shown = await _shown(*events, line="events web/production impact=any limit=100")
    assert "… and 50 more events of this page (5 large)." in shown


async def test_empty_week_says_how_to_see_more() -> None:
    shown = await _shown()
    assert "*0 events*" in shown
    assert "`impact=any`" in shown


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
    assert "Enabled targeting" in shown
    assert "at an unknown time" in shown
