"""Preview a quiet digest: how often it would have posted in full, from the saved snapshots of its own span."""

from datetime import timedelta
from functools import partial

from bot.commands.base import CommandContext
from bot.lines.parser import parse
from bot.questions import history
from bot.questions.base import View
from bot.questions.digest import QUESTION as DIGEST
from bot.questions.digest import DigestParams, history_key

MAX_SPANS = 8  # days, weeks, months or runs that are counted


class PreviewView(View):
    """In how many of which days, weeks, months or runs there was something to report."""

    full: str
    spans: str
    quiet: bool  # whether there was nothing in at least one


async def preview(line: str, ctx: CommandContext) -> PreviewView | None:
    """Return the preview, or None if the line isn't a quiet digest or nothing is known of its span."""
    params = parse(line, {DIGEST.name: DIGEST}).params if line.partition(" ")[0] == DIGEST.name else None
    if not isinstance(params, DigestParams) or params.quiet is None:
        return None
    span, today = params.span or "", ctx.now.astimezone(ctx.caller.zone).date()
    snapshots = await history.load_snapshots(
        partial(ctx.store.snapshots.list_since, ctx.caller.team), history_key(params), today
    )
    known = [snapshot for snapshot in history.latest_spans(snapshots, span)[:MAX_SPANS] if snapshot]
    if not known:
        return None
    is_contiguous = len(known) == MAX_SPANS and today - known[0].day <= history.STEPS.get(span, timedelta.max)
    full, count = sum(snapshot.material for snapshot in known), len(known)
    return PreviewView(
        full=str(full or "none"),
        spans=f"{f'the last {count}' if is_contiguous else f'{count} known'} {span or 'run'}{'s' * (count > 1)}",
        quiet=full < count,
    )
