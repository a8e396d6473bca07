"""The days of a week: how often was deployed on each, and how many large changes there were on the same day."""

from bot.endpoints import _words
from bot.endpoints._chart import ChartReply, Lines
from bot.endpoints._daily import Daily, SideBySide, deployed, happened
from bot.endpoints._days import Days
from bot.endpoints._endpoint import Ask, View
from bot.endpoints.events.pages import Read


class DaysView(View):
    total: str
    gaps: str
    partly: str
    apart: str
    lines: Lines | None
    spoken: tuple[str, ...]
    shifted: bool


def days(week: Days, reply: ChartReply | None, read: Read | None, ask: Ask) -> DaysView:
    """Deployments and changes side by side, as far as each is known at all."""
    shipped = deployed(week, reply, ask.zone) if reply else {}
    changed = happened(week, (event.time for event in read.events), unread=read.unread > 0) if read else {}
    missing = [n for n in range(len(week.dates)) if n not in shipped]
    apart = [n for n in range(len(week.dates)) if changed.get(n) and not shipped.get(n)]
    both = SideBySide(
        week, (Daily("Deployments", shipped, "deployment"), Daily("Large changes", changed, "large change"))
    )
    return DaysView(
        total=_words.count(sum(shipped.values()), "deployment") if shipped else "",
        gaps=week.named(missing) if shipped else "",
        partly=week.names[min(changed)] if read and read.unread > 0 and changed else "",
        apart=week.named(apart) if shipped else "",
        lines=both.lines,
        spoken=tuple(both.spoken),
        shifted=bool(shipped) and not week.whole_hours,
    )
