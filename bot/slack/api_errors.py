"""What became of a call of Slack's API that would say something: what is known of the message, and what is not.

Slack says of `internal_error` and `fatal_error` that a part of the call may have succeeded, and promises nothing of
`service_unavailable` and of what stands in front of it. All of these leave it open whether the message was posted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.schedules.channel_errors import is_channel_closed
from bot.schedules.publisher import (
    ChannelClosed,
    DeliveryError,
    DeliveryUnknown,
    InvalidMessage,
    RateLimited,
    Unavailable,
)
from bot.slack.client import MALFORMED_RESPONSE_ERRORS, RATE_LIMIT_CODES, error_code, retry_after
from bot.slack.client import REQUEST_ERRORS as UNANSWERED

AMBIGUOUS_CODES = ("internal_error", "fatal_error", "service_unavailable")
# The request came in pieces; the workspace is being moved; too much was said in it: refused before anything is done.
RETRYABLE_CODES = ("request_timeout", "team_added_to_org", "org_login_required", "message_limit_exceeded")
DEFAULT_RETRY_SECONDS = 30.0  # seconds, where a limit does not say how long it lasts


@contextmanager
def translate_errors() -> Iterator[None]:
    """One call; what goes wrong with it is said in the words of whoever delivers."""
    try:
        yield
    except SlackApiError as error:
        raise _classify(error) from None
    except aiohttp.ClientConnectorError as error:  # there never was a connection, so nothing was sent
        raise Unavailable(type(error).__name__) from None
    except (*UNANSWERED, *MALFORMED_RESPONSE_ERRORS) as error:
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
    """What a good answer must hold; one without it is none of Slack's."""
    value = response.get(name)
    if value is None:
        raise KeyError(name)
    return value
