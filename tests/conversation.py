"""A conversation with the real bot: a line in, an answer out, over the real client and the embedded LaunchDarkly.

What LaunchDarkly answers can be edited on its way, below the client: so a test gets an empty project, a hostile name,
or a refusal in the place of an answer.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr

from bot.answers import Answer, Answers, Asker
from bot.app import opened
from bot.launchdarkly import LaunchDarkly, Limits, Pages
from bot.messages.message import Message
from bot.questions import history
from bot.questions.base import Ask
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import Weather
from bot.settings import Settings
from bot.store import Snapshot

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday
UTC_ZONE = ZoneInfo("UTC")
Edit = Callable[[Any], Any]


class Given(dict[str, Any]):
    """A good answer on its way, which knows with which parameters it was asked for."""

    def __init__(self, body: dict[str, Any], asked: httpx.QueryParams) -> None:
        super().__init__(body)
        self.asked = asked


@dataclass(frozen=True)
class Refused:
    """What an edit makes of an answer that is to be none."""

    status: int


class Edited(httpx.AsyncBaseTransport):
    """A transport that edits good answers."""

    def __init__(self, inner: httpx.AsyncBaseTransport, edit: Edit) -> None:
        self._inner = inner
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if response.status_code != 200:
            return response
        body = self._edit(Given(json.loads(await response.aread()), request.url.params))
        status, body = (body.status, {}) if isinstance(body, Refused) else (200, body)
        return httpx.Response(status, json=body, request=request)


@dataclass
class Talk:
    """Someone who types lines."""

    answers: Answers
    weather: Weather
    zone: ZoneInfo = UTC_ZONE
    defaults: dict[str, str] = field(default_factory=dict)
    past: history.Past = history.nothing

    async def say(self, line: str) -> Answer:
        return await self.answers.answer(line, Asker(self.zone, self.defaults, past=self.past))

    def asked(self) -> list[dict[str, list[str]]]:
        """The parameters of each request that LaunchDarkly saw."""
        return [
            {name: httpx.QueryParams(seen.query).get_list(name) for name in httpx.QueryParams(seen.query)}
            for seen in self.weather.requests
        ]


def settings(**given: Any) -> Settings:
    """Settings that read neither the environment nor a file."""
    given = {"launchdarkly_access_token": SecretStr(TOKEN), "answer_seconds": 2.0, "remembered_seconds": 0.0} | given
    return Settings.model_construct(**{name: f.default for name, f in Settings.model_fields.items()} | given)


@asynccontextmanager
async def talk(
    edit: Edit | None = None, *, spelling: str = "", now: datetime = NOW, **given: Any
) -> AsyncIterator[Talk]:
    """A bot to talk to. The embedded LaunchDarkly below it can be told to understand one *spelling* of times only."""
    weather = Weather()
    app = launchdarkly(
        lambda: now, weather=weather, only_rfc3339=spelling == "dates", only_millis=spelling == "milliseconds"
    )
    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(app)
    async with opened(settings(**given), lambda: now, Edited(transport, edit) if edit else transport) as answers:
        yield Talk(answers, weather)


def ask(
    zone: ZoneInfo = UTC_ZONE,
    *,
    menus: bool = False,
    edit: Edit = lambda reply: reply,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Ask:
    """What an answer may use, for what needs no conversation."""
    http = httpx.AsyncClient(
        base_url="https://app.launchdarkly.com",
        headers={"Authorization": TOKEN},
        transport=transport or Edited(httpx.ASGITransport(launchdarkly(lambda: NOW)), edit),
    )
    limits = Limits(attempts=1)
    return Ask(LaunchDarkly(http, limits, lambda: NOW), Pages("https://app.launchdarkly.com"), NOW, zone, menus)


def weekly(**numbers: tuple[float | None, ...]) -> tuple[Snapshot, ...]:
    """A snapshot for each past week: of each name its numbers, the oldest first, the last a week ago."""
    weeks = max(map(len, numbers.values()))
    found = []
    for ago in range(1, weeks + 1):
        known = {name: told[-ago] for name, told in numbers.items() if ago <= len(told)}
        counted = {name: number for name, number in known.items() if number is not None}
        found.append(Snapshot("web/production", NOW.date() - timedelta(weeks=ago), counted, material=True))
    return tuple(found)


def remembering(*snapshots: Snapshot) -> history.Past:
    """A past of these."""

    async def past(place: str, since: date) -> tuple[Snapshot, ...]:
        return tuple(kept for kept in snapshots if kept.place == place and kept.day >= since)

    return past


def words(answer: Answer) -> str:
    """All that a person reads of an answer: every text of every block, in its thread too."""
    return "\n".join(texts([list(message.blocks) for message in whole(answer.message)]))


def whole(message: Message) -> tuple[Message, ...]:
    """A message and those of its thread."""
    return (message, *message.thread)


def texts(part: Any) -> list[str]:
    """Every text in some blocks, in reading order."""
    if isinstance(part, dict):
        return [text for key, value in part.items() if key not in ("type", "action_id") for text in texts(value)]
    if isinstance(part, list):
        return [text for value in part for text in texts(value)]
    return [part] if isinstance(part, str) else []
