"""The days of a week: how often was deployed on each, and how many large changes there were on the same day."""

from collections import Counter
from collections.abc import Iterator, Mapping

from bot.endpoints import _words
from bot.endpoints._buckets import Buckets
from bot.endpoints._chart import ChartReply, Line, Lines
from bot.endpoints._endpoint import Ask, View
from bot.endpoints.digest.week import DAYS, HOUR, Week
from bot.endpoints.events.pages import Read
from bot.launchdarkly import Number

Counts = Mapping[int, Number]  # by the number of the day; a day that is not there is not known

UNKNOWN = " †"  # marks a day of which not all is known: the chart takes no gaps


class DaysView(View):
    total: str
    gaps: str
    partly: str
    apart: str
    lines: Lines | None
    spoken: tuple[str, ...]
    shifted: bool


def days(week: Week, deployed: ChartReply | None, read: Read | None, ask: Ask) -> DaysView:
    """Deployments and changes side by side, as far as each is known at all."""
    shipped = _shipped(week, deployed, ask) if deployed else {}
    changed = _changed(week, read) if read else {}
    missing = [name for n, name in enumerate(week.names) if n not in shipped]
    apart = [name for n, name in enumerate(week.names) if changed.get(n) and not shipped.get(n)]
    return DaysView(
        total=_words.count(sum(shipped.values()), "deployment") if shipped else "",
        gaps=_words.joined(missing) if shipped else "",
        partly=week.names[min(changed)] if read and read.unread > 0 and changed else "",
        apart=_words.joined(apart) if shipped else "",
        lines=_lines(week, shipped, changed),
        spoken=tuple(_spoken(week, shipped, changed)),
        shifted=bool(shipped) and not week.whole_hours,
    )


def _shipped(week: Week, deployed: ChartReply, ask: Ask) -> Counts:
    """The deployments of each day that sent any. They come by the hour; the first hour may begin before midnight."""
    found: dict[int, Number] = {}
    for x, many in Buckets(deployed.series or [], HOUR, ask.zone).sums.items():
        day = week.day(max(x, week.start) if x > week.start - HOUR else x)
        if day is not None:
            found[day] = found.get(day, 0) + many
    return found


def _changed(week: Week, read: Read) -> Counts:
    """The large changes of each day. The newest come first: where some were not read, earlier days are unknown."""
    found = Counter(day for event in read.events if (day := week.day(event.time)) is not None)
    first = min(found, default=DAYS) if read.unread > 0 else 0
    return {n: found[n] for n in range(first, DAYS)}


def _drawn(shipped: Counts, changed: Counts) -> list[int]:
    """The days on which anything happened, as far as is known. Where only changes are known, that is all of them."""
    if not shipped:
        return list(changed) if any(changed.values()) else []
    return [n for n in range(DAYS) if n in shipped or changed.get(n)]


def _lines(week: Week, shipped: Counts, changed: Counts) -> Lines | None:
    days = _drawn(shipped, changed)
    known = [(name, counts) for name, counts in (("Deployments", shipped), ("Large changes", changed)) if counts]
    return (
        Lines(
            labels=tuple(week.names[n] + ("" if all(n in counts for _, counts in known) else UNKNOWN) for n in days),
            series=tuple(Line(name=name, values=tuple(counts.get(n, 0) for n in days)) for name, counts in known),
        )
        if days
        else None
    )


def _spoken(week: Week, shipped: Counts, changed: Counts) -> Iterator[str]:
    for n in _drawn(shipped, changed):
        said = [_words.count(shipped[n], "deployment")] if n in shipped else []
        said += [_words.count(changed[n], "large change")] if n in changed else []
        yield f"{week.names[n]} {_words.joined(said)}"
