"""Params: the parameters of a line, each with LaunchDarkly's name and a description.

Fields have the short names that people type. A trailing underscore (for a name that Python reserves) is dropped.
The annotation of a field decides which values it accepts (see `param_types.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from bot.lines.param_types import ParamType, param_type_for


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


class Params(BaseModel):
    """Base for the parameters of a question or a command.

    `positional` lists the fields that a bare word can fill, in order; `project/env` is always accepted.
    `question_field` is the field that takes a whole question, up to the end of the line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    positional: ClassVar[tuple[str, ...]] = ()
    question_field: ClassVar[str] = ""

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
