"""The sandbox itself: an ASGI app that answers, and refuses, as LaunchDarkly's REST API does.

Every request goes through the weather, then the token check, the beta check and the check of its parameters; what is
left is answered by a file of `replies/`. The clock is an argument, so that a test can stop it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.launchdarkly import routes as all_replies
from bot.sandbox.launchdarkly.company import harbour_goods
from bot.sandbox.launchdarkly.context import Json, World
from bot.sandbox.launchdarkly.errors import Refusal, needs_beta
from bot.sandbox.launchdarkly.faults import Weather
from bot.sandbox.launchdarkly.history import History, millis
from bot.sandbox.launchdarkly.params import Query

TOKEN = "api-sandbox"  # noqa: S105  it opens nothing but this
RATE_WINDOW = 10_000  # ms
# The real limits are not published; these are only large enough never to matter.
GLOBAL_LIMIT, ROUTE_LIMIT = 2000, 1000


@dataclass(frozen=True)
class Reply:
    """An endpoint, as its file describes it."""

    path: str
    beta: bool
    query: type[Query]
    reply: Callable[[World, Query], Json]


def launchdarkly(
    now: Callable[[], datetime],
    *,
    weather: Weather | None = None,
    only_rfc3339: bool = False,
    only_millis: bool = False,
    replies: ModuleType = all_replies,
) -> Starlette:
    company = harbour_goods()
    history = History(company)

    def world() -> World:
        return World(company, history, now(), only_rfc3339, only_millis)

    return Starlette(
        routes=[Route(found.path, _answering(found, world), methods=["GET"]) for found in discover(replies)],
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000),
            Middleware(Outdoors, weather=weather or Weather(), now=now),
        ],
        exception_handlers={Refusal: _refuse, HTTPException: _refuse},
    )


def discover(package: ModuleType) -> Iterator[Reply]:
    """Every file of the folder that does not start with `_`. One that lacks a part stops the start-up."""
    for found in iter_modules(package.__path__):
        if not found.name.startswith("_"):
            module = import_module(f"{package.__name__}.{found.name}")
            yield Reply(module.PATH, module.BETA, module.Query, module.reply)


def _answering(found: Reply, world: Callable[[], World]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if request.headers.get("Authorization") != TOKEN:
            raise Refusal(401)
        if found.beta and request.headers.get("LD-API-Version") != "beta":
            raise needs_beta()
        query = found.query.read(request.path_params, request.query_params)
        return JSONResponse(found.reply(world(), query))

    return answer


async def _refuse(_: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such path, no such method) get LaunchDarkly's bodies too."""
    if isinstance(error, HTTPException):
        error = Refusal(error.status_code, headers=error.headers)
    return error.response() if isinstance(error, Refusal) else Response(status_code=500)


class Outdoors:
    """Where requests meet the weather, and where every answer gets its rate-limit headers."""

    def __init__(self, app: ASGIApp, weather: Weather, now: Callable[[], datetime]) -> None:
        self.app = app
        self.weather = weather
        self.now = now
        self.used: Counter[tuple[int, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limits = self._limits(scope["path"])
        instead: Response | None = None
        if self.weather.meets(Request(scope)):
            instead = self.weather.answer()
            if self.weather.delay:
                await self.weather.wait()
        if instead is not None and instead.status_code >= 400:
            del limits["X-Ratelimit-Reset"]  # a refusal tells when to come back only if the weather says so
        await (instead or self.app)(scope, receive, _with(limits, send))

    def _limits(self, path: str) -> dict[str, str]:
        """Windows of ten seconds. The sandbox never refuses by itself, so something always remains."""
        window = millis(self.now()) // RATE_WINDOW
        if (window, "") not in self.used:
            self.used.clear()
        self.used.update([(window, ""), (window, path)])
        return {
            "X-Ratelimit-Global-Limit": str(GLOBAL_LIMIT),
            "X-Ratelimit-Global-Remaining": str(max(1, GLOBAL_LIMIT - self.used[window, ""])),
            "X-Ratelimit-Route-Limit": str(ROUTE_LIMIT),
            "X-Ratelimit-Route-Remaining": str(max(1, ROUTE_LIMIT - self.used[window, path])),
            "X-Ratelimit-Reset": str((window + 1) * RATE_WINDOW),
        }


def _with(limits: Mapping[str, str], send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in limits.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
