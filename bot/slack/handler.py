"""A line said in Slack ─► its answer, delivered: the story of every command and every button."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.answers import Answer, Answers, Asker
from bot.commands.base import AnyOrder, Circumstances, Place, Publication, Reach
from bot.errors import Failure, NotAllowed
from bot.lines.parser import Understood
from bot.messages.message import Message
from bot.metrics import Metrics
from bot.questions.base import View
from bot.schedules.context import Rounds
from bot.schedules.run_lifecycle import come_back, leave
from bot.slack import buttons
from bot.slack.answer_cache import Shelf
from bot.slack.channel_events import ARCHIVED, BACK, DELETED, LEFT
from bot.slack.dedup import Once, OnceForAll
from bot.slack.payloads import Incoming
from bot.slack.responder import Delivery, Way
from bot.slack.response_url import Said
from bot.slack.schedule_modal import Changing
from bot.slack.shared_channels import SharedChannels, confirm
from bot.slack.users import Allowed, People
from bot.store.store import Store

log = logging.getLogger(__name__)

ASKING = Message.of("Asking LaunchDarkly …")
ALREADY = Message.of("This answer is shared in the channel already.")
ENDING = Message.of("I am just being restarted, before LaunchDarkly answered. Ask again in a moment.")
LOST = {LEFT: "not_in_channel", ARCHIVED: "is_archived", DELETED: "channel_not_found"}
LAST_WORD = 2  # seconds, when the process ends


@dataclass(frozen=True)
class Door:
    """What a line said in Slack needs to be answered."""

    team: str  # the bot's own
    answers: Answers
    store: Store
    people: People
    allowed: Allowed
    delivery: Delivery
    metrics: Metrics
    now: Callable[[], datetime]
    defaults: dict[str, str]  # of the whole workspace
    patience: float  # seconds after which a word on the way is due
    rounds: Rounds
    reach: Reach
    changing: Changing
    shared_channels: SharedChannels
    once: OnceForAll
    shelf: Shelf = field(default_factory=Shelf)
    shares: Once = field(default_factory=Once)

    async def hear(self, incoming: Incoming) -> None:
        """Answer, once, whoever said this; whatever breaks on the way, they are not left in silence."""
        if not await self.once.first(incoming.once):
            return
        began = asyncio.get_running_loop().time()
        way = self.delivery.back(incoming)
        try:
            answer, said = await self._answered(way, incoming)
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORD):
                    await way.say(ENDING)
            raise
        except Exception:
            answer = self.answers.broken(incoming.line)
            said = await way.say(answer.message)
        self._note(incoming, answer, said, asyncio.get_running_loop().time() - began)
        if incoming.list_url and answer.outcome != NotAllowed.outcome:
            await self._update_list(incoming)

    def _note(self, incoming: Incoming, answer: Answer, said: Said, seconds: float) -> None:
        self.metrics.questions.labels(answer.name or "unknown", answer.outcome).inc()
        self.metrics.answer.observe(seconds)
        facts = {"question": answer.line, "outcome": answer.outcome, "delivery": said, "reference": answer.reference}
        level, what = (logging.INFO, "answered") if said is Said.SENT else (logging.WARNING, "not delivered")
        log.log(level, what, extra={"facts": facts | {"seconds": round(seconds, 3), "does": incoming.does}})

    async def _answered(self, way: Way, incoming: Incoming) -> tuple[Answer, Said]:
        """Whoever may not ask is told so; what was seen is shared as it was; all else is asked."""
        try:
            self.allowed.check(incoming, self.team)
        except Failure as failure:
            answer = self.answers.sorry(failure)
            return answer, await way.say(answer.message)
        if incoming.does == "change":
            return await self._open_form(way, incoming)
        seen = self.shelf.take(incoming.key, incoming.user) if incoming.does == "share" else None
        if seen is None:
            return await self._ask(way, incoming)
        if await self._must_confirm(incoming):
            message = self._confirm_share(incoming.line, incoming.key)
            return Answer(message, line=incoming.line, name="share"), await way.say(message)
        if not self.shares.first(f"{incoming.channel} {incoming.key}"):
            return Answer(ALREADY, line=incoming.line, name="share"), await way.say(ALREADY)
        message = buttons.public(seen, incoming.line, buttons.shared_by(incoming.user))
        said = await way.say(message, shared=True)
        if said is not Said.SENT:
            self.shares.forget(f"{incoming.channel} {incoming.key}")
        return Answer(message, line=incoming.line, name="share"), said

    async def _open_form(self, way: Way, incoming: Incoming) -> tuple[Answer, Said]:
        """A form asks further; what it is sent with comes back as a line."""
        try:
            await self._check_scheduler(incoming.user)
            await self.changing.open(incoming)
        except Failure as failure:
            answer = self.answers.sorry(failure, incoming.line)
            return answer, await way.say(answer.message)
        return Answer(Message.of(""), line=incoming.line, name="change"), Said.SENT

    async def _update_list(self, incoming: Incoming) -> None:
        """Show the list of schedules, in which somebody pressed something, as it is now."""
        typed = replace(incoming, line="schedules", response_url=incoming.list_url, pressed=False)
        answer = await self.answers.answer(typed.line, partial(self._asker, typed))
        if answer.outcome == "answered":
            await self.delivery.back(typed).update(answer.message)

    async def _ask(self, way: Way, incoming: Incoming) -> tuple[Answer, Said]:
        line, wanted = _without_share(incoming.line)
        shared = wanted or incoming.does == "share"
        in_place = incoming.does == "refresh" or (incoming.does == "turn" and incoming.private)
        answered = asyncio.Event()
        word = asyncio.create_task(self._word_on_the_way(way, answered, in_place=in_place))
        answer = await self.answers.answer(line, partial(self._asker, incoming))
        answered.set()
        told = await word
        shared = answer.public or (shared and answer.question)
        if shared and answer.question and await self._must_confirm(incoming):
            shared = False
            message = self._confirm_share(answer.line, self.shelf.put(answer.message, incoming.user))
        else:
            message = self._dressed(answer, incoming, shared=shared, in_place=in_place)
        stands_there = told and not incoming.pressed  # what is replaced after a press is what was pressed
        replaces = (in_place and answer.question) or (stands_there and not shared)
        return answer, await way.say(message, shared=shared, replace=replaces)

    async def _must_confirm(self, incoming: Incoming) -> bool:
        """Whether something may be posted only once the person knows that another organization reads it."""
        return not incoming.confirmed and await self.shared_channels.is_shared(incoming.channel)

    def _confirm_share(self, line: str, key: str) -> Message:
        view = confirm(f"share:{key}", line, line, "now")
        return self.answers.note(view.notice, view)

    def _dressed(self, answer: Answer, incoming: Incoming, *, shared: bool, in_place: bool) -> Message:
        """The answer with the buttons that fit who sees it."""
        if not answer.question:
            return answer.message
        if shared:
            again = incoming.does == "share"
            note = buttons.asked_again_by(incoming.user) if again else buttons.shared_by(incoming.user)
            return buttons.public(answer.message, answer.line, note)
        if in_place and not incoming.private:
            return buttons.public(answer.message, answer.line, buttons.refreshed_by(incoming.user))
        return buttons.private(answer.message, answer.line, self.shelf.put(answer.message, incoming.user))

    async def _word_on_the_way(self, way: Way, answered: asyncio.Event, *, in_place: bool) -> bool:
        """A word when the answer takes its time, and whether it was said. What is renewed in place needs none."""
        try:
            await asyncio.wait_for(answered.wait(), self.patience)
            return False
        except TimeoutError:
            return not in_place and await way.say(ASKING) is Said.SENT

    async def _asker(self, incoming: Incoming) -> Asker:
        """Who asks: in which zone, with which defaults, and what of the bot's own they may change."""
        zone, chosen = await asyncio.gather(
            self.people.zone(incoming.user), self.store.defaults.get(incoming.team, incoming.channel)
        )
        meant = incoming.does == "order" or not incoming.pressed  # nobody gives an order by accident
        obey = self._obeying(incoming, zone) if meant else None
        past = partial(self.store.snapshots.of, incoming.team)
        may, allows = self.allowed.may, self.allowed.allows
        defaults = chosen or self.defaults
        return Asker(zone, defaults, obey, may, allows, menus=True, past=past, caller=incoming.user)

    def _obeying(self, incoming: Incoming, zone: ZoneInfo) -> Callable[[Understood], Awaitable[View]]:
        async def obey(understood: Understood) -> View:
            order: AnyOrder = understood.spoken  # type: ignore[assignment]  # what is no question is an order
            if order.guarded:
                await self._check_scheduler(incoming.user)
            place = Place(incoming.team, incoming.channel, incoming.user)
            catalog = self.answers.catalog(zone, self.allowed.allows, incoming.user)
            given = Circumstances(place, self.store, self.now(), zone, self.reach, catalog)
            if order.publishes and await self._must_confirm(incoming):
                posts: Publication | None = await order.publishes(understood.query, given)
                if posts:
                    return confirm("order", understood.canonical, posts.line, posts.when)
            view: View = await order.obey(understood.query, given)
            return view

        return obey

    async def _check_scheduler(self, user: str) -> None:
        """Whether somebody may change what comes by the clock: all may, unless the settings name some."""
        known = self.allowed.schedulers
        if known and user not in known and not await self.people.in_groups(user, known):
            what = "You are not among those who may change what comes by the clock."
            raise NotAllowed(what, "Ask one of them, or ask an admin to allow it.")

    async def moved(self, channel: str, what: str) -> None:
        """The bot lost a channel, or got it back."""
        if what == BACK:
            await come_back(self.rounds, channel)
        else:
            await leave(self.rounds, channel, LOST[what])


def _without_share(line: str) -> tuple[str, bool]:
    """The line without `--share`, and whether that was said; phones make one long dash of two."""
    words = line.split()
    kept = [word for word in words if word.lower() not in ("--share", "—share", "–share", "-share")]
    return " ".join(kept), len(kept) < len(words)
