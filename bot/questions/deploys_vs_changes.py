"""Deployments and large changes of the same days: which days had one without the other, and what is not known."""

from dataclasses import dataclass

from bot.messages import humanize
from bot.questions.daily_series import Counts, Daily, SideBySide
from bot.questions.day_range import Days


@dataclass(frozen=True)
class Releasing:
    """How often was deployed on each day, and how many large changes there were, as far as each is known."""

    days: Days
    deployed: Counts
    changed: Counts
    unread: bool  # whether there are changes that were not read

    @property
    def beside(self) -> SideBySide:
        kinds = Daily("Deployments", self.deployed, "deployment"), Daily("Large changes", self.changed, "large change")
        return SideBySide(self.days, kinds)

    @property
    def deployments(self) -> str:
        """How many there were; nothing where nothing is known of any."""
        return humanize.count(sum(self.deployed.values()), "deployment") if self.deployed else ""

    @property
    def only_changed(self) -> list[int]:
        """The days on which people saw large changes and certainly no deployment was reported."""
        return [n for n in self._all if self.changed.get(n) and self.deployed.get(n) == 0]

    @property
    def only_deployed(self) -> list[int]:
        """The days on which was deployed, and certainly no large change."""
        return [n for n in self._all if self.deployed.get(n) and self.changed.get(n) == 0]

    @property
    def unexplained(self) -> list[int]:
        """The days on which people saw large changes, and of whose deployments there is no data."""
        return [n for n in self._all if self.changed.get(n) and n not in self.deployed]

    @property
    def both(self) -> list[int]:
        return [n for n in self._all if self.deployed.get(n) and self.changed.get(n)]

    @property
    def gaps(self) -> str:
        """The days that sent nothing of deployments, where others did."""
        return self.days.named(n for n in self._all if n not in self.deployed)

    @property
    def partly(self) -> str:
        """The day up to which changes are not all known."""
        return self.days.names[min(self.changed)] if self.unread and self.changed else ""

    @property
    def shifted(self) -> bool:
        """Whether days begin within an hour of LaunchDarkly's."""
        return bool(self.deployed) and not self.days.whole_hours

    @property
    def _all(self) -> range:
        """Without a single deployment known, there is nothing to tell the days apart by."""
        return range(len(self.days.dates) if self.deployed else 0)
