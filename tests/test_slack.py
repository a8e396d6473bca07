"""The bot in Slack: commands and buttons, over HTTP and Socket Mode."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.questions import discover
from bot.sandbox.slack import Acknowledgement, Fault, Slack, signature_headers
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.sandbox.slack.elements import find_elements
from bot.sandbox.slack.faults import RESPONSE_URL
from bot.sandbox.slack.webhook import send_request
from bot.sandbox.slack.workspace import Message as PostedMessage
from bot.store.store import open_store
from tests.databases import Postgres, simulate_full_disk
from tests.workspace import Workspace, open_workspace, visible_text

HELP_TEXT = "which flags to clean up"


@pytest.fixture(params=["http", "socket"])
async def either_workspace(request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    """Open a workspace whose bot uses HTTP or Socket Mode."""
    async with open_workspace(socket=request.param == "socket") as workspace:
        yield workspace


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as workspace:
        yield workspace


# Answers


async def test_answer_is_visible_only_to_the_caller(either_workspace: Workspace) -> None:
    answer = await either_workspace.send("scores web/production", user="U1", channel="C1")
    assert "Release maturity" in visible_text(answer)
    assert answer.to == "U1"
    assert either_workspace.slack.channels["C1"].messages == []


async def test_bare_command_shows_the_first_screen_with_buttons(either_workspace: Workspace) -> None:
    help_ = await either_workspace.send("")
    assert HELP_TEXT in visible_text(help_)
    answer = await either_workspace.press(help_, "Flags to clean up")
    assert "`cleanup web/production`" in visible_text(answer)
    assert answer is not help_


async def test_answer_can_be_shared_as_it_was_seen(either_workspace: Workspace) -> None:
    answer = await either_workspace.send("status web/production", user="U1")
    request_count = len(either_workspace.faults.requests)
    shared = await either_workspace.press(answer, "Share to channel")
    [posted] = either_workspace.slack.channels["C1"].messages
    assert posted is shared
    assert "Shared by <@U1>" in visible_text(shared)
    assert [b for b in shared.blocks if b["type"] == "data_table"] == [
        b for b in answer.blocks if b["type"] == "data_table"
    ]
    assert len(either_workspace.faults.requests) == request_count


async def test_expired_answer_is_queried_again_and_says_so(workspace: Workspace) -> None:
    answer = await workspace.send("status web/production")
    action = next(
        e for b in answer.blocks if b["type"] == "actions" for e in b["elements"] if "share" in e["action_id"]
    )
    stale = {"type": "button", "action_id": "share:gone", "value": action["value"], "block_id": "b"}
    shared = await workspace.wait_for_answer(await workspace.slack.act(answer, stale))
    assert "refreshed because the original answer expired" in visible_text(shared)
    assert workspace.slack.channels["C1"].messages == [shared]


async def test_answer_can_be_posted_directly(either_workspace: Workspace) -> None:
    await either_workspace.send("scores web/production —share", user="U2")
    [posted] = either_workspace.slack.channels["C1"].messages
    assert "Shared by <@U2>" in visible_text(posted)


async def test_answer_is_shared_once_despite_repeated_presses(workspace: Workspace) -> None:
    answer = await workspace.send("scores web/production")
    await workspace.press(answer, "Share to channel")
    again = await workspace.press(answer, "Share to channel")
    assert "Already shared in this channel." in visible_text(again)
    assert len(workspace.slack.channels["C1"].messages) == 1


@pytest.mark.parametrize("line", ["--share", "help --share", "use web/production --share"])
async def test_lines_without_an_answer_are_not_shared(workspace: Workspace, line: str) -> None:
    await workspace.send(line)
    assert workspace.slack.channels["C1"].messages == []


async def test_forged_button_runs_no_command(workspace: Workspace) -> None:
    answer = await workspace.send("scores web/production")
    forged = {"type": "button", "action_id": "ask:x", "value": "use mobile/production", "block_id": "b"}
    reply = await workspace.wait_for_answer(await workspace.slack.act(answer, forged))
    assert "works only in a Slack channel" in visible_text(reply)
    assert "no default project" in visible_text(await workspace.send("use"))


@pytest.mark.parametrize("button", ["Why?", "Older"])
async def test_slow_press_does_not_change_a_shared_message(button: str) -> None:
    async with open_workspace(progress_notice_seconds=0.05) as workspace:
        line = "scores web/production" if button == "Why?" else "events web/production impact=any limit=5"
        await workspace.send(f"{line} --share", user="U1")
        [posted] = workspace.slack.channels["C1"].messages
        workspace.faults.delay = 0.3
        answer = await workspace.press(posted, button, user="U2")
        assert answer.to == "U2"
        assert posted.versions == []


OPENS_A_FORM = ("schedule", "alerts")


@pytest.mark.parametrize(
    "line",
    [
        *("how are you doing?", "stop all", "pause all", "nope", "list projects", "step by step", "snooze it"),
        *("please stop the schedule", "stop the rollout of new-checkout", "change how we release", "watch out"),
    ],
)
async def test_line_that_is_no_command_offers_nothing_that_changes_anything(workspace: Workspace, line: str) -> None:
    answer = await workspace.send(line)
    buttons = find_elements(answer.blocks, ("button",))
    lines = {one.body["value"] for one in buttons if one.action_id.partition(":")[0] not in OPENS_A_FORM}
    offered = [*re.findall(r"`([^`]+)`", visible_text(answer)), *lines]
    assert offered
    assert {line.split()[0] for line in offered} <= {"help", "schedules", *discover()}


async def test_misspelled_command_is_suggested_only_as_text(workspace: Workspace) -> None:
    answer = await workspace.send("stpo 3")
    assert "Did you mean stop?" in visible_text(answer)
    assert "`stop 3`" in visible_text(answer)
    assert _button_lines(answer) == ["help stop"]


def _button_lines(message: PostedMessage) -> list[str]:
    """Return the lines of a message's buttons, also of those beside a text."""
    elements = [
        element for block in message.blocks for element in (*block.get("elements", []), block.get("accessory", {}))
    ]
    return [element["value"] for element in elements if "value" in element]


