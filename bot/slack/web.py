"""The web app: Slack's requests in HTTP mode, health and metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler as Requests
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from bot.metrics import CONTENT_TYPE, Metrics
from bot.slack.request_checks import RequestChecks

EVENTS_PATH = "/slack/events"

HealthCheck = Callable[[], Awaitable[bool]]


class CachedHealthCheck:
    """A check whose result is valid for some seconds. Concurrent probes share one call."""

    def __init__(self, check: HealthCheck, ttl: float) -> None:
        self._check = check
        self._ttl = ttl
        self._expires_at = 0.0
        self._task: asyncio.Task[bool] | None = None

    async def __call__(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._task is None or (self._task.done() and now >= self._expires_at):
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(self._task)  # one probe that disconnects must not cancel it for the others

    async def _run(self) -> bool:
        try:
            return await self._check()
        finally:
            self._expires_at = asyncio.get_running_loop().time() + self._ttl


def build_web_app(
    app: AsyncApp | None, signing_secret: str, checks: Mapping[str, HealthCheck], metrics: Metrics
) -> Starlette:
    """Build the web app. In Socket Mode there is no Bolt app to serve."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(_: Request) -> Response:
        readiness = {name: await check() for name, check in checks.items()}
        lines = "".join(f"{name}: {'ready' if ready else 'NOT READY'}\n" for name, ready in readiness.items())
        return PlainTextResponse(lines, 200 if all(readiness.values()) else 503)

    async def metrics_page(_: Request) -> Response:
        return Response(metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})

    routes: list[BaseRoute] = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics_page)]
    if app is not None:
        bolt_app = cast(ASGIApp, Requests(app, path=EVENTS_PATH))  # its own types are narrower than ASGI's
        checked_app = RequestChecks(bolt_app, signing_secret, metrics.acknowledgement.observe)
        routes.append(Route(EVENTS_PATH, checked_app, methods=["POST"]))
    return Starlette(routes=routes)
