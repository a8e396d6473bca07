"""The ASGI app of the page: the page itself, its static files, and its endpoints."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.sandbox.web import events
from bot.sandbox.web.actions import Actions
from bot.sandbox.web.completions import COMMAND, completions
from bot.sandbox.web.demo_controls import DemoControls, TimeTravel
from bot.sandbox.web.rendering import VIEWER_ID, Renderer
from bot.sandbox.web.security import BODY_TOO_LARGE, BodyTooLarge, SecurityMiddleware, read_json

WEB_DIRECTORY = Path(__file__).parent
EXAMPLES = ("scores", "events", "digest")  # questions to try on the first visit
DEMO_ENDED = "The demo has stopped."
UNKNOWN_REQUEST = "Not found."


def build_page(demo: DemoControls) -> ASGIApp:
    """Build the page's app."""
    demo.slack.open_dm(VIEWER_ID)  # so that it is among the channels
    time_travel = TimeTravel(demo)
    actions = Actions(demo, time_travel)
    renderer = Renderer(demo.slack)
    questions = cache(demo.questions)  # needed with each keystroke

    async def index(_: Request) -> Response:
        return HTMLResponse(renderer.page(**_page_variables(demo, questions())))

    async def complete(request: Request) -> Response:
        line = request.query_params.get("line", "")
        return HTMLResponse(renderer.completions(completions(questions(), line)))

    async def suggest(request: Request) -> Response:
        """Suggest options for what is typed after the last comma of *typed*, if a menu takes several."""
        params = dict(request.query_params)
        try:
            options = await actions.suggest(params)
        except LookupError:  # the modal was closed in the meantime
            options = []
        return HTMLResponse(renderer.suggestions(options, params.get("before", "")))

    async def stream_events(_: Request) -> Response:
        return events.stream(demo, time_travel, renderer)

    async def perform(request: Request) -> Response:
        error, status = await _perform(actions, request)
        return JSONResponse({"error": error}, status)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/completions", complete),
            Route("/suggestions", suggest),
            Route("/events", stream_events),
            Route("/do/{action}", perform, methods=["POST"]),
            Mount("/static", StaticFiles(directory=WEB_DIRECTORY / "static")),
        ],
        middleware=[Middleware(SecurityMiddleware)],
    )


async def _perform(actions: Actions, request: Request) -> tuple[str, int]:
    """Perform an action, and return its error message, if any, and the status of the response."""
    try:
        return await actions.find(request.path_params["action"])(await read_json(request.stream())), 200
    except BodyTooLarge:
        return BODY_TOO_LARGE, 413
    except KeyError:
        return UNKNOWN_REQUEST, 400  # the page sends no such request
    except LookupError as error:
        return str(error), 200
    except asyncio.CancelledError:
        return DEMO_ENDED, 200  # the server is shutting down


def _page_variables(demo: DemoControls, questions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    examples = {one["name"]: one["example"] for one in questions}
    return {
        "modules": sorted(path.name for path in (WEB_DIRECTORY / "static").glob("*.js")),
        "team": demo.slack.team.name,
        "viewer": demo.slack.users[VIEWER_ID].real_name,
        "home": demo.home_channel,
        "notice": demo.notice,
        "tour": demo.tour,
        "examples": [f"{COMMAND} {examples[name]}" for name in EXAMPLES],
        "fault_presets": demo.fault_presets,
        "selected_faults": demo.selected_faults,
    }
