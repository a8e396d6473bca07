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

BELIEVED = timedelta(days=7)
CHARTS = ("invalid_blocks", "invalid_attachments")  # the latter where there are two tables
PLAINER = (*CHARTS, "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long")  # what a plainer form may help with
MAX_TEXT = 4000  # characters; Slack recommends no longer text

_CODE = re.compile(rf"\b({'|'.join(PLAINER)})\b")


def refused_as(answer: str) -> str:
    """Slack's code in an answer, where a plainer form may help."""
    found = _CODE.search(answer)
    return found[0] if found else ""


@dataclass(frozen=True)
class Form:
    """One way to say a message. That Slack takes it may tell something about the one before."""

    message: Message
    charts_refused: bool = False


class Forms:
    """Remembers which workspaces take no charts, for as long as that is *believed*."""

    def __init__(self, store: "Store", now: Callable[[], datetime], believed: timedelta = BELIEVED) -> None:
        self._store = store
        self._now = now
        self._believed = believed

    async def of(self, message: Message, team: str) -> list[Form]:
        """The message as it is, in characters, and as bare text: each says the same more plainly than the last."""
        plain, bare = message.plain(), Form(Message(_cut(message.text), ()))
        if plain.blocks == message.blocks:
            return [Form(message), bare]
        if await self._takes_charts(team):
            return [Form(message), Form(plain, charts_refused=True), bare]
        return [Form(plain), bare]

    async def taken(self, form: Form, team: str, refused: str) -> None:
        """Slack took this form, and *refused* the one before it with that code, if there was one."""
        if not form.charts_refused or refused not in CHARTS:
            return
        try:
            await self._store.workspaces.remember_refusal(team, self._now())
        except Failure:
            log.warning("it could not be remembered that the workspace takes no charts")

    async def _takes_charts(self, team: str) -> bool:
        try:
            return not await self._store.workspaces.refused_charts(team, self._now() - self._believed)
        except Failure:  # the message matters more than how it looks
            return True


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
