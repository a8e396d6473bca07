"""The bytes that a question about one environment fetches, however many environments the project has."""

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx

from bot.access import Caller
from bot.core import open_answers
from tests.bench import payloads
from tests.bench.table import Row, at_least, at_most
from tests.conversation import NOW, settings

LINE = "flag one-key web/production"
REQUEST_LABEL = "env=production, gzip"
PROJECTS = (1, 20, 100, 500)


@dataclass
class ProjectTransport(httpx.AsyncBaseTransport):
    """A LaunchDarkly with one flag in so many environments. It supports `env` and compression."""

    environments: int
    fetched: int = 0
    requested_envs: list[list[str]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requested_envs.append(request.url.params.get_list("env"))
        body = (
            payloads.flag_in_environment(*self.requested_envs[-1])
            if self.requested_envs[-1]
            else payloads.flag(self.environments)
        )
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        content = gzip.compress(body) if packed else body
        self.fetched += len(content)
        return httpx.Response(200, headers={"Content-Encoding": "gzip"} if packed else {}, content=content)


def size_rows() -> Iterator[Row]:
    """Against the smallest project, and against what the official client asks for: all environments, unpacked."""
    fetched = {environments: asyncio.run(_bytes_fetched(environments)) for environments in PROJECTS}
    smallest, *others = PROJECTS
    for environments in others:
        ratio = fetched[environments] / fetched[smallest]
        yield Row(
            f"size: one environment of {environments}",
            REQUEST_LABEL,
            f"one of {smallest}",
            ratio,
            "the bytes",
            at_most(1.5),
        )
    fewer = len(payloads.flag(100)) / fetched[100]
    yield Row(
        "size: one environment of 100",
        REQUEST_LABEL,
        "launchdarkly_api, all of them",
        fewer,
        "fewer bytes",
        at_least(150),
    )


async def _bytes_fetched(environments: int) -> int:
    """Return the bytes that one question fetches."""
    project = ProjectTransport(environments)
    async with open_answers(settings(), _now, project) as answers:
        answer = await answers.answer(LINE, Caller(ZoneInfo("UTC")))
    assert answer.outcome == "answered", answer.message.text
    assert project.requested_envs == [["production"]], "a flag was asked for without its environment"
    return project.fetched


def _now() -> datetime:
    return NOW
