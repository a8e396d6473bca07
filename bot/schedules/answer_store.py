"""An answer as the store keeps it, for all channels that want it; and those at hand that were needed last."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bot.answers import Answer
from bot.messages.message import Message
from bot.store import QueryKey, Snapshot
from bot.store.store import Store

MAX_CACHED_ANSWERS = 64  # of some kilobytes each

StoredPayload = dict[str, Any]


@dataclass
class StoredAnswer:
    """An answer that the store keeps."""

    message: Message
    quiet: bool
    snapshot: Snapshot | None  # what is to be remembered of it, until that is done


class AnswerStore:
    """The answers that this process has read last. An answer that is kept does not change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: dict[QueryKey, StoredAnswer] = {}

    async def get(self, query_key: QueryKey) -> StoredAnswer | None:
        """What was answered to a question."""
        stored = self._recent.pop(query_key, None) or await self._load(query_key)
        if stored:
            self._recent[query_key] = stored
            if len(self._recent) > MAX_CACHED_ANSWERS:
                del self._recent[next(iter(self._recent))]
        return stored

    async def _load(self, query_key: QueryKey) -> StoredAnswer | None:
        row = await self._store.runs.get_answer(query_key)
        if row is None:
            return None
        payload, quiet = row
        return StoredAnswer(deserialize_message(payload), quiet, _snapshot(payload))


def serialize_message(message: Message) -> StoredPayload:
    """A message as the store keeps it."""
    return {**message.payload(), "thread": [serialize_message(reply) for reply in message.thread]}


def deserialize_message(payload: StoredPayload) -> Message:
    """The message that was kept."""
    return Message(payload["text"], tuple(payload["blocks"]), tuple(map(deserialize_message, payload["thread"])))


def serialize_answer(answer: Answer) -> StoredPayload:
    """An answer as the store keeps it: its snapshot waits beside the message."""
    snapshot = answer.snapshot
    extra = {"snapshot": asdict(snapshot) | {"day": snapshot.day.isoformat()}} if snapshot else {}
    return serialize_message(answer.message) | extra


def _snapshot(payload: StoredPayload) -> Snapshot | None:
    fields = payload.get("snapshot")
    return Snapshot(**fields | {"day": date.fromisoformat(fields["day"])}) if fields else None
