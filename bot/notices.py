"""Messages that aren't answers: failures, and questions before something is posted."""

from collections.abc import Sequence

from bot.errors import Failure, InvalidLine, InvalidResponse, TryLater, UnknownKey
from bot.help import COMMANDS_LABEL, COMMANDS_TOPIC
from bot.lines.parser import Registry
from bot.lines.spec import MAX_BUTTON_LINE_CHARS
from bot.messages.message import Message
from bot.messages.renderer import Renderer
from bot.questions.base import View

HELP_LABEL = "Show help"
CONFIRMED_PREFIX = "confirmed-"  # of the action of a button that confirms what the person was asked before


class FailureView(View):
    what: str
    todo: str
    server_message: str
    mistakes: tuple[str, ...]
    corrected: str  # a line that a button can't submit, such as one with a gap
    button: str
    button_line: str
    reference: str


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

    def failure(self, failure: Failure, reference: str, line: str = "") -> Message:
        """Render a failure for the person who asked for *line*. The log has the same reference."""
        mistakes = failure.mistakes if isinstance(failure, InvalidLine) else ()
        button, button_line = self._button(failure, line)
        is_said_by_button = button_line == failure.corrected if failure.corrected else button_line.startswith("help")
        view = FailureView(
            what=mistakes[0] if len(mistakes) == 1 else failure.summary,
            todo="" if is_said_by_button else failure.todo,
            server_message=failure.server_message,
            mistakes=mistakes if len(mistakes) > 1 else (),
            corrected="" if is_said_by_button else failure.corrected,
            button=button,
            button_line=button_line,
            reference=reference if failure.needs_admin else "",
        )
        return self._renderer.render("notices/failure", view=view)

    def suggestions(self, lines: Sequence[str]) -> Message:
        """Render the questions that a sentence probably asks."""
        specs = [self._registry[line.partition(" ")[0]] for line in lines]
        view = SuggestionsView(
            questions=tuple(
                SuggestedQuestion(summary=spec.summary, line=line) for spec, line in zip(specs, lines, strict=True)
            ),
            buttons=tuple((f"Ask {spec.name}", line) for spec, line in zip(specs, lines, strict=True)),
        )
        return self._renderer.render("notices/suggestions", view=view)

    def _button(self, failure: Failure, line: str) -> tuple[str, str]:
        """Return the label and the line of the button that helps, if there is one."""
        match failure:
            case InvalidLine(corrected=corrected, has_gaps=False) | UnknownKey(corrected=corrected) if (
                self._is_question(corrected)
            ):
                return f"Ask: {corrected}", corrected
            case InvalidLine(topic=topic):
                return _help_label(topic), f"help {topic}".rstrip()
            case TryLater() | InvalidResponse() if self._is_question(line):
                return "Try again", line
        return "", ""

    def _is_question(self, line: str) -> bool:
        """Return whether a line is a question that a button can carry. No button runs a command nobody has typed."""
        known = self._registry.get(line.partition(" ")[0])
        return known is not None and known.is_question and len(line) <= MAX_BUTTON_LINE_CHARS


def _help_label(topic: str) -> str:
    if topic == COMMANDS_TOPIC:
        return COMMANDS_LABEL
    return f"Help with {topic}" if topic else HELP_LABEL


def internal_error_message(reference: str) -> Message:
    """Return the message for a bug. It uses no template, because a template may be what broke."""
    text = f"Something went wrong on my end. If it happens again, give an admin this reference: {reference}"
    return Message.from_markup(text)
