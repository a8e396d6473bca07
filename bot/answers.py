"""Answers lines of text with messages, for every surface."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Protocol, cast

from bot.access import Caller, authorize
from bot.errors import Failure, InvalidLine, NotFound, Rejected, UnknownKey
from bot.help import FirstButton, HelpPages
from bot.launchdarkly import LaunchDarkly
from bot.lines.parser import (
    ParsedLine,
    Registry,
    Token,
    help_topics,
    parse,
    parse_tokens,
    remove_share_option,
    tokenize,
)
from bot.lines.plain_words import is_greeting
from bot.lines.timespec import display_line, to_milliseconds
from bot.lines.wishes import Wish, read_wish
from bot.messages.humanize import timestamp
from bot.messages.message import Message
from bot.messages.mrkdwn import Timestamp
from bot.messages.renderer import Renderer
from bot.notices import PROJECT_GAP, Attempt, Notices, internal_error_message
from bot.questions.base import AnyQuestion, AppUrls, QuestionContext, TeamSnapshotReader, View, no_snapshots
from bot.questions.catalog import Catalog
from bot.questions.key_correction import confirm_keys, correct_or_raise
from bot.store import Snapshot
from bot.suggestions import (
    find_flag_line,
    find_project_env,
    is_loose_line,
    is_no_command,
    may_be_sentence,
    suggest_questions,
)

log = logging.getLogger(__name__)

NOT_UNDERSTOOD = "I didn't get that. You can ask about flag changes, deployments, release scores and flags to clean up."

Fetch = Callable[[Any, QuestionContext], Awaitable[Any]]


@dataclass(frozen=True)
class AnswerFooter:
    """The footer of an answer: the line as a person would type it, and the time of its data."""

    line: str
    at: Timestamp
    key_hint: str = ""  # a remark on the line's keys


@dataclass(frozen=True)
class Answer:
    """A message, its line, and the outcome: `answered`, that of a failure, or `broken`."""

    message: Message
    outcome: str = "answered"
    line: str = ""  # canonical, if the line could be parsed
    name: str = ""  # of the question or command
    reference: str = ""
    view: View | None = None  # of a command
    is_public: bool = False  # whether the whole channel sees it
    is_question: bool = False  # whether LaunchDarkly answered, so that it may be asked again
    error_summary: str = ""  # what went wrong, in one sentence
    error_text: str = ""  # the same with what to do, and a reference if an admin can find more under it
    is_partial: bool = False  # whether data is missing that may be available later
    is_quiet: bool = False  # whether there is nothing to report
    snapshot: Snapshot | None = None  # saved once a schedule has delivered the answer
    url: str = ""  # the page in LaunchDarkly that shows more
    ticket: str = ""  # the same as plain text for a ticket
    share_requested: bool = False  # by `--share`


class CommandRunner(Protocol):
    """Runs commands, where they are available."""

    async def run(self, parsed: ParsedLine, caller: Caller, catalog: Catalog) -> View:
        """Run a command and return its confirmation; what keeps it from running is raised."""


@dataclass(frozen=True)
class Answers:
    """Answers any line of text. Without *commands*, only questions."""

    registry: Registry
    renderer: Renderer
    launchdarkly: LaunchDarkly
    urls: AppUrls
    now: Callable[[], datetime]
    read_snapshots: TeamSnapshotReader = no_snapshots
    commands: CommandRunner | None = None
    suggestion_timeout: float = 0.5  # seconds that help or a sentence waits for LaunchDarkly's lists

    @cached_property
    def _help_pages(self) -> HelpPages:
        return HelpPages(self.registry, self.renderer)

    @cached_property
    def _notices(self) -> Notices:
        return Notices(self.registry, self.renderer)

    async def answer(self, text: str, caller: Caller) -> Answer:
        """Answer a line, whatever happens: a failure or a bug becomes an answer too, so it never raises."""
        reference = _new_reference()
        line = name = ""
        try:
            authorize(caller)  # before the line is read, so that outsiders get no help and no corrections
            tokens, share_requested = remove_share_option(tokenize(text))
            if (topics := help_topics(tokens)) is not None:
                return Answer(await self._help(topics, caller), name="help", reference=reference)
            if caller.defaults_failure:  # without them, a line could mean something else
                raise caller.defaults_failure
            parsed = await self._parse(text, tokens, caller)
            if isinstance(parsed, Answer):
                return replace(parsed, reference=reference)
            line, name = parsed.canonical, parsed.spec.name
            authorize(caller, parsed)
            is_question = parsed.spec.is_question
            answer = await (self._ask(text, parsed, caller) if is_question else self._run_command(parsed, caller))
            return replace(
                answer, line=answer.line or line, name=name, reference=reference, share_requested=share_requested
            )
        except Failure as failure:
            return self.failure_answer(
                failure, line, name, reference, attempt=await self._attempt(line or text, failure, caller)
            )
        except Exception:
            return self.internal_error_answer(line, name, reference)

    async def _help(self, topics: list[str], caller: Caller) -> Message:
        if topic := self._help_pages.topic(topics):
            return self._help_pages.page(topic, caller.defaults)
        problem = caller.defaults_failure.summary if caller.defaults_failure else ""
        project_envs = () if problem else await self._project_envs(caller)
        return self._help_pages.first_screen(
            caller.defaults, project_envs, has_menu=caller.supports_menus, problem=problem
        )

    async def greeting(self, caller: Caller, *, has_menu: bool) -> Message:
        """Render the greeting for the caller's channel."""
        project_envs = await self._project_envs(caller) if has_menu else ()
        return self._help_pages.greeting(caller.defaults, project_envs)

    async def _project_envs(self, caller: Caller) -> Sequence[str]:
        """Return what LaunchDarkly lists in time; empty if it fails. What comes later is cached for the next answer."""
        try:
            async with asyncio.timeout(self.suggestion_timeout):
                return await self._context_for(caller).catalog.project_envs()
        except (Failure, TimeoutError):
            return ()

    async def check(self, text: str, caller: Caller, fetch: Fetch | None = None) -> str:
        """Check that a question can be answered, and return its line in LaunchDarkly's own spelling.

        It is asked, or *fetch* is called in its place. A failure is raised.
        """
        parsed = parse(text, self.registry)
        authorize(caller, parsed)
        if fetch is None:
            return (await self._answer_question(parsed, caller)).line
        parsed, _ = await _fetch_corrected(parsed, self._context_for(caller), fetch)
        return parsed.canonical

    def canonical_line(self, text: str) -> str:
        """Return the canonical line of a question; anything else raises InvalidLine."""
        questions = {name: spec for name, spec in self.registry.items() if spec.is_question}
        return parse(text, questions).canonical

    def notice(self, name: str, view: View) -> Message:
        """Render a notice from its template and view."""
        return self.renderer.render(f"notices/{name}", view=view)

    async def _attempt(self, line: str, failure: Failure, caller: Caller) -> Attempt:
        """Describe a line that failed, with what to offer: the environments if it names none, or the first screen."""
        may_command = self._may_command(caller)
        if not isinstance(failure, InvalidLine):
            return Attempt(line, may_command)
        is_unread = not (failure.topic or failure.corrected)
        lacks_environment = not caller.defaults if is_unread else PROJECT_GAP.search(failure.corrected)
        project_envs = await self._project_envs(caller) if lacks_environment else ()
        first_buttons = await self._first_buttons(line, caller, project_envs) if is_unread else ()
        return Attempt(line, may_command, project_envs, caller.supports_menus, first_buttons)

    def _may_command(self, caller: Caller) -> bool:
        return self.commands is not None and caller.may_command

    async def _first_buttons(self, line: str, caller: Caller, project_envs: Sequence[str]) -> tuple[FirstButton, ...]:
        catalog = self._context_for(caller).catalog
        named = await find_project_env(line, caller, catalog, self.suggestion_timeout)
        return self._help_pages.first_buttons(caller.defaults, project_envs, named, has_menu=caller.supports_menus)

    async def summarize(self, text: str, caller: Caller, notice: str) -> Message:
        """Answer a question with a notice about its view. Its keys must be exact; a failure is raised."""
        parsed, ctx = self.prepare_question(text, caller)
        question = cast(AnyQuestion, parsed.spec)
        reply = await question.fetch(parsed.params, ctx)
        return self.notice(notice, question.build_view(parsed.params, reply, ctx))

    def failure_answer(
        self,
        failure: Failure,
        line: str = "",
        name: str = "",
        reference: str = "",
        attempt: Attempt | None = None,
    ) -> Answer:
        """Turn a failure into an answer."""
        return Answer(
            self._notices.failure(failure, reference, attempt or Attempt(line)),
            failure.outcome,
            line,
            name,
            reference,
            error_summary=failure.summary,
            error_text=f"{failure.describe()} (Reference {reference}.)" if failure.needs_admin else failure.describe(),
        )

    def internal_error_answer(self, line: str = "", name: str = "", reference: str = "") -> Answer:
        """Return the answer to a bug of the bot, and log it. Call it in the `except` block, for the traceback."""
        reference = reference or _new_reference()
        log.exception("reference %s: couldn't answer %s", reference, line or "a line")
        error_text = f"Something went wrong in the bot. (Reference {reference}.)"
        return Answer(internal_error_message(reference), "broken", line, name, reference, error_text=error_text)

    def prepare_question(self, text: str, caller: Caller) -> tuple[ParsedLine, QuestionContext]:
        """Parse and authorize a question and build its context. It compares with no past weeks."""
        parsed = parse(text, self.registry)
        authorize(caller, parsed)
        return parsed, replace(self._context_for(caller), read_snapshots=no_snapshots)

    async def _ask(self, text: str, parsed: ParsedLine, caller: Caller) -> Answer:
        """Answer a question, unless it is a sentence in which a word was taken for a key."""
        try:
            return await self._answer_question(parsed, caller)
        except UnknownKey as unknown_key:
            if is_loose_line(text, self.registry) and (suggestions := await self._suggest(text, unknown_key, caller)):
                return suggestions
            raise

    async def _answer_question(self, parsed: ParsedLine, caller: Caller) -> Answer:
        question, ctx = cast(AnyQuestion, parsed.spec), self._context_for(caller)
        parsed, reply = await _fetch_corrected(parsed, ctx, question.fetch)
        params = parsed.params
        key_note = ""
        if suspects := question.suspect_keys(params, reply):
            confirmed_params, key_note = await confirm_keys(params, suspects, ctx.catalog, question.button_line)
            if confirmed_params != params:  # this ends: keys in their own spelling stay as they are
                return await self._answer_question(replace(parsed, params=confirmed_params), caller)
        view = question.build_view(params, reply, ctx)
        footer = AnswerFooter(
            display_line(parsed.canonical, ctx.zone), timestamp(to_milliseconds(ctx.now), ctx.zone), key_note
        )
        rendered = self.renderer.render(question.name, view=view, asked=footer)
        message = rendered.unrolled() if view.unrolled else rendered
        snapshot = question.snapshot(params, reply, ctx)
        return Answer(
            message,
            line=parsed.canonical,
            is_question=True,
            is_partial=question.is_partial(reply),
            is_quiet=question.is_quiet(view),
            snapshot=snapshot,
            url=view.url,
            ticket=question.ticket(params, reply, ctx),
        )

    async def _parse(self, text: str, tokens: list[Token], caller: Caller) -> ParsedLine | Answer:
        """Parse a line. A sentence returns the questions that it may ask, and a greeting the first screen."""
        try:
            return parse_tokens(tokens, self.registry, caller.defaults)
        except InvalidLine as mistake:
            if is_greeting(text):
                return Answer(await self._help([], caller), name="help")
            failure = mistake if mistake.topic else InvalidLine((NOT_UNDERSTOOD,), is_complete=False)
            if wish := read_wish(text) if is_no_command(text, mistake, self.registry) else None:
                return await self._answer_wish(wish, text, caller)
            is_sentence = may_be_sentence(text, mistake, self.registry)
            if is_sentence and (suggestions := await self._suggest(text, failure, caller)):
                return suggestions
            raise failure from None

    async def _answer_wish(self, wish: Wish, text: str, caller: Caller) -> Answer:
        """Say where the bot does what a sentence asks for, or that it only reads."""
        flag_line, first_buttons = "", tuple[FirstButton, ...]()
        if wish is Wish.CHANGE:
            ctx = self._context_for(caller)
            flag_line = await find_flag_line(
                text, self.registry, caller, ctx.catalog, ctx.today, self.suggestion_timeout
            )
        if wish is not Wish.MANAGE and not flag_line:
            project_envs = () if caller.defaults else await self._project_envs(caller)
            first_buttons = await self._first_buttons(text, caller, project_envs)
        may_command = self._may_command(caller)
        return Answer(self._notices.wish(wish, flag_line, first_buttons, may_command=may_command), name="help")

    async def _suggest(self, text: str, failure: Failure, caller: Caller) -> Answer | None:
        """Return the failure as an answer that offers questions instead, if any fit the words of the line."""
        ctx = self._context_for(caller)
        lines = await suggest_questions(text, self.registry, caller, ctx.catalog, ctx.today, self.suggestion_timeout)
        return replace(self.failure_answer(failure), message=self._notices.suggestions(lines)) if lines else None

    async def _run_command(self, parsed: ParsedLine, caller: Caller) -> Answer:
        name = parsed.spec.name
        if self.commands is None or not caller.may_command:
            raise Rejected(f"`{name}` works only in a Slack channel.", f"Type `/insights {name} …` there.")
        try:
            view = await self.commands.run(parsed, caller, self._context_for(caller).catalog)
        except UnknownKey as unknown_key:
            raise _correct_command(unknown_key, parsed) from None
        return Answer(self.notice(view.notice_template or name, view), view=view, is_public=view.public)

    def _context_for(self, caller: Caller) -> QuestionContext:
        return QuestionContext(
            self.launchdarkly.for_caller(caller.user),
            self.urls,
            self.now(),
            caller.zone,
            supports_menus=caller.supports_menus,
            allows=caller.rules.allows_project,
            read_snapshots=partial(self.read_snapshots, caller.team),
        )


