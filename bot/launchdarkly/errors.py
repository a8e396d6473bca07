"""Map a status code and a body to the failure that a person can do something about.

LaunchDarkly's own message is kept where it says more than the status: a 403 may mean the role, the plan, the instance
or a missing header. Bodies may be empty or HTML. https://launchdarkly.com/docs/api (errors)
"""

import httpx
from pydantic import BaseModel, OnErrorOmit, ValidationError

from bot.errors import Failure, InvalidResponse, NotAllowed, NotFound, Rejected, TokenRejected, TryLater
from bot.messages import humanize

CHECK_ROLE_AND_PLAN = (
    "The token needs the Reader role or higher. "
    "Engineering insights is a beta that only some LaunchDarkly plans include. EU and federal instances don't have it."
)
CHECK_HOST = "Check that LAUNCHDARKLY_API_HOST is LaunchDarkly's own address."
MAX_DETAIL_CHARS = 300
MAX_HOST_CHARS = 100


class _Reason(BaseModel):
    attribute: str | None = None
    reason: str | None = None


class _ErrorBody(BaseModel):
    """What all error bodies have in common. A reason of the wrong shape is dropped, and the rest is kept."""

    message: str | None = None
    errors: list[OnErrorOmit[_Reason]] | None = None


def error_for(response: httpx.Response, body: bytearray, *, beta: bool, retry_after: float) -> Failure:
    """Return the failure that a response other than 200 means."""
    status, error = response.status_code, _parse_body(body)
    detail = _detail(error, response.request.headers.get("Authorization"))
    if status in (400, 405, 422):
        what, about = "LaunchDarkly rejected this request.", _named_params(error)
        return Rejected(what, "Check the values and try again.", server_message=detail, param_names=about)
    if status == 401:
        todo = "Ask the person who runs the bot to replace it."
        return TokenRejected("LaunchDarkly rejected the bot's access token.", todo, server_message=detail)
    if status == 403:
        todo = CHECK_ROLE_AND_PLAN if beta else "Give the token's role access to this project, or try another one."
        return NotAllowed("The bot's access token can't read this.", todo, server_message=detail)
    if status == 404:
        return NotFound("LaunchDarkly can't find that.", "Use keys, not names.")
    if status == 429:
        return _rate_limited(retry_after)
    if status >= 500 or status == 408:
        return TryLater(f"LaunchDarkly is having problems ({status}).", "Try again in a minute.")
    return _unexpected_response(response, detail)


def _rate_limited(after: float) -> TryLater:
    return TryLater(
        "LaunchDarkly is rate-limiting your account.",
        f"Try again in {humanize.count(max(1, round(after)), 'second')}.",
        retry_after=after,
    )


def _unexpected_response(response: httpx.Response, detail: str) -> InvalidResponse:
    """Describe a response that the API doesn't document. Redirects aren't followed: they'd send the token elsewhere."""
    what = f"answered {response.status_code}"
    if response.next_request:
        what = f"redirects to {response.next_request.url.host[:MAX_HOST_CHARS]}, which the bot doesn't follow"
    return InvalidResponse(f"LaunchDarkly {what}.", CHECK_HOST, server_message=detail)


def _parse_body(body: bytearray) -> _ErrorBody:
    """Parse an error body, which may be empty, or HTML from a proxy."""
    try:
        return _ErrorBody.model_validate_json(body)
    except ValidationError:
        return _ErrorBody()


def _named_params(error: _ErrorBody) -> tuple[str, ...]:
    return tuple(item.attribute for item in error.errors or () if item.attribute)


def _detail(error: _ErrorBody, token: str | None) -> str:
    """Return LaunchDarkly's message and reasons, shortened, and without the token: others may read them."""
    reasons = ", ".join(f"{item.attribute or ''} {item.reason or ''}".strip() for item in error.errors or ())
    detail = ": ".join(part for part in (error.message, reasons) if part)
    detail = detail.replace(token, "•••") if token else detail
    return detail if len(detail) <= MAX_DETAIL_CHARS else f"{detail[: MAX_DETAIL_CHARS - 1]}…"
