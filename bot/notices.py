"""Messages that aren't answers: failures, and questions before something is posted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from bot.errors import Failure, InvalidLine, InvalidResponse, NotFound, NotInChannel, Rejected, TryLater, UnknownKey
from bot.help import COMMANDS_LABEL, COMMANDS_TOPIC, FIRST_FORMS, MAX_CHOICES, MAX_LABEL_CHARS, FirstButton
from bot.lines.parser import Registry, first_word, parse
from bot.lines.spec import MAX_BUTTON_LINE_CHARS
from bot.lines.wishes import Wish
from bot.messages.humanize import truncate_text
from bot.messages.message import Message
from bot.messages.renderer import Renderer
from bot.questions.base import AnyQuestion, View
from bot.questions.catalog import MAIN_ENVIRONMENT

PROJECT_GAP = re.compile(r"(?<= )(?P<project>[^ /]+)/ENV(?= |$)")  # in a corrected line
OTHER_GAP = re.compile(r"(?<= )[A-Z]+(?= |$)")
MAX_FILLED_BUTTONS = 3
MAX_CHOICE_CHARS = 150  # Slack's limit of an option's value
RUN_COMMAND = "order"  # what a button does that runs a command
JOIN_CHANNEL, JOIN_LABEL = "join", "Add me to this channel"  # what a button does whose value is a channel
SCHEDULES_LABEL = "Schedules here"
FORM_LABELS = tuple(label for label, *_ in FIRST_FORMS)
MANAGE_TEXT = "You can change, pause or stop each report and alert in this channel's list of schedules."
PREVIEW_TEXT = "You'll see a preview before anything is scheduled."
ALERT_TEXT = f"I can alert a channel when something changes. {PREVIEW_TEXT}"
SCHEDULE_TEXT = f"I can post a report in a channel on a schedule. {PREVIEW_TEXT}"
READ_TEXT = "I only read LaunchDarkly, so I can't change anything there."
LINK_TEXT = "I only read LaunchDarkly, but my answer links to the flag there."
CONFIRMED_PREFIX = "confirmed-"  # of the action of a button that confirms what the person was asked before


@dataclass(frozen=True)
class Attempt:
    """A line that failed, and what its caller may be offered."""

    line: str = ""
    may_command: bool = False
    project_envs: Sequence[str] = ()  # to choose from, if the line names none
    has_menus: bool = False
    first_buttons: Sequence[FirstButton] = ()  # of the first screen, if the line is no question and no command


class FailureButton(View):
    label: str
    line: str
    does: str = "ask"


class FilledLine(View):
    """A choice in the menu of environments: the line with this one filled in."""

    label: str
    line: str


class FailureView(View):
    what: str
    todo: str
    server_message: str
    mistakes: tuple[str, ...]
    corrected: str  # a line that a button can't submit, such as one with a gap
    buttons: tuple[FailureButton, ...]
    choices: tuple[FilledLine, ...]
    does: str  # what a choice does
    reference: str


class WishView(View):
    """What the bot does about something that no question does, and where."""

    text: str
    buttons: tuple[FirstButton, ...]


class SuggestedQuestion(View):
    summary: str
    line: str


class SuggestionsView(View):
    """The questions that a sentence probably asks, and the label and line of their buttons."""

    questions: tuple[SuggestedQuestion, ...]
    buttons: tuple[tuple[str, str], ...]


class ConfirmView(View):
    """What would be posted in a shared channel, and the button that confirms it."""

    line: str
    when: str
    command: str  # the button's line; empty if it is too long for a button
    action: str

    @property
    def notice_template(self) -> str:
        return "confirm_shared"


def confirmation_view(action: str, command: str, line: str, when: str) -> ConfirmView:
    """Build the question that the caller must confirm before an answer is posted."""
    button_line = command if len(command) <= MAX_BUTTON_LINE_CHARS else ""
    return ConfirmView(line=line, when=when, command=button_line, action=f"{CONFIRMED_PREFIX}{action}")


class Notices:
    """Render failures."""

    def __init__(self, registry: Registry, renderer: Renderer) -> None:
        self._registry = registry
        self._renderer = renderer

    def failure(self, failure: Failure, reference: str, attempt: Attempt) -> Message:
        """Render a failure for the person who made the attempt. The log has the same reference."""
        mistakes = failure.mistakes if isinstance(failure, InvalidLine) else ()
        filled, does = self._filled_lines(failure, attempt), self._does(failure.corrected, attempt)
        choices = filled if attempt.has_menus else ()
        buttons = () if choices else _filled_buttons(filled, does) or self._buttons(failure, attempt)
        is_said = bool(filled) or _is_said(failure, buttons)
        summary = mistakes[0] if len(mistakes) == 1 else failure.summary
        view = FailureView(
            what=summary,
            todo="" if is_said else failure.todo,
            server_message=failure.server_message,
            mistakes=mistakes if len(mistakes) > 1 else (),
            corrected="" if is_said else failure.corrected,
            buttons=buttons,
            choices=choices,
            does=does,
            reference=reference if failure.needs_admin else "",
        )
        return self._renderer.render("notices/failure", view=view)

    def wish(self, wish: Wish, flag_line: str, first_buttons: Sequence[FirstButton], *, may_command: bool) -> Message:
        """Render what to press for a wish: the flag's answer, which links to it, or the buttons of the first screen."""
        forms = [button for button in first_buttons if button.label in FORM_LABELS]
        lists = [FirstButton(label=SCHEDULES_LABEL, line="schedules", does=RUN_COMMAND)] if may_command else []
        flags = [FirstButton(label=f"Ask: {flag_line}", line=flag_line)] if flag_line else []
        text, buttons = {
            Wish.MANAGE: (MANAGE_TEXT, lists),
            Wish.ALERT: (ALERT_TEXT, forms[::-1]),
            Wish.SCHEDULE: (SCHEDULE_TEXT, forms),
            Wish.CHANGE: (LINK_TEXT, flags) if flags else (READ_TEXT, first_buttons),
        }[wish]
        return self._renderer.render("notices/wish", view=WishView(text=text, buttons=tuple(buttons)))

    def suggestions(self, lines: Sequence[str]) -> Message:
        """Render the questions that a sentence probably asks. Two of one question are told apart by their lines."""
        specs = [self._registry[first_word(line)] for line in lines]
        is_one_question = len({spec.name for spec in specs}) < len(specs)
        view = SuggestionsView(
            questions=tuple(
                SuggestedQuestion(summary=spec.summary, line=line) for spec, line in zip(specs, lines, strict=True)
            ),
            buttons=tuple((line if is_one_question else self._question_label(line), line) for line in lines),
        )
        return self._renderer.render("notices/suggestions", view=view)

    def _question_label(self, line: str) -> str:
        """Return the label of the button that offers a question."""
        parsed = parse(line, self._registry)
        question, flag = cast(AnyQuestion, parsed.spec), getattr(parsed.params, "flag", None)
        label = (flag and question.flag_label) or question.label
        return truncate_text(label.format(flag), MAX_LABEL_CHARS)

    def _buttons(self, failure: Failure, attempt: Attempt) -> tuple[FailureButton, ...]:
        """Return the buttons that help, if there are any."""
        match failure:
            case UnknownKey(choices=choices) if len(choices) > 1 and self._does(choices[0][1], attempt):
                return self._key_buttons(choices, attempt)
            case UnknownKey(choices=((_, line),)) | InvalidLine(corrected=line, has_gaps=False) if does := self._does(
                line, attempt
            ):
                return (FailureButton(label="Run" if does == RUN_COMMAND else f"Ask: {line}", line=line, does=does),)
            case InvalidLine(topic=""):
                return tuple(FailureButton(**dict(button)) for button in attempt.first_buttons)
            case InvalidLine(topic=topic):
                return (_help_button(topic),)
            case NotInChannel(join_channel=channel) if channel:
                return (FailureButton(label=JOIN_LABEL, line=channel, does=JOIN_CHANNEL),)
            case NotFound() | Rejected() if (topic := first_word(attempt.line)) in self._registry:
                return (_help_button(topic),)
            case TryLater() | InvalidResponse() if self._does(attempt.line, attempt) == "ask":
                return (FailureButton(label="Try again", line=attempt.line),)
        return ()

    def _key_buttons(self, choices: tuple[tuple[str, str], ...], attempt: Attempt) -> tuple[FailureButton, ...]:
        """Return a button for each key. Keys may differ in case alone, which action IDs don't tell apart."""
        return tuple(
            FailureButton(label=key, line=line, does=f"{self._does(line, attempt)}:{n}")
            for n, (key, line) in enumerate(choices)
        )

    def _does(self, line: str, attempt: Attempt) -> str:
        """Return what a button with this line does; empty if there must be none.

        No button runs a command unless the person has typed one of that name.
        """
        spec = self._registry.get(first_word(line))
        if spec is None or len(line) > MAX_BUTTON_LINE_CHARS:
            return ""
        if spec.is_question:
            return "ask"
        return RUN_COMMAND if attempt.may_command and first_word(attempt.line) == spec.name else ""

    def _filled_lines(self, failure: Failure, attempt: Attempt) -> tuple[FilledLine, ...]:
        """Return the line with each environment in its gap; nothing if it lacks more than that."""
        gap = PROJECT_GAP.search(failure.corrected)
        if not (gap and self._does(failure.corrected, attempt)):
            return ()
        lines = [
            FilledLine(label=pair, line=failure.corrected[: gap.start()] + pair + failure.corrected[gap.end() :])
            for pair in attempt.project_envs
            if gap["project"] in ("PROJECT", pair.partition("/")[0])
        ]
        if not (lines and self._is_complete(lines[0].line)):
            return ()
        return tuple(one for one in lines if len(one.label) <= MAX_LABEL_CHARS and len(one.line) <= MAX_CHOICE_CHARS)[
            :MAX_CHOICES
        ]

    def _is_complete(self, line: str) -> bool:
        """Return whether a line can be parsed and has no other gap."""
        if OTHER_GAP.search(line):
            return False
        try:
            parse(line, self._registry)
        except InvalidLine:
            return False
        return True


