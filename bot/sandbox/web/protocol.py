"""The interface between the page and the demo, which implements it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.sandbox.slack import Slack


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

    def completions(self) -> Sequence[Mapping[str, Any]]:
        """Return all questions and commands, each with its `name`, `summary`, `usage`, `examples` and `arguments`.

        An argument has a `name`, `help` and `values`.
        """
        ...

    @property
    def home_channel(self) -> str:
        """The channel that is shown first."""
        ...

    @property
    def notice(self) -> str:
        """A notice that says where the numbers come from."""
        ...
