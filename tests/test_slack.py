"""The bot in Slack: what is typed and pressed, over HTTP and over the socket."""

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
from bot.sandbox.slack.faults import RESPONSE_URL
from bot.sandbox.slack.webhook import send_request as sent_to
from bot.store.store import open_store
from tests.databases import Postgres, simulate_full_disk
from tests.workspace import Workspace, open_workspace, visible_text


@pytest.fixture(params=["http", "socket"])
async def bureau(request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    """An office whose bot hears Slack in one of the two ways."""
    async with open_workspace(socket=request.param == "socket") as found:
        yield found


@pytest.fixture
async def desk() -> AsyncIterator[Workspace]:
    async with open_workspace() as found:
        yield found


# What a person gets


async def test_a_command_is_answered_for_its_asker_alone(bureau: Workspace) -> None:
    answer = await bureau.send("scores web/production", user="U1", channel="C1")
    assert "Release maturity" in visible_text(answer)
    assert answer.to == "U1"
    assert bureau.slack.channels["C1"].messages == []


async def test_the_bare_command_shows_what_can_be_asked_with_examples_to_press(bureau: Workspace) -> None:
    help_ = await bureau.send("")
    assert "What you can ask" in visible_text(help_)
    assert "*use*" in visible_text(help_)
    answer = await bureau.press(help_, "Ask this", nth=list(discover()).index("flag"))
    assert "New checkout" in visible_text(answer)
    assert answer is not help_


async def test_an_answer_can_be_shared_as_it_was_seen(bureau: Workspace) -> None:
    answer = await bureau.send("status web/production", user="U1")
    shared = await bureau.press(answer, "Share to channel")
    [posted] = bureau.slack.channels["C1"].messages
    assert posted is shared
    assert "Shared by <@U1>" in visible_text(shared)
    assert [b for b in shared.blocks if b["type"] == "data_table"] == [
        b for b in answer.blocks if b["type"] == "data_table"
    ]
    assert len(bureau.faults.requests) == 1


async def test_an_answer_that_is_no_longer_kept_is_asked_again_and_says_so(desk: Workspace) -> None:
    answer = await desk.send("status web/production")
    action = next(
        e for b in answer.blocks if b["type"] == "actions" for e in b["elements"] if "share" in e["action_id"]
    )
    stale = {"type": "button", "action_id": "share:gone", "value": action["value"], "block_id": "b"}
    shared = await desk.wait_for_answer(await desk.slack.act(answer, stale))
    assert "asked again, since the answer that was seen is no longer kept" in visible_text(shared)
    assert desk.slack.channels["C1"].messages == [shared]


async def test_an_answer_can_be_posted_at_once(bureau: Workspace) -> None:
    await bureau.send("scores web/production —share", user="U2")
    [posted] = bureau.slack.channels["C1"].messages
    assert "Shared by <@U2>" in visible_text(posted)


async def test_an_answer_is_shared_once_however_often_that_is_pressed(desk: Workspace) -> None:
    answer = await desk.send("scores web/production")
    await desk.press(answer, "Share to channel")
    again = await desk.press(answer, "Share to channel")
    assert "shared in the channel already" in visible_text(again)
    assert len(desk.slack.channels["C1"].messages) == 1


@pytest.mark.parametrize("line", ["--share", "help --share", "use web/production --share"])
async def test_what_is_no_answer_is_not_shared(desk: Workspace, line: str) -> None:
    await desk.send(line)
    assert desk.slack.channels["C1"].messages == []


async def test_a_button_gives_no_order(desk: Workspace) -> None:
    answer = await desk.send("scores web/production")
    forged = {"type": "button", "action_id": "ask:x", "value": "use mobile/production", "block_id": "b"}
    assert "is an order for a channel" in visible_text(await desk.wait_for_answer(await desk.slack.act(answer, forged)))
    assert "Nothing is chosen" in visible_text(await desk.send("use"))


@pytest.mark.parametrize("button", ["Why?", "Older"])
async def test_a_slow_press_leaves_a_shared_message_as_it_is(button: str) -> None:
    async with open_workspace(word_seconds=0.05) as desk:
        line = "scores web/production" if button == "Why?" else "events web/production impact=any limit=5"
        await desk.send(f"{line} --share", user="U1")
        [posted] = desk.slack.channels["C1"].messages
        desk.faults.delay = 0.3
        answer = await desk.press(posted, button, user="U2")
        assert answer.to == "U2"
        assert posted.versions == []


@pytest.mark.parametrize("line", ["how are our releases doing?", "stop all", "pause all", "nope", "list projects"])
async def test_a_line_that_is_no_command_offers_none(desk: Workspace, line: str) -> None:
    answer = await desk.send(line)
    offered = re.findall(r"`([^`]+)`", visible_text(answer))
    assert offered
    assert [each for each in offered if each.split()[0] != "help"] == []
    assert {block["type"] for block in answer.blocks} <= {"section", "context"}
    assert not [block for block in answer.blocks if "accessory" in block]


async def test_a_misspelled_command_is_shown_as_text(desk: Workspace) -> None:
    answer = await desk.send("stpo 3")
    assert "did you mean stop?" in visible_text(answer)
    assert "`stop 3`" in visible_text(answer)
    assert not [block for block in answer.blocks if block["type"] == "actions" or "accessory" in block]


async def test_a_mistake_is_never_shared(desk: Workspace) -> None:
    answer = await desk.send("scors web/production --share")
    assert "did you mean scores?" in visible_text(answer)
    assert desk.slack.channels["C1"].messages == []


async def test_an_answer_leads_into_launchdarkly(desk: Workspace) -> None:
    answer = await desk.send("scores web/production")
    [way] = [e["url"] for b in answer.blocks if b["type"] == "actions" for e in b["elements"] if "url" in e]
    assert way == "https://app.launchdarkly.com/projects/web/flags?env=production&selected-env=production"
    pressed = await desk.slack.press(answer, "Open in LaunchDarkly")
    assert pressed.status == 200


async def test_refresh_puts_a_new_answer_in_the_same_place(bureau: Workspace) -> None:
    answer = await bureau.send("scores web/production")
    again = await bureau.press(answer, "Refresh")
    assert again is answer
    assert len(again.versions) == 1


async def test_pages_turn_in_place(desk: Workspace) -> None:
    first = await desk.send("events web/production impact=any limit=5")
    before = visible_text(first)
    second = await desk.press(first, "Older")
    assert second is first
    assert visible_text(second) != before
    assert {e["text"]["text"] for b in second.blocks if b["type"] == "actions" for e in b["elements"]} >= {
        "Newer",
        "Older",
    }


async def test_turning_a_page_of_a_shared_message_is_for_whoever_turns_it(desk: Workspace) -> None:
    await desk.send("events web/production impact=any limit=5 --share", user="U1")
    [posted] = desk.slack.channels["C1"].messages
    page = await desk.press(posted, "Older", user="U2")
    assert page.to == "U2"
    assert posted.versions == []


async def test_a_shared_message_is_refreshed_for_all_and_says_by_whom(desk: Workspace) -> None:
    await desk.send("scores web/production --share", user="U1")
    [posted] = desk.slack.channels["C1"].messages
    again = await desk.press(posted, "Refresh", user="U2")
    assert again is posted
    assert "Refreshed by <@U2>" in visible_text(posted)


async def test_an_event_leads_to_its_flag(desk: Workspace) -> None:
    events = await desk.send("events web/production")
    flag = await desk.press(events, "Flag details")
    assert "Maintained by" in visible_text(flag)


async def test_the_score_that_moved_most_leads_to_the_events_of_its_period(desk: Workspace) -> None:
    scores = await desk.send("scores web/production")
    assert "What moved most: *Failure rate*, −7 points." in visible_text(scores)
    why = await desk.press(scores, "Why?")
    assert "Flag events · web/production" in visible_text(why)


async def test_a_flag_shows_another_environment_in_place(desk: Workspace) -> None:
    flag = await desk.send("flag new-checkout web/production")
    again = await desk.wait_for_answer(await desk.slack.select(flag, "Environment", "Staging"))
    assert again is flag
    assert "*Staging (staging)* is" in visible_text(again)


async def test_a_project_of_one_environment_still_shows_its_flag_when_the_list_is_refused(desk: Workspace) -> None:
    desk.faults.status, desk.faults.path_contains = 403, "/environments"
    assert "Maintained by" in visible_text(await desk.send("flag new-checkout web/production"))


async def test_times_are_read_and_said_in_the_zone_of_whoever_asks(desk: Workspace) -> None:
    zones = {user.id: user.tz for user in desk.slack.users.values()}
    user = next(id_ for id_, tz in zones.items() if tz != "UTC")
    await desk.send("events web/production since=yesterday", user=user)
    await desk.send("events web/production since=yesterday impact=any", user=user)
    assert [call.method for call in desk.slack.calls].count("users.info") == 1
    assert "1795046400000" not in desk.faults.requests[0].query


# What a channel's questions may leave out


async def test_a_channel_can_choose_what_its_questions_leave_out(bureau: Workspace) -> None:
    assert "Nothing is chosen" in visible_text(await bureau.send("use"))
    assert "now ask about *web/production*, applications *storefront*" in visible_text(
        await bureau.send("use web/production app=storefront")
    )
    assert "`scores web/production app=storefront`" in visible_text(await bureau.send("scores"))
    assert "project is missing" in visible_text(await bureau.send("scores", channel="C2"))
    assert "ask about *web/production*" in visible_text(await bureau.send("use"))
    assert "forgotten" in visible_text(await bureau.send("use nothing"))
    assert "project is missing" in visible_text(await bureau.send("scores"))


async def test_a_choice_is_kept_in_postgresql_as_well(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_workspace(database) as desk:
        await desk.send("use web/production")
    async with open_workspace(database) as desk:
        assert "`scores web/production`" in visible_text(await desk.send("scores"))


async def test_the_workspace_has_a_default_that_a_channel_overrules() -> None:
    async with open_workspace(default_place="web/staging") as desk:
        assert "`scores web/staging`" in visible_text(await desk.send("scores"))
        await desk.send("use web/production")
        assert "`scores web/production`" in visible_text(await desk.send("scores"))


@pytest.mark.parametrize("line", ["use staging", "use project=web", "use nothing web/production", "use env=production"])
async def test_half_a_place_is_no_choice(desk: Workspace, line: str) -> None:
    assert "I cannot read that line" in visible_text(await desk.send(line))
    assert "Nothing is chosen" in visible_text(await desk.send("use"))


# Slow, wrong, refused


async def test_a_slow_launchdarkly_is_acknowledged_at_once_and_a_word_says_so() -> None:
    async with open_workspace(word_seconds=0.05, answer_seconds=0.5) as desk:
        desk.faults.delay = 20
        asked = await desk.slack.type("/insights scores web/production")
        assert not asked.error
        word = await desk.slack.answer(asked)
        assert word.text == "Asking LaunchDarkly …"
        answer = await desk.wait_for_answer(asked)
        assert "did not answer within 0.5 seconds" in visible_text(answer)
        assert answer is word


async def test_a_word_that_cannot_be_replaced_reads_well_above_the_answer() -> None:
    async with open_workspace(word_seconds=0.05) as desk:
        desk.slack.quirks.replaces_progress = False
        desk.faults.delay = 0.2
        asked = await desk.slack.type("/insights scores web/production")
        answer = await desk.wait_for_answer(asked)
        assert asked.response_url is not None
        assert [message.text.split(" ")[0] for message in asked.response_url.messages] == ["Asking", "Scores"]
        assert "Release maturity" in visible_text(answer)


async def test_an_error_is_a_sentence_with_a_reference_that_the_log_holds(caplog: Any) -> None:
    caplog.set_level("INFO", "bot")
    async with open_workspace() as desk:
        desk.faults.status = 401
        answer = await desk.send("scores web/production")
    reference = visible_text(answer).rsplit("Reference ", 1)[1].split()[0]
    [facts] = [record.facts for record in caplog.records if hasattr(record, "facts") and "question" in record.facts]
    assert facts["reference"] == reference
    assert facts["outcome"] == "not allowed"
    assert facts["question"] == "scores web/production"


@pytest.mark.parametrize("refuses_with_200", [True, False])
async def test_charts_that_the_workspace_refuses_come_once_more_in_characters_and_never_again(
    refuses_with_200: bool, tmp_path: Path
) -> None:
    assert await _uses(refuses_with_200, tmp_path) == 2
    assert await _uses(refuses_with_200, tmp_path) == 1  # another day, the same memory


async def _uses(refuses_with_200: bool, place: Path) -> int:
    """How often the way back was used for one answer in characters."""
    async with open_workspace(f"sqlite:///{place / 'bot.db'}") as desk:
        desk.slack.charts = False
        desk.slack.quirks.errors_with_200 = refuses_with_200
        asked = await desk.slack.type("/insights status web/production")
        assert "█" in visible_text(await desk.wait_for_answer(asked))
    assert asked.response_url is not None
    return asked.response_url.uses


async def test_a_limit_is_waited_for(desk: Workspace) -> None:
    desk.slack.faults["response_url"] = Fault(status=429, retry_after=0, times=1)
    assert "Release maturity" in visible_text(await desk.send("scores web/production"))


async def test_a_server_error_of_slack_loses_no_private_answer(desk: Workspace) -> None:
    desk.slack.faults["response_url"] = Fault(status=500, times=1)
    assert "Release maturity" in visible_text(await desk.send("scores web/production"))


async def test_a_connection_that_breaks_loses_no_private_answer(desk: Workspace) -> None:
    desk.slack.faults["response_url"] = Fault(reset=True, times=1)
    assert "Release maturity" in visible_text(await desk.send("scores web/production"))


async def test_what_slack_takes_in_no_form_is_said_in_words_alone_and_blamed_on_no_chart(desk: Workspace) -> None:
    desk.slack.faults["response_url"] = Fault(status=400, body="invalid_blocks", times=2)
    answer = await desk.send("status web/production")
    assert answer.text.startswith("19 flags in web/production")
    assert answer.blocks == []
    again = await desk.send("status web/production")
    assert [block for block in again.blocks if block["type"] == "data_visualization"]


@pytest.mark.parametrize(
    "trouble", [Fault(status=429, retry_after=60), Fault(body="<html>"), Fault(reset=True), Fault(status=500)]
)
async def test_the_answer_does_not_wait_for_the_zone(desk: Workspace, trouble: Fault) -> None:
    desk.slack.faults["users.info"] = trouble
    assert "Release maturity" in visible_text(await desk.send("scores web/production"))


async def test_a_zone_that_slack_does_not_tell_is_the_one_of_the_settings(desk: Workspace) -> None:
    desk.slack.faults["users.info"] = Fault(error="user_not_found")
    assert "Fri 20 Nov 2026, 15:00 UTC" in visible_text(await desk.send("scores web/production"))


async def test_what_may_have_been_posted_for_all_is_not_repeated(desk: Workspace) -> None:
    desk.slack.faults["response_url"] = Fault(drop_response=True, times=1)
    asked = await desk.slack.type("/insights scores web/production --share")
    told = await desk.slack.answer(asked, lambda message: "did not say" in message.text)
    assert told.to == "U1"
    assert len(desk.slack.channels["C1"].messages) == 1


async def test_an_expired_way_back_is_gone_around(desk: Workspace) -> None:
    desk.slack.faults["response_url"] = Fault(status=404, body="expired_url")
    await desk.slack.type("/insights scores web/production")
    await desk.slack.until(lambda: [call for call in desk.slack.calls if call.method == "chat.postEphemeral"])


async def test_an_outsider_is_refused_politely_and_alone(desk: Workspace) -> None:
    outsider = next(user.id for user in desk.slack.users.values() if user.team.id != desk.slack.team.id)
    await desk.send("scores web/production --share", user="U1")
    [posted] = desk.slack.channels["C1"].messages
    asked = len(desk.faults.requests)
    answer = await desk.press(posted, "Refresh", user=outsider)
    assert "I only answer people of this workspace" in visible_text(answer)
    assert answer.to == outsider
    assert len(desk.faults.requests) == asked


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        ({"allowed_channels": "C2"}, "I am not to answer in this channel."),
        ({"allowed_users": "U2,U3"}, "You are not among those whom I am to answer."),
        ({"allowed_projects": "mobile,platform"}, "I am not to tell about the project web. "),
    ],
)
async def test_what_one_may_not_ask_is_refused_with_a_reason(allowed: dict[str, Any], said: str) -> None:
    async with open_workspace(**allowed) as desk:
        assert said.strip() in visible_text(await desk.send("scores web/production"))
        assert desk.faults.requests == []


