"""What the page controls besides the workspace: the demo's clock and faults.

The demo implements `DemoControls`; `TimeTravel` moves its clock, one move at a time, and collects what happens.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.sandbox.slack import Slack

log = logging.getLogger(__name__)
ALREADY_MOVING = "The clock is already moving."
TRAVEL_FAILED = "That didn't work. See the terminal for details."


@dataclass(frozen=True)
class TourStep:
    """A step of the tour: the label of its button, what it is about, and what it does, in this order."""

    name: str
    about: str
    fault: str = ""  # LaunchDarkly's preset to select; pressed again, the button selects none
    repair: str = ""  # the button's label while that preset is selected
    skips: bool = False  # moves the clock to the next run
    line: str = ""


class DemoControls(Protocol):
    """The workspace, and what the page controls besides it: the demo's clock and faults."""

    @property
    def slack(self) -> Slack:
        """The workspace."""
        ...

    def now(self) -> datetime:
        """Return the time on the demo's clock."""
        ...

    @property
    def fault_presets(self) -> Mapping[str, Mapping[str, str]]:
        """For "LaunchDarkly" and "Slack", the name of each preset and its label in the menu. The first is no fault."""
        ...

    @property
    def selected_faults(self) -> Mapping[str, str]:
        """The name of the selected preset of each service."""
        ...

    async def select_fault(self, service: str, name: str) -> None:
        """Select a service's fault preset."""
        ...

    def skip_to_next_run(self) -> AsyncIterator[str]:
        """Move the clock to the next run. Yield a sentence for each thing that happens, the last upon delivery."""
        ...

    def skip_week(self) -> AsyncIterator[str]:
        """Move the clock by seven days. Yield a sentence for each thing that happens."""
        ...

    def questions(self) -> Sequence[Mapping[str, Any]]:
        """Return all questions, each with its `name`, `summary` and an `example`."""
        ...

    @property
    def tour(self) -> Sequence[TourStep]:
        """The steps of the tour; empty if there is none."""
        ...

    @property
    def home_channel(self) -> str:
        """The channel that is shown first."""
        ...

    @property
    def notice(self) -> str:
        """A notice that says where the numbers come from."""
        ...


@dataclass
class TimeTravel:
    """The progress and result of the current or last move of the clock."""

    demo: DemoControls
    busy: str = ""  # a message while the clock moves
    messages: list[str] = field(default_factory=list)
    error: str = ""

    async def skip_to_next_run(self) -> str:
        """Move the clock to the next run; return an error message, if any."""
        return await self._travel("Jumping to the next scheduled post …", self.demo.skip_to_next_run())

    async def skip_week(self) -> str:
        """Move the clock by a week; return an error message, if any."""
        return await self._travel("Skipping ahead seven days …", self.demo.skip_week())

    async def _travel(self, busy: str, sentences: AsyncIterator[str]) -> str:
        async with self._moving(busy):
            async for sentence in sentences:
                self.messages.append(sentence)
                await self.demo.slack.notify_change()
        return self.error

    @asynccontextmanager
    async def _moving(self, busy: str) -> AsyncIterator[None]:
        if self.busy:
            raise LookupError(ALREADY_MOVING)
        self.busy, self.messages, self.error = busy, [], ""
        await self.demo.slack.notify_change()
        try:
            yield
        except Exception:
            log.exception("couldn't move the clock")
            self.error = TRAVEL_FAILED
        finally:
            self.busy = ""
            await self.demo.slack.notify_change()
