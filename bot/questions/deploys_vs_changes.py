"""Deployments against large changes of the same days: which days had only one of them, and what is unknown."""

from dataclasses import dataclass

from bot.messages import humanize
from bot.questions.daily_series import CountsByDay, DailySeries, SeriesSet
from bot.questions.day_range import Days


@dataclass(frozen=True)
class DeploysVsChanges:
    """The deployments and large changes of each day, as far as each is known."""

    days: Days
    deploy_counts: CountsByDay
    change_counts: CountsByDay
    has_unread: bool  # whether there are more changes than were read

    @property
    def chart(self) -> SeriesSet:
        series = (
            DailySeries("Deployments", self.deploy_counts),
            DailySeries("Large changes", self.change_counts),
        )
        return SeriesSet(self.days, series)

    @property
    def deployments_total(self) -> str:
        """The number of deployments; empty if unknown."""
        return humanize.count(sum(self.deploy_counts.values()), "deployment") if self.deploy_counts else ""

    @property
    def days_with_changes_only(self) -> list[int]:
        """The days with large changes and no deployment, excluding days without deployment data."""
        return [n for n in self._comparable_days if self.change_counts.get(n) and self.deploy_counts.get(n) == 0]

    @property
    def days_with_deploys_only(self) -> list[int]:
        """The days with deployments and no large change, excluding days whose changes are unknown."""
        return [n for n in self._comparable_days if self.deploy_counts.get(n) and self.change_counts.get(n) == 0]

    @property
    def changes_without_deploy_data(self) -> list[int]:
        """The days with large changes but no deployment data."""
        return [n for n in self._comparable_days if self.change_counts.get(n) and n not in self.deploy_counts]

    @property
    def days_with_both(self) -> list[int]:
        return [n for n in self._comparable_days if self.deploy_counts.get(n) and self.change_counts.get(n)]

    @property
    def gaps(self) -> str:
        """The names of the days without deployment data, if other days have some."""
        return self.days.names_of(n for n in self._comparable_days if n not in self.deploy_counts)

    @property
    def partial_until(self) -> str:
        """The name of the earliest day with known changes, if earlier ones weren't all read."""
        return self.days.names[min(self.change_counts)] if self.has_unread and self.change_counts else ""

    @property
    def needs_utc_offset_note(self) -> bool:
        """Whether days start within one of LaunchDarkly's hours, because of the time zone's offset."""
        return bool(self.deploy_counts) and not self.days.aligned_to_hours

    @property
    def _comparable_days(self) -> range:
        """The indexes of the days that can be compared; none without any deployment data."""
        return range(len(self.days.dates) if self.deploy_counts else 0)
