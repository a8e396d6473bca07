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

from bot.schedules.channel_errors import is_closed
from bot.schedules.publisher import Away, Gone, Limited, Refused, Undelivered, Unsure
from bot.slack.client import AWAY as UNANSWERED
from bot.slack.client import LIMITED, NO_ANSWER, retry_after, told

OPEN = ("internal_error", "fatal_error", "service_unavailable")
# The request came in pieces; the workspace is being moved; too much was said in it: refused before anything is done.
LATER = ("request_timeout", "team_added_to_org", "org_login_required", "message_limit_exceeded")
UNLESS_SAID = 30.0  # seconds, where a limit does not say how long it lasts


@contextmanager
def judged() -> Iterator[None]:
    """One call; what goes wrong with it is said in the words of whoever delivers."""
    try:
        yield
    except SlackApiError as refused:
        raise _judgement(refused) from None
    except aiohttp.ClientConnectorError as error:  # there never was a connection, so nothing was sent
        raise Away(type(error).__name__) from None
    except (*UNANSWERED, *NO_ANSWER) as error:
        raise Unsure(type(error).__name__) from None


def _judgement(refused: SlackApiError) -> Undelivered:
    status, code = told(refused)
    if status == 429 or code in LIMITED:
        return Limited(retry_after(getattr(refused.response, "headers", {}), UNLESS_SAID))
    if status >= 500 or not code or code in OPEN:
        return Unsure(code or f"HTTP {status}")
    if code in LATER:
        return Away(code)
    return Gone(code) if is_closed(code) else Refused(code)


def part(answer: AsyncSlackResponse, name: str) -> Any:
    """What a good answer must hold; one without it is none of Slack's."""
    found = answer.get(name)
    if found is None:
        raise KeyError(name)
    return found
