"""What ties an answer to a question: the address that a command or a click brings, and the trigger for a modal."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.message import Message

MAX_USES, LIFETIME = 5, timedelta(minutes=30)
TRIGGER_LIFETIME = timedelta(seconds=3)


@dataclass(eq=False)
class ResponseUrl:
    """A response_url. It belongs to a command, or to a click, which has a message (`source`) that it sits on."""

    id: str
    user: str
    channel: str
    issued_at: datetime
    line: str = ""  # the command, as it was typed
    source: Message | None = None
    uses: int = 0
    messages: list[Message] = field(default_factory=list)

    def use(self, now: datetime) -> None:
        """Once more. A refused message counts as well: Slack does not say, and this is the stricter reading."""
        if now - self.issued_at > LIFETIME:
            raise ApiError("expired_url")
        if self.uses >= MAX_USES:
            raise ApiError("used_url")
        self.uses += 1

    @property
    def latest(self) -> Message | None:
        """What the last use said, if it is still there."""
        return next((message for message in reversed(self.messages) if not message.deleted), None)


@dataclass
class Trigger:
    issued_at: datetime
    user: str
    used: bool = False

    def use(self, now: datetime) -> None:
        if now - self.issued_at > TRIGGER_LIFETIME:
            raise ApiError("expired_trigger_id")
        if self.used:
            raise ApiError("exchanged_trigger_id")
        self.used = True


@dataclass(eq=False)
class View:
    """A modal or a Home tab that somebody looks at."""

    id: str
    user: str
    body: dict[str, object]
    open: bool = True
    errors: dict[str, str] = field(default_factory=dict)  # what stands below its inputs, by block