async def test_corrected_question_is_asked_by_a_button(either_workspace: Workspace) -> None:
    mistake = await either_workspace.send("scors web/production")
    answer = await either_workspace.press(mistake, "Ask: scores web/production")
    assert "Release maturity" in visible_text(answer)
    assert answer.to == mistake.to


async def test_mistake_is_never_shared(workspace: Workspace) -> None:
    answer = await workspace.send("scors web/production --share")
    assert "Did you mean scores?" in visible_text(answer)
    assert workspace.slack.channels["C1"].messages == []


async def test_answer_links_to_launchdarkly(workspace: Workspace) -> None:
    answer = await workspace.send("scores web/production")
    [url] = [e["url"] for b in answer.blocks if b["type"] == "actions" for e in b["elements"] if "url" in e]
    assert url == "https://app.launchdarkly.com/projects/web/flags?env=production&selected-env=production"
    pressed = await workspace.slack.press(answer, "Open in LaunchDarkly")
    assert pressed.status == 200


async def test_refresh_replaces_the_answer(either_workspace: Workspace) -> None:
    answer = await either_workspace.send("scores web/production")
    again = await either_workspace.press(answer, "Refresh")
    assert again is answer
    assert len(again.versions) == 1


async def test_pagination_updates_the_message(workspace: Workspace) -> None:
    first = await workspace.send("events web/production impact=any limit=5")
    before = visible_text(first)
    second = await workspace.press(first, "Older")
    assert second is first
    assert visible_text(second) != before
    assert {e["text"]["text"] for b in second.blocks if b["type"] == "actions" for e in b["elements"]} >= {
        "Newer",
        "Older",
    }


async def test_paging_a_shared_message_is_visible_only_to_its_user(workspace: Workspace) -> None:
    await workspace.send("events web/production impact=any limit=5 --share", user="U1")
    [posted] = workspace.slack.channels["C1"].messages
    page = await workspace.press(posted, "Older", user="U2")
    assert page.to == "U2"
    assert posted.versions == []


async def test_refreshing_a_shared_message_updates_it_for_everyone(workspace: Workspace) -> None:
    await workspace.send("scores web/production --share", user="U1")
    [posted] = workspace.slack.channels["C1"].messages
    again = await workspace.press(posted, "Refresh", user="U2")
    assert again is posted
    assert "Refreshed by <@U2>" in visible_text(posted)


async def test_event_links_to_its_flag(workspace: Workspace) -> None:
    events = await workspace.send("events web/production")
    flag = await workspace.press(events, "Details")
    assert "Owner:" in visible_text(flag)


