"""Messages that aren't answers: help, usage and failures."""

from collections.abc import Sequence

from bot.errors import Failure, InvalidLine, InvalidResponse, TryLater, UnknownKey
from bot.lines.param_types import correct_typo
from bot.lines.parser import Registry, Token
from bot.lines.spec import MAX_BUTTON_LINE_CHARS, AnySpec, ParamField
from bot.messages.message import Message
from bot.messages.renderer import Renderer
from bot.questions.base import View

HELP_WORDS = ("", "help", "?")
HELP_LABEL = "Show help"
CONFIRMED_PREFIX = "confirmed-"  # of the action of a button that confirms what the person was asked before


class QuestionHelp(View):
    """A question or command in the list of all."""

    name: str
    summary: str
    usage: str
    example: str
    asks: bool


class ParameterHelp(View):
    """A parameter of a question or command."""

    name: str
    theirs: str
    meaning: str
    allowed: str
    default: str


class HelpView(View):
    questions: tuple[QuestionHelp, ...]


class UsageView(View):
    name: str
    summary: str
    usage: str
    parameters: tuple[ParameterHelp, ...]
    examples: tuple[str, ...]


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
    """Render help, usage and failures."""

    def __init__(self, registry: Registry, renderer: Renderer) -> None:
        self._registry = registry
        self._renderer = renderer

    def help(self, tokens: list[Token]) -> Message | None:
        """Return the help that a line requests (`help`, `help scores`, `scores --help` or nothing), or None."""
        line_words = [token.value or token.name for token in tokens] or [""]
        if line_words[0].lower() not in HELP_WORDS and line_words[1:2] != ["help"]:
            return None
        topics = [token for token in line_words if token.lower() not in HELP_WORDS]
        topic = topics[0].lower() if topics else ""
        name = topic if topic in self._registry else correct_typo(topic, self._registry)
        if name:
            return self._renderer.render("notices/usage", view=_usage_view(self._registry[name]))
        view = HelpView(questions=tuple(map(_question_help, self._registry.values())))
        return self._renderer.render("notices/help", view=view)

    def failure(self, failure: Failure, reference: str, line: str = "") -> Message:
        """Render a failure for the person who asked for *line*. The log has the same reference."""
        mistakes = failure.mistakes if isinstance(failure, InvalidLine) else ()
        button, button_line = self._button(failure, line)
        is_said_by_button = button_line == failure.corrected if failure.corrected else button == HELP_LABEL
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
                return HELP_LABEL, f"help {topic}".rstrip()
            case TryLater() | InvalidResponse() if self._is_question(line):
                return "Try again", line
        return "", ""

    def _is_question(self, line: str) -> bool:
        """Return whether a line is a question that a button can carry. No button runs a command nobody has typed."""
        known = self._registry.get(line.partition(" ")[0])
        return known is not None and known.is_question and len(line) <= MAX_BUTTON_LINE_CHARS


def internal_error_message(reference: str) -> Message:
    """Return the message for a bug. It uses no template, because a template may be what broke."""
    text = f"Something went wrong on my end. If it happens again, give an admin this reference: {reference}"
    return Message.from_markup(text)


def _question_help(spec: AnySpec) -> QuestionHelp:
    return QuestionHelp(
        name=spec.name,
        summary=spec.summary,
        usage=usage_line(spec),
        example=spec.examples[0],
        asks=spec.is_question,
    )


def _usage_view(spec: AnySpec) -> UsageView:
    return UsageView(
        name=spec.name,
        summary=spec.summary,
        usage=usage_line(spec),
        parameters=tuple(map(_parameter_help, spec.params.fields())),
        examples=spec.examples,
    )


def _parameter_help(field: ParamField) -> ParameterHelp:
    default = "" if field.required or field.default is None else field.param_type.write(field.default)
    return ParameterHelp(
        name=field.short_name,
        theirs=field.api_name,
        meaning=field.description,
        allowed=field.param_type.hint,
        default="required" if field.required else default,
    )


def usage_line(spec: AnySpec) -> str:
    """Return a line's usage: required parts, and optional ones in brackets."""
    fields = {field.field_name: field for field in spec.params.fields()}
    positional = [name for name in spec.params.positional if name != "env"]
    placeholders = [_placeholder(fields[name].short_name, fields[name]) for name in positional]
    placeholders += [_placeholder("project/env", fields["project"])] if "project" in fields else []
    shown_names = {*positional, "project", "env", spec.params.question_field}
    options = [f"[{field.short_name}=…]" for name, field in fields.items() if name not in shown_names]
    question_placeholder = (
        [_placeholder("question", fields[spec.params.question_field])] if spec.params.question_field else []
    )
    return " ".join([spec.name, *placeholders, *options, *question_placeholder])


def _placeholder(word: str, field: ParamField) -> str:
    return f"<{word}>" if field.required else f"[{word}]"
