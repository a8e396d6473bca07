"""Preview a quiet digest: how often it would have posted in full in past weeks, from the saved snapshots."""

from functools import partial

from bot.commands.base import CommandContext
from bot.lines.parser import parse
from bot.questions import history
from bot.questions.base import View
from bot.questions.digest import QUESTION as DIGEST
from bot.questions.digest import DigestParams, history_key


class PreviewView(View):
    """In how many of which weeks there was something to report."""

    full: str
    weeks: str
    quiet: bool  # whether at least one week had nothing


async def preview(line: str, ctx: CommandContext) -> PreviewView | None:
    """Return the preview, or None if the line isn't a quiet digest or no past week is known."""
    params = parse(line, {DIGEST.name: DIGEST}).params if line.partition(" ")[0] == DIGEST.name else None
    if not isinstance(params, DigestParams) or params.quiet is None:
        return None
    today = ctx.now.astimezone(ctx.caller.zone).date()
    snapshots = await history.load_snapshots(
        partial(ctx.store.snapshots.list_since, ctx.caller.team), history_key(params), today
    )
    known_weeks = [week.material for week in history.latest_weeks(snapshots)[: history.MAX_WEEKS_SHOWN] if week]
    if not known_weeks:
        return None
    is_contiguous = len(known_weeks) == history.MAX_WEEKS_SHOWN and today - snapshots[0].day <= history.WEEK
    weeks = f"the last {len(known_weeks)}" if is_contiguous else f"{len(known_weeks)} known"
    return PreviewView(
        full=str(sum(known_weeks) or "none"),
        weeks=f"{weeks} {'week' if len(known_weeks) == 1 else 'weeks'}",
        quiet=not all(known_weeks),
    )
