"""The models that the bot reads answers into, wherever its questions keep them."""

from typing import get_type_hints

from bot.launchdarkly import Reply
from bot.questions import discover


def reply_type(question: str) -> type[Reply]:
    """What a question's `fetch` says that it returns."""
    annotated: type[Reply] = get_type_hints(discover()[question].fetch)["return"]
    return annotated