async def test_biggest_score_change_links_to_its_events(workspace: Workspace) -> None:
    scores = await workspace.send("scores web/production")
    assert "Biggest change: *failure rate*, ▼7." in visible_text(scores)
    why = await workspace.press(scores, "Why?")
    assert "Flag events" in visible_text(why)


async def test_environment_menu_updates_the_flag(workspace: Workspace) -> None:
    flag = await workspace.send("flag new-checkout web/production")
    again = await workspace.wait_for_answer(await workspace.slack.select(flag, "Environment", "Staging"))
    assert again is flag
    assert "*Staging* is" in visible_text(again)


async def test_flag_is_shown_when_listing_environments_is_forbidden(workspace: Workspace) -> None:
    workspace.faults.status, workspace.faults.path_contains = 403, "/environments"
    assert "Owner:" in visible_text(await workspace.send("flag new-checkout web/production"))


async def test_times_use_the_callers_time_zone(workspace: Workspace) -> None:
    zones = {user.id: user.tz for user in workspace.slack.users.values()}
    user = next(id_ for id_, tz in zones.items() if tz != "UTC")
    await workspace.send("events web/production since=yesterday", user=user)
    await workspace.send("events web/production since=yesterday impact=any", user=user)
    assert [call.method for call in workspace.slack.calls].count("users.info") == 1
    assert "1795046400000" not in workspace.faults.requests[0].query


# Channel defaults


async def test_channel_can_set_and_clear_its_defaults(either_workspace: Workspace) -> None:
    assert "no default project" in visible_text(await either_workspace.send("use"))
    assert "*web/production*, applications *storefront*, is now this channel's default" in visible_text(
        await either_workspace.send("use web/production app=storefront")
    )
    assert "`scores web/production app=storefront`" in visible_text(await either_workspace.send("scores"))
    assert "Which project and environment?" in visible_text(await either_workspace.send("scores", channel="C2"))
    assert "*web/production*" in visible_text(await either_workspace.send("use"))
    assert "cleared" in visible_text(await either_workspace.send("use nothing"))
    assert "Which project and environment?" in visible_text(await either_workspace.send("scores"))


async def test_channel_default_is_stored_in_postgresql(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_workspace(database) as workspace:
        await workspace.send("use web/production")
    async with open_workspace(database) as workspace:
        assert "`scores web/production`" in visible_text(await workspace.send("scores"))


async def test_channel_default_overrides_the_workspace_default() -> None:
    async with open_workspace(default_project="web/staging") as workspace:
        assert "`scores web/staging`" in visible_text(await workspace.send("scores"))
        await workspace.send("use web/production")
        assert "`scores web/production`" in visible_text(await workspace.send("scores"))


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("use staging", "“staging” isn't a project/environment"),
        ("use project=web", "Give a project and an environment together"),
        ("use nothing web/production", "Use either nothing or a project/environment, not both."),
        ("use env=production", "Give a project and an environment together"),
    ],
)
async def test_incomplete_default_is_refused(workspace: Workspace, line: str, mistake: str) -> None:
    assert mistake in visible_text(await workspace.send(line))
    assert "no default project" in visible_text(await workspace.send("use"))


# Slow and failing services, and permissions


async def test_slow_answer_shows_progress_and_times_out() -> None:
    async with open_workspace(progress_notice_seconds=0.05, answer_timeout_seconds=0.5) as workspace:
        workspace.faults.delay = 20
        acknowledged = await workspace.slack.type("/insights scores web/production")
        assert not acknowledged.error
        progress = await workspace.slack.answer(acknowledged)
        assert progress.text == "Asking LaunchDarkly…"
        answer = await workspace.wait_for_answer(acknowledged)
        assert "didn't answer within 0.5 seconds" in visible_text(answer)
        assert answer is progress


async def test_progress_is_shown_while_slack_is_slow_to_say_who_asks() -> None:
    async with open_workspace(progress_notice_seconds=0.05) as workspace:
        workspace.slack.faults["users.info"] = Fault(delay=0.5)
        acknowledged = await workspace.slack.type("/insights help")
        progress = await workspace.slack.answer(acknowledged)
        assert progress.text == "Asking LaunchDarkly…"
        assert await workspace.wait_for_answer(acknowledged) is progress


