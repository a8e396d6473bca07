"""How many bytes a question about one environment fetches, however many the project has."""

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx

from bot.answers import Asker
from bot.app import opened
from tests.bench import payloads
from tests.bench.table import Row, at_least, at_most
from tests.conversation import NOW, settings

LINE = "flag one-key web/production"
ASKED = "env=production, gzip"
PROJECTS = (1, 20, 100, 500)


@dataclass
class Project(httpx.AsyncBaseTransport):
    """A LaunchDarkly with one flag in so many environments. It heeds `env`, and packs where that is asked for."""

    environments: int
    fetched: int = 0
    asked: list[list[str]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.params.get_list("env"))
        body = payloads.filtered(*self.asked[-1]) if self.asked[-1] else payloads.flag(self.environments)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        content = gzip.compress(body) if packed else body
        self.fetched += len(content)
        return httpx.Response(200, headers={"Content-Encoding": "gzip"} if packed else {}, content=content)


def rows() -> Iterator[Row]:
    """Against the smallest project, and against what the official client asks for: all environments, unpacked."""
    fetched = {environments: asyncio.run(_fetched(environments)) for environments in PROJECTS}
    smallest, *others = PROJECTS
    for environments in others:
        ratio = fetched[environments] / fetched[smallest]
        yield Row(
            f"size: one environment of {environments}", ASKED, f"one of {smallest}", ratio, "the bytes", at_most(1.5)
        )
    fewer = len(payloads.flag(100)) / fetched[100]
    yield Row(
        "size: one environment of 100", ASKED, "launchdarkly_api, all of them", fewer, "fewer bytes", at_least(150)
    )


async def _fetched(environments: int) -> int:
    """The bytes that one question fetches, asked as people ask it."""
    project = Project(environments)
    async with opened(settings(), _now, project) as answers:
        answer = await answers.answer(LINE, Asker(ZoneInfo("UTC")))
    assert answer.outcome == "answered", answer.message.text
    assert project.asked == [["production"]], "a flag was asked for without its environment"
    return project.fetched


def _now() -> datetime:
    return NOW
