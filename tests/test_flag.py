"""`flag`: its details, its owner, and its targeting in each environment."""

from typing import Any

import pytest

from tests.conversation import NOW, Conversation, Edit, ErrorReply, start_conversation, visible_text

DAY = 86_400_000
YESTERDAY = int(NOW.timestamp() * 1000) - DAY


def _environment(**more: Any) -> dict[str, Any]:
    return {
        "on": True,
        "archived": False,
        "salt": "pepper",
        "sel": "sesame",
        "lastModified": YESTERDAY,
        "version": 1,
        "_environmentName": "production",
        "_site": {"href": "/x", "type": "text/html"},
        "offVariation": 1,
        "fallthrough": {"variation": 0},
        "targets": [],
        "contextTargets": [],
        "rules": [],
        "prerequisites": [],
    } | more


def _flag(environment: dict[str, Any] | None = None, **more: Any) -> Edit:
    flag = {
        "name": "New checkout",
        "key": "new-checkout",
        "kind": "boolean",
        "creationDate": YESTERDAY,
        "temporary": True,
        "tags": [],
        "archived": False,
        "variations": [{"value": True, "name": "New"}, {"value": False}],
        "environments": {"production": environment or _environment()},
    }
    return lambda reply: reply if "totalCount" in reply else flag | more


def _long(n: int) -> dict[str, Any]:
    return {"value": {"rows": ["x" * 50] * 9, "n": n}, "name": f"Layout {n}", "description": "" if n else "d" * 200}


def _rule(n: int) -> dict[str, Any]:
    clauses = [{"attribute": "plan", "op": "in", "values": ["a", "b"], "negate": False}]
    return {"description": f"Rule {n}", "clauses": clauses, "trackEvents": False, "variation": n % 2}


def _change(flag: str = "new-checkout", **more: Any) -> dict[str, Any]:
    lena = {"firstName": "Lena", "lastName": "Hoffmann", "email": "lena@harbour.example"}
    description = "Targeting turned off: support saw a spike of tickets"
    return {"flagKey": flag, "eventTime": YESTERDAY, "description": description, "member": lena} | more


def _off_with(*events: dict[str, Any], flag: dict[str, Any] | None = None, **reply: Any) -> Edit:
    """The flag is off, was edited yesterday, and has these events."""
    edit = _flag(_environment(on=False), **{"creationDate": YESTERDAY - 900 * DAY} | (flag or {}))
    return lambda page: {"totalCount": 9, "items": events} | reply if "totalCount" in page else edit(page)


def _event(kind: str, days: int, **more: Any) -> dict[str, Any]:
    return _change(eventType=kind, eventTime=YESTERDAY - days * DAY, **more)


TURNED_OFF = _event("disabled_targeting", 40)
EDITED = _event("updated_rules", 0, description="Rule added")
OLDER = {"_links": {"next": {"href": "/x?after=abc"}}}


STATES: dict[str, Edit] = {
    "empty": _flag(_environment(on=False, offVariation=None), variations=[], tags=None),
    "one": _off_with(TURNED_OFF),
    "more": _flag(
        _environment(rules=[_rule(n) for n in range(30)]),
        variations=[_long(n) for n in range(25)],
        tags=[f"tag-{n}" for n in range(40)],
    ),
}


async def _shown(edit: Edit, line: str = "flag new-checkout web/production") -> str:
    async with start_conversation(edit) as someone:
        answer = await someone.send(line)
    assert answer.outcome == "answered"
    return visible_text(answer)


async def test_requested_environments_are_sent_one_by_one(someone: Conversation) -> None:
    await someone.send("flag new-checkout web/production,staging expand=evaluation,migrationSettings")
    assert someone.faults.requests[0].path == "/api/v2/flags/web/new-checkout"
    assert someone.requested_params()[0] == {
        "env": ["production", "staging"],
        "expand": ["evaluation,migrationSettings"],
    }


def _changed_by(*events: dict[str, Any]) -> Edit:
    flag = _flag()
    return lambda reply: {"totalCount": 9, "items": events} if "totalCount" in reply else flag(reply)


async def test_latest_change_its_author_and_reason_come_first() -> None:
    async with start_conversation(_changed_by(_change("new-checkout-v2"), _change(), _change(member=None))) as someone:
        answer = await someone.send("flag new-checkout web/production")
    _, opening, *_ = answer.message.blocks
    what, rest = opening["text"]["text"].split("\n")
    assert what == "*Targeting turned off: support saw a spike of tickets*"
    assert rest.startswith("Latest change in production · Lena Hoffmann · 1 day ago (<!date")
    assert "Latest change 1 day ago by Lena Hoffmann: Targeting turned off" in answer.message.text
    assert "harbour.example" not in visible_text(answer)


async def test_latest_change_costs_one_request(someone: Conversation) -> None:
    await someone.send("flag apple-pay web/production,staging")
    paths = [request.path for request in someone.faults.requests]
    assert paths == ["/api/v2/flags/web/apple-pay", "/api/v2/engineering-insights/flag-events"]