@pytest.mark.parametrize("line", ["every monday 9:00 scores web/production", "scores web/production --share"])
async def test_progress_ends_once_everyone_sees_the_answer(line: str) -> None:
    async with open_workspace(progress_notice_seconds=0.05) as workspace:
        workspace.slack.faults["users.info"] = Fault(delay=0.3)
        acknowledged = await workspace.slack.type(f"/insights {line}")
        progress = await workspace.slack.answer(acknowledged)
        assert progress.text == "Asking LaunchDarkly…"
        await workspace.slack.until(lambda: progress.text == "Done, see below.")
        await workspace.slack.until(lambda: [post for post in workspace.slack.channels["C1"].messages if post.bot])


async def test_progress_message_that_cannot_be_replaced_precedes_the_answer() -> None:
    async with open_workspace(progress_notice_seconds=0.05) as workspace:
        workspace.slack.quirks.replaces_progress = False
        workspace.faults.delay = 0.2
        acknowledged = await workspace.slack.type("/insights scores web/production")
        answer = await workspace.wait_for_answer(acknowledged)
        assert acknowledged.response_url is not None
        assert [message.text.split(" ")[0] for message in acknowledged.response_url.messages] == ["Asking", "Release"]
        assert "Release maturity" in visible_text(answer)


async def test_question_can_be_retried_after_an_outage(either_workspace: Workspace) -> None:
    either_workspace.faults.status = 503
    failure = await either_workspace.send("scores web/production")
    assert "LaunchDarkly is having problems (503)." in visible_text(failure)
    either_workspace.faults.times = 0
    answer = await either_workspace.press(failure, "Try again")
    assert "Release maturity" in visible_text(answer)
    assert answer.to == failure.to


async def test_error_has_a_reference_that_is_logged(caplog: Any) -> None:
    caplog.set_level("INFO", "bot")
    async with open_workspace() as workspace:
        workspace.faults.status = 401
        answer = await workspace.send("scores web/production")
    assert "Ask the person who runs the bot" in visible_text(answer)
    reference = visible_text(answer).rsplit("Reference ", 1)[1].split()[0]
    [facts] = [record.facts for record in caplog.records if hasattr(record, "facts") and "question" in record.facts]
    assert facts["reference"] == reference
    assert facts["outcome"] == "not allowed"
    assert facts["question"] == "scores web/production"


@pytest.mark.parametrize("refuses_with_200", [True, False])
async def test_refused_charts_fall_back_to_text_and_are_remembered(refuses_with_200: bool, tmp_path: Path) -> None:
    assert await response_url_uses(refuses_with_200, tmp_path) == 2
    assert await response_url_uses(refuses_with_200, tmp_path) == 1  # after a restart, from the store


async def response_url_uses(refuses_with_200: bool, folder: Path) -> int:
    """Return how often the response_url was used for one answer with a text chart."""
    async with open_workspace(f"sqlite:///{folder / 'bot.db'}") as workspace:
        workspace.slack.charts = False
        workspace.slack.quirks.errors_with_200 = refuses_with_200
        acknowledged = await workspace.slack.type("/insights status web/production")
        assert "█" in visible_text(await workspace.wait_for_answer(acknowledged))
    assert acknowledged.response_url is not None
    return acknowledged.response_url.uses


async def test_rate_limited_response_is_retried(workspace: Workspace) -> None:
    workspace.slack.faults["response_url"] = Fault(status=429, retry_after=0, times=1)
    assert "Release maturity" in visible_text(await workspace.send("scores web/production"))


async def test_slack_server_error_does_not_lose_the_answer(workspace: Workspace) -> None:
    workspace.slack.faults["response_url"] = Fault(status=500, times=1)
    assert "Release maturity" in visible_text(await workspace.send("scores web/production"))


async def test_connection_reset_does_not_lose_the_answer(workspace: Workspace) -> None:
    workspace.slack.faults["response_url"] = Fault(reset=True, times=1)
    assert "Release maturity" in visible_text(await workspace.send("scores web/production"))


async def test_refused_message_falls_back_to_plain_text(workspace: Workspace) -> None:
    workspace.slack.faults["response_url"] = Fault(status=400, body="invalid_blocks", times=2)
    answer = await workspace.send("status web/production")
    assert answer.text.startswith("19 flags in web/production")
    assert answer.blocks == []
    again = await workspace.send("status web/production")
    assert [block for block in again.blocks if block["type"] == "data_visualization"]


