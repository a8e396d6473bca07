"""Builds the core of the bot, which answers lines: it needs neither Slack, nor the store, nor the engine.

The command line asks with nothing else, and so starts in half a second.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr

from bot import commands, questions
from bot.answers import Answers
from bot.launchdarkly import ClientLimits, LaunchDarkly, Observer
from bot.lines.spec import AnySpec
from bot.messages.renderer import Renderer, open_bytecode_cache
from bot.questions.base import AppUrls, TeamSnapshotReader, no_snapshots
from bot.settings import Settings, missing_setting

if TYPE_CHECKING:
    from bot.sandbox.launchdarkly.faults import FaultInjector

Clock = Callable[[], datetime]


def build_registry() -> dict[str, AnySpec]:
    """Return all questions, then all commands, by name."""
    return {**questions.discover(), **commands.discover()}


@asynccontextmanager
async def open_answers(
    settings: Settings,
    now: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
    observer: Observer | None = None,
    read_snapshots: TeamSnapshotReader = no_snapshots,
) -> AsyncIterator[Answers]:
    """Open everything that answers questions. A *transport* replaces the real LaunchDarkly."""
    async with open_launchdarkly(settings, now, transport, observer) as launchdarkly:
        renderer, urls = Renderer(cache=open_bytecode_cache()), AppUrls(settings.launchdarkly_api_host)
        registry, timeout = build_registry(), settings.suggestion_timeout_seconds
        yield Answers(registry, renderer, launchdarkly, urls, now, read_snapshots, suggestion_timeout=timeout)


@asynccontextmanager
async def open_launchdarkly(
    settings: Settings,
    now: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
    observer: Observer | None = None,
) -> AsyncIterator[LaunchDarkly]:
    """Open a client for LaunchDarkly with the token from the settings."""
    if settings.launchdarkly_access_token is None:
        raise missing_setting("launchdarkly_access_token")
    limits = ClientLimits(
        settings.launchdarkly_connect_timeout_seconds,
        settings.launchdarkly_read_timeout_seconds,
        settings.answer_timeout_seconds,
        first_retry_wait=settings.launchdarkly_retry_base_seconds,
        cache_seconds=settings.launchdarkly_cache_seconds,
    )
    async with httpx.AsyncClient(
        base_url=settings.launchdarkly_api_host,
        headers={"Authorization": settings.launchdarkly_access_token.get_secret_value()},  # without `Bearer`
        timeout=limits.timeout,
        transport=transport,
        follow_redirects=False,
    ) as http:
        yield LaunchDarkly(http, limits, now, observer)


def use_sandbox(
    settings: Settings, now: Clock, faults: "FaultInjector | None" = None
) -> tuple[Settings, httpx.AsyncBaseTransport]:
    """Return the settings and the transport that make the sandbox LaunchDarkly answer, with these faults."""
    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly  # noqa: PLC0415 - a bot in Slack never needs it

    sandbox_settings = settings.model_copy(update={"launchdarkly_access_token": SecretStr(TOKEN)})
    return sandbox_settings, httpx.ASGITransport(launchdarkly(now, faults=faults))
