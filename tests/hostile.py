"""Text that somebody might have put into a flag to make the bot misbehave."""

from itertools import cycle
from typing import Any

STRINGS = (
    '"}, {"type": "divider"}, {"x": "',
    "back\\slash and \\u0041 and {{ 7*7 }} and {% raw %}",
    "<!channel> <!here> <@U012345> <!subteam^S1>",
    "<https://evil.example/?a=1&b=2|Approve>",
    "line one\nline two\r\n> quote\n```code```",
    "*bold* _it_ ~gone~ `tick` @here #general https://evil.example",
    "right\u202eto left\u2069 and \u2028 and \u0000 and \x1b[31m",
    "&amp; &lt;!channel&gt; & < >",
    "",
    "   ",
    "🙂" * 40,
    "x" * 10_000,
)


def hostile(reply: Any) -> Any:
    """The same answer with every string replaced; the keys of maps stay, or nothing would be found."""
    texts = cycle(STRINGS)

    def replaced(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: replaced(value) for key, value in part.items()}
        if isinstance(part, list):
            return [replaced(value) for value in part]
        return next(texts) if isinstance(part, str) else part

    return replaced(reply)