@pytest.mark.parametrize(
    "fault", [Fault(status=429, retry_after=60), Fault(body="<html>"), Fault(reset=True), Fault(status=500)]
)
async def test_answer_does_not_wait_for_the_time_zone(workspace: Workspace, fault: Fault) -> None:
    workspace.slack.faults["users.info"] = fault
    assert "Release maturity" in visible_text(await workspace.send("scores web/production"))


async def test_unknown_time_zone_falls_back_to_the_settings(workspace: Workspace) -> None:
    workspace.slack.faults["users.info"] = Fault(error="user_not_found")
    assert "Fri 20 Nov 2026, 15:00 UTC" in visible_text(await workspace.send("scores web/production"))


async def test_public_message_is_not_repeated_if_its_fate_is_unknown(workspace: Workspace) -> None:
    workspace.slack.faults["response_url"] = Fault(drop_response=True, times=1)
    acknowledged = await workspace.slack.type("/insights scores web/production --share")
    notice = await workspace.slack.answer(acknowledged, lambda message: "didn't confirm" in message.text)
    assert notice.to == "U1"
    assert len(workspace.slack.channels["C1"].messages) == 1


async def test_expired_response_url_falls_back_to_ephemeral(workspace: Workspace) -> None:
    workspace.slack.faults["response_url"] = Fault(status=404, body="expired_url")
    await workspace.slack.type("/insights scores web/production")
    await workspace.slack.until(lambda: [call for call in workspace.slack.calls if call.method == "chat.postEphemeral"])


async def test_external_user_is_refused_privately(workspace: Workspace) -> None:
    outsider = next(user.id for user in workspace.slack.users.values() if user.team.id != workspace.slack.team.id)
    await workspace.send("scores web/production --share", user="U1")
    [posted] = workspace.slack.channels["C1"].messages
    request_count = len(workspace.faults.requests)
    answer = await workspace.press(posted, "Refresh", user=outsider)
    assert "I only answer members of this workspace" in visible_text(answer)
    assert answer.to == outsider
    assert len(workspace.faults.requests) == request_count


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ({"allowed_channels": "C2"}, "I'm not enabled in this channel."),
        ({"allowed_users": "U2,U3"}, "You don't have access to this bot."),
        ({"allowed_projects": "mobile,platform"}, "I can't read the project web here. "),
    ],
)
async def test_disallowed_question_is_refused_with_a_reason(allowed: dict[str, Any], expected: str) -> None:
    async with open_workspace(**allowed) as workspace:
        assert expected.strip() in visible_text(await workspace.send("scores web/production"))
        assert workspace.faults.requests == []


async def test_disallowed_project_cannot_become_the_default() -> None:
    async with open_workspace(allowed_projects="web") as workspace:
        assert "*web/production* is now this channel's default" in visible_text(
            await workspace.send("use web/production")
        )
        refusal = visible_text(await workspace.send("use mobile/production"))
        assert "I can't read the project mobile here" in refusal
        assert "cleared" in visible_text(await workspace.send("use nothing"))


async def test_question_about_all_projects_is_refused_if_some_are_allowed() -> None:
    async with open_workspace(allowed_projects="mobile") as workspace:
        assert "I can't read all projects here" in visible_text(await workspace.send("deploys"))


# Requests from Slack


def score_requests(workspace: Workspace) -> int:
    return len([request for request in workspace.faults.requests if request.path.endswith("/scores")])


async def test_duplicate_request_is_processed_once(workspace: Workspace) -> None:
    acknowledged = await workspace.slack.type("/insights scores web/production")
    await workspace.wait_for_answer(acknowledged)
    again = await workspace.slack.resend(acknowledged)
    assert again.status == 200
    await workspace.send("status web/production")
    assert score_requests(workspace) == 1


async def resend_to(acknowledged: Acknowledgement, *workspaces: Workspace) -> list[int]:
    """Send the same bytes to each workspace's bot, and return the status codes."""
    assert acknowledged.request is not None
    return [(await send_request(acknowledged.request, f"{each.url}/slack/events", 3)).status for each in workspaces]


async def test_duplicate_request_without_a_trigger_is_processed_once(workspace: Workspace) -> None:
    where = f"user_id=U1&team_id={workspace.slack.team.id}&channel_id=C1&response_url="
    body = f"command=%2Finsights&text=scores+web%2Fproduction&{where}".encode()
    headers = {**FORM, **signature_headers(body, SIGNING_SECRET, int(workspace.slack.now().timestamp()))}
    for _ in range(3):
        assert (await post(workspace, body, headers)).status_code == 200
    await workspace.send("status web/production")
    assert score_requests(workspace) == 1


