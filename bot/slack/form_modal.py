"""The forms for schedules and alerts: opened by a button, filled in, previewed, and submitted as a line.

Slack allows three seconds to open a modal and to answer its submission, so each step shows at once that it has begun.
The form stays in the modal's private metadata until its line is submitted, like any other line.
"""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Caller, authorize_schedule_manager, is_direct_message
from bot.answers import Answer, Answers
from bot.commands.base import Directory, Membership
from bot.commands.schedule_lookup import get_schedule
from bot.commands.watch import preview_watch
from bot.errors import Failure, InvalidLine, TryLater, UnknownKey
from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.messages.message import Message
from bot.messages.mrkdwn import Timestamp
from bot.schedules.context import SchedulerContext
from bot.schedules.question_check import QuestionCheck, check_channel, check_duplicate
from bot.schedules.triggers import WatchTrigger, describe_trigger, next_run_at, trigger_of, with_span
from bot.slack.client import SLACK_UNAVAILABLE
from bot.slack.form_check import form_errors, normalized
from bot.slack.form_view import (
    FORM,
    PREVIEW,
    FormPreviewView,
    block_of,
    build_form,
    build_notice,
    build_preview,
    form_of,
    preview_blocks,
    submit_label,
    title_of,
)
from bot.slack.line_form import LineForm, form_for, read_line
from bot.slack.payloads import Interaction, home_team_of, team_of

log = logging.getLogger(__name__)

Json = dict[str, Any]

SCHEDULE, ALERTS, CHANGE = "schedule", "alerts", "change"  # actions of the buttons that open a form
LOADING_TITLES = {SCHEDULE: "Schedule a report", ALERTS: "Set up alerts", CHANGE: "Change"}
LOADING_TEXT = "One moment…"
ASKING_TEXT = "Asking LaunchDarkly…"


@dataclass(frozen=True)
class Submission:
    """What a submitted modal leads to: Slack's response, and the line or the work that follows."""

    response: Json = field(default_factory=dict)
    interaction: Interaction | None = None
    work: Coroutine[Any, Any, None] | None = None


