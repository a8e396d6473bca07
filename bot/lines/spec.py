"""Spec: the base record of questions and commands, with their parameters; it writes their lines."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from bot.lines.param_types import ParamType, param_type_for

# Slack's limit of a button's value: https://docs.slack.dev/reference/block-kit/block-elements/button-element
MAX_BUTTON_LINE_CHARS = 2000


@dataclass(frozen=True)
class Parameter:
    """LaunchDarkly's name for a parameter, and the description that people read."""

    api_name: str
    description: str


def bot_param(description: str) -> Parameter:
    """Declare a parameter of the bot's own, which is never sent to LaunchDarkly."""
    return Parameter("", description)


@dataclass(frozen=True)
class ParamField:
    """One parameter of a line: its names, type and default."""

    field_name: str
    api_name: str
    description: str
    param_type: ParamType
    required: bool
    default: Any

    @property
    def short_name(self) -> str:
        return self.field_name.rstrip("_")

    @property
    def placeholder(self) -> str:
        """What a corrected line has in place of a value that the person must fill in."""
        return self.short_name.upper()


class Params(BaseModel):
    """Base for the parameters of a question or a command.

    `positional` lists the fields that a bare word can fill, in order; `project/env` is always accepted.
    `question_field` is the field that takes a whole question, up to the end of the line.
    `more_field` is the field that takes further environments, as in `web/production,mobile/production`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    positional: ClassVar[tuple[str, ...]] = ()
    question_field: ClassVar[str] = ""
    more_field: ClassVar[str] = ""

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects that the line names."""
        project, more = getattr(self, "project", None), getattr(self, self.more_field or "", None) or ()
        return tuple(dict.fromkeys([*filter(None, [project]), *(name.partition("/")[0] for name in more)]))

    @classmethod
    def fields(cls) -> tuple[ParamField, ...]:
        """Return the parameters in declaration order."""
        return _build_fields(cls)

    def check(self) -> Iterator[str]:
        """Yield the mistakes in how parameters combine, when each is valid by itself."""
        yield from ()

    def corrected_values(self) -> dict[str, Any]:
        """Return the values of the corrected line to offer when `check` finds mistakes."""
        return dict(self)

    def api_params(self, *exclude: str) -> tuple[tuple[str, str], ...]:
        """Return LaunchDarkly's query parameters.

        `exclude` names the fields that the caller converts itself, such as times.
        """
        return tuple(
            (field.api_name, _to_api_value(value))
            for field in self.fields()
            if field.api_name
            and field.field_name not in exclude
            and (value := getattr(self, field.field_name)) is not None
        )


@cache
def _build_fields(params_class: type[Params]) -> tuple[ParamField, ...]:
    return tuple(
        ParamField(
            name,
            parameter.api_name,
            parameter.description,
            _field_type(params_class, name),
            info.is_required(),
            info.default,
        )
        for name, info in params_class.model_fields.items()
        for parameter in info.metadata
        if isinstance(parameter, Parameter)
    )


def _field_type(params_class: type[Params], name: str) -> ParamType:
    """Return a field's parameter type. Pydantic moves an `Annotated` type's metadata to the field: look there first."""
    info = params_class.model_fields[name]
    return next((candidate for candidate in info.metadata if hasattr(candidate, "read")), None) or param_type_for(
        info.annotation
    )


def _to_api_value(value: object) -> str:
    """Format a value for LaunchDarkly: booleans in lower case, lists joined by commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)


ParamsT = TypeVar("ParamsT", bound=Params)


@dataclass(frozen=True, kw_only=True)
class Spec(Generic[ParamsT]):
    """A question or a command: its name, summary, examples and parameters, and the heading that help lists it under."""

    is_question: ClassVar[bool] = False
    group: str = "Ask"
    name: str
    summary: str
    examples: tuple[str, ...]
    params: type[ParamsT]

    def line(self, values: Mapping[str, Any]) -> str:
        """Write the line for these values. A missing required value appears in capitals, to be filled in."""
        # Each part takes its texts out of those that are left; the rest become options.
        fields = {field.field_name: field for field in self.params.fields()}
        texts = {name: _format_value(field, values.get(name)) for name, field in fields.items()}
        saved_line = texts.pop(self.params.question_field, "")
        project_env = self._project_envs(texts)
        positional = [text for name in self.params.positional if name != "env" and (text := texts.pop(name, ""))]
        options = [f"{fields[name].short_name}={quote_value(text)}" for name, text in texts.items() if text]
        return " ".join([self.name, *positional, *project_env, *options, *filter(None, [saved_line])])

    def _project_envs(self, texts: dict[str, str]) -> list[str]:
        """Take the project and environment out of the texts, with the further ones, if both are known."""
        if not (texts.get("project") and texts.get("env")):
            return []
        first, more = f"{texts.pop('project')}/{texts.pop('env')}", texts.pop(self.params.more_field, "")
        return [f"{first},{more}" if more else first]

    def button_line(self, values: ParamsT | Mapping[str, Any]) -> str:
        """Write the line for a button; empty if it exceeds what a button can carry."""
        line = self.line(dict(values))
        return line if len(line) <= MAX_BUTTON_LINE_CHARS else ""


def quote_value(value: str) -> str:
    """Quote a value if a line needs it."""
    return f'"{value}"' if not value or re.search(r"[\s\"']", value) else value


def _format_value(field: ParamField, value: Any) -> str:
    if value is None:
        return field.placeholder if field.required else ""
    return "" if value == field.default else field.param_type.write(value)


AnySpec = Spec[Any]
