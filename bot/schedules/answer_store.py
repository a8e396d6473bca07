"""Stored answers, shared by all channels of a query: their serialization, and a cache of those used last."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.answers import Answer
from bot.cache import BoundedCache
from bot.messages.message import Message
from bot.store import QueryKey, Snapshot

if TYPE_CHECKING:  # the command line loads this without the store
    from bot.store.store import Store

MAX_CACHED_ANSWERS = 64  # a few kilobytes each

StoredPayload = dict[str, Any]


@dataclass
class StoredAnswer:
    """An answer, loaded from the store."""

    message: Message
    quiet: bool
    snapshot: Snapshot | None  # to be saved with the first delivery; None once it is saved


class AnswerStore:
    """Loads answers from the store, and caches those used last. Their messages never change."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._recent = BoundedCache[QueryKey, StoredAnswer](MAX_CACHED_ANSWERS)

    async def get(self, query_key: QueryKey) -> StoredAnswer | None:
        """Return the answer to a query, if there is one."""
        if stored := self._recent.get(query_key):
            return stored
        if stored := await self._load(query_key):
            self._recent.put(query_key, stored)
        return stored

    async def _load(self, query_key: QueryKey) -> StoredAnswer | None:
        row = await self._store.runs.get_answer(query_key)
        if row is None:
            return None
        payload, quiet = row
        return StoredAnswer(deserialize_message(payload), quiet, _snapshot(payload))


def serialize_message(message: Message) -> StoredPayload:
    """Convert a message to its stored form."""
    return {**message.payload(), "thread": [serialize_message(reply) for reply in message.thread]}


def deserialize_message(payload: StoredPayload) -> Message:
    """Restore a message from its stored form."""
    return Message(payload["text"], tuple(payload["blocks"]), tuple(map(deserialize_message, payload["thread"])))


def serialize_answer(answer: Answer) -> StoredPayload:
    """Convert an answer to its stored form: its message, with the snapshot beside it."""
    snapshot = answer.snapshot
    extra = {"snapshot": asdict(snapshot) | {"day": snapshot.day.isoformat()}} if snapshot else {}
    return serialize_message(answer.message) | extra


def _snapshot(payload: StoredPayload) -> Snapshot | None:
    fields = payload.get("snapshot")
    return Snapshot(**fields | {"day": date.fromisoformat(fields["day"])}) if fields else None
