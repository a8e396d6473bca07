"""Bolt listeners: commands, mentions, direct messages, links, buttons, modals, menus, channel events, uninstallation.

Each acknowledges first; the work continues in a background task. `process_before_response` makes Bolt respond as soon
as the listener returns; without it, Bolt polls for the acknowledgement every ten milliseconds.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.form_modal import Submission
from bot.slack.home import HOME_EVENT, is_in_home, parse_home_action, parse_home_opened
from bot.slack.messages import MESSAGE_EVENTS, parse_message
from bot.slack.payloads import (
    CHANNEL_EVENTS,
    ChannelEvent,
    Deduplicator,
    Interaction,
    SharedLinks,
    interaction_from_command,
    parse_action,
    parse_channel_event,
    parse_shared_links,
)
from bot.slack.request_checks import SIGNATURE_HEADER

log = logging.getLogger(__name__)

ENVELOPE_HEADER = "envelope-id"  # carries the id of a Socket Mode envelope, in place of a signature

UNINSTALL_EVENTS = ("app_uninstalled", "tokens_revoked")

# Listening needs no token, so the bot's identity need not be known yet.
EMPTY_AUTHORIZATION = AuthorizeResult(enterprise_id=None, team_id=None)


async def _ignore(*_: object) -> None: ...


async def _suggest_nothing(_: object) -> list[dict[str, Any]]:
    return []


def _close(*_: object) -> Submission:
    return Submission()


@dataclass(frozen=True, kw_only=True)
class Handlers:
    """What handles interactions, the App Home, channel events and links, and what people do in a modal."""

    handle_interaction: Callable[[Interaction], Coroutine[Any, Any, None]]
    handle_home: Callable[[Interaction], Coroutine[Any, Any, None]] = _ignore
    handle_channel_event: Callable[[ChannelEvent], Coroutine[Any, Any, None]] = _ignore
    handle_links: Callable[[SharedLinks], Coroutine[Any, Any, None]] = _ignore
    submit_modal: Callable[[dict[str, Any], str], Submission] = _close
    act_in_modal: Callable[[dict[str, Any]], Coroutine[Any, Any, None]] = _ignore
    suggest_options: Callable[[dict[str, Any]], Coroutine[Any, Any, list[dict[str, Any]]]] = _suggest_nothing


class BackgroundTasks:
    """Tasks that continue after the acknowledgement, and finish before the process exits.

    asyncio keeps only weak references to tasks: one without a strong reference may be garbage-collected.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Start a task, and hold a reference until it is done."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("background task failed", exc_info=error)

    async def drain(self, timeout_seconds: float) -> int:
        """Wait for all tasks, then cancel what is left after the timeout. Return how many were canceled."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_seconds)
        abandoned = list(self._running)
        for task in abandoned:
            task.cancel()
        await asyncio.gather(*abandoned, return_exceptions=True)
        return len(abandoned)


def build_bolt_app(client: AsyncWebClient, handlers: Handlers, tasks: BackgroundTasks) -> AsyncApp:
    """Build the Bolt app, with a listener for all that Slack sends. Bolt tries them in order, which takes time."""
    app, listeners, any_name = _unverified_app(client), _Listeners(handlers, tasks), re.compile(".*")
    app.command(any_name)(listeners.on_command)
    app.event(_any_of(MESSAGE_EVENTS))(listeners.on_message)
    app.action(any_name)(listeners.on_action)
    app.view(any_name)(listeners.on_submission)
    app.event("link_shared")(listeners.on_links)
    app.event(HOME_EVENT)(listeners.on_home_opened)
    app.options(any_name)(listeners.on_suggestion)
    app.event(_any_of(CHANNEL_EVENTS))(listeners.on_channel_event)
    app.event(_any_of(UNINSTALL_EVENTS))(listeners.on_uninstall)
    return app


def _any_of(events: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"({'|'.join(events)})$")


def _unverified_app(client: AsyncWebClient) -> AsyncApp:
    """Build an app that verifies no signatures: `RequestChecks` has done that before."""

    async def authorize() -> AuthorizeResult:  # looks up a token; `access.py` decides who may ask
        return EMPTY_AUTHORIZATION

    logging.getLogger("slack_bolt.AsyncApp").addFilter(_is_relevant)
    return AsyncApp(
        name="insights-bot",  # else Bolt searches the source of all frames on the stack for one, in 20 ms
        client=client,
        authorize=authorize,
        request_verification_enabled=False,
        # What no listener here needs, Bolt need not look for.
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        process_before_response=True,
    )


def _is_relevant(record: logging.LogRecord) -> bool:
    """Drop one warning: Bolt reads SLACK_BOT_TOKEN from the environment by itself, then warns that it ignores it."""
    return record.getMessage() != warning_client_prioritized_and_token_skipped()


class _Listeners:
    """The listeners. Bolt passes the arguments that each one names."""

    def __init__(self, handlers: Handlers, tasks: BackgroundTasks) -> None:
        self._handlers = handlers
        self._tasks = tasks
        self._event_dedup = Deduplicator()

    async def on_command(self, ack: AsyncAck, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        await ack()
        self._handle(interaction_from_command(body, _dedup_key(request)))

    async def on_action(self, ack: AsyncAck, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        await ack()
        if is_in_home(body):
            self._visit(parse_home_action(body, _dedup_key(request)))
        elif "view" in body:
            self._tasks.start(self._handlers.act_in_modal(body))
        else:
            self._handle(parse_action(body, _dedup_key(request)))

    async def on_submission(self, ack: AsyncAck, body: dict[str, Any], request: AsyncBoltRequest) -> None:
        submission = self._handlers.submit_modal(body, _dedup_key(request))
        await ack(**submission.response)
        self._handle(submission.interaction)
        if submission.work:
            self._tasks.start(submission.work)

    async def on_suggestion(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(options=await self._handlers.suggest_options(body))

    async def on_message(self, body: dict[str, Any]) -> None:
        self._handle(parse_message(body))

    async def on_links(self, body: dict[str, Any]) -> None:
        if links := parse_shared_links(body):
            self._tasks.start(self._handlers.handle_links(links))

    async def on_home_opened(self, body: dict[str, Any]) -> None:
        self._visit(parse_home_opened(body))

    async def on_channel_event(self, body: dict[str, Any]) -> None:
        if self._is_new(body) and (event := parse_channel_event(body)):
            self._tasks.start(self._handlers.handle_channel_event(event))

    async def on_uninstall(self, body: dict[str, Any]) -> None:
        if self._is_new(body):
            log.warning("Slack says %s: the bot's token no longer works", body["event"]["type"])

    def _handle(self, interaction: Interaction | None) -> None:
        """Start the work, if there is any."""
        if interaction:
            self._tasks.start(self._handlers.handle_interaction(interaction))

    def _visit(self, visit: Interaction | None) -> None:
        if visit:
            self._tasks.start(self._handlers.handle_home(visit))

    def _is_new(self, body: dict[str, Any]) -> bool:
        return self._event_dedup.add(body.get("event_id", ""))


def _dedup_key(request: AsyncBoltRequest) -> str:
    """Return what no two payloads share: the signature over HTTP, the envelope's id in Socket Mode."""
    headers = (SIGNATURE_HEADER, ENVELOPE_HEADER)
    return str(next((request.headers[name][0] for name in headers if name in request.headers), ""))
