"""A conversation with the real bot: a line in, an answer out, over the real client and the sandbox's LaunchDarkly.

LaunchDarkly's replies can be edited below the client, so that a test gets an empty project, a hostile name, or an
error in place of a reply.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr

from bot.access import Caller
from bot.answers import Answer, Answers
from bot.core import open_answers
from bot.launchdarkly import ClientLimits, LaunchDarkly
from bot.messages.message import Message
from bot.questions.base import AppUrls, QuestionContext, SnapshotReader, no_snapshots
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.settings import Settings
from bot.store import Snapshot

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday
UTC_ZONE = ZoneInfo("UTC")
Edit = Callable[[Any], Any]


class EditableReply(dict[str, Any]):
    """A successful reply, with the parameters of its request."""

    def __init__(self, body: dict[str, Any], asked: httpx.QueryParams) -> None:
        super().__init__(body)
        self.asked = asked


@dataclass(frozen=True)
class ErrorReply:
    """Returned by an edit to replace a reply by an error."""

    status: int


class EditingTransport(httpx.AsyncBaseTransport):
    """Edits successful replies."""

    def __init__(self, inner: httpx.AsyncBaseTransport, edit: Edit) -> None:
        self._inner = inner
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if response.status_code != 200:
            return response
        body = self._edit(EditableReply(json.loads(await response.aread()), request.url.params))
        status, body = (body.status, {}) if isinstance(body, ErrorReply) else (200, body)
        return httpx.Response(status, json=body, request=request)


@dataclass
class Conversation:
    """A person who types lines."""

    answers: Answers
    faults: FaultInjector
    zone: ZoneInfo = UTC_ZONE
    defaults: dict[str, str] = field(default_factory=dict)
    past_snapshots: SnapshotReader = no_snapshots

    async def send(self, line: str) -> Answer:
        return await replace(self.answers, read_snapshots=self._snapshots).answer(
            line, Caller(self.zone, self.defaults)
        )

    async def _snapshots(self, _: str, key: str, since: date) -> Sequence[Snapshot]:
        return await self.past_snapshots(key, since)

    def requested_params(self) -> list[dict[str, list[str]]]:
        """Return the parameters of each request that LaunchDarkly received."""
        return [
            {name: httpx.QueryParams(request.query).get_list(name) for name in httpx.QueryParams(request.query)}
            for request in self.faults.requests
        ]


def settings(**overrides: Any) -> Settings:
    """Return settings that read neither the environment nor a file, with short delays."""
    overrides = {
        "launchdarkly_access_token": SecretStr(TOKEN),
        "answer_timeout_seconds": 2.0,
        "launchdarkly_retry_base_seconds": 0.01,
        "launchdarkly_cache_seconds": 0.0,
        "suggestion_timeout_seconds": 10.0,
        "greeting_delay_seconds": 0.0,
        "schedule_jitter_seconds": 0.0,
        "channel_message_interval_seconds": 0.0,
        "shutdown_grace_seconds": 5.0,
        "socket_mode_ping_seconds": 2.0,
    } | overrides
    return Settings.model_construct(
        **{name: field_info.default for name, field_info in Settings.model_fields.items()} | overrides
    )


@asynccontextmanager
async def start_conversation(
    edit: Edit | None = None, *, spelling: str = "", now: datetime = NOW, **overrides: Any
) -> AsyncIterator[Conversation]:
    """Start a bot to talk to, whose LaunchDarkly may accept only one `spelling` of times."""
    faults = FaultInjector()
    app = launchdarkly(
        lambda: now, faults=faults, only_rfc3339=spelling == "dates", only_millis=spelling == "milliseconds"
    )
    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(app)
    async with open_answers(
        settings(**overrides), lambda: now, EditingTransport(transport, edit) if edit else transport
    ) as answers:
        yield Conversation(answers, faults)


def question_context(
    zone: ZoneInfo = UTC_ZONE,
    *,
    menus: bool = False,
    edit: Edit = lambda reply: reply,
    transport: httpx.AsyncBaseTransport | None = None,
) -> QuestionContext:
    """Return a question's context, for tests that need no conversation."""
    http = httpx.AsyncClient(
        base_url="https://app.launchdarkly.com",
        headers={"Authorization": TOKEN},
        transport=transport or EditingTransport(httpx.ASGITransport(launchdarkly(lambda: NOW)), edit),
    )
    limits = ClientLimits(attempts=1)
    return QuestionContext(
        LaunchDarkly(http, limits, lambda: NOW), AppUrls("https://app.launchdarkly.com"), NOW, zone, menus
    )


def weekly(**numbers: tuple[float | None, ...]) -> tuple[Snapshot, ...]:
    """Return a snapshot for each past week; each name's numbers go from the oldest to the one a week ago."""
    weeks = max(map(len, numbers.values()))
    snapshots = []
    for weeks_ago in range(1, weeks + 1):
        numbers_then = {name: values[-weeks_ago] for name, values in numbers.items() if weeks_ago <= len(values)}
        present = {name: number for name, number in numbers_then.items() if number is not None}
        snapshots.append(Snapshot("web/production", NOW.date() - timedelta(weeks=weeks_ago), present, material=True))
    return tuple(snapshots)


def history_of(*snapshots: Snapshot) -> SnapshotReader:
    """Return a history lookup that finds these snapshots."""

    async def snapshots_since(history_key: str, since: date) -> tuple[Snapshot, ...]:
        return tuple(snapshot for snapshot in snapshots if snapshot.place == history_key and snapshot.day >= since)

    return snapshots_since


def visible_text(answer: Answer) -> str:
    """Return all text that a person reads of an answer, including its thread."""
    return "\n".join(texts([list(message.blocks) for message in with_thread(answer.message)]))


def button_lines(message: Message) -> list[str]:
    """Return the lines of a message's buttons, except those beside a text."""
    actions = [block for block in message.blocks if block["type"] == "actions"]
    return [element["value"] for block in actions for element in block["elements"]]


def with_thread(message: Message) -> tuple[Message, ...]:
    """Return a message and those of its thread."""
    return (message, *message.thread)


def texts(part: Any) -> list[str]:
    """Yield every text in some blocks, in reading order."""
    if isinstance(part, dict):
        return [text for key, value in part.items() if key not in ("type", "action_id") for text in texts(value)]
    if isinstance(part, list):
        return [text for value in part for text in texts(value)]
    return [part] if isinstance(part, str) else []
