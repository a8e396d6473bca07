"""The forms that a message may go out in, and which of them a workspace takes.

Some workspaces refuse charts and tables with `invalid_blocks`. That is remembered for a while, so that they are spared
the attempt.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import Failure
from bot.messages.message import Message

if TYPE_CHECKING:  # who comes early is told so in no special form
    from bot.store.store import Store

log = logging.getLogger(__name__)

REFUSAL_TTL = timedelta(days=7)
CHART_ERROR_CODES = ("invalid_blocks", "invalid_attachments")  # the latter where there are two tables
FALLBACK_ERROR_CODES = (
    *CHART_ERROR_CODES,
    "invalid_blocks_format",
    "msg_too_long",
    "msg_blocks_too_long",
)  # what a plainer form may help with
MAX_TEXT_CHARS = 4000  # characters; Slack recommends no longer text

_CODE = re.compile(rf"\b({'|'.join(FALLBACK_ERROR_CODES)})\b")


def block_error_code(body: str) -> str:
    """Slack's code in an answer, where a plainer form may help."""
    match = _CODE.search(body)
    return match[0] if match else ""


@dataclass(frozen=True)
class Variant:
    """One way to say a message. That Slack takes it may tell something about the one before."""

    message: Message
    replaces_charts: bool = False


class BlockFallback:
    """Remembers which workspaces take no charts, for as long as that is *believed*."""

    def __init__(self, store: "Store", now: Callable[[], datetime], refusal_ttl: timedelta = REFUSAL_TTL) -> None:
        self._store = store
        self._now = now
        self._refusal_ttl = refusal_ttl

    async def variants(self, message: Message, team: str) -> list[Variant]:
        """The message as it is, in characters, and as bare text: each says the same more plainly than the last."""
        plain, bare = message.with_text_fallback(), Variant(Message(_truncate(message.text), ()))
        if plain.blocks == message.blocks:
            return [Variant(message), bare]
        if await self._supports_charts(team):
            return [Variant(message), Variant(plain, replaces_charts=True), bare]
        return [Variant(plain), bare]

    async def accepted(self, variant: Variant, team: str, previous_error: str) -> None:
        """Slack took this form, and *refused* the one before it with that code, if there was one."""
        if not variant.replaces_charts or previous_error not in CHART_ERROR_CODES:
            return
        try:
            await self._store.workspaces.record_charts_refusal(team, self._now())
        except Failure:
            log.warning("it could not be remembered that the workspace takes no charts")

    async def _supports_charts(self, team: str) -> bool:
        try:
            return not await self._store.workspaces.charts_unsupported(team, self._now() - self._refusal_ttl)
        except Failure:  # the message matters more than how it looks
            return True


def _truncate(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[: MAX_TEXT_CHARS - 1]}…"
