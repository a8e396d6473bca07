"""What ties an answer to a question: the address that a command or a click brings, and the trigger for a modal."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.message import Message

USES, LIFE = 5, timedelta(minutes=30)
TRIGGER_LIFE = timedelta(seconds=3)


@dataclass(eq=False)
class Chain:
    """A response_url. It belongs to a command, or to a click, which has a message (`source`) that it sits on."""

    id: str
    user: str
    channel: str
    opened: datetime
    line: str = ""  # the command, as it was typed
    source: Message | None = None
    uses: int = 0
    said: list[Message] = field(default_factory=list)

    def use(self, now: datetime) -> None:
        """Once more. A refused message counts as well: Slack does not say, and this is the stricter reading."""
        if now - self.opened > LIFE:
            raise Refused("expired_url")
        if self.uses >= USES:
            raise Refused("used_url")
        self.uses += 1

    @property
    def latest(self) -> Message | None:
        """What the last use said, if it is still there."""
        return next((message for message in reversed(self.said) if not message.deleted), None)


@dataclass
class Trigger:
    opened: datetime
    user: str
    used: bool = False

    def use(self, now: datetime) -> None:
        if now - self.opened > TRIGGER_LIFE:
            raise Refused("expired_trigger_id")
        if self.used:
            raise Refused("exchanged_trigger_id")
        self.used = True


@dataclass(eq=False)
class View:
    """A modal or a Home tab that somebody looks at."""

    id: str
    user: str
    body: dict[str, object]
    open: bool = True
    errors: dict[str, str] = field(default_factory=dict)  # what stands below its inputs, by block
