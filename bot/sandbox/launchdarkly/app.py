"""The ASGI app that answers and refuses requests as LaunchDarkly's REST API does.

Every request passes fault injection, then the checks of its token, beta header and parameters, and is answered by a
file of `routes/`. The clock is an argument, so that a test can stop it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.launchdarkly import routes as all_routes
from bot.sandbox.launchdarkly.company import Company
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.sandbox.launchdarkly.history import History, harbour_history, millis
from bot.sandbox.launchdarkly.request import ApiError, RequestContext, RouteSpec, beta_required

TOKEN = "api-sandbox"  # noqa: S105  valid for the sandbox only
RATE_WINDOW_MILLIS = 10_000
# The real limits aren't published; these are large enough never to matter.
GLOBAL_RATE_LIMIT, ROUTE_RATE_LIMIT = 2000, 1000


def launchdarkly(
    now: Callable[[], datetime],
    *,
    faults: FaultInjector | None = None,
    company: Company | None = None,
    only_rfc3339: bool = False,
    only_millis: bool = False,
    routes: ModuleType = all_routes,
) -> Starlette:
    """Build the app.

    `only_rfc3339` and `only_millis` restrict the time format that the deployments chart accepts, because it isn't known
    which one the real server takes.
    """
    history = History(company) if company else harbour_history()
    faults = faults or FaultInjector()

    def context() -> RequestContext:
        return RequestContext(history.company, history, now(), only_rfc3339, only_millis, faults.missing)

    return Starlette(
        routes=[Route(spec.path, _handler_for(spec, context), methods=["GET"]) for spec in discover(routes)],
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=1),
            Middleware(FaultMiddleware, faults=faults, now=now),
        ],
        exception_handlers={ApiError: _error_response, HTTPException: _error_response},
    )


def discover(package: ModuleType) -> Iterator[RouteSpec[Any]]:
    """Yield the routes of every module that doesn't start with `_`. A module without any stops startup."""
    for submodule in iter_modules(package.__path__):
        if not submodule.name.startswith("_"):
            yield from import_module(f"{package.__name__}.{submodule.name}").ROUTES


def _handler_for(
    spec: RouteSpec[Any], context: Callable[[], RequestContext]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if request.headers.get("Authorization") != TOKEN:
            raise ApiError(401)
        if spec.beta and request.headers.get("LD-API-Version") != "beta":
            raise beta_required()
        ctx = context()
        ctx.check_access(spec.path)
        query = spec.query_model.read(request.path_params, request.query_params)
        return JSONResponse(spec.handler(ctx, query))

    return answer


async def _error_response(_: Request, error: Exception) -> Response:
    """Render an error. Starlette's own (unknown path, wrong method) get LaunchDarkly's bodies too."""
    if isinstance(error, HTTPException):
        error = ApiError(error.status_code, headers=error.headers)
    return error.response() if isinstance(error, ApiError) else Response(status_code=500)


class FaultMiddleware:
    """Apply injected faults to requests, and add rate-limit headers to every response."""

    def __init__(self, app: ASGIApp, faults: FaultInjector, now: Callable[[], datetime]) -> None:
        self.app = app
        self.faults = faults
        self.now = now
        self.request_counts: Counter[tuple[int, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        rate_limits = self._rate_limit_headers(scope["path"])
        fault_response: Response | None = None
        if self.faults.record_and_match(Request(scope)):
            fault_response = self.faults.response()
            if self.faults.delay:
                await self.faults.apply_delay()
        if fault_response is not None and fault_response.status_code >= 400:
            del rate_limits["X-Ratelimit-Reset"]  # an error has a reset header only if the fault sets one
        await (fault_response or self.app)(scope, receive, _with_headers(rate_limits, send))

    def _rate_limit_headers(self, path: str) -> dict[str, str]:
        """Count requests in ten-second windows. The sandbox enforces no limit, so at least 1 always remains."""
        window = millis(self.now()) // RATE_WINDOW_MILLIS
        if (window, "") not in self.request_counts:
            self.request_counts.clear()
        self.request_counts.update([(window, ""), (window, path)])
        return {
            "X-Ratelimit-Global-Limit": str(GLOBAL_RATE_LIMIT),
            "X-Ratelimit-Global-Remaining": str(max(1, GLOBAL_RATE_LIMIT - self.request_counts[window, ""])),
            "X-Ratelimit-Route-Limit": str(ROUTE_RATE_LIMIT),
            "X-Ratelimit-Route-Remaining": str(max(1, ROUTE_RATE_LIMIT - self.request_counts[window, path])),
            "X-Ratelimit-Reset": str((window + 1) * RATE_WINDOW_MILLIS),
        }


def _with_headers(extra_headers: Mapping[str, str], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in extra_headers.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
