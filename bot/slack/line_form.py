"""The fields of the forms for schedules and alerts, and the line that they write; each can be made from the other.

A question's keys have fields of their own, and so have the options that a form offers. Its other options are one text,
as they would be typed, so that a form holds whatever a line can say.
"""

from collections.abc import Iterator, Sequence
from datetime import time

from pydantic import BaseModel, ConfigDict

from bot.lines.param_types import ListOf, is_key
from bot.lines.parser import Defaults, Registry, Token, parse, tokenize
from bot.lines.spec import ParamField, quote_value
from bot.questions import discover
from bot.schedules.triggers import Recurrence, Trigger, WatchTrigger

ON_CHANGE = "on-change"
OWN_FIELDS = ("flag", "app", "score", "below")  # parameters that have a field, for the questions that take them
MAX_CHOSEN_CHARS = 150  # Slack's limit of an option's value; a longer key has to be typed


class LineForm(BaseModel):
    """What is filled in. Slack keeps it with the modal, as its private metadata."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alerts: bool = False  # a watch, rather than a schedule
    number: int = 0  # of the schedule to change; 0 for a new one
    channel: str = ""
    question: str
    project: str = ""
    env: str = ""  # for some questions several keys, separated by commas, as in a line
    flag: str = ""
    app: str = ""  # one or several
    score: str = ""
    below: str = ""
    options: str = ""  # all other options
    only_changes: bool = False
    ordinal: int = 0
    days: tuple[int, ...] = (0,)
    time: str = "09:00"
    zone: str = ""
    is_typed: bool = False  # whether keys are typed, rather than chosen
    list_response_url: str = ""  # of the list of schedules that it was opened from

    @property
    def trigger(self) -> Trigger:
        if self.alerts:
            return WatchTrigger(self.zone)
        return Recurrence(tuple(sorted(self.days)), self.ordinal, time.fromisoformat(self.time), self.zone)

    @property
    def question_line(self) -> str:
        """The line of the question that is saved."""
        return " ".join([self.question, *filter(None, self._question_words())])

    def _question_words(self) -> Iterator[str]:
        if self.takes("flag"):
            yield self.flag
        if self.project and self.env:
            yield f"{self.project}/{self.env}"
        else:
            yield from (f"{name}={key}" for name, key in (("project", self.project), ("env", self.env)) if key)
        values = {"app": self.app, "quiet": ON_CHANGE * self.only_changes, "score": self.score, "below": self.below}
        yield from (f"{name}={quote_value(value)}" for name, value in values.items() if value and self.takes(name))
        yield self.options

    @property
    def line(self) -> str:
        """The line that a person could have typed instead."""
        if self.number:
            recurrence = "" if self.alerts else f"{self.trigger} "
            return f"change {self.number} {recurrence}{self.question_line}"
        return f"watch on {self.question_line}" if self.alerts else f"every {self.trigger} {self.question_line}"

    def takes(self, name: str) -> bool:
        """Return whether the form has this field, for the question that is chosen."""
        field = self.param(name)
        if name in ("score", "below"):
            return self.alerts and field is not None
        if name == "quiet":
            return not self.alerts and field is not None
        return field is not None and (name != "flag" or field.required)  # of events, it is a part of a key

    def param(self, name: str) -> ParamField | None:
        """Return a parameter of the question, if it has one of this name."""
        fields = discover()[self.question].params.fields()
        return next((field for field in fields if field.short_name == name), None)

    def takes_several(self, name: str) -> bool:
        """Return whether a field takes several keys."""
        field = self.param(name)
        return field is not None and isinstance(field.param_type, ListOf)

    @property
    def has_to_be_typed(self) -> bool:
        """Whether a key can't be chosen from a menu: it is too long, or of another project."""
        names = [self.project, *self.env.split(","), self.flag, *self.app.split(",")]
        is_list = "," in self.env and not self.takes_several("env")
        return is_list or any(len(name) > MAX_CHOSEN_CHARS or not (is_key(name) or not name) for name in names)


def form_for(question_line: str, trigger: Trigger, **fields: object) -> LineForm:
    """Return the form that writes this question, which is canonical, at these times."""
    name, *tokens = tokenize(question_line)
    recurrence = (
        {"ordinal": trigger.ordinal, "days": trigger.days, "time": trigger.local_time.isoformat("minutes")}
        if isinstance(trigger, Recurrence)
        else {"alerts": True}
    )
    empty = LineForm.model_validate({"question": name.value, **recurrence, "zone": trigger.zone, **fields})
    form = empty.model_copy(update=_question_fields(tokens, empty))
    return form.model_copy(update={"is_typed": form.has_to_be_typed})


def _question_fields(tokens: Sequence[Token], form: LineForm) -> dict[str, object]:
    """Return the fields that a question's words fill in."""
    fields: dict[str, object] = {}
    options = []
    for token in tokens:
        value = token.value or ""
        name = token.name or ("" if "/" in value else "flag")
        if not name:
            fields["project"], _, fields["env"] = value.partition("/")
        elif name == "quiet" and form.takes(name):
            fields["only_changes"] = True
        elif name in ("project", "env") or (name in OWN_FIELDS and form.takes(name)):
            fields[name] = value
        else:
            options.append(f"{name}={quote_value(value)}")
    return {**fields, "options": " ".join(options)}


def read_line(line: str, registry: Registry, defaults: Defaults | None = None, **fields: object) -> LineForm:
    """Return the form that writes a line with `every` or `watch`. Raise `InvalidLine` for one that can't be parsed."""
    parsed = parse(line, registry, defaults)
    params = dict(parsed.params)
    trigger = params.get("when") or WatchTrigger("")
    return form_for(params["question"], trigger, **fields)
