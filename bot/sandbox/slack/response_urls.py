"""What the bot responds through: response URLs, triggers and views, with their limits."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.message import Message

MAX_USES, LIFETIME = 5, timedelta(minutes=30)
TRIGGER_LIFETIME = timedelta(seconds=3)


@dataclass(eq=False)
class ResponseUrl:
    """A response_url. It belongs to a command (`line`), or to a click on a message (`source`)."""

    id: str
    user: str
    channel: str
    issued_at: datetime
    line: str = ""  # the command as typed
    source: Message | None = None
    uses: int = 0
    messages: list[Message] = field(default_factory=list)

    def use(self, now: datetime) -> None:
        """Count a use. A rejected message counts too: Slack doesn't say, and this is the stricter interpretation."""
        if now - self.issued_at > LIFETIME:
            raise ApiError("expired_url")
        if self.uses >= MAX_USES:
            raise ApiError("used_url")
        self.uses += 1

    @property
    def latest(self) -> Message | None:
        """The latest message that hasn't been deleted."""
        return next((message for message in reversed(self.messages) if not message.deleted), None)


@dataclass
class Trigger:
    """Permission to open a modal for a user, once and for a short time."""

    issued_at: datetime
    user: str
    used: bool = False

    def use(self, now: datetime) -> None:
        """Use it up, or raise Slack's error."""
        if now - self.issued_at > TRIGGER_LIFETIME:
            raise ApiError("expired_trigger_id")
        if self.used:
            raise ApiError("exchanged_trigger_id")
        self.used = True


@dataclass(eq=False)
class View:
    """A user's modal or Home tab."""

    id: str
    user: str
    body: dict[str, object]
    open: bool = True
    errors: dict[str, str] = field(default_factory=dict)  # the error below each input, by block