def _filled_buttons(filled: Sequence[FilledLine], does: str) -> tuple[FailureButton, ...]:
    """Return a few buttons where there are no menus, the main environments first."""
    main_first = sorted(filled, key=lambda one: not one.label.endswith(f"/{MAIN_ENVIRONMENT}"))
    return tuple(FailureButton(label=one.label, line=one.line, does=does) for one in main_first[:MAX_FILLED_BUTTONS])


def _is_said(failure: Failure, buttons: tuple[FailureButton, ...]) -> bool:
    """Return whether the buttons already say what to do. A command is read in full before it is run."""
    if isinstance(failure, InvalidLine | UnknownKey):
        lines = [button.line for button in buttons if button.does != RUN_COMMAND]
        return failure.corrected in lines if failure.corrected else bool(lines)
    return False


def _help_button(topic: str) -> FailureButton:
    return FailureButton(label=_help_label(topic), line=f"help {topic}")


def _help_label(topic: str) -> str:
    return COMMANDS_LABEL if topic == COMMANDS_TOPIC else f"Help with {topic}"


def internal_error_message(reference: str) -> Message:
    """Return the message for a bug. It uses no template, because a template may be what broke."""
    text = f"Something went wrong on my end. If it happens again, give an admin this reference: {reference}"
    return Message.from_markup(text)