async def test_duplicate_request_to_two_processes_is_processed_once(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_workspace(database) as one, open_workspace(database) as two:
        acknowledged = await one.slack.type("/insights scores web/production")
        assert await resend_to(acknowledged, two, one, two) == [200, 200, 200]
        assert "Release maturity" in visible_text(await one.wait_for_answer(acknowledged))
    assert len(one.faults.requests) + len(two.faults.requests) == 1


async def test_duplicate_request_after_a_restart_is_ignored(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'bot.db'}"
    async with open_workspace(database) as before:
        acknowledged = await before.slack.type("/insights scores web/production")
        await before.wait_for_answer(acknowledged)
    async with open_workspace(database) as after:
        assert await resend_to(acknowledged, after) == [200]
    assert after.faults.requests == []


async def test_duplicate_envelope_is_processed_once() -> None:
    async with open_workspace(socket=True) as workspace:
        acknowledged = await workspace.slack.type("/insights scores web/production")
        await workspace.wait_for_answer(acknowledged)
        assert acknowledged.payload is not None
        for name in ("envelope-a", "envelope-a", "envelope-b"):
            assert not (await workspace.slack.socket.deliver(acknowledged.payload, 3, name)).error
    assert [call.method for call in workspace.slack.calls].count(RESPONSE_URL) == 3


async def test_command_is_answered_without_the_dedup_table(tmp_path: Path) -> None:
    async with open_workspace(f"sqlite:///{tmp_path / 'bot.db'}") as workspace:
        with sqlite3.connect(tmp_path / "bot.db") as connection:
            connection.execute("DROP TABLE payloads")
        assert HELP_TEXT in visible_text(await workspace.send("help"))


async def test_help_needs_no_database(postgres: Postgres) -> None:
    async with open_workspace(postgres.new_database()) as workspace:
        await workspace.send("use web/production")
        with postgres.stopped():
            assert HELP_TEXT in visible_text(await workspace.send("help"))
            failure = await workspace.send("scores")
        assert "The bot's database is unavailable." in visible_text(failure)
        assert "Release maturity" in visible_text(await workspace.press(failure, "Try again"))


async def test_auth_test_is_called_once_for_many_commands(workspace: Workspace) -> None:
    for _ in range(5):
        await workspace.send("help")
    assert [call.method for call in workspace.slack.calls].count("auth.test") == 1


async def test_events_are_deduplicated_by_id(workspace: Workspace, caplog: Any) -> None:
    for event_id in ("Ev1", "Ev1", "Ev2"):
        assert (await workspace.slack.event("app_uninstalled", event_id=event_id)).status == 200
    assert caplog.text.count("Slack says app_uninstalled") == 2


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HELP = b"command=%2Finsights&text=help&user_id=U1&team_id=T1&channel_id=C1&trigger_id=1&response_url="


async def post(workspace: Workspace, body: bytes, headers: Any) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(f"{workspace.url}/slack/events", content=body, headers=headers)


@pytest.mark.parametrize(
    ("altered", "status"),
    [
        ({}, 200),
        ({"X-Slack-Signature": "v0=" + "0" * 64}, 401),
        ({"X-Slack-Signature": "v0=é".encode()}, 401),
        ({"X-Slack-Signature": ""}, 401),
        ({"X-Slack-Request-Timestamp": "soon"}, 401),
        ({"X-Slack-Request-Timestamp": "1"}, 401),
        ({"X-Slack-Request-Timestamp": "99999999999"}, 401),
        ({"X-Slack-Request-Timestamp": "1e9"}, 401),
        ({"X-Slack-Request-Timestamp": ""}, 401),
    ],
)
async def test_only_signed_requests_are_accepted(workspace: Workspace, altered: dict[str, Any], status: int) -> None:
    stamp = int(workspace.slack.now().timestamp())
    answer = await post(workspace, HELP, {**FORM, **signature_headers(HELP, SIGNING_SECRET, stamp), **altered})
    assert answer.status_code == status


@pytest.mark.parametrize(("age", "status"), [(-310, 401), (-290, 200), (290, 200), (310, 401)])
async def test_signature_expires_after_five_minutes(workspace: Workspace, age: int, status: int) -> None:
    stamp = int(workspace.slack.now().timestamp()) + age
    assert (
        await post(workspace, HELP, {**FORM, **signature_headers(HELP, SIGNING_SECRET, stamp)})
    ).status_code == status


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
@pytest.mark.parametrize("value", ["", "soon", "v0=é".encode(), None], ids=["empty", "word", "latin", "same"])
async def test_repeated_signature_header_is_refused(workspace: Workspace, name: str, value: str | bytes) -> None:
    headers = {**FORM, **signature_headers(HELP, SIGNING_SECRET, int(workspace.slack.now().timestamp()))}
    twice = [*headers.items(), (name, headers[name] if value is None else value)]
    assert (await post(workspace, HELP, twice)).status_code == 401


async def test_too_large_body_is_refused(workspace: Workspace) -> None:
    body = b"x" * 2_000_000
    async with httpx.AsyncClient() as http:
        headers = {**FORM, **signature_headers(body, SIGNING_SECRET, int(workspace.slack.now().timestamp()))}
        answer = await http.post(f"{workspace.url}/slack/events", content=body, headers=headers)
    assert answer.status_code == 413


JSON = {"Content-Type": "application/json"}


UNREADABLE = pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b""),
        (FORM, b"hello"),
        (FORM, bytes(range(128, 256))),
        (FORM, b"command=\xff"),
        (FORM, b"payload="),
        (FORM, b"payload=%7Bbroken"),
        (FORM, b"payload=null"),
        (FORM, b"payload=%5B%5D"),
        (FORM, b"payload=" + b"%5B" * 100_000),
        (FORM, b'payload={"team":5}'),
        (JSON, b""),
        (JSON, b"{broken"),
        (JSON, b'{"event_id":"\xff"}'),
        (JSON, b"[]"),
        (JSON, b'{"authorizations":[5]}'),
        (JSON, b'{"event":' * 50_000),
        ({}, b"{broken"),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else value.get("Content-Type", "none"),
)


