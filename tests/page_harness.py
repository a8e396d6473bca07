"""A stage for the page: the bot at work in an office, completions of its own, and journeys of a sentence or two."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.app import register
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Content, Slack
from bot.sandbox.web import page
from tests.workspace import Office, office

FAIR = "fair"


@dataclass
class Standing:
    slack: Slack
    notice: str = "The embedded LaunchDarkly answers, with invented numbers."
    home: str = "C1"
    weather: dict[str, str] = field(default_factory=lambda: {"LaunchDarkly": FAIR, "Slack": FAIR})
    broken: bool = False
    desk: Office | None = None
    ahead: timedelta = timedelta()
    moment: datetime | None = None  # at which the clock stands still
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # which a week waits for in its middle

    def __post_init__(self) -> None:
        self.gate.set()

    def now(self) -> datetime:
        return (self.moment or datetime.now(UTC)) + self.ahead

    @property
    def weathers(self) -> Mapping[str, Mapping[str, str]]:
        return {where: {FAIR: "answers", "down": "does not answer"} for where in self.weather}

    async def set_weather(self, where: str, name: str) -> None:
        self.weather[where] = name

    async def next_slot(self) -> AsyncIterator[str]:
        if self.broken:
            raise RuntimeError("no clock")
        self.slack.post(self.slack.channels["C2"], Content("What came by the clock."))
        yield "Monday, 9:00: the digest came."

    async def week(self) -> AsyncIterator[str]:
        yield "Monday: nothing new."
        await self.gate.wait()
        yield "Tuesday: nothing new."

    def completions(self) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "name": spoken.name,
                "summary": spoken.summary,
                "usage": spoken.name,
                "examples": list(spoken.examples),
                "arguments": [{"name": "env", "help": "where", "values": ["production", "staging"]}],
            }
            for spoken in register().values()
        ]


@asynccontextmanager
async def bare() -> AsyncIterator[tuple[Standing, str]]:
    """The page of a workspace that no bot is in."""
    slack = Slack(lambda: datetime.now(UTC))
    stage = Standing(slack)
    async with slack.served(), serving(page(stage)) as url:
        yield stage, url


@asynccontextmanager
async def staffed(**given: Any) -> AsyncIterator[tuple[Standing, str]]:
    """The page of a workspace with the bot in it."""
    async with office(**given) as desk:
        stage = Standing(desk.slack, desk=desk)
        async with serving(page(stage)) as url:
            yield stage, url