async def test_a_choice_can_be_taken_back_where_some_projects_are_allowed() -> None:
    async with open_workspace(allowed_projects="web") as desk:
        assert "now ask about *web/production*" in visible_text(await desk.send("use web/production"))
        assert "I am not to tell about the project mobile" in visible_text(await desk.send("use mobile/production"))
        assert "forgotten" in visible_text(await desk.send("use nothing"))


async def test_all_projects_are_not_told_of_where_some_are_allowed() -> None:
    async with open_workspace(allowed_projects="mobile") as desk:
        assert "I am not to tell about all projects" in visible_text(await desk.send("deploys"))


# What Slack sends


async def test_the_same_bytes_twice_do_the_work_once(desk: Workspace) -> None:
    asked = await desk.slack.type("/insights scores web/production")
    await desk.wait_for_answer(asked)
    again = await desk.slack.resend(asked)
    assert again.status == 200
    await desk.send("status web/production")
    assert len(desk.faults.requests) == 2


async def repeated(asked: Acknowledgement, *desks: Workspace) -> list[int]:
    """Send the same bytes to each of these."""
    assert asked.request is not None
    return [(await sent_to(asked.request, f"{desk.url}/slack/events", 3)).status for desk in desks]


async def test_the_same_bytes_do_the_work_once_without_a_trigger_too(desk: Workspace) -> None:
    where = f"user_id=U1&team_id={desk.slack.team.id}&channel_id=C1&response_url="
    body = f"command=%2Finsights&text=scores+web%2Fproduction&{where}".encode()
    headers = {**FORM, **signature_headers(body, SIGNING_SECRET, int(desk.slack.now().timestamp()))}
    for _ in range(3):
        assert (await post(desk, body, headers)).status_code == 200
    await desk.send("status web/production")
    assert len(desk.faults.requests) == 2


