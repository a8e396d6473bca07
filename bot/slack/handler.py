"""Handles what people do in Slack: lines, the Share button, the modals, and what happens to channels."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from bot.access import AccessRules, Caller, authorize
from bot.answers import Answer, Answers
from bot.commands.schedule_lookup import ChangedView
from bot.errors import Failure, NotAllowed, TryLater
from bot.messages.message import Message
from bot.metrics import Metrics
from bot.notices import JOIN_CHANNEL, confirmation_view
from bot.schedules.context import SchedulerContext
from bot.schedules.lifecycle import pause_channel, resume_channel
from bot.slack import buttons
from bot.slack.announcer import Announcer
from bot.slack.buttons import SharedAnswers
from bot.slack.directory import SlackDirectory
from bot.slack.form_modal import LOADING_TITLES, FormModal
from bot.slack.greeting import Greeter
from bot.slack.joining import ChannelJoiner
from bot.slack.payloads import ChannelEvent, Deduplicator, Interaction, SharedDeduplicator
from bot.slack.responder import Responder, Responders, SendOutcome
from bot.slack.ticket_modal import TicketModal
from bot.store.store import Store

log = logging.getLogger(__name__)

ALREADY_SHARED_NOTICE = Message.from_markup("Already shared in this channel.")
RESTARTING_NOTICE = Message.from_markup("I'm restarting. Please try again in a moment.")
SHUTDOWN_NOTICE_TIMEOUT = 2  # seconds

Outcome = tuple[Answer, SendOutcome]  # the answer, and whether it was sent


@dataclass(frozen=True)
class Callers:
    """Resolves who is behind an interaction."""

    team: str  # the bot's own
    rules: AccessRules
    directory: SlackDirectory
    store: Store
    workspace_defaults: Mapping[str, str]  # for channels without defaults of their own

    async def resolve(self, interaction: Interaction) -> Caller:
        """Return the caller, with their time zone and the channel's defaults. Raise for one that may not ask."""
        caller = Caller(
            self.directory.default_zone,
            rules=self.rules,
            user=interaction.user,
            team=interaction.team,
            channel=interaction.target_channel,
            is_external=interaction.home_team != self.team or interaction.team != self.team,
            # A command has to be typed, sent with a modal, or pressed on a button made for it.
            may_command=interaction.action == "order" or not interaction.pressed,
            has_pressed=interaction.pressed,
            has_confirmed=interaction.confirmed,
            supports_menus=True,
        )
        authorize(caller)  # as any answer does, but before anything is looked up for them
        zone, (defaults, failure) = await asyncio.gather(self.directory.zone(caller.user), self._defaults(caller))
        return replace(caller, zone=zone, defaults=defaults, defaults_failure=failure)

    async def _defaults(self, caller: Caller) -> tuple[Mapping[str, str], Failure | None]:
        """Return the caller's defaults, or why they are unknown: help needs no database."""
        try:
            channel_defaults = await self.store.channel_defaults.get(caller.team, caller.channel)
        except TryLater as failure:
            return {}, failure
        return channel_defaults or self.workspace_defaults, None


@dataclass(frozen=True)
class LineHandler:
    """Answers a line, with the buttons that fit the audience of the answer."""

    answers: Answers
    directory: SlackDirectory
    announcer: Announcer
    shared_answers: SharedAnswers = field(default_factory=SharedAnswers)

    async def answer(self, interaction: Interaction, caller: Caller, responder: Responder) -> Outcome:
        answer = await self.answers.answer(interaction.line, caller)
        if isinstance(answer.view, ChangedView):
            return answer, await self.announcer.announce(answer.message, answer.view, interaction, responder)
        if not answer.is_question:
            return answer, await responder.send(answer.message, shared=answer.is_public)
        if interaction.direct or not (answer.share_requested or interaction.shares):
            message = self._unshared_message(answer, interaction, caller)
            return answer, await responder.send(message, replace=interaction.in_place)
        if await self.must_confirm(caller):
            key = self._remember(answer, interaction)
            return answer, await responder.send(self.confirm_share(answer.line, key))
        message = _shared_message(answer, interaction, caller)
        return answer, await responder.send(message, shared=True)

    async def must_confirm(self, caller: Caller) -> bool:
        """Return whether to ask before posting, since people of another organization read the channel."""
        return not caller.has_confirmed and await self.directory.is_shared(caller.channel)

    def confirm_share(self, line: str, key: str) -> Message:
        """Return the question whether to share an answer."""
        view = confirmation_view(f"share:{key}", line, line, "now")
        return self.answers.notice(view.notice_template, view)

    def _unshared_message(self, answer: Answer, interaction: Interaction, caller: Caller) -> Message:
        """Add buttons to an answer for its caller, or for everyone if it refreshes a message in the channel."""
        if interaction.direct:
            return buttons.direct_answer(answer.message, answer.line, answer.url)
        if interaction.in_place and not interaction.only_for_user:
            return buttons.public_answer(answer.message, answer.line, answer.url, buttons.refreshed_by(caller.user))
        key, in_thread = self._remember(answer, interaction), bool(interaction.thread_ts)
        return buttons.private_answer(answer.message, answer.line, answer.url, key, in_thread=in_thread)

    def _remember(self, answer: Answer, interaction: Interaction) -> str:
        return self.shared_answers.put(answer.message, answer.url, interaction.user, interaction.mention_ts)


def _shared_message(answer: Answer, interaction: Interaction, caller: Caller) -> Message:
    """Add buttons to an answer, and who shared it: with the button of an older answer, if that has expired."""
    is_rerun = interaction.action == "share"
    attribute = buttons.rerun_by if is_rerun else buttons.asked_by if interaction.mention_ts else buttons.shared_by
    return buttons.public_answer(answer.message, answer.line, answer.url, attribute(caller.user))


