"""Text that somebody could put into a flag to make the bot misbehave."""

from itertools import cycle
from typing import Any

HOSTILE_STRINGS = (
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
    """Replace every string of a reply, except the keys of objects, so that the bot still finds its fields."""
    texts = cycle(HOSTILE_STRINGS)

    def replace_strings(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: replace_strings(value) for key, value in part.items()}
        if isinstance(part, list):
            return [replace_strings(value) for value in part]
        return next(texts) if isinstance(part, str) else part

    return replace_strings(reply)
