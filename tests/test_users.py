"""Who is in a user group, as the embedded Slack tells it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.slack import Fault, Slack
from bot.slack.users import Users
from tests.sandbox_slack import Clock, web_client

MEMBERS = "usergroups.users.list"


@dataclass
class Desk:
    slack: Slack
    clock: Clock
    people: Users

    @property
    def asked(self) -> int:
        return [call.method for call in self.slack.calls].count(MEMBERS)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    clock = Clock()
    slack = Slack(clock)
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        yield Desk(slack, clock, Users(client, ZoneInfo("UTC"), clock))


async def test_somebody_is_in_one_of_some_groups_or_in_none(desk: Desk) -> None:
    desk.slack.groups["S2"] = ["U2"]
    assert await desk.people.in_groups("U1", ["S1"])
    assert not await desk.people.in_groups("U2", ["S1"])
    assert await desk.people.in_groups("U2", ["S1", "S2"])
    assert not await desk.people.in_groups("U1", [])


async def test_it_is_asked_every_few_minutes(desk: Desk) -> None:
    for _ in range(3):
        await desk.people.in_groups("U1", ["S1"])
    assert desk.asked == 1
    desk.slack.groups["S1"] = []
    desk.clock.advance(minutes=5)
    assert not await desk.people.in_groups("U1", ["S1"])
    assert desk.asked == 2


async def test_many_at_once_ask_once(desk: Desk) -> None:
    found = await asyncio.gather(*(desk.people.in_groups("U1", ["S1"]) for _ in range(50)))
    assert all(found)
    assert desk.asked == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Fault(error="missing_scope"),
        Fault(error="plan_upgrade_required"),
        Fault(status=429, retry_after=60),
        Fault(status=500, body="<html>"),
        Fault(body="hello"),
        Fault(body='{"ok": true}', media_type="application/json"),
        Fault(reset=True),
    ],
)
async def test_where_slack_does_not_say_nobody_is_in_it_until_it_is_asked_again(
    desk: Desk, trouble: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    desk.slack.faults[MEMBERS] = trouble
    assert not await desk.people.in_groups("U1", ["S1"])
    assert not await desk.people.in_groups("U1", ["S1"])
    assert caplog.text.count("who is in S1 is not known") == 1
    desk.slack.faults.clear()
    desk.clock.advance(minutes=1)
    assert await desk.people.in_groups("U1", ["S1"])


async def test_a_group_that_is_not_there_has_nobody_in_it(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert not await desk.people.in_groups("U1", ["S7"])
    assert "no_such_subteam" in caplog.text


async def test_without_the_scope_nobody_is_in_a_group(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.slack.scopes.remove("usergroups:read")
    assert not await desk.people.in_groups("U1", ["S1"])
    assert "missing_scope" in caplog.text
