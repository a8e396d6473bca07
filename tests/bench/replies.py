"""The models that the bot reads answers into, wherever its questions keep them."""

from typing import get_type_hints

from bot.launchdarkly import Reply
from bot.questions import discover


def reply(question: str) -> type[Reply]:
    """What a question's `fetch` says that it returns."""
    found: type[Reply] = get_type_hints(discover()[question].fetch)["return"]
    return found
