"""An answer as the store keeps it, for all channels that want it; and those at hand that were needed last."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bot.answers import Answer
from bot.messages.message import Message
from bot.store import Asking, Snapshot
from bot.store.store import Store

MOST = 64  # of some kilobytes each

Said = dict[str, Any]


@dataclass
class Kept:
    """An answer that the store keeps."""

    message: Message
    quiet: bool
    snapshot: Snapshot | None  # what is to be remembered of it, until that is done


class AtHand:
    """The answers that this process has read last. An answer that is kept does not change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[Asking, Kept] = {}

    async def answer(self, asking: Asking) -> Kept | None:
        """What was answered to a question."""
        kept = self._found.pop(asking, None) or await self._read(asking)
        if kept:
            self._found[asking] = kept
            if len(self._found) > MOST:
                del self._found[next(iter(self._found))]
        return kept

    async def _read(self, asking: Asking) -> Kept | None:
        answered = await self._store.slots.answered(asking)
        if answered is None:
            return None
        said, quiet = answered
        return Kept(unpacked(said), quiet, _snapshot(said))


def packed(message: Message) -> Said:
    """A message as the store keeps it."""
    return {**message.payload(), "thread": [packed(below) for below in message.thread]}


def unpacked(said: Said) -> Message:
    """The message that was kept."""
    return Message(said["text"], tuple(said["blocks"]), tuple(map(unpacked, said["thread"])))


def whole(answer: Answer) -> Said:
    """An answer as the store keeps it: its snapshot waits beside the message."""
    snapshot = answer.snapshot
    beside = {"snapshot": asdict(snapshot) | {"day": snapshot.day.isoformat()}} if snapshot else {}
    return packed(answer.message) | beside


def _snapshot(said: Said) -> Snapshot | None:
    found = said.get("snapshot")
    return Snapshot(**found | {"day": date.fromisoformat(found["day"])}) if found else None
