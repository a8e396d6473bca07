"""What is remembered of an answer: its snapshot waits beside it, and is kept once it has been delivered."""

from dataclasses import asdict
from datetime import date
from typing import Any

from bot.answer import Answer
from bot.schedules.rounds import Rounds
from bot.store import Slot, Snapshot


def beside(answer: Answer) -> dict[str, Any]:
    """The snapshot of an answer as the store keeps it beside the message."""
    kept = answer.snapshot
    return {"snapshot": asdict(kept) | {"day": kept.day.isoformat()}} if kept else {}


async def remember(rounds: Rounds, slot: Slot) -> None:
    """Keep the snapshot of what a slot has got. What somebody wanted at once stands for no week."""
    answered = None if slot.by else await rounds.store.slots.answered(slot.asking)
    if answered and (kept := answered[0].get("snapshot")):
        await rounds.store.snapshots.keep(slot.team, Snapshot(**kept | {"day": date.fromisoformat(kept["day"])}))