async def test_off_flag_says_who_turned_it_off_when_and_why() -> None:
    shown = await _shown(_off_with(EDITED, TURNED_OFF, _event("enabled_targeting", 60)))
    line = next(line for line in shown.splitlines() if "*production* is *off*" in line)
    assert line.startswith("⚫ *production* is *off* · turned off 5 weeks ago (<!date")
    assert line.endswith(" by Lena Hoffmann: _Targeting turned off: support saw a spike of tickets_")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (_off_with(EDITED), "*production* has been *off* for more than twelve weeks"),
        (_off_with(EDITED, flag={"creationDate": YESTERDAY}), "has been *off* since the flag was created"),
        (_off_with(EDITED, **OLDER), "*production* is *off* · last edited 1 day ago ("),
        (_off_with(EDITED, _event("enabled_targeting", 60)), "*production* is *off* · last edited 1 day ago ("),
    ],
)
async def test_off_flag_without_its_event_says_what_is_known(edit: Edit, expected: str) -> None:
    assert expected in await _shown(edit)


async def test_flag_untouched_for_months_needs_no_events_to_be_long_off() -> None:
    flag = _flag(_environment(on=False, lastModified=YESTERDAY - 100 * DAY), creationDate=YESTERDAY - 900 * DAY)
    shown = await _shown(lambda reply: ErrorReply(403) if "totalCount" in reply else flag(reply))
    assert "*production* has been *off* for more than twelve weeks" in shown


async def test_changes_button_lists_the_events_of_twelve_weeks(someone: Conversation) -> None:
    answer = await someone.send("flag apple-pay web/production,staging")
    button = answer.message.blocks[1]["accessory"]
    assert button["text"]["text"] == "Changes"
    assert button["value"] == "events apple-pay web/production impact=any since=12w"
    assert (await someone.send(button["value"])).outcome == "answered"


async def test_comment_says_why_a_rollout_changed(someone: Conversation) -> None:
    answer = await someone.send("flag dock-scheduling warehouse/production")
    opening = answer.message.blocks[1]["text"]["text"]
    assert opening.startswith(
        "*Rollout changed from 60% to 10%*\n_Two lorries at one dock in Bergen, back to a tenth_\n"
    )
    assert len(someone.faults.requests) == 3
    someone.faults.missing = frozenset({"audit log"})
    opening = (await someone.send("flag dock-scheduling warehouse/production")).message.blocks[1]["text"]["text"]
    assert opening.startswith("*Rollout changed from 60% to 10%*\nLatest change in Production · Samira Haddad")


async def test_missing_insights_take_one_line(someone: Conversation) -> None:
    someone.faults.missing = frozenset({"insights"})
    opening = (await someone.send("flag apple-pay web/production")).message.blocks[1]["text"]["text"]
    assert opening.startswith("⚠️ Latest change unknown. I can't read engineering insights: ")
    assert "\n" not in opening


async def test_flag_without_recent_changes_says_so() -> None:
    assert "No changes in the last twelve weeks" in await _shown(_changed_by(_change("new-checkout-v2")))


async def test_flag_is_shown_if_its_changes_cannot_be_read() -> None:
    flag = _flag()
    shown = await _shown(lambda reply: ErrorReply(403) if "totalCount" in reply else flag(reply))
    assert "⚠️ Latest change unknown. " in shown
    assert "*production* is *on*" in shown


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (_environment(on=False), "1. everyone → false"),
        (_environment(on=False, offVariation=None), "1. everyone → the code's default value"),
        (_environment(), "1. everyone → New"),
        (_environment(fallthrough=None), "1. everyone → nothing"),
        (_environment(fallthrough={"variation": 7}), "1. everyone → variation 8"),
        (
            _environment(
                fallthrough={
                    "rollout": {"variations": [{"variation": 0, "weight": 60000}, {"variation": 1, "weight": 40000}]}
                }
            ),
            "1. everyone → 60% New and 40% false",
        ),
        (
            _environment(
                fallthrough={"rollout": {"variations": [{"variation": 0, "weight": 250}], "bucketBy": "country"}}
            ),
            "1. everyone → under 1% New, by country",
        ),
        (
            _environment(targets=[{"values": ["a", "b"], "variation": 1}]),
            "1. 2 targets → false\n2. everyone else → New",
        ),
        (
            _environment(
                targets=[{"values": ["a"], "variation": 0}], contextTargets=[{"values": ["b"], "variation": 0}]
            ),
            "1. 2 targets → New",
        ),
        (
            _environment(prerequisites=[{"key": "single-sign-on", "variation": 0}]),
            "1. unless single-sign-on serves variation 1 → false\n2. everyone → New",
        ),
        (_environment(rules=[_rule(1)]), "1. Rule 1 (plan in 2 values) → false\n2. everyone else → New"),
        (_environment(rules=[_rule(1) | {"disabled": True}]), "(rule is off) Rule 1"),
    ],
)
async def test_targeting_is_listed_in_evaluation_order(environment: dict[str, Any], expected: str) -> None:
    assert expected in await _shown(_flag(environment))


