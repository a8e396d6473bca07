"""Plainer variants of a message, for workspaces that reject its blocks.

Some workspaces reject charts and tables with `invalid_blocks`. That is remembered for a while, so that later messages
skip the attempt.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bot.cache import BoundedCache
from bot.errors import Failure
from bot.messages.message import Message
from bot.messages.text_fallback import with_text_fallback
from bot.schedules.delivery_errors import InvalidMessage
from bot.store.store import Store

log = logging.getLogger(__name__)
T = TypeVar("T")

REFUSAL_TTL = timedelta(days=7)
READ_INTERVAL = timedelta(minutes=1)  # other processes may have recorded a refusal
MAX_WORKSPACES = 100
CHART_ERROR_CODES = ("invalid_blocks", "invalid_attachments")  # the latter for two tables in one message
# The codes after which a plainer variant may be accepted.
FALLBACK_ERROR_CODES = (*CHART_ERROR_CODES, "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long")

_CODE = re.compile(rf"\b({'|'.join(FALLBACK_ERROR_CODES)})\b")


def block_error_code(body: str) -> str:
    """Find the error code in a response body, if a plainer variant may be accepted; else an empty string."""
    match = _CODE.search(body)
    return match[0] if match else ""


@dataclass(frozen=True)
class _Variant:
    """One form of a message."""

    message: Message
    replaces_charts: bool = False  # whether it follows a variant with charts, which Slack rejected


class BlockFallback:
    """Sends the first variant that Slack accepts, and remembers which workspaces reject charts."""

    def __init__(self, store: Store, now: Callable[[], datetime], refusal_ttl: timedelta = REFUSAL_TTL) -> None:
        self._store = store
        self._now = now
        self._refusal_ttl = refusal_ttl
        self._supports = BoundedCache[str, bool](MAX_WORKSPACES, now)  # whether a workspace supports charts

    async def send(self, message: Message, team: str, send: Callable[[Message], Awaitable[T]]) -> T:
        """Send a message as it is, with charts as text, or as bare text.

        A variant is tried only after *send* raised `InvalidMessage`: nothing was posted then, so another try is safe.
        """
        code = ""
        for variant in _variants(message, try_charts=not message.has_charts or await self._supports_charts(team)):
            try:
                result = await send(variant.message)
            except InvalidMessage as error:
                if error.code not in FALLBACK_ERROR_CODES:
                    raise
                code = error.code
            else:
                if variant.replaces_charts and code in CHART_ERROR_CODES:
                    await self._record_refusal(team)
                return result
        raise InvalidMessage(code)

    async def _supports_charts(self, team: str) -> bool:
        supports = self._supports.get(team)
        if supports is None:
            try:
                refused = await self._store.workspaces.charts_unsupported(team, self._now() - self._refusal_ttl)
            except Failure:  # sending the message matters more than its looks
                return True
            supports = not refused
            self._remember(team, supports)
        return supports

    async def _record_refusal(self, team: str) -> None:
        self._remember(team, supports=False)
        try:
            await self._store.workspaces.record_charts_refusal(team, self._now())
        except Failure:
            log.warning("couldn't save that the workspace rejects charts")

    def _remember(self, team: str, supports: bool) -> None:
        self._supports.put(team, supports, min(READ_INTERVAL, self._refusal_ttl))


def _variants(message: Message, *, try_charts: bool) -> Iterator[_Variant]:
    """Yield the variants in the order to try them. Each is built only when the one before was refused."""
    if try_charts:
        yield _Variant(message)
    if message.has_charts:
        yield _Variant(with_text_fallback(message), replaces_charts=try_charts)
    yield _Variant(Message(message.text, ()))
