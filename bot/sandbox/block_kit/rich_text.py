"""Rich text: sections, lists, quotes and preformatted text, made of runs with their own style.

Only the structure is checked: Slack publishes no length limits for it, and parses no mrkdwn in it.
"""

from bot.sandbox.block_kit.objects import HTTP_URL
from bot.sandbox.block_kit.schema import Fields, Rule, boolean, integer, items, one_of, shape, string, tagged, typed

_STYLE = shape({"bold?": boolean, "italic?": boolean, "strike?": boolean, "code?": boolean})


def _run(fields: Fields) -> Rule:
    return typed({"style?": _STYLE, **fields})


_TEXT = _run({"text": string()})
_LINK = _run({"url": HTTP_URL, "text?": string(), "unsafe?": boolean})

_RUNS: dict[str, Rule] = {
    "text": _TEXT,
    "link": _LINK,
    "emoji": _run({"name": string(), "unicode?": string()}),
    "date": _run({"timestamp": integer(0), "format": string(), "url?": HTTP_URL, "fallback?": string()}),
    "user": _run({"user_id": string()}),
    "usergroup": _run({"usergroup_id": string()}),
    "channel": _run({"channel_id": string()}),
    "broadcast": typed({"range": one_of("here", "channel", "everyone")}),
    "color": typed({"value": string()}),
}

_SECTION = typed({"elements": items(tagged(_RUNS), 1)})
_BORDER = integer(0, 1)

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
                        "style": one_of("bullet", "ordered"),
                        "elements": items(tagged({"rich_text_section": _SECTION}), 1),
                        "indent?": integer(0),
                        "offset?": integer(0),
                        "border?": _BORDER,
                    }
                ),
            }
        ),
        1,
    )
}
