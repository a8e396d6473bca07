"""What is seen against what was told: the news, pure. What is told once is not told again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.schedules.watches.observation import WAITING, Sight
from bot.store import Told

OVERLAP = 900_000  # milliseconds
LATE = 3_600_000  # milliseconds: what happened longer ago was not known to be news at first


@dataclass(frozen=True)
class News:
    """Something new, or in another state than before."""

    sight: Sight
    before: str  # the state that was told, as people read it; empty for what is new
    late: bool


def news(told: Mapping[str, Told], seen: Mapping[str, Sight], now: float) -> list[News]:
    """What is to be told, in the order in which it is seen."""
    return [
        News(sight, _before(told.get(key)), _late(told.get(key), sight, now))
        for key, sight in seen.items()
        if sight.tells and (key not in told or told[key].state != sight.state)
    ]


def _before(was: Told | None) -> str:
    return was.says if was and was.state != WAITING else ""


def _late(was: Told | None, sight: Sight, now: float) -> bool:
    """It was waiting when it was seen first, or happened long ago."""
    return sight.at is not None and (bool(was and was.state == WAITING) or now - sight.at > LATE)


def to_keep(told: Mapping[str, Told], seen: Mapping[str, Sight]) -> dict[str, Told]:
    """What the next look is to know besides: what is told, and what may yet become news."""
    return {
        key: Told(sight.state, sight.says, sight.at)
        for key, sight in seen.items()
        if (key in told and told[key].state != sight.state)
        or (key not in told and (sight.tells or sight.state == WAITING))
    }


def since(told: Iterable[Told], looked: float, longest: float) -> float:
    """From when on to look: from the last look, or from the oldest of what was still waiting then, up to the *longest*
    time that is waited for it. What happens may be reported a little later."""
    waiting = [was.happened for was in told if was.state == WAITING and was.happened is not None]
    return max(min([looked, *waiting]) - OVERLAP, looked - longest)
