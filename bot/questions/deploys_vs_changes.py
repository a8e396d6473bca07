"""Deployments and large changes of the same days: which days had one without the other, and what is not known."""

from dataclasses import dataclass

from bot.messages import humanize
from bot.questions.daily_series import CountsByDay, DailySeries, SeriesSet
from bot.questions.day_range import Days


@dataclass(frozen=True)
class DeploysVsChanges:
    """How often was deployed on each day, and how many large changes there were, as far as each is known."""

    days: Days
    deploy_counts: CountsByDay
    change_counts: CountsByDay
    has_unread: bool  # whether there are changes that were not read

    @property
    def chart(self) -> SeriesSet:
        series = (
            DailySeries("Deployments", self.deploy_counts, "deployment"),
            DailySeries("Large changes", self.change_counts, "large change"),
        )
        return SeriesSet(self.days, series)

    @property
    def deployments_total(self) -> str:
        """How many there were; nothing where nothing is known of any."""
        return humanize.count(sum(self.deploy_counts.values()), "deployment") if self.deploy_counts else ""

    @property
    def days_with_changes_only(self) -> list[int]:
        """The days on which people saw large changes and certainly no deployment was reported."""
        return [n for n in self._comparable_days if self.change_counts.get(n) and self.deploy_counts.get(n) == 0]

    @property
    def days_with_deploys_only(self) -> list[int]:
        """The days on which was deployed, and certainly no large change."""
        return [n for n in self._comparable_days if self.deploy_counts.get(n) and self.change_counts.get(n) == 0]

    @property
    def changes_without_deploy_data(self) -> list[int]:
        """The days on which people saw large changes, and of whose deployments there is no data."""
        return [n for n in self._comparable_days if self.change_counts.get(n) and n not in self.deploy_counts]

    @property
    def days_with_both(self) -> list[int]:
        return [n for n in self._comparable_days if self.deploy_counts.get(n) and self.change_counts.get(n)]

    @property
    def gaps(self) -> str:
        """The days that sent nothing of deployments, where others did."""
        return self.days.names_of(n for n in self._comparable_days if n not in self.deploy_counts)

    @property
    def partial_until(self) -> str:
        """The day up to which changes are not all known."""
        return self.days.names[min(self.change_counts)] if self.has_unread and self.change_counts else ""

    @property
    def needs_utc_offset_note(self) -> bool:
        """Whether days begin within an hour of LaunchDarkly's."""
        return bool(self.deploy_counts) and not self.days.aligned_to_hours

    @property
    def _comparable_days(self) -> range:
        """Without a single deployment known, there is nothing to tell the days apart by."""
        return range(len(self.days.dates) if self.deploy_counts else 0)
