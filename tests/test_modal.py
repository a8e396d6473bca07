"""The modal that changes a schedule: opened in the sandbox, filled in, and submitted through the real Bolt app."""

from collections.abc import AsyncIterator, Callable
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
from bot.sandbox.slack.state import View
from bot.slack.listeners import BackgroundTasks, Handlers, build_bolt_app
from bot.slack.payloads import Interaction
from bot.slack.schedule_modal import (
    DAYS,
    MAX_INPUT_CHARS,
    QUESTION,
    TIME,
    ZONE,
    ScheduleForm,
    build_modal,
    missing_field_errors,
    parse_modal,
)
from bot.slack.server import build_web_app
from tests.sandbox_slack import web_client
from tests.workspace import open_workspace

MONDAYS = ScheduleForm(3, "C1", "monday", "9:00", "Europe/Berlin", "scores web/production")


@dataclass
class ModalClient:
    """Opens the modal as the bot would, and records what is submitted."""

    slack: Slack
    submitted: list[Interaction] = field(default_factory=list)
    work: BackgroundTasks = field(default_factory=BackgroundTasks)

    async def listen(self, incoming: Interaction) -> None:
        self.submitted.append(incoming)

    async def open(self, form: ScheduleForm = MONDAYS) -> View:
        async with web_client(self.slack) as client:
            await client.views_open(trigger_id=self.slack.issue_trigger("U2"), view=build_modal(form))
        return self.slack.views[-1]

    async def send(self, view: View, **values: str) -> Acknowledgement:
        sent = await self.slack.submit(view, values)
        assert await self.work.drain(5) == 0
        return sent


async def open_modal_client(
    validate: Callable[[dict[str, Any]], dict[str, str]] = missing_field_errors,
) -> AsyncIterator[ModalClient]:
    client = ModalClient(Slack(lambda: datetime.now(UTC)))
    app = build_bolt_app(
        AsyncWebClient(), Handlers(handle_interaction=client.listen, validate_modal=validate), client.work
    )
    async with client.slack.serving(), serving(build_web_app(app, SIGNING_SECRET, {}, Metrics())) as url:
        client.slack.request_url = f"{url}/slack/events"
        yield client


@pytest.fixture
async def modal() -> AsyncIterator[ModalClient]:
    async for client in open_modal_client():
        yield client


async def test_unedited_modal_submits_the_schedule_unchanged(modal: ModalClient) -> None:
    view = await modal.open()
    sent = await modal.send(view)
    assert (sent.status, sent.body, sent.error, view.open) == (200, "", "", False)
    [interaction] = modal.submitted
    assert interaction.line == "change 3 monday 9:00 Europe/Berlin scores web/production"
    assert (interaction.user, interaction.channel, interaction.team, interaction.home_team) == (
        "U2",
        "C1",
        "T0HARBOUR",
        "T0HARBOUR",
    )
    assert (interaction.pressed, interaction.action, interaction.response_url) == (False, "ask", "")


async def test_edited_fields_are_in_the_submitted_line(modal: ModalClient) -> None:
    view = await modal.open()
    await modal.send(view, days=" first  monday ", time="17:05", zone="UTC", question="events web/staging\nimpact=any")
    assert modal.submitted[0].line == "change 3 first monday 17:05 UTC events web/staging impact=any"


async def test_empty_fields_are_reported_beside_their_inputs(modal: ModalClient) -> None:
    view = await modal.open()
    sent = await modal.send(view, zone="  ", question=" ")
    assert (sent.error, view.open) == ("", True)
    assert sorted(view.errors) == [QUESTION, ZONE]
    assert modal.submitted == []
    await modal.send(view, zone="UTC")
    assert (view.errors, view.open) == ({}, False)
    assert [interaction.line for interaction in modal.submitted] == ["change 3 monday 9:00 UTC scores web/production"]


async def test_modal_is_validated_before_it_closes() -> None:
    def check(body: dict[str, Any]) -> dict[str, str]:
        form = parse_modal(body["view"])
        return {DAYS: "That is no day."} if form and form.days == "moonday" else {}

    async for modal in open_modal_client(check):
        view = await modal.open()
        await modal.send(view, days="moonday")
        assert view.errors == {DAYS: "That is no day."}
        assert modal.submitted == []
        await modal.send(view, days="sunday")
        assert len(modal.submitted) == 1


async def test_unknown_modal_is_acknowledged_and_ignored(modal: ModalClient) -> None:
    async with web_client(modal.slack) as client:
        other = build_modal(MONDAYS) | {"callback_id": "survey"}
        await client.views_open(trigger_id=modal.slack.issue_trigger("U1"), view=other)
    assert (await modal.send(modal.slack.views[-1])).error == ""
    assert modal.submitted == []


async def test_submission_is_answered_without_a_response_url() -> None:
    async with open_workspace() as workspace, web_client(workspace.slack) as client:
        await client.views_open(trigger_id=workspace.slack.issue_trigger("U1"), view=build_modal(MONDAYS))
        await workspace.slack.submit(workspace.slack.views[0])
        await workspace.slack.until(lambda: workspace.slack.ephemeral["U1"])
        [answer] = workspace.slack.ephemeral["U1"]
        assert answer.channel == "C1"


@pytest.mark.parametrize(
    "form",
    [
        MONDAYS,
        replace(MONDAYS, number=12_345_678, question="x" * MAX_INPUT_CHARS),
        replace(MONDAYS, zone="", days='<!channel> & "quotes"'),
        replace(MONDAYS, time="0:00"),
        replace(MONDAYS, time="23:59"),
    ],
)
def test_modal_is_valid_for_any_schedule(form: ScheduleForm) -> None:
    assert view_violations(build_modal(form)) == []


@pytest.mark.parametrize("time", ["0:00", "9:05", "12:00", "23:59"])
async def test_time_is_the_same_in_the_picker_and_in_the_line(modal: ModalClient, time: str) -> None:
    await modal.send(await modal.open(replace(MONDAYS, time=time)))
    assert f" {time} " in modal.submitted[0].line


def test_each_field_has_an_input() -> None:
    assert [block["block_id"] for block in build_modal(MONDAYS)["blocks"]] == [DAYS, TIME, ZONE, QUESTION]
