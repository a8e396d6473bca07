"""The faults to choose from in the demo, for LaunchDarkly and for Slack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.demo.driver import DemoClock
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack.faults import RESPONSE_URL, Faults

LAUNCHDARKLY, SLACK = "LaunchDarkly", "Slack"
NO_FAULT = "fair"
POST, EPHEMERAL = "chat.postMessage", "chat.postEphemeral"
FAULT_FIELDS = ("status", "retry_after", "delay")


@dataclass
class EveryThirdRequest(SlackFault):
    """A fault that hits every third request, starting with the first, so that a retry succeeds."""

    request_count: int = 0

    def consume(self) -> bool:
        self.request_count += 1
        return self.request_count % 3 == 1


@dataclass
class DemoFaultInjector(FaultInjector):
    """Faults whose delays pass on the demo's clock."""

    clock: DemoClock = field(kw_only=True)

    async def apply_delay(self) -> None:
        await self.clock.wait(self.delay)


SlackFaults = Mapping[str, Callable[[], SlackFault]]

LAUNCHDARKLY_PRESETS: Mapping[str, tuple[str, FaultInjector]] = {
    NO_FAULT: ("Works", FaultInjector()),
    "slow": ("Slow (3 s)", FaultInjector(delay=3)),
    "limited": ("Rate-limits requests", FaultInjector(status=429, retry_after=30)),
    "down": ("Down", FaultInjector(status=503)),
}
SLACK_PRESETS: Mapping[str, tuple[str, SlackFaults]] = {
    NO_FAULT: ("Works", {}),
    "refuses": ("Rejects posts", {POST: lambda: SlackFault(error="message_limit_exceeded")}),
    "limits": (
        "Rate-limits messages",
        dict.fromkeys((POST, EPHEMERAL, RESPONSE_URL), lambda: EveryThirdRequest(status=429, retry_after=2)),
    ),
}


class FaultPresets:
    """The presets and the selected ones. The real LaunchDarkly has none to choose from."""

    def __init__(self, launchdarkly: FaultInjector | None, slack: Faults) -> None:
        self._launchdarkly = launchdarkly
        self._slack = slack
        self._selected = {service: next(iter(presets)) for service, presets in self.choices.items()}

    @property
    def choices(self) -> Mapping[str, Mapping[str, str]]:
        """The labels in the menu, by service and name; the first is no fault."""
        slack = {SLACK: {name: label for name, (label, _) in SLACK_PRESETS.items()}}
        if self._launchdarkly is None:
            return slack
        return {LAUNCHDARKLY: {name: label for name, (label, _) in LAUNCHDARKLY_PRESETS.items()}, **slack}

    @property
    def selected(self) -> Mapping[str, str]:
        return self._selected

    def select(self, service: str, name: str) -> None:
        """Apply a preset from now on; raise KeyError if there is none of that name."""
        self.choices[service][name]
        if service == SLACK:
            self._slack.clear()
            self._slack.update({method: fault() for method, fault in SLACK_PRESETS[name][1].items()})
        elif self._launchdarkly is not None:
            for setting in FAULT_FIELDS:
                setattr(self._launchdarkly, setting, getattr(LAUNCHDARKLY_PRESETS[name][1], setting))
        self._selected[service] = name
