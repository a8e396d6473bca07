"""What is said when it is no answer: what can be asked, what was mistyped, what went wrong."""

from bot.errors import Failure, Mistyped, UnknownKey
from bot.lines.param_types import misspelled
from bot.lines.params import Field
from bot.lines.parser import Register
from bot.lines.spec import AnySpoken
from bot.lines.tokenizer import words
from bot.messages.message import Message
from bot.messages.renderer import Renderer
from bot.questions.base import View

HELP = ("", "help", "?")


class QuestionHelp(View):
    """A question among the others."""

    name: str
    summary: str
    usage: str
    example: str
    asks: bool


class ParameterHelp(View):
    """One thing that can be said in a question."""

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
    said: str
    mistakes: tuple[str, ...]
    corrected: str
    run: str  # a corrected question, to be pressed
    reference: str


class Notes:
    """The messages that are no answers."""

    def __init__(self, register: Register, renderer: Renderer) -> None:
        self._register = register
        self._renderer = renderer

    def help(self, text: str) -> Message | None:
        """What can be asked, where the line wants to know that: `help`, `help scores`, `scores --help`, or nothing."""
        said = [word.value or word.name for word in words(text)] or [""]
        if said[0].lower() not in HELP and said[1:2] != ["help"]:
            return None
        topics = [word for word in said if word.lower() not in HELP]
        topic = topics[0].lower() if topics else ""
        known = topic if topic in self._register else misspelled(topic, self._register)
        if known:
            return self._renderer.render("notices/usage", view=_usage(self._register[known]))
        view = HelpView(questions=tuple(map(_question, self._register.values())))
        return self._renderer.render("notices/help", view=view)

    def failure(self, failure: Failure, reference: str) -> Message:
        """A deliberate failure as the person who asked reads it; the log holds the same reference."""
        mistakes, corrected = (failure.mistakes, failure.corrected) if isinstance(failure, Mistyped) else ((), "")
        run = failure.corrected if isinstance(failure, UnknownKey) and self._asks(failure.corrected) else ""
        view = FailureView(
            what=failure.what,
            todo=failure.todo,
            said=failure.said,
            mistakes=mistakes,
            corrected=corrected,
            run=run,
            reference="" if isinstance(failure, Mistyped | UnknownKey) else reference,
        )
        return self._renderer.render("notices/failure", view=view)

    def _asks(self, line: str) -> bool:
        """Whether a line is a question. No button gives an order that nobody has typed."""
        known = self._register.get(line.partition(" ")[0])
        return known is not None and known.is_question


def broken(reference: str) -> Message:
    """The last resort: a constant, not a template, since a template may be what broke."""
    text = f"Something broke in the bot, and it is not your fault. An admin finds it by the reference {reference}."
    return Message.of(text)


def _question(spoken: AnySpoken) -> QuestionHelp:
    return QuestionHelp(
        name=spoken.name,
        summary=spoken.summary,
        usage=usage(spoken),
        example=spoken.examples[0],
        asks=spoken.is_question,
    )


def _usage(spoken: AnySpoken) -> UsageView:
    return UsageView(
        name=spoken.name,
        summary=spoken.summary,
        usage=usage(spoken),
        parameters=tuple(map(_parameter, spoken.query.fields())),
        examples=spoken.examples,
    )


def _parameter(field: Field) -> ParameterHelp:
    default = "" if field.required or field.default is None else field.kind.write(field.default)
    return ParameterHelp(
        name=field.short,
        theirs=field.name,
        meaning=field.meaning,
        allowed=field.kind.allowed,
        default="required" if field.required else default,
    )


def usage(spoken: AnySpoken) -> str:
    """How a line is typed: what must be there, and in brackets what may."""
    fields = {field.field: field for field in spoken.query.fields()}
    bare = [name for name in spoken.query.words if name != "env"]
    parts = [_optional(fields[name].short, fields[name]) for name in bare]
    parts += [_optional("project/env", fields["project"])] if "project" in fields else []
    said = {*bare, "project", "env", spoken.query.saves}
    named = [f"[{field.short}=…]" for name, field in fields.items() if name not in said]
    asked = [_optional("question", fields[spoken.query.saves])] if spoken.query.saves else []
    return " ".join([spoken.name, *parts, *named, *asked])


def _optional(word: str, field: Field) -> str:
    return f"<{word}>" if field.required else f"[{word}]"
