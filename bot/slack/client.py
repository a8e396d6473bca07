"""Slack's Web API: client, retries, and how its errors are read."""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import Misconfigured
from bot.settings import Settings

TIMEOUT_SECONDS = 15  # Slack usually answers within tenths of a second

# A post is retried only after a rate limit, the only error that rules out that it was posted. Reads are safe to retry.
RATE_LIMIT_RETRIES: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=3)]
READ_RETRIES: list[AsyncRetryHandler] = [
    AsyncServerErrorRetryHandler(max_retry_count=1),
    AsyncConnectionErrorRetryHandler(),
]

RATE_LIMIT_CODES = ("ratelimited", "rate_limited")
# What slack_sdk raises for a response that isn't JSON or isn't from Slack.
MALFORMED_RESPONSE_ERRORS = (AttributeError, KeyError, ValueError)
REQUEST_ERRORS = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError)


class Client(AsyncWebClient):
    """Slack's Web API client, which reports a response that is nested too deeply to decode as a failed request."""

    async def api_call(self, *args: Any, **kwargs: Any) -> AsyncSlackResponse:
        try:
            return await super().api_call(*args, **kwargs)
        except RecursionError:
            raise SlackRequestError("nested too deeply") from None


def open_session() -> aiohttp.ClientSession:
    """Open the session that all calls share, so that connections are reused."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))


def web_client(settings: Settings, session: aiohttp.ClientSession, retries: list[AsyncRetryHandler]) -> AsyncWebClient:
    """Create a client that calls Slack as the bot."""
    return Client(
        token=settings.secret("slack_bot_token"),
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=retries,
    )


async def authenticate(client: AsyncWebClient) -> AuthorizeResult:
    """Return who the bot is, and in which team. Raise `Misconfigured` if Slack rejects the token."""
    try:
        response = await client.auth_test()
    except SlackApiError as error:
        todo = "Copy the bot token (xoxb-…) from the app's page, OAuth & Permissions."
        raise Misconfigured(f"Slack refuses SLACK_BOT_TOKEN: {error.response.get('error')}.", todo) from None
    except REQUEST_ERRORS:
        raise unreachable() from None
    return AuthorizeResult.from_auth_test_response(auth_test_response=response, bot_token=client.token)


def unreachable() -> Misconfigured:
    """Return the failure for a Slack that doesn't answer."""
    return Misconfigured("Slack cannot be reached.", "Check the network, and SLACK_API_URL if it is set.")


async def is_reachable(client: AsyncWebClient) -> bool:
    """Check whether Slack answers the bot. A rate limit counts as an answer."""
    try:
        return bool((await client.auth_test()).get("ok"))
    except SlackApiError as error:
        status, code = error_code(error)
        return status == HTTPStatus.TOO_MANY_REQUESTS or code in RATE_LIMIT_CODES
    except (*REQUEST_ERRORS, *MALFORMED_RESPONSE_ERRORS):
        return False


def error_code(error: SlackApiError) -> tuple[int, str]:
    """Return the HTTP status and Slack's error code, which is empty if a proxy sent the response."""
    response = error.response
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    # A response that isn't JSON is aiohttp's own.
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    return status, code if isinstance(code, str) else ""


def retry_after(headers: Mapping[str, str], default: float) -> float:
    """Return the seconds to wait. A proxy may send a date instead of a number; it is compared to the `Date` header."""
    value = headers.get("Retry-After") or ""
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, headers.get("Date") or "")
    return max(seconds, 0.0) if math.isfinite(seconds) else default


def _seconds_until(then: str, now: str) -> float:
    try:
        return (parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds()
    except (TypeError, ValueError):
        return math.nan