@dataclass(frozen=True)
class SharingHandler:
    """Posts the answer that the caller saw, once. If it is no longer cached, the line is answered again."""

    lines: LineHandler
    dedup: Deduplicator = field(default_factory=Deduplicator)

    async def share(self, interaction: Interaction, caller: Caller, responder: Responder) -> Outcome:
        shared_answer = self.lines.shared_answers.get(interaction.answer_key, caller.user)
        if shared_answer is None:
            responder.start_progress_notice()
            return await self.lines.answer(interaction, caller, responder)
        line, dedup_key = interaction.line, f"{caller.channel} {interaction.answer_key}"
        if await self.lines.must_confirm(caller):
            message = self.lines.confirm_share(line, interaction.answer_key)
            return Answer(message, line=line, name="share"), await responder.send(message)
        if not self.dedup.add(dedup_key):
            status = await responder.send(ALREADY_SHARED_NOTICE)
            return Answer(ALREADY_SHARED_NOTICE, line=line, name="share"), status
        message = buttons.public_answer(shared_answer.message, line, shared_answer.url, buttons.shared_by(caller.user))
        status = await responder.send(message, shared=True)
        if status is not SendOutcome.SENT:
            self.dedup.discard(dedup_key)
        return Answer(message, line=line, name="share"), status


@dataclass(frozen=True)
class InteractionHandler:
    """Handles each interaction once, whatever it is. Even if something breaks, the caller gets a reply."""

    callers: Callers
    lines: LineHandler
    sharing: SharingHandler
    form_modal: FormModal
    ticket_modal: TicketModal
    joiner: ChannelJoiner
    responders: Responders
    metrics: Metrics
    dedup: SharedDeduplicator
    greeter: Greeter
    refresh_home: Callable[[Interaction], Awaitable[None]]  # of the person, if it was shown lately

    async def handle(self, interaction: Interaction) -> None:
        if not await self.dedup.add(interaction.dedup_key):
            return
        if interaction.mention_ts:  # it may have invited the bot, and its answer is greeting enough
            with suppress(TryLater):
                await self.greeter.skip(interaction.channel)
        started_at = asyncio.get_running_loop().time()
        responder = self.responders.respond_to(interaction)
        try:
            answer, status = await self._handle(interaction, responder)
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_NOTICE_TIMEOUT):
                    await responder.send(RESTARTING_NOTICE)
            raise
        except Exception:
            answer = self.lines.answers.internal_error_answer(interaction.line)
            status = await responder.send(answer.message)
        self._log_answer(interaction, answer, status, asyncio.get_running_loop().time() - started_at)
        if interaction.list_response_url and answer.outcome != NotAllowed.outcome:
            await self._refresh_list(interaction)
        if answer.is_public and not answer.is_question:
            await self.refresh_home(interaction)

    async def _handle(self, interaction: Interaction, responder: Responder) -> Outcome:
        try:
            if interaction.action in ("ask", "turn", "order") and not interaction.in_place:
                responder.start_progress_notice()  # first, since Slack may be slow to say who asks
            if interaction.action in LOADING_TITLES:  # its submission arrives as an interaction of its own
                return await self.form_modal.open(interaction), SendOutcome.SENT
            caller = await self.callers.resolve(interaction)
            if interaction.action == "ticket":
                return await self.ticket_modal.open(interaction, caller), SendOutcome.SENT
            if interaction.action == JOIN_CHANNEL:
                answer = await self.joiner.join(caller.channel)
                return answer, await responder.send(answer.message)
            if interaction.action == "share":
                return await self.sharing.share(interaction, caller, responder)
            return await self.lines.answer(interaction, caller, responder)
        except Failure as failure:
            answer = self.lines.answers.failure_answer(failure, interaction.line)
            return answer, await responder.send(answer.message)

    async def _refresh_list(self, interaction: Interaction) -> None:
        """Update the list of schedules in which a button was pressed."""
        list_request = replace(interaction, line="schedules", response_url=interaction.list_response_url, pressed=False)
        with suppress(Failure):
            caller = await self.callers.resolve(list_request)
            answer = await self.lines.answers.answer(list_request.line, caller)
            if answer.outcome == "answered":
                await self.responders.respond_to(list_request).update(answer.message)

    def _log_answer(self, interaction: Interaction, answer: Answer, status: SendOutcome, seconds: float) -> None:
        self.metrics.questions.labels(answer.name or "unknown", answer.outcome).inc()
        self.metrics.answer.observe(seconds)
        facts = {"question": answer.line, "outcome": answer.outcome, "delivery": status, "reference": answer.reference}
        level, event = (logging.INFO, "answered") if status is SendOutcome.SENT else (logging.WARNING, "not delivered")
        log.log(level, event, extra={"facts": facts | {"seconds": round(seconds, 3), "does": interaction.action}})


@dataclass(frozen=True)
class ChannelEventHandler:
    """Pauses the schedules of a channel that the bot lost, and resumes them or greets when it is there."""

    scheduler: SchedulerContext
    greeter: Greeter

    async def handle(self, event: ChannelEvent) -> None:
        if event.error_code:
            await pause_channel(self.scheduler, event.channel, event.error_code)
            return
        is_known = await resume_channel(self.scheduler, event.channel)
        if event.joined and is_known:
            await self.greeter.skip(event.channel)  # "I'm back" is greeting enough
        elif event.joined:
            await self.greeter.greet(event.channel, is_shared=event.is_shared)
