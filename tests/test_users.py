"""Membership in user groups, looked up in the sandbox's Slack."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Fault, Slack
from bot.slack.directory import SlackDirectory
from tests.conversation import UTC_ZONE
from tests.sandbox_slack import Clock, web_client

MEMBERS = "usergroups.users.list"


@dataclass
class Directory:
    slack: Slack
    clock: Clock
    users: SlackDirectory
    client: AsyncWebClient

    @property
    def request_count(self) -> int:
        return [call.method for call in self.slack.calls].count(MEMBERS)


@pytest.fixture
async def directory() -> AsyncIterator[Directory]:
    clock = Clock()
    slack = Slack(clock)
    async with slack.serving(), web_client(slack, retry_handlers=[]) as client:
        yield Directory(slack, clock, SlackDirectory(client, UTC_ZONE, clock), client)


async def test_membership_is_checked_for_each_group(directory: Directory) -> None:
    directory.slack.groups["S2"] = ["U2"]
    assert await directory.users.in_groups("U1", ["S1"])
    assert not await directory.users.in_groups("U2", ["S1"])
    assert await directory.users.in_groups("U2", ["S1", "S2"])
    assert not await directory.users.in_groups("U1", [])


async def test_membership_is_cached_for_five_minutes(directory: Directory) -> None:
    for _ in range(3):
        await directory.users.in_groups("U1", ["S1"])
    assert directory.request_count == 1
    directory.slack.groups["S1"] = []
    directory.clock.advance(minutes=5)
    assert not await directory.users.in_groups("U1", ["S1"])
    assert directory.request_count == 2


async def test_concurrent_lookups_request_once(directory: Directory) -> None:
    results = await asyncio.gather(*(directory.users.in_groups("U1", ["S1"]) for _ in range(50)))
    assert all(results)
    assert directory.request_count == 1


@pytest.mark.parametrize(
    "fault",
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
async def test_failed_lookup_counts_as_no_membership_until_retried(
    directory: Directory, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    directory.slack.faults[MEMBERS] = fault
    assert not await directory.users.in_groups("U1", ["S1"])
    assert not await directory.users.in_groups("U1", ["S1"])
    assert caplog.text.count("couldn't look up who is in S1") == 1
    directory.slack.faults.clear()
    directory.clock.advance(minutes=1)
    assert await directory.users.in_groups("U1", ["S1"])


async def test_caches_of_people_and_groups_have_a_maximum_size(directory: Directory) -> None:
    slack, users = directory.slack, SlackDirectory(directory.client, UTC_ZONE, directory.clock, max_cached=2)
    slack.groups.update({"S2": [], "S3": []})
    for group in ("S1", "S2", "S3", "S3", "S2", "S1"):
        await users.in_groups("U1", [group])
    assert [call.arguments["usergroup"] for call in slack.calls] == ["S1", "S2", "S3", "S1"]
    slack.calls.clear()
    for user in ("U1", "U2", "U3", "U3", "U2", "U1"):
        await users.zone(user)
    assert [call.arguments["user"] for call in slack.calls] == ["U1", "U2", "U3", "U1"]


async def test_unknown_group_has_no_members(directory: Directory, caplog: pytest.LogCaptureFixture) -> None:
    assert not await directory.users.in_groups("U1", ["S7"])
    assert "no_such_subteam" in caplog.text


async def test_missing_scope_counts_as_no_membership(directory: Directory, caplog: pytest.LogCaptureFixture) -> None:
    directory.slack.scopes.remove("usergroups:read")
    assert not await directory.users.in_groups("U1", ["S1"])
    assert "missing_scope" in caplog.text
