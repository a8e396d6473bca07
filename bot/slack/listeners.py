"""What Bolt hears: the command, the buttons, the modals, channels that go and come back, and the installation's end.
Acknowledged first, then worked on.

`process_before_response` makes Bolt answer as soon as the listener returns; without it, it looks for the
acknowledgement every ten milliseconds. The work itself goes on as a task of our own.
"""

import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.background_tasks import Work
from bot.slack.channel_events import MOVES, move
from bot.slack.dedup import Once
from bot.slack.modal import mistakes
from bot.slack.payloads import Incoming, command, press, submission
from bot.slack.signature import HEADER as SIGNATURE

log = logging.getLogger(__name__)

Hear = Callable[[Incoming], Coroutine[Any, Any, None]]

ENVELOPE = "envelope-id"  # the header in which Socket Mode's name of a payload is handed on

# Bolt only listens here, and needs no token for that: so it need not know yet who the bot is.
SPEECHLESS = AuthorizeResult(enterprise_id=None, team_id=None)


async def _nobody(channel: str, what: str) -> None: ...


@dataclass(frozen=True)
class Told:
    """Who is told of what is no line: that a channel was lost or came back (`moves.py` has the words for it), and that
    a modal is to be sent; what keeps it from that is shown in it, by block."""

    moved: Callable[[str, str], Coroutine[Any, Any, None]] = _nobody
    check: Callable[[dict[str, Any]], dict[str, str]] = mistakes


NOBODY = Told()


def bolt(client: AsyncWebClient, hear: Hear, work: Work, told: Told = NOBODY) -> AsyncApp:
    """Make the Bolt app: one listener for all that is typed, and one for all that is pressed. It verifies nothing: the
    guard does that before it."""

    async def authorize() -> AuthorizeResult:
        return SPEECHLESS

    logging.getLogger("slack_bolt.AsyncApp").addFilter(_means_something)
    app = AsyncApp(
        name="insights-bot",  # or Bolt reads the source of all that is on the stack to find one: 20 ms
        client=client,
        authorize=authorize,
        request_verification_enabled=False,
        process_before_response=True,
    )
    events = Once()

    @app.command(re.compile(".*"))
    async def typed(ack: AsyncAck, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        await ack()
        work.start(hear(command(body, _key(request))))

    @app.action(re.compile(".*"))
    async def pressed(ack: AsyncAck, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        await ack()
        if incoming := press(body, _key(request)):
            work.start(hear(incoming))

    @app.event(re.compile("app_uninstalled|tokens_revoked"))
    async def ended(body: dict[str, Any]) -> None:
        if events.first(body.get("event_id", "")):
            log.warning("Slack says %s: the bot's token is of no use any more", body["event"]["type"])

    _listen_for_channels(app, told, events, work)
    _listen_for_modals(app, told, hear, work)
    return app


def _key(request: AsyncBoltRequest) -> str:
    """What no two payloads share: the signature over HTTP, and the envelope's id in Socket Mode."""
    return str(next((request.headers[name][0] for name in (SIGNATURE, ENVELOPE) if name in request.headers), ""))


def _means_something(record: logging.LogRecord) -> bool:
    """Bolt reads SLACK_BOT_TOKEN from the environment by itself, and then warns that it has no use for it."""
    return record.getMessage() != warning_client_prioritized_and_token_skipped()


def _listen_for_channels(app: AsyncApp, told: Told, events: Once, work: Work) -> None:
    @app.event(re.compile("|".join(MOVES)))
    async def moved(body: dict[str, Any]) -> None:
        if events.first(body.get("event_id", "")) and (found := move(body)):
            work.start(told.moved(*found))


def _listen_for_modals(app: AsyncApp, told: Told, hear: Hear, work: Work) -> None:
    @app.view(re.compile(".*"))
    async def sent(ack: AsyncAck, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        if errors := told.check(body):
            await ack(response_action="errors", errors=errors)
            return
        await ack()
        if incoming := submission(body, _key(request)):
            work.start(hear(incoming))
