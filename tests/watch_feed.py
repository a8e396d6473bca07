"""LaunchDarkly's events as a test adds them, and the polls of the watches that see them."""

from datetime import timedelta
from typing import Any

from bot.sandbox.slack.workspace import Message
from tests.api_replies import lists_flags
from tests.scheduler_harness import SchedulerHarness

POLL = timedelta(minutes=5)


class Feed:
    """Replaces the events in LaunchDarkly's replies by those that a test adds."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add_event(self, flag: str, at: float, **impact: Any) -> dict[str, Any]:
        event = {
            "id": f"event-{len(self.events)}",
            "projectId": "p",
            "projectKey": "web",
            "flagKey": flag,
            "environmentKey": "production",
            "eventType": "enabled_targeting",
            "eventTime": at,
            "description": "Targeting turned on",
            "impact": impact,
        }
        self.events.append(event)
        return event

    def add_change(self, flag: str, kind: str, description: str, at: float, **impact: Any) -> dict[str, Any]:
        """Add an event that turns a flag off or on, or changes its rollout; its impact is large by default."""
        member = {"firstName": "Lena", "lastName": "Hoffmann"} if "off" in description else {"firstName": "Mateo"}
        event = self.add_event(flag, at, **(impact or {"size": "large", "percentage": 95}))
        event |= {"eventType": kind, "description": description, "member": member}
        self.events[-1] = event
        return event

    def turn_off(self, at: float, flag: str = "new-checkout", **impact: Any) -> dict[str, Any]:
        return self.add_change(flag, "disabled_targeting", "Errors at checkout: off", at, **impact)

    def turn_on(self, at: float, flag: str = "new-checkout", **impact: Any) -> dict[str, Any]:
        return self.add_change(flag, "enabled_targeting", "Fixed", at, **impact)

    def roll(self, before: int, after: int, at: float) -> dict[str, Any]:
        description = f"Rollout changed from {before}% to {after}%"
        return self.add_change("new-checkout", "updated_rollout", description, at)

    def __call__(self, reply: Any) -> Any:
        if "totalCount" not in reply or lists_flags(reply):
            return reply
        return {"totalCount": len(self.events), "items": list(reversed(self.events))}


def ms(scheduler: SchedulerHarness) -> float:
    return scheduler.clock.now.timestamp() * 1000


async def poll(scheduler: SchedulerHarness, times: int = 1) -> list[Message]:
    """Poll a number of times, and return the messages posted meanwhile."""
    before = len(scheduler.posted())
    for _ in range(times):
        await scheduler.advance(seconds=POLL.total_seconds())
    return scheduler.posted()[before:]
