"""The bot learns that a channel was lost or restored, from the sandbox's Slack through the real Bolt."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.metrics import Metrics
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Slack
from bot.sandbox.slack.credentials import SIGNING_SECRET
from bot.slack.listeners import BackgroundTasks, Handlers, build_bolt_app
from bot.slack.payloads import ChannelEvent, Interaction
from bot.slack.server import build_web_app


@dataclass
class EventRecorder:
    """Records the events that it receives."""

    slack: Slack
    received: list[tuple[str, str]] = field(default_factory=list)
    work: BackgroundTasks = field(default_factory=BackgroundTasks)

    async def moved(self, event: ChannelEvent) -> None:
        self.received.append((event.channel, event.error_code))

    async def all_received(self) -> list[tuple[str, str]]:
        assert await self.work.drain(5) == 0
        return self.received


@pytest.fixture
async def ear() -> AsyncIterator[EventRecorder]:
    async def hear(_: Interaction) -> None: ...

    found = EventRecorder(Slack(lambda: datetime.now(UTC)))
    app = build_bolt_app(
        AsyncWebClient(), Handlers(handle_interaction=hear, handle_channel_event=found.moved), found.work
    )
    async with found.slack.serving(), serving(build_web_app(app, SIGNING_SECRET, {}, Metrics())) as url:
        found.slack.request_url = f"{url}/slack/events"
        yield found


async def test_public_channel_events_are_reported(ear: EventRecorder) -> None:
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
    assert await ear.all_received() == [
        ("C1", "not_in_channel"),
        ("C1", ""),
        ("C1", "is_archived"),
        ("C1", ""),
        ("C1", "channel_not_found"),
    ]


async def test_private_channel_events_are_reported(ear: EventRecorder) -> None:
    await ear.slack.archive("C2")
    await ear.slack.unarchive("C2")
    await ear.slack.remove("C2")
    await ear.slack.invite("C2")
    await ear.slack.delete_channel("C2")
    assert [what for _, what in await ear.all_received()] == [
        "is_archived",
        "",
        "not_in_channel",
        "",
        "channel_not_found",
    ]


async def test_private_channel_without_the_bot_sends_no_events(ear: EventRecorder) -> None:
    assert await ear.slack.archive("C4") is None
    assert await ear.slack.unarchive("C4") is None
    assert await ear.slack.invite("C4") is not None
    assert await ear.all_received() == [("C4", "")]


@pytest.mark.parametrize(("scope", "channel"), [("channels:read", "C1"), ("groups:read", "C2")])
async def test_missing_scope_sends_no_events(ear: EventRecorder, scope: str, channel: str) -> None:
    ear.slack.scopes.remove(scope)
    assert await ear.slack.remove(channel) is None
    assert not ear.slack.channels[channel].is_member
    assert await ear.all_received() == []


async def test_other_members_joining_is_ignored(ear: EventRecorder) -> None:
    told = await ear.slack.event("member_joined_channel", user="U2", channel="C1", channel_type="C")
    assert told.status == 200
    assert await ear.all_received() == []


async def test_redelivered_event_is_reported_once(ear: EventRecorder) -> None:
    for retry in range(3):
        told = await ear.slack.event("channel_left", event_id="Ev1", retry=retry, channel="C1", actor_id="U1")
        assert told.status == 200
    await ear.slack.event("channel_left", event_id="Ev2", channel="C1", actor_id="U1")
    assert await ear.all_received() == [("C1", "not_in_channel")] * 2


async def test_impossible_channel_change_raises(ear: EventRecorder) -> None:
    for deed, channel in (
        (ear.slack.remove, "C3"),
        (ear.slack.invite, "C1"),
        (ear.slack.archive, "C5"),
        (ear.slack.unarchive, "C1"),
    ):
        with pytest.raises(LookupError):
            await deed(channel)
