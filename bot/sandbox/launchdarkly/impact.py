"""The impact of a change: which variations were served before and after it, as shares and as counts.

Percentage and size are computed from the counts, so that they can't disagree.
"""

from collections.abc import Sequence
from random import Random
from typing import Literal

from bot.sandbox.launchdarkly.company import Config, Flag

Size = Literal["none", "small", "medium", "large"]
Shares = tuple[float, ...]
Counts = tuple[int, ...]


def served_shares(flag: Flag, config: Config) -> Shares:
    """Return the share of people who get each variation; rules and targets shift it a little."""
    if not config.on:
        return single_variation(flag, config.off)
    if config.rollout:
        return (*(weight / 100 for weight in config.rollout), *single_variation(flag, None))[: len(flag.variations)]
    return shift_shares(
        single_variation(flag, config.serve),
        config.serve,
        next_variation(flag, config.serve),
        0.06 if config.rules else 0.02,
    )


def single_variation(flag: Flag, variation: int | None) -> Shares:
    """Return shares that give everyone one variation, or nobody any if it is None."""
    return tuple(float(index == variation) for index in range(len(flag.variations)))


def next_variation(flag: Flag, variation: int) -> int:
    """Return the index of the variation after this one, wrapping around."""
    return (variation + 1) % len(flag.variations)


def shift_shares(shares: Shares, source: int, target: int, amount: float) -> Shares:
    """Move a share of people from one variation to another."""
    amount = min(amount, shares[source])
    deltas = {source: -amount, target: amount}
    return tuple(share + deltas.get(index, 0) for index, share in enumerate(shares))


def sample_counts(shares: Shares, traffic: int, rng: Random) -> Counts:
    """Convert shares to evaluation counts, for traffic that varies by ten percent."""
    total = traffic * rng.uniform(0.9, 1.1)
    return tuple(round(share * total) for share in shares)


def percentage(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the percentage of people who get another variation than before."""
    was, now = sum(before) or 1, sum(after) or 1
    return round(50 * sum(abs(b / was - a / now) for b, a in zip(before, after, strict=True)), 1)


def size(percent: float) -> Size:
    """Return LaunchDarkly's size of an impact: none is 0%, small below 20%, large above 80%."""
    if percent == 0:
        return "none"
    if percent < 20:
        return "small"
    return "medium" if percent <= 80 else "large"
