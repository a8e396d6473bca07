"""A chart over time by calendar days where the reader is, made of LaunchDarkly's hours.

LaunchDarkly knows only days of its own, so hours are asked for: they alone add up to the days of any zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.questions.chart import Lines, Series
from bot.questions.daily_series import Counts, Daily, SideBySide, by_day
from bot.questions.day_range import HOUR, Days
from bot.questions.time_window import Window
from bot.questions.timeseries import Buckets, gap_note

PARAMETERS = (("bucketType", "hour"), ("bucketMs", str(HOUR)))


def whole_hours(days: Days) -> Window:
    """The window to ask for: hours that are cut off would be counted to the wrong day."""
    start, end = days.whole.milliseconds
    return Window.of(start // HOUR * HOUR, min(-(-end // HOUR) * HOUR, days.now), days.zone)


@dataclass(frozen=True)
class CalendarDays:
    """Some series over the same days."""

    series: list[Series]
    days: Days
    once: str  # what one of what is counted is called

    @cached_property
    def hours(self) -> Buckets:
        return Buckets(self.series, HOUR, self.days.zone)

    @cached_property
    def counts(self) -> Counts:
        """All series together, on each day that has data."""
        return by_day(self.days, self.hours.sums)

    @property
    def known(self) -> bool:
        """Whether there is any data at all."""
        return bool(self.counts)

    @property
    def total(self) -> Number:
        return sum(self.counts.values())

    @property
    def ranked(self) -> list[tuple[str, Number]]:
        """The series by how much they hold, the largest first."""
        totals = ((name, sum(self._by_day(said).values())) for name, said in self.hours.points.items() if said)
        return sorted(totals, key=lambda pair: pair[1], reverse=True)

    @property
    def others(self) -> int:
        """How many series are drawn together as one."""
        return self.hours.others

    @property
    def incomplete(self) -> str:
        """How many of all there were on days that are not there as a whole, where others are."""
        if not self._whole:
            return ""
        known = [n for n in self.days.incomplete if n in self.counts]
        return humanize.joined([f"{humanize.number(self.counts[n])} on {self.days.names[n]}" for n in known])

    def average(self) -> str:
        """Over the whole days that have data."""
        return f"{humanize.number(sum(self._whole.values()) / len(self._whole))} per day" if self._whole else ""

    def extreme(self, choose: Callable[..., Number]) -> str:
        """The best or the worst whole day; the later one of two that are alike."""
        if not self._whole:
            return ""
        amount = choose(self._whole.values())
        when = max(n for n in self._whole if self._whole[n] == amount)
        return f"{humanize.number(amount)} ({self.days.names[when]})"

    @property
    def gaps(self) -> str:
        """The days without data, by name."""
        many = len(self.days.dates)
        missing = [n for n in range(many) if n not in self.counts]
        if not missing or not self.counts:
            return ""
        return gap_note(len(missing), humanize.count(many, "day"), self.days.named(missing))

    @property
    def folded(self) -> str:
        """What one drawn point stands for, where it is more than a day."""
        return self._drawn.folded

    def lines(self) -> Lines | None:
        return self._drawn.lines

    def spoken(self) -> tuple[str, ...]:
        """The same in words, day by day."""
        return tuple(self._drawn.spoken)

    @cached_property
    def _whole(self) -> Counts:
        return {n: many for n, many in self.counts.items() if n not in self.days.incomplete}

    @cached_property
    def _drawn(self) -> SideBySide:
        """On a day that has data for some series, the others stand at 0."""
        few = [(name, self._by_day(said)) for name, said in self.hours.few()]
        once = self.once if len(few) == 1 else ""
        return SideBySide(
            self.days, tuple(Daily(name, {n: said.get(n, 0) for n in self.counts}, once) for name, said in few)
        )

    def _by_day(self, hours: Mapping[Number, Number]) -> Counts:
        return by_day(self.days, hours)
