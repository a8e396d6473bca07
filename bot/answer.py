"""Question in, message out: the one door. It never raises and never stays silent."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bot.endpoints._endpoint import Ask
from bot.endpoints._when import milliseconds
from bot.endpoints._words import stamp
from bot.errors import Failure
from bot.message import Message
from bot.mrkdwn import Stamp
from bot.notes import Notes, broken
from bot.question import Defaults, Endpoints, Question, parse
from bot.render import Renderer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What stands below every answer: the canonical line, and as of when."""

    line: str
    at: Stamp


@dataclass(frozen=True)
class Asker:
    """Who asks, as far as the answer depends on it."""

    zone: ZoneInfo
    defaults: Defaults = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A message, and how the asking ended: `answered`, or the outcome of a failure, or `broken`."""

    message: Message
    outcome: str = "answered"


class Answers:
    """Answers any line of text."""

    def __init__(self, endpoints: Endpoints, renderer: Renderer, ask: Callable[[ZoneInfo], Ask]) -> None:
        self._endpoints = endpoints
        self._renderer = renderer
        self._notes = Notes(endpoints, renderer)
        self._ask = ask

    async def answer(self, text: str, asker: Asker) -> Answer:
        """The answer to a line, whatever it is and whatever happens."""
        try:
            if note := self._notes.help(text):
                return Answer(note)
            return Answer(await self._message(parse(text, self._endpoints, asker.defaults), self._ask(asker.zone)))
        except Failure as failure:
            return Answer(self._notes.failure(failure), failure.outcome)
        except Exception:
            reference = secrets.token_hex(3).upper()
            log.exception("reference %s: %r could not be answered", reference, text)
            return Answer(broken(reference), "broken")

    async def _message(self, question: Question, ask: Ask) -> Message:
        endpoint, query = question.endpoint, question.query
        view = endpoint.show(query, await endpoint.fetch(query, ask), ask)
        asked = Asked(question.line, stamp(milliseconds(ask.now), ask.zone))
        return self._renderer.render(endpoint.name, view=view, asked=asked)
