"""The page, its files, and the ways in."""

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
from bot.sandbox.web.actions import Deeds
from bot.sandbox.web.completions import completions
from bot.sandbox.web.protocol import Stage
from bot.sandbox.web.rendering import Drawing
from bot.sandbox.web.request_body import TOO_MUCH, TooMuch, read
from bot.sandbox.web.security import Guard
from bot.sandbox.web.time_travel import Travel
from bot.sandbox.web.visibility import ME

HERE = Path(__file__).parent
EXAMPLES, FIRST = 3, ("scores", "events", "digest")  # what somebody who has just come may want to ask
ENDED = "The demo has ended."
NOTHING_LIKE_IT = "There is nothing like that here."


def page(stage: Stage) -> ASGIApp:
    travel = Travel(stage)
    deeds = Deeds(stage, travel)
    drawing = Drawing(stage.slack)
    known = cache(stage.completions)  # it is made of the whole register, and asked for with each key

    async def opened(_: Request) -> Response:
        return HTMLResponse(drawing.page(**_frame(stage, known())))

    async def completing(request: Request) -> Response:
        line = request.query_params.get("line", "")
        return HTMLResponse(drawing.completions(completions(known(), line)))

    async def listening(_: Request) -> Response:
        return events.stream(stage, travel, drawing)

    async def done(request: Request) -> Response:
        error, status = await _tried(deeds, request)
        return JSONResponse({"error": error}, status)

    return Starlette(
        routes=[
            Route("/", opened),
            Route("/completions", completing),
            Route("/news", listening),
            Route("/do/{deed}", done, methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(Guard)],
    )


async def _tried(deeds: Deeds, request: Request) -> tuple[str, int]:
    """What went wrong, if anything did, and with which status that is said."""
    try:
        return await deeds.named(request.path_params["deed"])(await read(request.stream())), 200
    except TooMuch:
        return TOO_MUCH, 413
    except KeyError:
        return NOTHING_LIKE_IT, 400  # which this page does not ask for
    except LookupError as gone:
        return str(gone), 200
    except asyncio.CancelledError:
        return ENDED, 200  # the server goes, and this is the last that it says


def _frame(stage: Stage, known: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    spoken = {one["name"]: one["examples"][0] for one in known if one["examples"]}
    examples = [spoken[name] for name in (*FIRST, *spoken) if name in spoken]
    return {
        "modules": sorted(path.name for path in (HERE / "static").glob("*.js")),
        "team": stage.slack.team.name,
        "me": stage.slack.users[ME].real_name,
        "home": stage.home,
        "notice": stage.notice,
        "examples": [f"/insights {line}" for line in list(dict.fromkeys(examples))[:EXAMPLES]],
        "weathers": stage.weathers,
        "weather": stage.weather,
    }
