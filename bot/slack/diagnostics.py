"""What the doctor asks Slack: whose token it has, what that may do, whether a socket would open, and what time it is.

Each is asked by itself, once, and answered soon or not at all.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Failure, InvalidResponse, Misconfigured, TryLater
from bot.settings import Settings, missing_setting, setting_description
from bot.slack.client import Client, error_code

_silent = logging.getLogger(f"{__name__}.silent")  # what goes wrong is said by the doctor, and once is enough
_silent.addHandler(logging.NullHandler())
_silent.propagate = False

NOT_SLACK = "What answers in Slack's place is not Slack."
CHECK_NETWORK = "Check the network, and SLACK_API_URL if it is set."


@dataclass(frozen=True)
class Identity:
    """Who the bot is in Slack, and what it may do there, if Slack says so."""

    team: str
    name: str
    scopes: frozenset[str] | None


async def identity(settings: Settings, seconds: float) -> Identity:
    """Whom the bot token belongs to."""
    name = "slack_bot_token"
    with _translate_errors(name):
        response = await _client(settings, seconds, _require_secret(settings, name)).auth_test()
    if not response.get("bot_id"):
        raise Misconfigured("SLACK_BOT_TOKEN belongs to a person, not to a bot.", setting_description(name))
    header = response.headers.get("X-OAuth-Scopes")
    scopes = None if header is None else frozenset(scope.strip() for scope in header.split(",") if scope.strip())
    return Identity(str(response.get("team")), str(response.get("user")), scopes)


async def check_socket_mode(settings: Settings, seconds: float) -> None:
    """Whether Slack would open a socket. It only gives an address, to which nobody connects."""
    name = "slack_app_token"
    with _translate_errors(name):
        await _client(settings, seconds).apps_connections_open(app_token=_require_secret(settings, name))


async def server_time(settings: Settings, seconds: float) -> datetime | None:
    """What time it is at Slack, to the second. That needs no token."""
    with _translate_errors("slack_api_url"):
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
    timeout: Any = seconds  # aiohttp takes both, and slack_sdk only hands it on
    url = settings.slack_api_url
    return Client(token, base_url=url, timeout=timeout, logger=_silent, retry_handlers=[])


@contextmanager
def _translate_errors(name: str) -> Iterator[None]:
    """What becomes of a question to Slack without a good answer; it stands or falls with the setting of that *name*."""
    try:
        yield
    except SlackApiError as error:
        raise _error_for(error, name) from None
    except AttributeError:  # slack_sdk 3.47 takes any text/plain for an object
        raise InvalidResponse(NOT_SLACK, CHECK_NETWORK) from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
        raise TryLater("Slack cannot be reached.", CHECK_NETWORK) from None


def _error_for(error: SlackApiError, name: str) -> Failure:
    status, code = error_code(error)
    if status == 429 or status >= 500:
        return TryLater(f"Slack does not answer just now ({code or status}).", "Try again in a minute.")
    if not code:
        return InvalidResponse(NOT_SLACK, CHECK_NETWORK)
    return Misconfigured(f"Slack refuses {name.upper()}: {code}.", setting_description(name))
