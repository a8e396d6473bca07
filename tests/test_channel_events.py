"""The bot hears that a channel was lost or came back: from the embedded Slack, through the real Bolt."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.metrics import Metrics
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.slack.background_tasks import Work
from bot.slack.listeners import Told, bolt
from bot.slack.payloads import Incoming
from bot.slack.web import web


@dataclass
class Ear:
    """Writes down what it is told."""

    slack: Slack
    heard: list[tuple[str, str]] = field(default_factory=list)
    work: Work = field(default_factory=Work)

    async def moved(self, channel: str, what: str) -> None:
        self.heard.append((channel, what))

    async def all_heard(self) -> list[tuple[str, str]]:
        assert await self.work.finish(5) == 0
        return self.heard


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async def hear(_: Incoming) -> None: ...

    found = Ear(Slack(lambda: datetime.now(UTC)))
    app = bolt(AsyncWebClient(), hear, found.work, Told(moved=found.moved))
    async with found.slack.served(), serving(web(app, SIGNING_SECRET, {}, Metrics())) as url:
        found.slack.request_url = f"{url}/slack/events"
        yield found


async def test_a_public_channel_is_lost_and_comes_back(ear: Ear) -> None:
    slack = ear.slack
    for told in (
        await slack.remove("C1"),
        await slack.invite("C1"),
        await slack.archive("C1"),
        await slack.unarchive("C1"),
        await slack.delete_channel("C1"),
    ):
        assert told is not None
        assert (told.status, told.error) == (200, "")
    assert await ear.all_heard() == [
        ("C1", "left"),
        ("C1", "back"),
        ("C1", "archived"),
        ("C1", "back"),
        ("C1", "deleted"),
    ]


async def test_a_private_channel_is_lost_and_comes_back(ear: Ear) -> None:
    await ear.slack.archive("C2")
    await ear.slack.unarchive("C2")
    await ear.slack.remove("C2")
    await ear.slack.invite("C2")
    await ear.slack.delete_channel("C2")
    assert [what for _, what in await ear.all_heard()] == ["archived", "back", "left", "back", "deleted"]


async def test_of_a_private_channel_that_it_is_not_in_it_hears_nothing(ear: Ear) -> None:
    assert await ear.slack.archive("C4") is None
    assert await ear.slack.unarchive("C4") is None
    assert await ear.slack.invite("C4") is not None
    assert await ear.all_heard() == [("C4", "back")]


@pytest.mark.parametrize(("scope", "channel"), [("channels:read", "C1"), ("groups:read", "C2")])
async def test_without_the_scope_it_hears_nothing(ear: Ear, scope: str, channel: str) -> None:
    ear.slack.scopes.remove(scope)
    assert await ear.slack.remove(channel) is None
    assert not ear.slack.channels[channel].is_member
    assert await ear.all_heard() == []


async def test_that_somebody_else_joins_is_nothing_to_it(ear: Ear) -> None:
    told = await ear.slack.event("member_joined_channel", user="U2", channel="C1", channel_type="C")
    assert told.status == 200
    assert await ear.all_heard() == []


async def test_what_comes_twice_is_told_once(ear: Ear) -> None:
    for retry in range(3):
        told = await ear.slack.event("channel_left", event_id="Ev1", retry=retry, channel="C1", actor_id="U1")
        assert told.status == 200
    await ear.slack.event("channel_left", event_id="Ev2", channel="C1", actor_id="U1")
    assert await ear.all_heard() == [("C1", "left")] * 2


async def test_nobody_is_thrown_out_who_is_not_there(ear: Ear) -> None:
    for deed, channel in (
        (ear.slack.remove, "C3"),
        (ear.slack.invite, "C1"),
        (ear.slack.archive, "C5"),
        (ear.slack.unarchive, "C1"),
    ):
        with pytest.raises(LookupError):
            await deed(channel)
