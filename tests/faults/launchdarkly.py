"""LaunchDarkly is down, slow, or answers rubbish from before the slot until a while after it."""

from collections.abc import Callable

from bot.sandbox.launchdarkly.faults import Weather
from tests.faults.environment import Stage, Theatre, pause, stage
from tests.faults.table import Row

FOR = 8  # seconds after the slot
SHORT = {"READ_SECONDS": "2", "ANSWER_SECONDS": "4"}


def _down(weather: Weather) -> None:
    weather.status = 503


def _slow(weather: Weather) -> None:
    weather.delay = 10


def _rubbish(weather: Weather) -> None:
    weather.body, weather.content_type = b"<html>Just a moment", "text/html"


def _fair(weather: Weather) -> None:
    weather.status, weather.delay, weather.body, weather.content_type = None, 0, None, "application/json"


async def _play(where: Theatre, seed: int, fault: str, turn: Callable[[Weather], None]) -> Row:
    async with stage(where, "sqlite", seed, **SHORT) as here:
        turn(here.monday.climate)
        await here.actor()
        await _across_the_slot(here)
        _fair(here.monday.climate)
        await here.done()
        here.remarks.append(f"asked {len(here.monday.climate.requests)} times")
        return await here.row(f"LaunchDarkly {fault} for {FOR} s", seed)


async def _across_the_slot(here: Stage) -> None:
    await pause((here.at - here.monday.slack.now()).total_seconds() + FOR)


async def down(where: Theatre, seed: int) -> Row:
    return await _play(where, seed, "down", _down)


async def slow(where: Theatre, seed: int) -> Row:
    return await _play(where, seed, "slow", _slow)


async def rubbish(where: Theatre, seed: int) -> Row:
    return await _play(where, seed, "answers rubbish", _rubbish)


PLAYS = (down, slow, rubbish)