async def test_the_same_bytes_at_two_processes_do_the_work_once(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_workspace(database) as one, open_workspace(database) as two:
        asked = await one.slack.type("/insights scores web/production")
        assert await repeated(asked, two, one, two) == [200, 200, 200]
        assert "Release maturity" in visible_text(await one.wait_for_answer(asked))
    assert len(one.faults.requests) + len(two.faults.requests) == 1


async def test_the_same_bytes_after_a_restart_do_no_work(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'bot.db'}"
    async with open_workspace(database) as before:
        asked = await before.slack.type("/insights scores web/production")
        await before.wait_for_answer(asked)
    async with open_workspace(database) as after:
        assert await repeated(asked, after) == [200]
    assert after.faults.requests == []


async def test_an_envelope_that_comes_twice_does_the_work_once() -> None:
    async with open_workspace(socket=True) as desk:
        asked = await desk.slack.type("/insights scores web/production")
        await desk.wait_for_answer(asked)
        assert asked.payload is not None
        for name in ("envelope-a", "envelope-a", "envelope-b"):
            assert not (await desk.slack.socket.deliver(asked.payload, 3, name)).error
    assert [call.method for call in desk.slack.calls].count(RESPONSE_URL) == 3


async def test_while_the_store_is_away_a_command_is_answered_all_the_same(tmp_path: Path) -> None:
    async with open_workspace(f"sqlite:///{tmp_path / 'bot.db'}") as desk:
        with sqlite3.connect(tmp_path / "bot.db") as connection:
            connection.execute("DROP TABLE payloads")
        assert "What you can ask" in visible_text(await desk.send("help"))


async def test_who_the_bot_is_is_asked_once_for_many_commands(desk: Workspace) -> None:
    for _ in range(5):
        await desk.send("help")
    assert [call.method for call in desk.slack.calls].count("auth.test") == 1


async def test_events_are_told_apart_by_their_id(desk: Workspace, caplog: Any) -> None:
    for event_id in ("Ev1", "Ev1", "Ev2"):
        assert (await desk.slack.event("app_uninstalled", event_id=event_id)).status == 200
    assert caplog.text.count("Slack says app_uninstalled") == 2


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HELP = b"command=%2Finsights&text=help&user_id=U1&team_id=T1&channel_id=C1&trigger_id=1&response_url="


async def post(desk: Workspace, body: bytes, headers: Any) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(f"{desk.url}/slack/events", content=body, headers=headers)


@pytest.mark.parametrize(
    ("changed", "status"),
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
async def test_only_what_slack_signed_is_heard(desk: Workspace, changed: dict[str, Any], status: int) -> None:
    stamp = int(desk.slack.now().timestamp())
    answer = await post(desk, HELP, {**FORM, **signature_headers(HELP, SIGNING_SECRET, stamp), **changed})
    assert answer.status_code == status


@pytest.mark.parametrize(("age", "status"), [(-310, 401), (-290, 200), (290, 200), (310, 401)])
async def test_a_signature_is_good_for_five_minutes(desk: Workspace, age: int, status: int) -> None:
    stamp = int(desk.slack.now().timestamp()) + age
    assert (await post(desk, HELP, {**FORM, **signature_headers(HELP, SIGNING_SECRET, stamp)})).status_code == status


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
@pytest.mark.parametrize("value", ["", "soon", "v0=é".encode(), None], ids=["empty", "word", "latin", "same"])
async def test_a_signature_header_that_comes_twice_is_refused(desk: Workspace, name: str, value: str | bytes) -> None:
    headers = {**FORM, **signature_headers(HELP, SIGNING_SECRET, int(desk.slack.now().timestamp()))}
    twice = [*headers.items(), (name, headers[name] if value is None else value)]
    assert (await post(desk, HELP, twice)).status_code == 401


async def test_a_body_beyond_all_measure_is_not_read(desk: Workspace) -> None:
    body = b"x" * 2_000_000
    async with httpx.AsyncClient() as http:
        headers = {**FORM, **signature_headers(body, SIGNING_SECRET, int(desk.slack.now().timestamp()))}
        answer = await http.post(f"{desk.url}/slack/events", content=body, headers=headers)
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
async def test_a_body_that_cannot_be_read_is_refused_in_a_line(
    desk: Workspace, caplog: Any, kind: dict[str, str], body: bytes
) -> None:
    headers = {**kind, **signature_headers(body, SIGNING_SECRET, int(desk.slack.now().timestamp()))}
    assert (await post(desk, body, headers)).status_code == 400
    [line] = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert line.getMessage().startswith("a request cannot be read: ")
    assert not line.exc_info


@UNREADABLE
async def test_a_body_that_slack_did_not_sign_is_not_even_parsed(
    desk: Workspace, caplog: Any, kind: dict[str, str], body: bytes
) -> None:
    headers = {**kind, **signature_headers(body, "another", int(desk.slack.now().timestamp()))}
    assert (await post(desk, body, headers)).status_code == 401
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def test_a_button_of_last_year_says_why_it_does_not_work(desk: Workspace) -> None:
    answer = await desk.send("scores web/production")
    old = {"type": "button", "action_id": "ask:older", "value": "velocity web/production", "block_id": "b"}
    told = await desk.wait_for_answer(await desk.slack.act(answer, old))
    assert "I don't know “velocity”" in visible_text(told)


async def test_smart_quotes_from_a_phone_are_understood(desk: Workspace) -> None:
    answer = await desk.send("events “checkout” web/production —impact any –since ‘2w’")
    assert "`events checkout web/production impact=any since=2w`" in visible_text(answer)


async def test_two_hundred_commands_at_once_are_all_answered(desk: Workspace) -> None:
    lines = [f"/insights events web/production limit={n % 100 + 1}" for n in range(200)]
    asked = await asyncio.gather(*(desk.slack.type(line) for line in lines))
    assert not [a.error for a in asked if a.error]
    answers = [await desk.slack.answer(a, seconds=30) for a in asked]
    assert len({id(answer) for answer in answers}) == 200


# Health


async def test_the_process_tells_how_it_is(desk: Workspace) -> None:
    await desk.send("scores web/production")
    async with httpx.AsyncClient(base_url=desk.url) as http:
        assert (await http.get("/healthz")).text == "alive\n"
        assert (await http.get("/readyz")).text == "store: ready\nslack: ready\n"
        counted = (await http.get("/metrics")).text
        assert 'insights_questions_total{name="scores",outcome="answered"} 1.0' in counted
        assert 'insights_deliveries_total{outcome="sent"} 1.0' in counted
        assert "insights_acknowledgement_seconds_count 1.0" in counted
        assert "insights_launchdarkly_seconds_count 1.0" in counted


async def _is_ready(desk: Workspace) -> bool:
    async with httpx.AsyncClient(base_url=desk.url) as http:
        return (await http.get("/readyz")).status_code == 200


@pytest.mark.parametrize(
    ("weather", "ready"),
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
async def test_slack_takes_the_process_out_of_service_unless_it_only_limits(weather: Fault, ready: bool) -> None:
    async with open_workspace(ready_seconds=0) as desk:
        desk.slack.faults["auth.test"] = weather
        assert await _is_ready(desk) is ready
        assert [call.method for call in desk.slack.calls] == ["auth.test"] * 2  # at the start, and once for this


async def test_however_often_readiness_is_asked_for_slack_is_asked_once(desk: Workspace) -> None:
    desk.slack.faults["auth.test"] = Fault(delay=0.05)
    assert all(await asyncio.gather(*(_is_ready(desk) for _ in range(50))))
    desk.slack.faults["auth.test"] = Fault(error="token_revoked")
    assert await _is_ready(desk)
    assert [call.method for call in desk.slack.calls] == ["auth.test"] * 2


async def test_a_process_whose_disk_is_full_is_not_ready(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with open_store(database):
        simulate_full_disk(database)
    async with open_workspace(database) as desk, httpx.AsyncClient(base_url=desk.url) as http:
        found = await http.get("/readyz")
        assert (found.status_code, found.text) == (503, "store: NOT READY\nslack: ready\n")


async def _reconnected(desk: Workspace) -> None:
    """A new socket is there, and whoever types until it hears is answered, as a person would be."""
    await desk.slack.until(lambda: desk.slack.socket.opened_count >= 2 and desk.slack.socket.connections, 15)
    desk.slack.ack_timeout = 0.5
    asked = await desk.slack.type("/insights scores web/production")
    while asked.error:
        asked = await desk.slack.type("/insights scores web/production")
    assert "Release maturity" in visible_text(await desk.wait_for_answer(asked))


async def test_a_deaf_socket_is_noticed_and_replaced() -> None:
    async with open_workspace(socket=True, silence_seconds=1.0) as desk:
        desk.slack.socket.deaf = True
        desk.slack.socket.deaf = False
        await _reconnected(desk)


async def test_a_dead_line_is_noticed_and_replaced() -> None:
    async with open_workspace(socket=True, ping_seconds=0.1) as desk:
        desk.slack.socket.freeze()
        desk.slack.socket.deaf = False
        await _reconnected(desk)


async def test_a_socket_that_slack_renews_goes_on() -> None:
    async with open_workspace(socket=True) as desk:
        await desk.slack.socket.disconnect("refresh_requested")
        await _reconnected(desk)


async def test_an_answer_that_leaving_cuts_short_is_not_met_with_silence() -> None:
    async with open_workspace(drain_seconds=0.2) as desk:
        desk.faults.delay = 20
        asked = await desk.slack.type("/insights scores web/production")
    assert asked.response_url is not None
    assert "I am just being restarted" in asked.response_url.messages[-1].text


async def test_leaving_finishes_the_answers_under_way() -> None:
    async with open_workspace(word_seconds=5) as desk:
        desk.faults.delay = 0.3
        asked = [await desk.slack.type("/insights scores web/production", user=f"U{n % 2 + 1}") for n in range(10)]
        slack: Slack = desk.slack
    assert all(a.response_url and a.response_url.messages for a in asked)
    assert slack.calls
