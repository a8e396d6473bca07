"""A status code and a body ─► the failure that a person can do something about.

LaunchDarkly's own message is always kept: a 403 may mean the role, the plan, the instance or a missing header, and only
the message tells which. Bodies may be empty or HTML. https://launchdarkly.com/docs/api (errors)
"""

from datetime import datetime

import httpx
from pydantic import BaseModel, OnErrorOmit, ValidationError

from bot.errors import Failure, NotAllowed, NotFound, Refused, TryLater, Unreadable
from bot.launchdarkly.backoff import asked_to_wait

AUTHORIZE = (
    "Set LAUNCHDARKLY_ACCESS_TOKEN to a valid token (LaunchDarkly ─► Settings ─► Authorization; Reader is enough)."
)
PLAN = (
    "The token needs at least the Reader role. Engineering insights is a beta that only some LaunchDarkly plans hold, "
    "and no EU or federal instance."
)
CHECK_HOST = "Check that LAUNCHDARKLY_API_HOST is LaunchDarkly's own address."
LONGEST_SAID = 300
LONGEST_HOST = 100


class _Reason(BaseModel):
    attribute: str | None = None
    reason: str | None = None


class _Body(BaseModel):
    """What all error bodies have in common, where there is one. A reason that is none costs nothing else."""

    message: str | None = None
    errors: list[OnErrorOmit[_Reason]] | None = None


def refusal(answer: httpx.Response, body: bytearray, *, beta: bool, now: datetime) -> Failure:
    """The failure that an answer other than 200 means."""
    status, error = answer.status_code, _read(body)
    said = _said(error, answer.request.headers.get("Authorization"))
    if status in (400, 405, 422):
        what, about = "LaunchDarkly would not take that question.", _about(error)
        return Refused(what, "Change the question and ask again.", said=said, about=about)
    if status == 401:
        return NotAllowed("LaunchDarkly does not accept the bot's access token.", AUTHORIZE, said=said)
    if status == 403:
        todo = PLAN if beta else "Give the token's role access to this project, or ask about another one."
        return NotAllowed("LaunchDarkly does not let the bot see this.", todo, said=said)
    if status == 404:
        return NotFound(
            "LaunchDarkly does not know what you asked about.", "Check the keys (not the names).", said=said
        )
    if status == 429:
        return _limited(asked_to_wait(answer.headers, now), said)
    if status >= 500 or status == 408:
        return TryLater(f"LaunchDarkly has trouble of its own ({status}).", "Ask again in a minute.", said=said)
    return _elsewhere(answer, said)


def _limited(after: float, said: str) -> TryLater:
    return TryLater(
        "LaunchDarkly's rate limit is used up; all tokens of the account share it.",
        f"Ask again in {max(1, round(after))} s.",
        said=said,
        after=after,
    )


def _elsewhere(answer: httpx.Response, said: str) -> Unreadable:
    """A redirect is not followed: it would take the token to another host."""
    what = f"answered {answer.status_code}"
    if answer.next_request:
        what = f"redirects to {answer.next_request.url.host[:LONGEST_HOST]}, where the bot does not follow"
    return Unreadable(f"LaunchDarkly {what}.", CHECK_HOST, said=said)


def _read(body: bytearray) -> _Body:
    """The body of a refusal, which may be empty, or a page of something that stands in between."""
    try:
        return _Body.model_validate_json(body)
    except ValidationError:
        return _Body()


def _about(error: _Body) -> tuple[str, ...]:
    """The parameters that LaunchDarkly names."""
    return tuple(wrong.attribute for wrong in error.errors or () if wrong.attribute)


def _said(error: _Body, token: str | None) -> str:
    """LaunchDarkly's message and reasons, in a length that one can read, and never the token: others read along."""
    reasons = ", ".join(f"{wrong.attribute or ''} {wrong.reason or ''}".strip() for wrong in error.errors or ())
    said = ": ".join(part for part in (error.message, reasons) if part)
    said = said.replace(token, "•••") if token else said
    return said if len(said) <= LONGEST_SAID else f"{said[: LONGEST_SAID - 1]}…"
