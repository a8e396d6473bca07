"""Deployments and large changes for each day of the digest's week."""

from bot.questions.base import View
from bot.questions.chart import ChartReply, Lines
from bot.questions.daily_series import deploys_by_day
from bot.questions.day_range import Days
from bot.questions.deploys_vs_changes import DeploysVsChanges
from bot.questions.events.pagination import EventList


class DigestDaysView(View):
    total: str
    gaps: str
    partly: str
    apart: str
    lines: Lines | None
    spoken: tuple[str, ...]
    shifted: bool


def build_days_view(week: Days, reply: ChartReply | None, changes: EventList | None) -> DigestDaysView:
    """Build the view of both; a missing reply is unknown."""
    comparison = DeploysVsChanges(
        week,
        deploys_by_day(week, reply) if reply else {},
        changes.by_day(week) if changes else {},
        has_unread=bool(changes and changes.unread > 0),
    )
    return DigestDaysView(
        total=comparison.deployments_total,
        gaps=comparison.gaps,
        partly=comparison.partial_until,
        apart=week.names_of(comparison.days_with_changes_only),
        lines=comparison.chart.lines,
        spoken=tuple(comparison.chart.descriptions),
        shifted=comparison.needs_utc_offset_note,
    )