@UNREADABLE
async def test_unreadable_body_is_refused_and_logged_in_one_line(
    workspace: Workspace, caplog: Any, kind: dict[str, str], body: bytes
) -> None:
    headers = {**kind, **signature_headers(body, SIGNING_SECRET, int(workspace.slack.now().timestamp()))}
    assert (await post(workspace, body, headers)).status_code == 400
    [line] = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert line.getMessage().startswith("unreadable request: ")
    assert not line.exc_info


@UNREADABLE
async def test_unsigned_body_is_not_parsed(
    workspace: Workspace, caplog: Any, kind: dict[str, str], body: bytes
) -> None:
    headers = {**kind, **signature_headers(body, "another", int(workspace.slack.now().timestamp()))}
    assert (await post(workspace, body, headers)).status_code == 401
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def test_old_button_explains_its_failure(workspace: Workspace) -> None:
    answer = await workspace.send("scores web/production")
    old = {"type": "button", "action_id": "ask:older", "value": "tempo web/production", "block_id": "b"}
    reply = await workspace.wait_for_answer(await workspace.slack.act(answer, old))
    assert "I didn't get that." in visible_text(reply)


async def test_smart_quotes_and_dashes_are_understood(workspace: Workspace) -> None:
    answer = await workspace.send("events “checkout” web/production —impact any –since ‘2w’")
    assert "`events checkout web/production impact=any since=2w`" in visible_text(answer)


async def test_two_hundred_commands_at_once_are_all_answered(workspace: Workspace) -> None:
    lines = [f"/insights events web/production limit={n % 100 + 1}" for n in range(200)]
    acks = await asyncio.gather(*(workspace.slack.type(line) for line in lines))
    assert not [one.error for one in acks if one.error]
    answers = [await workspace.slack.answer(one, seconds=60) for one in acks]
    assert len({id(answer) for answer in answers}) == 200


# Health


async def test_health_endpoints_report_the_process(workspace: Workspace) -> None:
    await workspace.send("scores web/production")
    async with httpx.AsyncClient(base_url=workspace.url) as http:
        assert (await http.get("/healthz")).text == "alive\n"
        assert (await http.get("/readyz")).text == "store: ready\nslack: ready\n"
        counted = (await http.get("/metrics")).text
        assert 'insights_questions_total{name="scores",outcome="answered"} 1.0' in counted
        assert 'insights_deliveries_total{outcome="sent"} 1.0' in counted
        assert "insights_acknowledgement_seconds_count 1.0" in counted
        assert "insights_launchdarkly_seconds_count 1.0" in counted


