"""Rich text: sections, lists, quotes and preformatted text, made of runs that carry their own style.

Only the structure is judged. Slack publishes no lengths for it, and parses no mrkdwn inside.
"""

from bot.sandbox.block_kit.objects import WEB
from bot.sandbox.block_kit.schema import Fields, Rule, flag, items, shape, string, tagged, typed, whole, word

_STYLE = shape({"bold?": flag, "italic?": flag, "strike?": flag, "code?": flag})


def _run(fields: Fields) -> Rule:
    return typed({"style?": _STYLE, **fields})


_TEXT = _run({"text": string()})
_LINK = _run({"url": WEB, "text?": string(), "unsafe?": flag})

_RUNS: dict[str, Rule] = {
    "text": _TEXT,
    "link": _LINK,
    "emoji": _run({"name": string(), "unicode?": string()}),
    "date": _run({"timestamp": whole(0), "format": string(), "url?": WEB, "fallback?": string()}),
    "user": _run({"user_id": string()}),
    "usergroup": _run({"usergroup_id": string()}),
    "channel": _run({"channel_id": string()}),
    "broadcast": typed({"range": word("here", "channel", "everyone")}),
    "color": typed({"value": string()}),
}

_SECTION = typed({"elements": items(tagged(_RUNS), 1)})
_BORDER = whole(0, 1)

RICH_TEXT: Fields = {
    "elements": items(
        tagged(
            {
                "rich_text_section": _SECTION,
                "rich_text_quote": typed({"elements": items(tagged(_RUNS), 1), "border?": _BORDER}),
                "rich_text_preformatted": typed(
                    {"elements": items(tagged({"text": _TEXT, "link": _LINK}), 1), "border?": _BORDER}
                ),
                "rich_text_list": typed(
                    {
                        "style": word("bullet", "ordered"),
                        "elements": items(tagged({"rich_text_section": _SECTION}), 1),
                        "indent?": whole(0),
                        "offset?": whole(0),
                        "border?": _BORDER,
                    }
                ),
            }
        ),
        1,
    )
}