async def _fetch_corrected(parsed: ParsedLine, ctx: QuestionContext, fetch: Fetch) -> tuple[ParsedLine, Any]:
    """Return the question in LaunchDarkly's own spelling, and the reply. An unknown key raises an explanation."""
    params, spec = parsed.params, parsed.spec
    try:
        return parsed, await fetch(params, ctx)
    except (NotFound, Rejected) as failure:
        corrected_params = await correct_or_raise(params, failure, ctx.catalog, spec.button_line)
    return await _fetch_corrected(replace(parsed, params=corrected_params), ctx, fetch)


def _correct_command(unknown_key: UnknownKey, parsed: ParsedLine) -> UnknownKey:
    """Return the failure with the whole command corrected, if the key belongs to the question that it saves."""
    if not parsed.saved_question:
        return unknown_key

    def command_line(question_line: str) -> str:
        return parsed.spec.line({**dict(parsed.params), parsed.params.question_field: question_line})

    corrected = command_line(unknown_key.corrected) if unknown_key.corrected else ""
    choices = tuple((key, command_line(line)) for key, line in unknown_key.choices)
    return UnknownKey(unknown_key.summary, corrected=corrected, choices=choices)


def _new_reference() -> str:
    """Return a code that both the person and the log get."""
    return secrets.token_hex(3).upper()
