"""What a digest that may be quiet would have been in the past weeks, by the snapshots that are kept of its place."""

from functools import partial

from bot.commands.base import Circumstances
from bot.lines.parser import parse
from bot.questions import history
from bot.questions.base import View
from bot.questions.digest import ENDPOINT as DIGEST
from bot.questions.digest import DigestQuery


class PreviewView(View):
    """In how many of which weeks there was something to speak about."""

    full: str
    weeks: str
    quiet: bool  # whether there was a week without


async def preview(line: str, given: Circumstances) -> PreviewView | None:
    """None where a question is no such digest, or where no week of its place is known."""
    query = parse(line, {DIGEST.name: DIGEST}).query if line.partition(" ")[0] == DIGEST.name else None
    if not isinstance(query, DigestQuery) or query.quiet is None:
        return None
    today = given.now.astimezone(given.zone).date()
    past = await history.recalled(partial(given.store.snapshots.of, given.place.team), DIGEST.place(query), today)
    known = [week.material for week in history.latest(past)[: history.SHOWN] if week]
    if not known:
        return None
    without_gap = len(known) == history.SHOWN and today - past[0].day <= history.WEEK
    weeks = f"the last {len(known)}" if without_gap else f"{len(known)} known"
    return PreviewView(
        full=str(sum(known) or "none"),
        weeks=f"{weeks} {'week' if len(known) == 1 else 'weeks'}",
        quiet=not all(known),
    )