@dataclass(frozen=True)
class FormModal:
    """Opens the forms, and does what people do in them."""

    client: AsyncWebClient
    scheduler: SchedulerContext
    answers: Answers
    directory: Directory
    resolve: Callable[[Interaction], Awaitable[Caller]]

    async def open(self, interaction: Interaction) -> Answer:
        """Open a form, filled in as far as the button's line or the channel's default says. Return what was shown."""
        title = LOADING_TITLES[interaction.action]
        try:
            loading = build_notice(self.answers.renderer, title, LOADING_TEXT)
            opened = await self.client.views_open(trigger_id=interaction.trigger_id, view=loading)
            view_id, view_hash = opened["view"]["id"], opened["view"]["hash"]
        except SLACK_UNAVAILABLE:
            raise TryLater("Slack couldn't open the form.", "Press the button again.") from None
        answer = Answer(Message.from_markup(""), line=interaction.line, name=interaction.action)
        try:
            view = build_form(self.answers.renderer, await self._first_form(interaction))
        except Failure as failure:
            answer = self.answers.failure_answer(failure, interaction.line, interaction.action)
            view = build_notice(self.answers.renderer, title, answer.error_text)
        await self._update(view_id, view, view_hash)
        return answer

    async def _first_form(self, interaction: Interaction) -> LineForm:
        caller = await self.resolve(interaction)
        await authorize_schedule_manager(caller, self.directory)
        line, channel = interaction.line, interaction.channel
        if interaction.action == CHANGE:
            number = int(line.removeprefix("change "))
            schedule = await get_schedule(number, self.scheduler.store, interaction.team, channel)
            urls = {"list_response_url": interaction.list_response_url}
            return form_for(schedule.line, trigger_of(schedule), channel=channel, number=number, **urls)
        try:
            form = read_line(line, self.answers.registry, caller.defaults, channel=channel)
        except InvalidLine:
            form = _empty_form(interaction.action, caller)
        return form.model_copy(update={"channel": channel, "zone": form.zone or caller.zone.key})

    async def act(self, body: Json) -> None:
        """Show a form again after a choice that changes its fields. The choice of a project clears what it contains."""
        action, view = body["actions"][0]["action_id"], body["view"]
        if view.get("callback_id") not in (FORM, PREVIEW):
            return
        form = form_of(view)
        if action == "typed":
            form = form.model_copy(update={"is_typed": not form.is_typed or form.has_to_be_typed})
        elif action == "project":
            form = form.model_copy(update={"env": "", "flag": ""})
        await self._update(view["id"], build_form(self.answers.renderer, form))

    def submit(self, body: Json, dedup_key: str) -> Submission:
        """Check a submitted form and preview it, or submit the line of one that was previewed."""
        view = body["view"]
        if view.get("callback_id") == PREVIEW:
            return Submission(interaction=_interaction(body, form_of(view), dedup_key))
        if view.get("callback_id") != FORM:
            return Submission()
        form = form_of(view)
        if errors := form_errors(form):
            blocks = {block_of(view, name) or block_of(view, "question"): error for name, error in errors.items()}
            return Submission({"response_action": "errors", "errors": blocks})
        asking = build_notice(self.answers.renderer, title_of(form), ASKING_TEXT)
        work = self._preview(_interaction(body, normalized(form), dedup_key), normalized(form), view["id"])
        return Submission({"response_action": "update", "view": asking}, work=work)

    async def _preview(self, interaction: Interaction, form: LineForm, view_id: str) -> None:
        try:
            caller = await self.resolve(interaction)
            await authorize_schedule_manager(caller, self.directory)
            view = await self._previewed(form, caller)
        except Failure as failure:
            is_key = isinstance(failure, UnknownKey)  # to correct in a field, not in a line
            view = build_form(self.answers.renderer, form, failure.summary if is_key else failure.describe())
        except Exception:
            answer = self.answers.internal_error_answer(form.line)
            view = build_form(self.answers.renderer, form, answer.error_text)
        await self._update(view_id, view)

    async def _previewed(self, form: LineForm, caller: Caller) -> Json:
        """Return the modal that shows what would be posted. What can't be scheduled is raised."""
        trigger = replace(form.trigger, zone=form.zone or caller.zone.key)
        in_channel = await self.scheduler.store.schedules.list_for_channel(caller.team, form.channel)
        others = [schedule for schedule in in_channel if schedule.number != form.number]
        question = self.answers.canonical_line(form.question_line)
        (check_duplicate if form.number else check_channel)(question, trigger, others)
        checked = await QuestionCheck(self.answers, self.scheduler.now).check(question, trigger, caller)
        kept = form.model_dump(include={"number", "channel", "is_typed", "list_response_url"})
        form = form_for(checked.line, trigger, **kept)
        message = None if checked.unchecked else await self._message(form, caller)
        view = FormPreviewView(
            title=title_of(form),
            submit=submit_label(form),
            channel=form.channel,
            when=_when(form),
            first=self._first_post(form),
            in_channel=(await self.directory.membership(form.channel)).is_member,
            problem=checked.unchecked,
            blocks=preview_blocks(message) if message else (),
            line=f"/insights {form.line}",
        )
        return build_preview(self.answers.renderer, form, view)

    async def _message(self, form: LineForm, caller: Caller) -> Message:
        """Return what the bot would post now, or the alerts that it would have sent."""
        if form.alerts:
            view = await preview_watch(form.question_line, self.scheduler, caller, Membership(is_member=True))
            return self.answers.notice("watch", view)
        line = with_span(form.question_line, form.trigger)
        return (await self.answers.answer(line, replace(caller, zone=ZoneInfo(form.zone), defaults={}))).message

    def _first_post(self, form: LineForm) -> Timestamp | None:
        if isinstance(form.trigger, WatchTrigger):
            return None
        return humanize.timestamp(to_milliseconds(next_run_at(form.trigger, self.scheduler.now())), ZoneInfo(form.zone))

    async def _update(self, view_id: str, view: Json, view_hash: str = "") -> None:
        """Replace the content of a modal, unless it has changed or was closed in the meantime."""
        try:
            await self.client.views_update(view_id=view_id, view=view, **({"hash": view_hash} if view_hash else {}))
        except SLACK_UNAVAILABLE as error:
            log.info("couldn't update a modal: %s", error)


def _empty_form(action: str, caller: Caller) -> LineForm:
    """Return a form for the channel's default project."""
    alerts = action == ALERTS
    keys = {name: caller.defaults.get(name, "") for name in ("project", "env", "app")}
    return LineForm(alerts=alerts, question="events" if alerts else "digest", **keys)


def _when(form: LineForm) -> str:
    """Return when the bot would post; an alert's also says where something happens."""
    when = describe_trigger(form.trigger, form.question_line)
    return f"{when} in {form.project}/{form.env}" if form.alerts and form.project and form.env else when


def _interaction(body: Json, form: LineForm, dedup_key: str) -> Interaction:
    """Return the line of a submitted form. It counts as typed rather than pressed, and has no response_url."""
    return Interaction(
        line=form.line,
        user=body["user"]["id"],
        team=team_of(body),
        home_team=home_team_of(body),
        channel=form.channel,
        response_url="",
        trigger_id=body.get("trigger_id", ""),
        dedup_key=dedup_key,
        list_response_url=form.list_response_url,
        direct=is_direct_message(form.channel),
    )
