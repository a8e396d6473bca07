"""Answers a line from Slack and sends the answer: the path of every slash command, button and modal."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.answers import Answer, Answers, Caller
from bot.commands.base import AnyCommand, ChannelGateway, CommandContext, CommandOrigin, Publication
from bot.errors import Failure, NotAllowed
from bot.lines.parser import ParsedLine
from bot.messages.message import Message
from bot.metrics import Metrics
from bot.questions.base import View
from bot.schedules.channel_lifecycle import pause_channel, resume_channel
from bot.schedules.context import SchedulerContext
from bot.slack import buttons
from bot.slack.access import AccessRules
from bot.slack.buttons import SharedAnswers
from bot.slack.dedup import Deduplicator, SharedDeduplicator
from bot.slack.payloads import ARCHIVED, DELETED, LEFT, RESTORED, Interaction
from bot.slack.responder import Delivered, Responder, Responders
from bot.slack.schedule_modal import ScheduleModal
from bot.slack.shared_channels import SharedChannels, confirmation_view
from bot.slack.users import Users
from bot.store.store import Store

log = logging.getLogger(__name__)

PROGRESS_NOTICE = Message.from_markup("Asking LaunchDarkly …")
ALREADY_SHARED_NOTICE = Message.from_markup("This answer is shared in the channel already.")
RESTARTING_NOTICE = Message.from_markup(
    "I am just being restarted, before LaunchDarkly answered. Ask again in a moment."
)
CHANNEL_ERROR_CODES = {LEFT: "not_in_channel", ARCHIVED: "is_archived", DELETED: "channel_not_found"}
SHUTDOWN_NOTICE_TIMEOUT = 2  # seconds


@dataclass(frozen=True)
class CommandHandler:
    """Handles interactions and channel events."""

    team: str  # the bot's own
    answers: Answers
    store: Store
    users: Users
    access_rules: AccessRules
    responders: Responders
    metrics: Metrics
    now: Callable[[], datetime]
    workspace_defaults: dict[str, str]  # for channels without defaults of their own
    progress_after: float  # seconds until the progress notice
    scheduler_context: SchedulerContext
    gateway: ChannelGateway
    schedule_modal: ScheduleModal
    shared_channels: SharedChannels
    dedup: SharedDeduplicator
    shared_answers: SharedAnswers = field(default_factory=SharedAnswers)
    share_dedup: Deduplicator = field(default_factory=Deduplicator)

    async def handle(self, interaction: Interaction) -> None:
        """Answer an interaction once. Even if something breaks, the caller gets a reply."""
        if not await self.dedup.add(interaction.dedup_key):
            return
        started_at = asyncio.get_running_loop().time()
        responder = self.responders.respond_to(interaction)
        try:
            answer, status = await self._dispatch(responder, interaction)
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_NOTICE_TIMEOUT):
                    await responder.send(RESTARTING_NOTICE)
            raise
        except Exception:
            answer = self.answers.internal_error_answer(interaction.line)
            status = await responder.send(answer.message)
        self._log_answer(interaction, answer, status, asyncio.get_running_loop().time() - started_at)
        if interaction.list_response_url and answer.outcome != NotAllowed.outcome:
            await self._refresh_list(interaction)

    def _log_answer(self, interaction: Interaction, answer: Answer, status: Delivered, seconds: float) -> None:
        self.metrics.questions.labels(answer.name or "unknown", answer.outcome).inc()
        self.metrics.answer.observe(seconds)
        facts = {"question": answer.line, "outcome": answer.outcome, "delivery": status, "reference": answer.reference}
        level, event = (logging.INFO, "answered") if status is Delivered.SENT else (logging.WARNING, "not delivered")
        log.log(level, event, extra={"facts": facts | {"seconds": round(seconds, 3), "does": interaction.action}})

    async def _dispatch(self, responder: Responder, interaction: Interaction) -> tuple[Answer, Delivered]:
        """Refuse the caller, open the modal, share the cached answer, or answer the line."""
        try:
            self.access_rules.check_interaction(interaction, self.team)
        except Failure as failure:
            answer = self.answers.failure_answer(failure)
            return answer, await responder.send(answer.message)
        if interaction.action == "change":
            return await self._open_modal(responder, interaction)
        is_share = interaction.action == "share"
        cached = self.shared_answers.get(interaction.answer_key, interaction.user) if is_share else None
        if cached is None:
            return await self._answer_line(responder, interaction)
        if await self._must_confirm(interaction):
            message = self._confirm_share(interaction.line, interaction.answer_key)
            return Answer(message, line=interaction.line, name="share"), await responder.send(message)
        if not self.share_dedup.add(f"{interaction.channel} {interaction.answer_key}"):
            return Answer(ALREADY_SHARED_NOTICE, line=interaction.line, name="share"), await responder.send(
                ALREADY_SHARED_NOTICE
            )
        message = buttons.public_answer(cached, interaction.line, buttons.shared_by(interaction.user))
        status = await responder.send(message, shared=True)
        if status is not Delivered.SENT:
            self.share_dedup.discard(f"{interaction.channel} {interaction.answer_key}")
        return Answer(message, line=interaction.line, name="share"), status

    async def _open_modal(self, responder: Responder, interaction: Interaction) -> tuple[Answer, Delivered]:
        """Open the modal that changes a schedule. Its submission arrives as an interaction of its own."""
        try:
            await self._require_scheduler(interaction.user)
            await self.schedule_modal.open(interaction)
        except Failure as failure:
            answer = self.answers.failure_answer(failure, interaction.line)
            return answer, await responder.send(answer.message)
        return Answer(Message.from_markup(""), line=interaction.line, name="change"), Delivered.SENT

    async def _refresh_list(self, interaction: Interaction) -> None:
        """Update the list of schedules in which a button was pressed."""
        list_request = replace(interaction, line="schedules", response_url=interaction.list_response_url, pressed=False)
        answer = await self.answers.answer(list_request.line, partial(self._caller, list_request))
        if answer.outcome == "answered":
            await self.responders.respond_to(list_request).update(answer.message)

    async def _answer_line(self, responder: Responder, interaction: Interaction) -> tuple[Answer, Delivered]:
        line, has_share_flag = _without_share(interaction.line)
        shared = has_share_flag or interaction.action == "share"
        in_place = interaction.action == "refresh" or (interaction.action == "turn" and interaction.ephemeral)
        answered = asyncio.Event()
        progress = asyncio.create_task(self._send_progress_notice(responder, answered, in_place=in_place))
        answer = await self.answers.answer(line, partial(self._caller, interaction))
        answered.set()
        progress_sent = await progress
        shared = answer.is_public or (shared and answer.is_question)
        if shared and answer.is_question and await self._must_confirm(interaction):
            shared = False
            message = self._confirm_share(answer.line, self.shared_answers.put(answer.message, interaction.user))
        else:
            message = self._with_buttons(answer, interaction, shared=shared, in_place=in_place)
        # After a press, a replacement would hit the pressed message, not the progress notice.
        has_progress_notice = progress_sent and not interaction.pressed
        should_replace = (in_place and answer.is_question) or (has_progress_notice and not shared)
        return answer, await responder.send(message, shared=shared, replace=should_replace)

    async def _must_confirm(self, interaction: Interaction) -> bool:
        """Return whether to ask before posting, since people of another organization read the channel."""
        return not interaction.confirmed and await self.shared_channels.is_shared(interaction.channel)

    def _confirm_share(self, line: str, key: str) -> Message:
        view = confirmation_view(f"share:{key}", line, line, "now")
        return self.answers.notice(view.notice_template, view)

    def _with_buttons(self, answer: Answer, interaction: Interaction, *, shared: bool, in_place: bool) -> Message:
        """Add the buttons that fit the audience of the answer."""
        if not answer.is_question:
            return answer.message
        if shared:
            is_rerun = interaction.action == "share"
            attribution = buttons.rerun_by(interaction.user) if is_rerun else buttons.shared_by(interaction.user)
            return buttons.public_answer(answer.message, answer.line, attribution)
        if in_place and not interaction.ephemeral:
            return buttons.public_answer(answer.message, answer.line, buttons.refreshed_by(interaction.user))
        return buttons.private_answer(
            answer.message, answer.line, self.shared_answers.put(answer.message, interaction.user)
        )

    async def _send_progress_notice(self, responder: Responder, answered: asyncio.Event, *, in_place: bool) -> bool:
        """Send a notice if the answer takes long, unless it replaces a message. Return whether it was sent."""
        try:
            await asyncio.wait_for(answered.wait(), self.progress_after)
            return False
        except TimeoutError:
            return not in_place and await responder.send(PROGRESS_NOTICE) is Delivered.SENT

    async def _caller(self, interaction: Interaction) -> Caller:
        """Resolve the caller: time zone, defaults, permissions, and whether the line may be a command."""
        zone, channel_defaults = await asyncio.gather(
            self.users.zone(interaction.user), self.store.channel_defaults.get(interaction.team, interaction.channel)
        )
        # A command has to be typed, sent with a modal, or pressed on a button made for it.
        is_deliberate = interaction.action == "order" or not interaction.pressed
        execute = self._command_executor(interaction, zone) if is_deliberate else None
        history = partial(self.store.snapshots.list_since, interaction.team)
        authorize, allows = self.access_rules.authorize, self.access_rules.allows_project
        defaults = channel_defaults or self.workspace_defaults
        return Caller(
            zone, defaults, execute, authorize, allows, supports_menus=True, history=history, queue_key=interaction.user
        )

    def _command_executor(self, interaction: Interaction, zone: ZoneInfo) -> Callable[[ParsedLine], Awaitable[View]]:
        async def execute(parsed: ParsedLine) -> View:
            command: AnyCommand = parsed.spec  # type: ignore[assignment]  # questions never get here
            if command.restricted:
                await self._require_scheduler(interaction.user)
            origin = CommandOrigin(interaction.team, interaction.channel, interaction.user)
            catalog = self.answers.catalog(zone, self.access_rules.allows_project, interaction.user)
            ctx = CommandContext(origin, self.store, self.now(), zone, self.gateway, catalog)
            if command.publishes and await self._must_confirm(interaction):
                publication: Publication | None = await command.publishes(parsed.params, ctx)
                if publication:
                    return confirmation_view("order", parsed.canonical, publication.line, publication.when)
            view: View = await command.execute(parsed.params, ctx)
            return view

        return execute

    async def _require_scheduler(self, user: str) -> None:
        """Raise `NotAllowed` unless the user may manage schedules. Everybody may, unless the settings name some."""
        managers = self.access_rules.schedule_managers
        if managers and user not in managers and not await self.users.in_groups(user, managers):
            problem = "You are not among those who may change what comes by the clock."
            raise NotAllowed(problem, "Ask one of them, or ask an admin to allow it.")

    async def handle_channel_event(self, channel: str, event: str) -> None:
        """Pause the schedules of a channel that the bot lost, or resume them when it is back."""
        if event == RESTORED:
            await resume_channel(self.scheduler_context, channel)
        else:
            await pause_channel(self.scheduler_context, channel, CHANNEL_ERROR_CODES[event])


def _without_share(line: str) -> tuple[str, bool]:
    """Return the line without `--share`, and whether it was there. Phones turn two hyphens into one dash."""
    words = line.split()
    remaining = [word for word in words if word.lower() not in ("--share", "—share", "–share", "-share")]
    return " ".join(remaining), len(remaining) < len(words)
