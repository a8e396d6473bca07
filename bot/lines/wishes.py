"""Wishes: sentences that ask the bot to do something, such as to change a flag, to post every Monday or to alert."""

import re
from enum import Enum

from bot.lines.plain_words import split_words
from bot.lines.timespec import DAY_NAMES

_POLITE = (
    r"(?:(?:please|pls|hey|hi|can you|could you|would you|will you|i want you to|id like you to|i want to|id like to|"
    r"i would like to|how do i|how can i|can i) )*"
)
_THIS = r"(?:the|this|that|my|our|it|all)"
_EVERY = rf"(?:every|each) (?:other )?(?:day|weekday|week|month|morning|evening|hour|quarter|{'|'.join(DAY_NAMES)})"
_TIME = r"\d{1,2}(?: \d\d| ?[ap]m)"
_WHEN = rf"(?:(?:the )?(?:next )?(?:{'|'.join(DAY_NAMES)}|weekdays|tomorrow)|{_TIME})\b.*"
_IF = r"(?:if|when|whenever|once|as soon as|every time)"
_POSTS = r"(?:alert|notif|report|message|digest|reminder|summar|sending|posting|messaging|notifying|schedule)"
_TURNS = r"(?:drop|fall|go below|goes|rise|exceed|change|break|fail|turn|switch|happen|someone|somebody|anyone|gets)"


class Wish(Enum):
    """What no question does. Of two that fit, the first counts."""

    MANAGE = 1  # the schedules of a channel: change, pause or stop them
    ALERT = 2
    SCHEDULE = 3
    CHANGE = 4  # of something in LaunchDarkly


_PATTERNS = {
    Wish.MANAGE: (
        rf"(?:stop|cancel|pause|mute|silence|turn off|no more|unsubscribe)\b(?!.* flag).* {_POSTS}.*",
        rf"(?:dont|do not|never) .*{_POSTS}.*",
        r"(?:no more|stop) alerts|unsubscribe\b.*",
        r"(?:which|what|list|show me|show)\b(?: the| my| our| all)* (?:alerts|reports|schedules|digests)\b.*",
        rf"(?:change|edit|move|shift|reschedule|postpone) {_THIS}\b(?!.* flag).* {_POSTS}.*",
        rf"(?:change|move|shift|reschedule|postpone) (?:it|this|that) (?:.* )?(?:to|on|at|until) {_WHEN}",
    ),
    Wish.ALERT: (
        r"(?:notify|alert|warn) (?:me|us|the team|this channel|everyone)\b.*",
        rf"(?:let (?:me|us) know|(?:ping|page|message|email|dm|call) (?:me|us)) {_IF}\b.*",
        rf"tell (?:me|us) {_IF}\b(?!.* (?:last|did|was|were)\b).* {_TURNS}.*",
        r"(?:set up|create|add|i want|i need) (?:an? |some )?(?:alert|notification)s?\b.*",
    ),
    Wish.SCHEDULE: (
        rf"(?:send|post|give|share|email|deliver|message|get|i want|i need|we want|we need)\b.* (?:{_EVERY}|daily)\b.*",
        rf".+ every (?:morning|weekday|{'|'.join(DAY_NAMES)})\b.*",
        r"(?:schedule|subscribe) .+",
    ),
    Wish.CHANGE: (
        r"(?:turn|switch) (?:on|off) .+|(?:turn|switch) .+ (?:on|off)(?: .*)?",
        r"(?:enable|disable|delete|remove|undo) .+",
        rf"(?:roll ?back|revert|archive|toggle|kill|restore) {_THIS}\b.*",
    ),
}
_WISHES = {wish: re.compile(f"{_POLITE}(?:{'|'.join(patterns)})") for wish, patterns in _PATTERNS.items()}


def read_wish(line: str) -> Wish | None:
    """Return what a sentence asks to be done, if it is no question."""
    text = " ".join(split_words(line))
    return next((wish for wish, pattern in _WISHES.items() if pattern.fullmatch(text)), None)
