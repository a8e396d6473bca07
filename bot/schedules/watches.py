"""What a watch observes, and which changes it alerts about.

Only identities and states are compared, never rendered text, and each change is reported once.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.answers import Fetch
from bot.errors import Rejected
from bot.lines.timespec import format_exact
from bot.messages.humanize import join_with_and
from bot.questions.base import QuestionContext, View
from bot.questions.deploys import QUESTION as DEPLOYS
from bot.questions.deploys import DeploysParams
from bot.questions.events import EventsParams, event_view, fetch_all
from bot.questions.events.reply import Event, Impact
from bot.questions.flag import QUESTION as FLAG
from bot.questions.flag import FlagParams
from bot.questions.scores import QUESTION as SCORES
from bot.questions.scores import ScoresParams
from bot.questions.status import QUESTION as STATUS
from bot.questions.status import StatusParams
from bot.store import WatchState

PENDING = "waiting"  # the state of an event whose impact isn't known yet
OVERLAP_MILLISECONDS = 900_000  # between a watch's windows, as events may be reported late
LATE_AFTER_MILLISECONDS = 3_600_000  # events older than this are flagged as late


class Observation(View):
    """An observed thing, whose state may change, or an event, which has a time and is new once."""

    what: str
    state: str
    says: str  # the state, as people read it
    url: str = ""
    line: str = ""  # the question that shows details
    at: float | None = None  # when an event happened, in LaunchDarkly's milliseconds
    tells: bool = True  # whether an alert is due in this state


ObserveFunction = Callable[[Any, QuestionContext, datetime], Awaitable[dict[str, Observation]]]


async def _observe_deploys(params: DeploysParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return LaunchDarkly's rating of each deployment metric."""
    rated = params.model_copy(update={"expand": "metrics"})
    view = DEPLOYS.build_view(rated, await DEPLOYS.fetch(rated, ctx), ctx)
    line = DEPLOYS.line(dict(params))
    return {
        metric.name: Observation(
            what=metric.name,
            state=metric.rating,
            says=f"{metric.rating} ({metric.value})" if metric.value else metric.rating,
            url=view.url,
            line=line,
        )
        for metric in view.metrics
    }


async def _observe_events(params: EventsParams, ctx: QuestionContext, since: datetime) -> dict[str, Observation]:
    """Return the events since then, oldest first.

    Events of all sizes are fetched, from the oldest one that was still pending: while LaunchDarkly is calculating an
    event's impact, it may yet reach the requested size.
    """
    time_range = {"since": format_exact(since), "until": None, "after": None, "before": None}
    page = await fetch_all(params.model_copy(update={**time_range, "impact": "any"}), ctx)
    return {event.id: _event_observation(event, params, ctx) for event in reversed(page.events) if event.id}


def _event_observation(event: Event, params: EventsParams, ctx: QuestionContext) -> Observation:
    view, impact = event_view(event, params, ctx), event.impact or Impact()
    size = impact.size or (PENDING if impact.reason == PENDING else "unknown")
    return Observation(
        what=view.flag,
        state=size,
        says=" · ".join([f"{view.mark} {view.what}", view.who, view.impact, *view.shifts]),
        url=view.url,
        line=view.details,
        at=event.time,
        tells=params.impact in ("any", size) and size != PENDING,
    )


async def _observe_flag(params: FlagParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return whether the flag is on, per environment."""
    view = FLAG.build_view(params, await FLAG.fetch(params, ctx), ctx)
    line = FLAG.line(dict(params))
    return {
        environment.name: Observation(
            what=f"{view.name} in {environment.name}",
            state="on" if environment.on else "off",
            says="on" if environment.on else "off",
            url=view.url,
            line=line,
        )
        for environment in view.environments
    }


async def _observe_scores(params: ScoresParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return the rating of each score; a point more or less is not a change."""
    view = SCORES.build_view(params, await SCORES.fetch(params, ctx), ctx)
    line = SCORES.line(dict(params))
    return {
        score.name: Observation(
            what=score.name, state=score.rating, says=f"{score.rating} {score.score}".strip(), url=view.url, line=line
        )
        for score in view.scores
    }


async def _observe_status(params: StatusParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return the number of flags in each status."""
    view = STATUS.build_view(params, await STATUS.fetch(params, ctx), ctx)
    line = STATUS.line(dict(params))
    return {
        row.name: Observation(
            what=f"Flags {row.name.lower()}", state=str(row.flags), says=f"{row.flags:,}", url=view.url, line=line
        )
        for row in view.rows
    }


OBSERVERS: dict[str, ObserveFunction] = {
    "deploys": _observe_deploys,
    "events": _observe_events,
    "flag": _observe_flag,
    "scores": _observe_scores,
    "status": _observe_status,
}


def observer_for(name: str) -> ObserveFunction:
    """Return a question's observe function, or raise Rejected if it can't be watched."""
    if name not in OBSERVERS:
        raise Rejected(f"I can't watch `{name}`.", f"I can watch {join_with_and(list(OBSERVERS))}.")
    return OBSERVERS[name]


def first_observation(line: str, now: datetime) -> Fetch:
    """Return a fetch that does a watch's first check, which is silent."""
    observe_question = observer_for(line.partition(" ")[0])
    return lambda params, ctx: observe_question(params, ctx, now - timedelta(milliseconds=OVERLAP_MILLISECONDS))


@dataclass(frozen=True)
class ObservedChange:
    """An observation that is new, or whose state has changed."""

    observation: Observation
    before: str  # the previous state as people read it; empty for a new observation
    late: bool


def detect_changes(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation], now: float
) -> list[ObservedChange]:
    """Return the changes to alert about, in the order of the observations."""
    return [
        ObservedChange(
            observation, _previous_label(known_states.get(key)), _is_late(known_states.get(key), observation, now)
        )
        for key, observation in observations.items()
        if observation.tells and (key not in known_states or known_states[key].state != observation.state)
    ]


def _previous_label(previous: WatchState | None) -> str:
    return previous.says if previous and previous.state != PENDING else ""


def _is_late(previous: WatchState | None, observation: Observation, now: float) -> bool:
    """Return whether an event was pending when it was first seen, or happened long ago."""
    return observation.at is not None and (
        bool(previous and previous.state == PENDING) or now - observation.at > LATE_AFTER_MILLISECONDS
    )


def states_to_record(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation]
) -> dict[str, WatchState]:
    """Return the states to add to the known ones: those alerted about, and pending ones that may become changes."""
    return {
        key: WatchState(observation.state, observation.says, observation.at)
        for key, observation in observations.items()
        if (key in known_states and known_states[key].state != observation.state)
        or (key not in known_states and (observation.tells or observation.state == PENDING))
    }


def window_start(known_states: Iterable[WatchState], looked_at: float, max_lookback: float) -> float:
    """Return the start of a watch's next window, in milliseconds.

    It is the last check, or the oldest event that was still pending then, but at most `max_lookback` before the last
    check. The windows overlap, as events may be reported a little late.
    """
    pending = [known.happened for known in known_states if known.state == PENDING and known.happened is not None]
    return max(min([looked_at, *pending]) - OVERLAP_MILLISECONDS, looked_at - max_lookback)
