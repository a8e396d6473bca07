"""The modal in which a schedule is changed: opened in the embedded Slack, filled in, and sent through the real Bolt."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.metrics import Metrics
from bot.sandbox.block_kit import view_violations
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.sandbox.slack.response_urls import View
from bot.slack.background_tasks import BackgroundTasks
from bot.slack.listeners import NO_CALLBACKS, EventCallbacks, build_app
from bot.slack.modal import DAYS, MAX_INPUT_CHARS, QUESTION, TIME, ZONE, ScheduleForm, build_modal, parse_modal
from bot.slack.payloads import Interaction
from bot.slack.web import build_web_app
from tests.sandbox_slack import web_client as calling
from tests.workspace import open_workspace

MONDAYS = ScheduleForm(3, "C1", "monday", "9:00", "Europe/Berlin", "scores web/production")


@dataclass
class Ear:
    """Opens the modal as the bot would, and writes down what it hears."""

    slack: Slack
    told: EventCallbacks
    heard: list[Interaction] = field(default_factory=list)
    work: BackgroundTasks = field(default_factory=BackgroundTasks)

    async def hear(self, incoming: Interaction) -> None:
        self.heard.append(incoming)

    async def open(self, change: ScheduleForm = MONDAYS) -> View:
        async with calling(self.slack) as client:
            await client.views_open(trigger_id=self.slack.issue_trigger("U2"), view=build_modal(change))
        return self.slack.views[-1]

    async def send(self, view: View, **values: str) -> Acknowledgement:
        sent = await self.slack.submit(view, values)
        assert await self.work.drain(5) == 0
        return sent


async def listening(told: EventCallbacks) -> AsyncIterator[Ear]:
    found = Ear(Slack(lambda: datetime.now(UTC)), told)
    app = build_app(AsyncWebClient(), found.hear, found.work, told)
    async with found.slack.serving(), serving(build_web_app(app, SIGNING_SECRET, {}, Metrics())) as url:
        found.slack.request_url = f"{url}/slack/events"
        yield found


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async for found in listening(NO_CALLBACKS):
        yield found


async def test_a_modal_that_nobody_touched_says_the_schedule_as_it_is(ear: Ear) -> None:
    view = await ear.open()
    sent = await ear.send(view)
    assert (sent.status, sent.body, sent.error, view.open) == (200, "", "", False)
    [said] = ear.heard
    assert said.line == "change 3 monday 9:00 Europe/Berlin scores web/production"
    assert (said.user, said.channel, said.team, said.home_team) == ("U2", "C1", "T0HARBOUR", "T0HARBOUR")
    assert (said.pressed, said.action, said.response_url) == (False, "ask", "")


async def test_what_is_changed_is_in_the_line(ear: Ear) -> None:
    view = await ear.open()
    await ear.send(view, days=" first  monday ", time="17:05", zone="UTC", question="events web/staging\nimpact=any")
    assert ear.heard[0].line == "change 3 first monday 17:05 UTC events web/staging impact=any"


async def test_what_is_left_empty_is_said_below_its_input_and_can_be_mended(ear: Ear) -> None:
    view = await ear.open()
    sent = await ear.send(view, zone="  ", question=" ")
    assert (sent.error, view.open) == ("", True)
    assert sorted(view.errors) == [QUESTION, ZONE]
    assert ear.heard == []
    await ear.send(view, zone="UTC")
    assert (view.errors, view.open) == ({}, False)
    assert [said.line for said in ear.heard] == ["change 3 monday 9:00 UTC scores web/production"]


async def test_the_line_may_have_its_say_before_the_modal_is_sent() -> None:
    def check(body: dict[str, Any]) -> dict[str, str]:
        change = parse_modal(body["view"])
        return {DAYS: "That is no day."} if change and change.days == "moonday" else {}

    async for ear in listening(EventCallbacks(validate_modal=check)):
        view = await ear.open()
        await ear.send(view, days="moonday")
        assert view.errors == {DAYS: "That is no day."}
        assert ear.heard == []
        await ear.send(view, days="sunday")
        assert len(ear.heard) == 1


async def test_another_modal_is_acknowledged_and_says_nothing(ear: Ear) -> None:
    async with calling(ear.slack) as client:
        other = build_modal(MONDAYS) | {"callback_id": "survey"}
        await client.views_open(trigger_id=ear.slack.issue_trigger("U1"), view=other)
    assert (await ear.send(ear.slack.views[-1])).error == ""
    assert ear.heard == []


async def test_whoever_sends_it_is_answered_though_it_brings_no_way_back() -> None:
    async with open_workspace() as desk, calling(desk.slack) as client:
        await client.views_open(trigger_id=desk.slack.issue_trigger("U1"), view=build_modal(MONDAYS))
        await desk.slack.submit(desk.slack.views[0])
        await desk.slack.until(lambda: desk.slack.ephemeral["U1"])
        [answer] = desk.slack.ephemeral["U1"]
        assert answer.channel == "C1"


@pytest.mark.parametrize(
    "change",
    [
        MONDAYS,
        replace(MONDAYS, number=12_345_678, question="x" * MAX_INPUT_CHARS),
        replace(MONDAYS, zone="", days='<!channel> & "quotes"'),
        replace(MONDAYS, time="0:00"),
        replace(MONDAYS, time="23:59"),
    ],
)
def test_slack_takes_it_whatever_the_schedule_says(change: ScheduleForm) -> None:
    assert view_violations(build_modal(change)) == []


@pytest.mark.parametrize("time", ["0:00", "9:05", "12:00", "23:59"])
async def test_a_time_is_the_same_in_the_picker_and_in_the_line(ear: Ear, time: str) -> None:
    await ear.send(await ear.open(replace(MONDAYS, time=time)))
    assert f" {time} " in ear.heard[0].line


def test_each_part_has_an_input_of_its_own() -> None:
    assert [block["block_id"] for block in build_modal(MONDAYS)["blocks"]] == [DAYS, TIME, ZONE, QUESTION]
