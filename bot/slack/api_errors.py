"""Maps Slack API errors to delivery errors.

Slack documents that part of a call may have succeeded after `internal_error` and `fatal_error`, and promises
nothing for `service_unavailable` or for proxies in front of it. After any of these, the message may have been posted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.schedules.publisher import (
    ChannelClosed,
    DeliveryError,
    DeliveryUnknown,
    InvalidMessage,
    RateLimited,
    Unavailable,
    is_channel_closed,
)
from bot.slack.client import MALFORMED_RESPONSE_ERRORS, RATE_LIMIT_CODES, REQUEST_ERRORS, error_code, retry_after

AMBIGUOUS_CODES = ("internal_error", "fatal_error", "service_unavailable")
# A truncated request, a workspace being migrated, too many messages: Slack rejects these before it posts anything.
RETRYABLE_CODES = ("request_timeout", "team_added_to_org", "org_login_required", "message_limit_exceeded")
DEFAULT_RETRY_SECONDS = 30.0  # for a rate limit without Retry-After


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise the errors of one API call as delivery errors."""
    try:
        yield
    except SlackApiError as error:
        raise _classify(error) from None
    except aiohttp.ClientConnectorError as error:  # never connected, so nothing was sent
        raise Unavailable(type(error).__name__) from None
    except (*REQUEST_ERRORS, *MALFORMED_RESPONSE_ERRORS) as error:
        raise DeliveryUnknown(type(error).__name__) from None


def _classify(error: SlackApiError) -> DeliveryError:
    status, code = error_code(error)
    if status == 429 or code in RATE_LIMIT_CODES:
        return RateLimited(retry_after(getattr(error.response, "headers", {}), DEFAULT_RETRY_SECONDS))
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
