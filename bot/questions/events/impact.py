"""The impact of an event in words: its size, and how the share of each variation shifted."""

from bot.messages import humanize
from bot.questions.events.reply import Impact

MAX_SHIFTS = 3
IMPACT_MARKS = {"large": "🔴", "medium": "🟠", "small": "🟡", "none": "⚪"}


def describe_impact(impact: Impact) -> tuple[str, str]:
    """Return the mark and description of an impact. No size isn't "none": evaluations may still be counted."""
    if impact.size:
        share = f" ({humanize.percent(impact.percentage / 100)})" if impact.percentage is not None else ""
        size_text = "no" if impact.size == "none" else humanize.truncate_text(impact.size, 30)
        return IMPACT_MARKS.get(impact.size, "⚪"), f"{size_text} impact{share}"
    if impact.reason == "waiting":
        return "⏳", "impact not known yet: LaunchDarkly is still counting evaluations"
    if impact.reason == "global":
        return "🌐", "a change of the flag itself, in all environments"
    return "⚪", "impact not said"


def variation_shifts(impact: Impact | None) -> tuple[str, ...]:
    """Describe how the share of each variation shifted, the largest shift first."""
    shares = impact.evaluations.variations or [] if impact and impact.evaluations else []
    before, after = sum(share.before or 0 for share in shares), sum(share.after or 0 for share in shares)
    if before <= 0 or after <= 0:
        return ()
    changes = [(humanize.format_value(s.value, 30), (s.before or 0) / before, (s.after or 0) / after) for s in shares]
    changes.sort(key=lambda change: abs(change[2] - change[1]), reverse=True)
    return tuple(f"{name}: {humanize.percent(old)} → {humanize.percent(new)}" for name, old, new in changes)
