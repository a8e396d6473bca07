"""The weathers to choose from: what LaunchDarkly and Slack may do to a bot, each in a few words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.demo.clock import Time
from bot.sandbox.launchdarkly.faults import Weather
from bot.sandbox.slack import Weather as Cloud
from bot.sandbox.slack.faults import RESPONSE_URL, Sky

LAUNCHDARKLY, SLACK = "LaunchDarkly", "Slack"
FAIR = "fair"
POST, EPHEMERAL = "chat.postMessage", "chat.postEphemeral"
SETTINGS = ("status", "retry_after", "delay")


@dataclass
class EveryThird(Cloud):
    """Met by every third request, from the first on: whoever comes back gets through."""

    came: int = 0

    def meets(self) -> bool:
        self.came += 1
        return self.came % 3 == 1


@dataclass
class OnTheWay(Weather):
    """What takes long takes as long by the demo's clock."""

    time: Time = field(kw_only=True)

    async def wait(self) -> None:
        await self.time.wait(self.delay)


Clouds = Mapping[str, Callable[[], Cloud]]

OVER_LAUNCHDARKLY: Mapping[str, tuple[str, Weather]] = {
    FAIR: ("Fair", Weather()),
    "slow": ("Slow: 3 s an answer", Weather(delay=3)),
    "limited": ("Limits requests", Weather(status=429, retry_after=30)),
    "down": ("Down", Weather(status=503)),
}
OVER_SLACK: Mapping[str, tuple[str, Clouds]] = {
    FAIR: ("Fair", {}),
    "refuses": ("Refuses posts", {POST: lambda: Cloud(error="message_limit_exceeded")}),
    "limits": (
        "Limits messages",
        dict.fromkeys((POST, EPHEMERAL, RESPONSE_URL), lambda: EveryThird(status=429, retry_after=2)),
    ),
}


class Weathers:
    """Knows which weather is chosen where. What is over the real LaunchDarkly is nobody's to choose."""

    def __init__(self, over_launchdarkly: Weather | None, over_slack: Sky) -> None:
        self._launchdarkly = over_launchdarkly
        self._sky = over_slack
        self._chosen = {where: next(iter(named)) for where, named in self.named.items()}

    @property
    def named(self) -> Mapping[str, Mapping[str, str]]:
        """What there is to choose from, by place and name, with what it says in the menu; the first is fair."""
        slack = {SLACK: {name: says for name, (says, _) in OVER_SLACK.items()}}
        if self._launchdarkly is None:
            return slack
        return {LAUNCHDARKLY: {name: says for name, (says, _) in OVER_LAUNCHDARKLY.items()}, **slack}

    @property
    def chosen(self) -> Mapping[str, str]:
        return self._chosen

    def choose(self, where: str, name: str) -> None:
        """From now on; a KeyError says that there is no such weather."""
        self.named[where][name]
        if where == SLACK:
            self._sky.clear()
            self._sky.update({place: cloud() for place, cloud in OVER_SLACK[name][1].items()})
        elif self._launchdarkly is not None:
            for setting in SETTINGS:
                setattr(self._launchdarkly, setting, getattr(OVER_LAUNCHDARKLY[name][1], setting))
        self._chosen[where] = name
