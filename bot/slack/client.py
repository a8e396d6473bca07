"""Slack's Web API: the clients, their retries, and what its errors mean for a delivery.

Slack documents that part of a call may have succeeded after `internal_error` and `fatal_error`, and promises
nothing for `service_unavailable` or for proxies in front of it. After any of these, the message may have been posted.
"""

import logging
import math
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
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
from bot.schedules.delivery_errors import (
    ChannelClosed,
    DeliveryError,
    DeliveryUnknown,
    InvalidMessage,
    RateLimited,
    Unavailable,
    is_channel_closed,
)
from bot.settings import Settings

TIMEOUT_SECONDS = 15  # Slack usually answers within tenths of a second

# A post is retried only after a rate limit, the only error that rules out that it was posted. Reads are safe to retry.
RATE_LIMIT_RETRIES: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=3)]
READ_RETRIES: list[AsyncRetryHandler] = [
    AsyncServerErrorRetryHandler(max_retry_count=1),
    AsyncConnectionErrorRetryHandler(),
]

RATE_LIMIT_CODES = ("ratelimited", "rate_limited")
AMBIGUOUS_CODES = ("internal_error", "fatal_error", "service_unavailable")
# A truncated request, a workspace being migrated, too many messages: Slack rejects these before it posts anything.
RETRYABLE_CODES = ("request_timeout", "team_added_to_org", "org_login_required", "message_limit_exceeded")
DEFAULT_CALL_RETRY_SECONDS = 30.0  # for a rate limit without Retry-After
# What a call may raise: Slack's own errors, those of the connection, and those of reading what a proxy answered in
# Slack's place. On a response that isn't JSON, slack_sdk raises an AttributeError.
SLACK_UNAVAILABLE = (
    SlackClientError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)


# slack_sdk looks only at its logger's own level. Without one, it formats each request for a log that nobody reads.
sdk_log = logging.getLogger("slack_sdk.web")
sdk_log.setLevel(logging.INFO)


class Client(AsyncWebClient):
    """Slack's Web API client, which reports a response that is nested too deeply to decode as a failed request."""

    def __init__(self, token: str | None = None, *, logger: logging.Logger = sdk_log, **options: Any) -> None:
        super().__init__(token, logger=logger, **options)

    async def api_call(self, *args: Any, **kwargs: Any) -> AsyncSlackResponse:
        try:
            return await super().api_call(*args, **kwargs)
        except RecursionError:
            raise SlackRequestError("nested too deeply") from None


@dataclass(frozen=True)
class SlackClients:
    """The clients that call Slack as the bot, on one session, and who the bot is."""

    session: aiohttp.ClientSession
    identity: AuthorizeResult
    reply: AsyncWebClient  # retries after a rate limit
    post: AsyncWebClient  # doesn't retry: a repeated post may appear twice
    read: AsyncWebClient  # retries whatever may help

    @property
    def team(self) -> str:
        return self.identity.team_id or ""

    async def is_reachable(self) -> bool:
        """Check whether Slack answers the bot. A rate limit counts as an answer."""
        try:
            return bool((await self.post.auth_test()).get("ok"))
        except SlackApiError as error:
            status, code = error_code(error)
            return status == HTTPStatus.TOO_MANY_REQUESTS or code in RATE_LIMIT_CODES
        except SLACK_UNAVAILABLE:
            return False


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[SlackClients]:
    """Open the session that all clients share, and authenticate. Raise `Misconfigured` if Slack rejects the token."""
    async with open_session() as session:
        reply, post, read = (
            web_client(settings, session, retries) for retries in (RATE_LIMIT_RETRIES, [], READ_RETRIES)
        )
        yield SlackClients(session, await authenticate(reply), reply, post, read)


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
        raise Misconfigured(f"Slack rejected SLACK_BOT_TOKEN: {error.response.get('error')}.", todo) from None
    except SLACK_UNAVAILABLE:
        raise unreachable() from None
    return AuthorizeResult.from_auth_test_response(auth_test_response=response, bot_token=client.token)


def unreachable() -> Misconfigured:
    """Return the failure for a Slack that doesn't answer."""
    return Misconfigured("Slack can't be reached.", "Check the network, and SLACK_API_URL if it is set.")


def error_code(error: SlackApiError) -> tuple[int, str]:
    """Return the HTTP status and Slack's error code, which is empty if a proxy sent the response."""
    response = error.response
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    # A response that isn't JSON is aiohttp's own.
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    return status, code if isinstance(code, str) else ""


def granted_scopes(response: AsyncSlackResponse) -> frozenset[str] | None:
    """Return the scopes that the bot has by now, which Slack names in each response; None if it doesn't."""
    header = response.headers.get("X-OAuth-Scopes")
    return None if header is None else frozenset(scope.strip() for scope in header.split(",") if scope.strip())


def error_name(error: Exception) -> str:
    """Return Slack's error code, for the log, or what else went wrong."""
    code = error_code(error)[1] if isinstance(error, SlackApiError) else ""
    return code or type(error).__name__


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


@contextmanager
def as_delivery_errors() -> Iterator[None]:
    """Raise the errors of one API call as delivery errors."""
    try:
        yield
    except SlackApiError as error:
        raise _delivery_error_for(error) from None
    except aiohttp.ClientConnectorError as error:  # never connected, so nothing was sent
        raise Unavailable(type(error).__name__) from None
    except SLACK_UNAVAILABLE as error:
        raise DeliveryUnknown(type(error).__name__) from None


def _delivery_error_for(error: SlackApiError) -> DeliveryError:
    status, code = error_code(error)
    if status == 429 or code in RATE_LIMIT_CODES:
        return RateLimited(retry_after(getattr(error.response, "headers", {}), DEFAULT_CALL_RETRY_SECONDS))
    if status >= 500 or not code or code in AMBIGUOUS_CODES:
        return DeliveryUnknown(code or f"HTTP {status}")
    if code in RETRYABLE_CODES:
        return Unavailable(code)
    return ChannelClosed(code) if is_channel_closed(code) else InvalidMessage(code)


def require(response: AsyncSlackResponse, name: str) -> Any:
    """Return a field of a response. One that lacks it didn't come from Slack."""
    value = response.get(name)
    if value is None:
        raise KeyError(name)
    return value