async def _is_ready(workspace: Workspace) -> bool:
    async with httpx.AsyncClient(base_url=workspace.url) as http:
        return (await http.get("/readyz")).status_code == 200


@pytest.mark.parametrize(
    ("fault", "ready"),
    [
        (Fault(error="token_revoked"), False),
        (Fault(reset=True), False),
        (Fault(body="<html>"), False),
        (Fault(status=503), False),
        (Fault(status=429, retry_after=60), True),
        (Fault(error="ratelimited"), True),
        (Fault(status=429, body="slow down", retry_after="Fri, 20 Nov 2026 15:00:30 GMT"), True),
    ],
    ids=["revoked", "reset", "no JSON", "down", "429", "ratelimited", "429 without JSON"],
)
async def test_only_slack_failures_other_than_rate_limits_affect_readiness(fault: Fault, ready: bool) -> None:
    async with open_workspace(readiness_cache_seconds=0) as workspace:
        workspace.slack.faults["auth.test"] = fault
        assert await _is_ready(workspace) is ready
        assert [call.method for call in workspace.slack.calls] == ["auth.test"] * 2  # at startup, and for this check


async def test_concurrent_readiness_checks_call_slack_once(workspace: Workspace) -> None:
    workspace.slack.faults["auth.test"] = Fault(delay=0.05)
    assert all(await asyncio.gather(*(_is_ready(workspace) for _ in range(10))))
    workspace.slack.faults["auth.test"] = Fault(error="token_revoked")
    assert await _is_ready(workspace)
    assert [call.method for call in workspace.slack.calls] == ["auth.test"] * 2


async def test_full_disk_makes_the_process_not_ready(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_store(database):
        simulate_full_disk(database)
    async with open_workspace(database) as workspace, httpx.AsyncClient(base_url=workspace.url) as http:
        response = await http.get("/readyz")
        assert (response.status_code, response.text) == (503, "store: NOT READY\nslack: ready\n")


async def wait_for_reconnect(workspace: Workspace) -> None:
    """Wait for a new socket, then retry a command until it is answered, as a person would."""
    await workspace.slack.until(
        lambda: workspace.slack.socket.opened_count >= 2 and workspace.slack.socket.connections, 15
    )
    workspace.slack.ack_timeout = 0.5
    acknowledged = await workspace.slack.type("/insights scores web/production")
    while acknowledged.error:
        acknowledged = await workspace.slack.type("/insights scores web/production")
    assert "Release maturity" in visible_text(await workspace.wait_for_answer(acknowledged))


async def test_deaf_socket_is_replaced() -> None:
    async with open_workspace(socket=True, socket_mode_idle_timeout_seconds=1.0) as workspace:
        workspace.slack.socket.deaf = True
        workspace.slack.socket.deaf = False
        await wait_for_reconnect(workspace)


async def test_dead_connection_is_replaced() -> None:
    async with open_workspace(socket=True, socket_mode_ping_seconds=0.1) as workspace:
        workspace.slack.socket.freeze()
        workspace.slack.socket.deaf = False
        await wait_for_reconnect(workspace)


async def test_refreshed_socket_keeps_working() -> None:
    async with open_workspace(socket=True) as workspace:
        await workspace.slack.socket.disconnect("refresh_requested")
        await wait_for_reconnect(workspace)


async def test_shutdown_tells_callers_of_unfinished_answers() -> None:
    async with open_workspace(shutdown_grace_seconds=0.2) as workspace:
        workspace.faults.delay = 20
        acknowledged = await workspace.slack.type("/insights scores web/production")
    assert acknowledged.response_url is not None
    assert "I'm restarting" in acknowledged.response_url.messages[-1].text


async def test_shutdown_waits_for_answers_in_progress() -> None:
    async with open_workspace(progress_notice_seconds=5) as workspace:
        workspace.faults.delay = 0.3
        acks = [await workspace.slack.type("/insights scores web/production", user=f"U{n % 2 + 1}") for n in range(10)]
        slack: Slack = workspace.slack
    assert all(one.response_url and one.response_url.messages for one in acks)
    assert slack.calls
