"""Expected failures, by what the person can do about them, each with the sentence that they read.

    Failure
    ├── InvalidLine     the line can't be parsed: all its mistakes, and the corrected line if there is one
    ├── Rejected        the request isn't possible, or LaunchDarkly refused it (400)
    │   └── NotInChannel    the bot can't post in a channel before it is added
    ├── NotFound        LaunchDarkly doesn't know what was asked about
    │   └── UnknownKey  which key it doesn't know, with the corrected line
    ├── NotAllowed      the token may not see it, or the plan doesn't include it
    │   └── TokenRejected   LaunchDarkly doesn't accept the token at all (401)
    ├── TryLater        LaunchDarkly is limiting, slow or unavailable, or the database is
    ├── InvalidResponse LaunchDarkly answered with something the bot can't read
    └── Misconfigured   a setting keeps the bot from working
        └── InvalidSettings   all that are missing or wrong, at once

Any other exception is a bug: nobody is shown its text, only a reference that is also in the log.
"""

from collections.abc import Iterable
from typing import ClassVar


class Failure(Exception):
    """Something went wrong in a way that the bot can explain."""

    outcome: ClassVar[str] = "failed"
    corrected: str = ""  # the line to try instead, if there is one
    needs_admin: ClassVar[bool] = False  # whether an admin can find more under the reference, in the log

    def __init__(self, summary: str, todo: str, *, server_message: str = "", param_names: tuple[str, ...] = ()) -> None:
        """Describe what happened and why, what *todo* next, LaunchDarkly's own message (untrusted text), and the
        parameters concerned, by LaunchDarkly's names, if known."""
        super().__init__(summary)
        self.summary = summary
        self.todo = todo
        self.server_message = server_message
        self.param_names = param_names

    def describe(self) -> str:
        """Return what happened, LaunchDarkly's own message and what to do, as sentences."""
        quote = f"LaunchDarkly says: {self.server_message.rstrip('.')}." if self.server_message else ""
        return " ".join(filter(None, (self.summary, quote, self.todo, self.corrected)))


class InvalidLine(Failure):
    """The line can't be parsed."""

    outcome = "mistyped"

    def __init__(
        self,
        mistakes: tuple[str, ...],
        *,
        corrected: str = "",
        is_complete: bool = True,
        has_gaps: bool = False,
        topic: str = "",
    ) -> None:
        """Report the *mistakes* of a line, with the *corrected* line, or else a pointer to the help on *topic*.

        *is_complete* tells whether the corrected line keeps everything that was typed, and *has_gaps* whether something
        in it is still to be filled in.
        """
        help_hint = f"See `help {topic}`." if topic else "`help` shows what I can do."
        super().__init__("I didn't understand that.", "Try:" if corrected else help_hint)
        self.mistakes = mistakes
        self.corrected = corrected
        self.is_complete = is_complete
        self.has_gaps = has_gaps
        self.topic = topic

    def describe(self) -> str:
        return " ".join(filter(None, (*self.mistakes, self.todo, self.corrected)))


class Rejected(Failure):
    """The request isn't possible as it is, or LaunchDarkly refused it (400)."""

    outcome = "mistyped"


class NotInChannel(Rejected):
    """The bot can't post in a channel before it is added."""

    def __init__(self, summary: str, todo: str, join_channel: str) -> None:
        """*join_channel* is the channel if the bot may join it by itself, else empty."""
        super().__init__(summary, todo)
        self.join_channel = join_channel


class NotFound(Failure):
    """LaunchDarkly doesn't know what was asked about (404, or a reply without it)."""

    outcome = "not found"


class UnknownKey(NotFound):
    """LaunchDarkly doesn't know a key of the line. The corrected line has the nearest known key.

    The choices are the known keys to offer, the nearest first, each with its line.
    """

    def __init__(self, summary: str, *, corrected: str = "", choices: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(summary, "Try:" if corrected else "Use the key, not the name.")
        self.corrected = corrected
        self.choices = choices


class NotAllowed(Failure):
    """The token is wrong or may not see this, or the plan doesn't include it (401, 403)."""

    outcome = "not allowed"
    needs_admin = True


class TokenRejected(NotAllowed):
    """LaunchDarkly doesn't accept the token at all (401)."""


class TryLater(Failure):
    """LaunchDarkly is limiting, slow or unavailable, or the database is; a retry may succeed later."""

    outcome = "try later"

    def __init__(self, summary: str, todo: str, *, server_message: str = "", retry_after: float | None = None) -> None:
        """*retry_after* is the number of seconds that LaunchDarkly asked us to wait, if it did."""
        super().__init__(summary, todo, server_message=server_message)
        self.retry_after = retry_after


class InvalidResponse(Failure):
    """LaunchDarkly, or a proxy in front of it, answered with something the bot can't read."""

    outcome = "unreadable"
    needs_admin = True


TRANSIENT_FAILURES = (TryLater, InvalidResponse)  # a retry may succeed
PERMANENT_FAILURES = (InvalidLine, Rejected, NotFound, NotAllowed)  # remain until somebody does something about them


class Misconfigured(Failure):
    """A setting is missing or wrong."""

    outcome = "misconfigured"
    needs_admin = True


class InvalidSettings(Misconfigured):
    """Several settings are missing or wrong; each gets its own line."""

    def __init__(self, problems: Iterable[Misconfigured]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{problem.summary} {problem.todo}" for problem in self.problems), "")
