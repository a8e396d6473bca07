"""What the page stands on. Whoever opens it gives one of these."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.sandbox.slack import Slack


class DemoControls(Protocol):
    """What the page can do besides talking in the workspace: the demo's clock and weather."""

    @property
    def slack(self) -> Slack: ...

    def now(self) -> datetime:
        """The demo's clock."""
        ...

    @property
    def fault_presets(self) -> Mapping[str, Mapping[str, str]]:
        """For "LaunchDarkly" and "Slack" the name of each weather, and what it says in the menu. The first is fair."""
        ...

    @property
    def selected_faults(self) -> Mapping[str, str]:
        """Which is chosen."""
        ...

    async def select_fault(self, service: str, name: str) -> None: ...

    def skip_to_next_run(self) -> AsyncIterator[str]:
        """Move the clock to the next due schedule: a sentence for each thing that happened on the way, the last one
        when it is delivered."""
        ...

    def skip_week(self) -> AsyncIterator[str]:
        """Play seven days: a sentence for each thing that happened."""
        ...

    def completions(self) -> Sequence[Mapping[str, Any]]:
        """Each question and order: its `name`, `summary`, `usage`, `examples`, and `arguments` (`name`, `help`,
        `values`)."""
        ...

    @property
    def home_channel(self) -> str:
        """The channel that somebody who comes is shown."""
        ...

    @property
    def notice(self) -> str:
        """Whose numbers these are."""
        ...
