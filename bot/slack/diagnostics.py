"""Checks Slack for the doctor: the bot's identity and scopes, Socket Mode, and the server's time.

Each check makes one call, with a timeout and without retries.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Failure, InvalidResponse, Misconfigured, TryLater
from bot.settings import Settings, missing_setting, setting_description
from bot.slack.client import SLACK_UNAVAILABLE, Client, error_code, granted_scopes

_silent = logging.getLogger(f"{__name__}.silent")  # the doctor reports errors itself
_silent.addHandler(logging.NullHandler())
_silent.propagate = False

NOT_SLACK = "The server at Slack's address isn't Slack."
CHECK_NETWORK = "Check the network, and SLACK_API_URL if it is set."


@dataclass(frozen=True)
class Identity:
    """Who the bot is in Slack, and its scopes, if Slack reports them."""

    team: str
    name: str
    scopes: frozenset[str] | None


async def identity(settings: Settings, seconds: float) -> Identity:
    """Return whom the bot token belongs to."""
    name = "slack_bot_token"
    with _as_failures(name):
        response = await _client(settings, seconds, _require_secret(settings, name)).auth_test()
    if not response.get("bot_id"):
        raise Misconfigured("SLACK_BOT_TOKEN is a user token, not a bot token.", setting_description(name))
    return Identity(str(response.get("team")), str(response.get("user")), granted_scopes(response))


async def check_socket_mode(settings: Settings, seconds: float) -> None:
    """Check that Slack accepts the app token. It returns a URL for a socket, which is never opened."""
    name = "slack_app_token"
    with _as_failures(name):
        await _client(settings, seconds).apps_connections_open(app_token=_require_secret(settings, name))


async def server_time(settings: Settings, seconds: float) -> datetime | None:
    """Return Slack's time, to the second. This needs no token."""
    with _as_failures("slack_api_url"):
        response = await _client(settings, seconds).api_test()
    try:
        return parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None


def _require_secret(settings: Settings, name: str) -> str:
    if not settings.secret(name):
        raise missing_setting(name)
    return settings.secret(name)


def _client(settings: Settings, seconds: float, token: str | None = None) -> AsyncWebClient:
    timeout: Any = seconds  # slack_sdk declares an int, but passes it to aiohttp, which accepts both
    url = settings.slack_api_url
    return Client(token, base_url=url, timeout=timeout, logger=_silent, retry_handlers=[])


@contextmanager
def _as_failures(name: str) -> Iterator[None]:
    """Raise the errors of one API call as failures that name the setting to look at."""
    try:
        yield
    except SlackApiError as error:
        raise _error_for(error, name) from None
    except AttributeError:  # slack_sdk 3.47 expects an object in any text/plain response
        raise InvalidResponse(NOT_SLACK, CHECK_NETWORK) from None
    except SLACK_UNAVAILABLE:
        raise TryLater("Slack can't be reached.", CHECK_NETWORK) from None


def _error_for(error: SlackApiError, name: str) -> Failure:
    status, code = error_code(error)
    if status == 429 or status >= 500:
        return TryLater(f"Slack isn't answering ({code or status}).", "Try again in a minute.")
    if not code:
        return InvalidResponse(NOT_SLACK, CHECK_NETWORK)
    return Misconfigured(f"Slack rejected {name.upper()}: {code}.", setting_description(name))
