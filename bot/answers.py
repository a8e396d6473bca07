"""A line in, a message out: the one door. It never raises and never stays silent."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast
from zoneinfo import ZoneInfo

from bot.errors import Failure, NotFound, Refused, UnknownKey
from bot.lines.parser import Defaults, Register, Understood, parse
from bot.lines.timespec import milliseconds, readable
from bot.messages.humanize import stamp
from bot.messages.message import Message
from bot.messages.mrkdwn import Stamp
from bot.messages.renderer import Renderer
from bot.notices import Notes, broken
from bot.questions import history
from bot.questions.base import AnyEndpoint, Ask, View
from bot.questions.catalog import Allows, Catalog, everything
from bot.questions.catalog.explanation import confirmed, explained
from bot.store import Snapshot

log = logging.getLogger(__name__)

Fetch = Callable[[Any, Ask], Awaitable[Any]]


@dataclass(frozen=True)
class Asked:
    """What stands below every answer: the line as a person would type it, and as of when."""

    line: str
    at: Stamp
    note: str = ""  # what one should know of its keys


SCHEDULED = "scheduled"  # all that is asked by the clock


@dataclass(frozen=True)
class Asker:
    """Who asks, as far as the answer depends on it. Whoever stands in a channel can give orders there."""

    zone: ZoneInfo
    defaults: Defaults = field(default_factory=dict)
    obey: Callable[[Understood], Awaitable[View]] | None = None
    may: Callable[[Understood], None] = lambda _: None
    allows: Allows = everything  # the projects that corrections and suggestions may come from
    menus: bool = False
    past: history.Past = history.nothing
    caller: str = ""  # in whose line their requests to LaunchDarkly wait


@dataclass(frozen=True)
class Answer:
    """A message, what was asked, and how it ended: `answered`, the outcome of a failure, or `broken`."""

    message: Message
    outcome: str = "answered"
    line: str = ""  # canonical, where the line was understood
    name: str = ""  # of the question or the order
    reference: str = ""
    public: bool = False  # whether all in the channel are to hear it
    question: bool = False  # whether it was answered by LaunchDarkly, and may be asked again
    what: str = ""  # went wrong, in one sentence
    partial: bool = False  # whether something is missing that may be had later
    quiet: bool = False  # whether it says that there is nothing to say
    snapshot: Snapshot | None = None  # what is to be kept of it once it has been delivered by the clock


class Answers:
    """Answers any line of text."""

    def __init__(self, register: Register, renderer: Renderer, ask: Callable[[ZoneInfo], Ask]) -> None:
        self._register = register
        self._renderer = renderer
        self._notes = Notes(register, renderer)
        self._ask = ask

    async def answer(self, text: str, asker: Asker | Callable[[], Awaitable[Asker]]) -> Answer:
        """The answer to a line, whatever it is and whatever happens, also while it is found out who asks."""
        reference = _reference()
        line = name = ""
        try:
            if note := self._notes.help(text):
                return Answer(note, name="help", reference=reference)
            asker = asker if isinstance(asker, Asker) else await asker()
            understood = parse(text, self._register, asker.defaults)
            line, name = understood.canonical, understood.spoken.name
            asker.may(understood.saved or understood)
            asks = understood.spoken.is_question
            answer = await (self._asked(understood, asker) if asks else self._ordered(understood, asker))
            return replace(answer, line=answer.line or line, name=name, reference=reference)
        except Failure as failure:
            return self.sorry(failure, line, name, reference)
        except Exception:
            return self.broken(line, name, reference)

    async def check(self, text: str, asker: Asker, fetch: Fetch | None = None) -> str:
        """Ask a question, or *fetch* something else for it, and return its line with LaunchDarkly's own capitals.

        Whatever keeps it from being answered is raised."""
        understood = parse(text, self._register)
        asker.may(understood)
        if fetch is None:
            return (await self._asked(understood, asker)).line
        understood, _ = await _fetched(understood, self._ask_for(asker), fetch)
        return understood.canonical

    def canonical(self, text: str) -> str:
        """The canonical line of a question; what is none is Mistyped."""
        questions = {name: spoken for name, spoken in self._register.items() if spoken.is_question}
        return parse(text, questions).canonical

    def note(self, name: str, view: View) -> Message:
        """What is said without having been asked."""
        return self._renderer.render(f"notices/{name}", view=view)

    def sorry(self, failure: Failure, line: str = "", name: str = "", reference: str = "") -> Answer:
        """A deliberate failure as an answer."""
        return Answer(
            self._notes.failure(failure, reference), failure.outcome, line, name, reference, what=failure.what
        )

    def broken(self, line: str = "", name: str = "", reference: str = "") -> Answer:
        """The answer where the bot is at fault; to be called where the fault is dealt with, so that the log has it."""
        reference = reference or _reference()
        log.exception("reference %s: %s could not be answered", reference, line or "a line")
        return Answer(broken(reference), "broken", line, name, reference)

    def asking(self, text: str, zone: ZoneInfo, caller: str) -> tuple[Understood, Ask]:
        """A question and what it may use, for whoever wants no message of it."""
        return parse(text, self._register), self._ask_for(Asker(zone, caller=caller))

    def catalog(self, zone: ZoneInfo, allows: Allows, caller: str) -> Catalog:
        """What there is in LaunchDarkly, as far as these projects go."""
        return self._ask_for(Asker(zone, allows=allows, caller=caller)).catalog

    async def _asked(self, understood: Understood, asker: Asker) -> Answer:
        spoken, ask = cast(AnyEndpoint, understood.spoken), self._ask_for(asker)
        understood, reply = await _fetched(understood, ask, spoken.fetch)
        query = understood.query
        if place := spoken.place(query):
            ask = replace(ask, past=await history.recalled(asker.past, place, ask.today))
        meant, note = await confirmed(query, spoken.doubted(query, reply), ask.catalog, spoken.way)
        if meant != query:
            return await self._asked(replace(understood, query=meant), asker)
        view = spoken.show(query, reply, ask)
        asked = Asked(readable(understood.canonical, ask.zone), stamp(milliseconds(ask.now), ask.zone), note)
        message = self._renderer.render(spoken.name, view=view, asked=asked)
        kept = spoken.snapshot(query, reply, ask)
        return Answer(
            message,
            line=understood.canonical,
            question=True,
            partial=spoken.partial(reply),
            quiet=spoken.quiet(view),
            snapshot=kept,
        )

    async def _ordered(self, understood: Understood, asker: Asker) -> Answer:
        name = understood.spoken.name
        if asker.obey is None:
            raise Refused(f"`{name}` is an order for a channel.", "Type it in Slack, after /insights.")
        try:
            view = await asker.obey(understood)
        except UnknownKey as unknown:
            raise _in_command(unknown, understood) from None
        return Answer(self.note(view.notice or name, view), public=view.public)

    def _ask_for(self, asker: Asker) -> Ask:
        ask = self._ask(asker.zone)
        launchdarkly = ask.launchdarkly.for_caller(asker.caller)
        return replace(ask, launchdarkly=launchdarkly, menus=asker.menus, allows=asker.allows)


async def _fetched(understood: Understood, ask: Ask, fetch: Fetch) -> tuple[Understood, Any]:
    """Return the question with LaunchDarkly's own capitals, and the reply. An unknown key is explained."""
    query, spoken = understood.query, understood.spoken
    try:
        return understood, await fetch(query, ask)
    except (NotFound, Refused) as failure:
        meant = await explained(query, failure, ask.catalog, spoken.way)
    return await _fetched(replace(understood, query=meant), ask, fetch)


def _in_command(unknown: UnknownKey, understood: Understood) -> UnknownKey:
    """Return the failure with the whole command corrected, where the key is one of the question that it saves."""
    if not understood.saved or not unknown.corrected:
        return unknown
    values = {**dict(understood.query), understood.query.saves: unknown.corrected}
    return UnknownKey(unknown.what, corrected=understood.spoken.line(values))


def _reference() -> str:
    """What the person and the log have in common."""
    return secrets.token_hex(3).upper()