async def test_unnamed_rule_shows_its_clauses_without_their_values() -> None:
    clauses = [
        {"attribute": "email", "op": "endsWith", "values": ["@secret.example"], "negate": False},
        {"attribute": "country", "op": "in", "values": ["no", "se"], "negate": True},
    ]
    shown = await _shown(_flag(_environment(rules=[{"clauses": clauses, "trackEvents": False, "variation": 0}])))
    assert "1. if email ends with 1 value and country not in 2 values → New" in shown
    assert "secret" not in shown


async def test_target_keys_and_secrets_are_not_shown() -> None:
    answer = await _shown(_flag(_environment(targets=[{"values": ["user-4711"], "variation": 0}])))
    assert "user-4711" not in answer
    assert "pepper" not in answer
    assert "sesame" not in answer


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"_maintainer": {"firstName": "Dana", "lastName": "Ortiz", "email": "dana@x.example"}},
            "Owner: *Dana Ortiz*",
        ),
        ({"_maintainerTeam": {"key": "crew", "name": "Checkout crew"}}, "Owner: *Checkout crew*"),
        ({"maintainerTeamKey": "crew"}, "Owner: *crew*"),
        ({}, "No owner"),
        ({"archived": True, "archivedDate": YESTERDAY}, "⚠️ *Archived 1 day ago: serves nobody*"),
        ({"deprecated": True, "deprecatedDate": None}, "⚠️ *Deprecated at an unknown time: don't use it in new code*"),
        ({"stale": {"readyForCodeRemoval": True}}, "⚠️ *Stale: ready to remove from the code*"),
        ({"stale": {"readyToArchive": True}}, "⚠️ *Stale: ready to archive*"),
        ({"temporary": False}, "`new-checkout` · boolean · permanent · created 1 day ago"),
        ({"tags": ["a", "b"]}, "tags: a, b"),
        ({"migrationSettings": {"stageCount": 6, "contextKind": "device"}}, "🚚 a migration in 6 stages, by device"),
        ({"_purpose": "migration"}, "🚚 a migration flag"),
        ({"experiments": {"baselineIdx": 0, "items": [{"metricKey": "conversion"}]}}, "🧪 Experiments on conversion"),
        ({"description": "One page."}, "_One page._"),
    ],
)
async def test_flag_details_are_shown(fields: dict[str, Any], expected: str) -> None:
    shown = await _shown(_flag(**fields))
    assert expected in shown
    assert "@x.example" not in shown


async def test_long_values_are_truncated_and_say_so() -> None:
    shown = await _shown(_flag(variations=[_long(1), {"value": "short"}]))
    assert "…` (shortened)" in shown


async def test_value_ending_in_an_ellipsis_is_not_called_truncated() -> None:
    assert "(shortened)" not in await _shown(_flag(variations=[{"value": "wait…"}]))


async def test_evaluation_and_migration_are_shown_when_expanded(someone: Conversation) -> None:
    shown = visible_text(
        await someone.send("flag orders-db-migration platform/production expand=evaluation,migrationSettings")
    )
    assert "a migration in 6 stages, by user" in shown
    assert "evaluated for user in the last 30 days" in shown
    assert "is checked for consistency" in shown


# LaunchDarkly may answer a request for an unknown environment in three ways.


def _without(env: str) -> Edit:
    """A reply from which one of the project's environments is missing."""

    def edit(reply: Any) -> Any:
        shown = {key: config for key, config in reply.get("environments", {}).items() if key != env}
        return reply | {"environments": shown} if "environments" in reply else reply

    return edit


async def test_hidden_environment_is_reported() -> None:
    async with start_conversation(_without("staging")) as someone:
        answer = await someone.send("flag new-checkout web/staging")
    assert answer.outcome == "not found"
    assert "The flag new-checkout exists, but I can't see its environment staging in web." in visible_text(answer)


async def test_hidden_environment_is_reported_beside_a_visible_one() -> None:
    shown = await _shown(_without("staging"), "flag new-checkout web/production,staging")
    assert "There's no environment `staging` here, or I can't see it." in shown
    assert "*Production* is *on*" in shown


@pytest.mark.parametrize("status", [400, 404])
async def test_refused_environment_is_reported(someone: Conversation, status: int) -> None:
    someone.faults.status = status
    answer = await someone.send("flag new-checkout web/nowhere")
    assert answer.outcome == "not found"
    assert "no flag “new-checkout” in the project web with the environment nowhere" in visible_text(answer)


async def test_reply_without_environments_is_reported() -> None:
    async with start_conversation(_flag(environments=None)) as someone:
        assert (await someone.send("flag new-checkout web/production")).outcome == "not found"


async def test_unknown_flag_is_not_found(someone: Conversation) -> None:
    answer = await someone.send("flag ghost web/production")
    assert answer.outcome == "not found"
    assert "There's no flag “ghost” in web." in visible_text(answer)
