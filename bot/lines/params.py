"""What a Query is: a question's parameters, each with LaunchDarkly's name for it and what it means.

The fields of a Query bear the short names that people type. A trailing underscore, there where Python has taken the
word, is dropped. Which values a field takes is read from its type (see `_values.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from bot.lines.param_types import ParamType, param_type_for


@dataclass(frozen=True)
class Parameter:
    """What LaunchDarkly calls a parameter, and what a person should know of it."""

    api_name: str
    description: str


def bot_param(description: str) -> Parameter:
    """A parameter of the bot's own, which LaunchDarkly has no name for and is never sent."""
    return Parameter("", description)


@dataclass(frozen=True)
class ParamField:
    """A parameter as it can be typed."""

    field_name: str
    api_name: str
    description: str
    param_type: ParamType
    required: bool
    default: Any

    @property
    def short_name(self) -> str:
        return self.field_name.rstrip("_")


class Params(BaseModel):
    """The parameters of one question.

    `words` are the fields that a bare word can fill, in order; `project/env` needs no mention. `saves` is the field
    that a whole question fills, to the end of the line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    positional: ClassVar[tuple[str, ...]] = ()
    question_field: ClassVar[str] = ""

    @classmethod
    def fields(cls) -> tuple[ParamField, ...]:
        """The parameters in the order in which they are written."""
        return _build_fields(cls)

    def check(self) -> Iterator[str]:
        """What is wrong between the parameters, though each is right by itself."""
        yield from ()

    def corrected_values(self) -> dict[str, Any]:
        """The values of the line that is offered where `check` finds something wrong."""
        return dict(self)

    def api_params(self, *exclude: str) -> tuple[tuple[str, str], ...]:
        """LaunchDarkly's query parameters, without those fields that are *left out* because they need more than to be
        written."""
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
    """The kind of a field: pydantic has taken the type apart, so what it holds beside the type comes first."""
    info = params_class.model_fields[name]
    return next((candidate for candidate in info.metadata if hasattr(candidate, "read")), None) or param_type_for(
        info.annotation
    )


def _to_api_value(value: object) -> str:
    """A value as LaunchDarkly takes it: booleans in lower case, several joined by commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)
