"""The bot's reply models, found through its questions."""

from typing import get_type_hints

from bot.launchdarkly import Reply
from bot.questions import discover


def reply_type(question: str) -> type[Reply]:
    """Return the declared return type of a question's `fetch`."""
    annotated: type[Reply] = get_type_hints(discover()[question].fetch)["return"]
    return annotated
