"""A page for tests: with or without a running bot, with its own faults and short time travel."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.questions import discover
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Content, Slack
from bot.sandbox.web import build_page
from bot.sandbox.web.demo_controls import TourStep
from tests.workspace import Workspace, open_workspace

FAIR = "fair"


@dataclass
class PageHarness:
    slack: Slack
    notice: str = "Data comes from a built-in LaunchDarkly simulator."
    home_channel: str = "C1"
    selected_faults: dict[str, str] = field(default_factory=lambda: {"LaunchDarkly": FAIR, "Slack": FAIR})
    broken: bool = False
    workspace: Workspace | None = None
    tour: Sequence[TourStep] = ()
    clock_offset: timedelta = timedelta()
    frozen_now: datetime | None = None  # at which the clock stands still
    week_gate: asyncio.Event = field(default_factory=asyncio.Event)  # a week's time travel waits for it halfway

    def __post_init__(self) -> None:
        self.week_gate.set()

    def now(self) -> datetime:
        return (self.frozen_now or datetime.now(UTC)) + self.clock_offset

    @property
    def fault_presets(self) -> Mapping[str, Mapping[str, str]]:
        return {service: {FAIR: "answers", "down": "does not answer"} for service in self.selected_faults}

    async def select_fault(self, service: str, name: str) -> None:
        self.selected_faults[service] = name

    async def skip_to_next_run(self) -> AsyncIterator[str]:
        if self.broken:
            raise RuntimeError("no clock")
        self.slack.post(self.slack.channels["C2"], Content("What came by the clock."))
        yield "Monday, 9:00: the digest came."

    async def skip_week(self) -> AsyncIterator[str]:
        yield "Monday: nothing new."
        await self.week_gate.wait()
        yield "Tuesday: nothing new."

    def questions(self) -> Sequence[Mapping[str, Any]]:
        return [
            {"name": name, "summary": spec.summary, "example": spec.examples[0]} for name, spec in discover().items()
        ]


@asynccontextmanager
async def page_without_bot() -> AsyncIterator[tuple[PageHarness, str]]:
    """Serve the page of a workspace without a bot."""
    slack = Slack(lambda: datetime.now(UTC))
    harness = PageHarness(slack)
    async with slack.serving(), serving(build_page(harness)) as url:
        yield harness, url


@asynccontextmanager
async def page_with_bot(**overrides: Any) -> AsyncIterator[tuple[PageHarness, str]]:
    """Serve the page of a workspace with the bot."""
    async with open_workspace(**overrides) as workspace:
        harness = PageHarness(workspace.slack, workspace=workspace)
        async with serving(build_page(harness)) as url:
            yield harness, url
