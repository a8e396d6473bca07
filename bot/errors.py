"""The deliberate failures, sorted by what the person who asked can do, each with the sentence that person reads.

    Failure
    ├── Mistyped        the line cannot be read: all its mistakes, and the corrected line where one is sure
    ├── Refused         LaunchDarkly itself would not take the question
    ├── NotFound        LaunchDarkly does not know what was asked about
    │   └── UnknownKey  which of its keys that is, with the corrected line
    ├── NotAllowed      the token may not see it, or the plan does not hold it
    ├── TryLater        LaunchDarkly is limiting, slow or away, or the bot's own memory is
    ├── Unreadable      LaunchDarkly answered with something the bot cannot read
    └── Misconfigured   a setting keeps the bot from working
        └── InvalidSettings   all that are missing or wrong, at once

Anything else that is raised is a fault of the bot: nobody is shown its text, only a reference that the log holds too.
"""

from collections.abc import Iterable
from typing import ClassVar


class Failure(Exception):
    """Something went wrong in a way that the bot can explain."""

    outcome: ClassVar[str] = "failed"

    def __init__(self, summary: str, todo: str, *, server_message: str = "", param_names: tuple[str, ...] = ()) -> None:
        """*what* happened and why, what *todo* next, what LaunchDarkly *said* itself (untrusted text), and which
        parameters it is *about*, by LaunchDarkly's names, where that is known."""
        super().__init__(summary)
        self.summary = summary
        self.todo = todo
        self.server_message = server_message
        self.param_names = param_names


class InvalidLine(Failure):
    """The line cannot be read."""

    outcome = "mistyped"

    def __init__(
        self, mistakes: tuple[str, ...], *, corrected: str = "", is_complete: bool = True, topic: str = ""
    ) -> None:
        """The *corrected* line is *complete* if it says all that was typed. Without one, the help on a *topic* does."""
        help_hint = f"`help {topic}` shows how to write it." if topic else "`help` shows what I can do."
        super().__init__("I cannot read that line.", "Correct it and ask again." if corrected else help_hint)
        self.mistakes = mistakes
        self.corrected = corrected
        self.is_complete = is_complete


class Rejected(Failure):
    """LaunchDarkly checked the question and would not take it (400)."""

    outcome = "mistyped"


class NotFound(Failure):
    """LaunchDarkly does not know what was asked about (404, or an answer without it)."""

    outcome = "not found"


class UnknownKey(NotFound):
    """LaunchDarkly doesn't know a key of the line. The corrected line has the nearest key that it does know."""

    def __init__(self, summary: str, *, corrected: str = "") -> None:
        super().__init__(summary, f"Try `{corrected}`." if corrected else "Check the key (not the name).")
        self.corrected = corrected


class NotAllowed(Failure):
    """The token is wrong, may not see this, or the plan does not hold it (401, 403)."""

    outcome = "not allowed"


class TryLater(Failure):
    """LaunchDarkly (or the bot's own memory) is limiting, slow or away; later the same may well be answered."""

    outcome = "try later"

    def __init__(self, summary: str, todo: str, *, server_message: str = "", retry_after: float | None = None) -> None:
        """*after* is the number of seconds that LaunchDarkly asked us to wait, where it said one."""
        super().__init__(summary, todo, server_message=server_message)
        self.retry_after = retry_after


class InvalidResponse(Failure):
    """LaunchDarkly, or something in front of it, answered with what the bot cannot read."""

    outcome = "unreadable"


TRANSIENT_FAILURES = (TryLater, InvalidResponse)  # what may be better a little later
PERMANENT_FAILURES = (
    InvalidLine,
    Rejected,
    NotFound,
    NotAllowed,
)  # what stays as it is until somebody does something about it


class Misconfigured(Failure):
    """A setting is missing or wrong."""

    outcome = "misconfigured"


class InvalidSettings(Misconfigured):
    """Some settings are missing or wrong; each has a line of its own."""

    def __init__(self, problems: Iterable[Misconfigured]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{problem.summary} {problem.todo}" for problem in self.problems), "")
