"""What a Query is: a question's parameters, each with LaunchDarkly's name for it and what it means.

The fields of a Query bear the short names that people type. A trailing underscore, there where Python has taken the
word, is dropped. Which values a field takes is read from its type (see `_values.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from bot.lines.param_types import Kind, kind_of


@dataclass(frozen=True)
class Parameter:
    """What LaunchDarkly calls a parameter, and what a person should know of it."""

    name: str
    meaning: str


def own(meaning: str) -> Parameter:
    """A parameter of the bot's own, which LaunchDarkly has no name for and is never sent."""
    return Parameter("", meaning)


@dataclass(frozen=True)
class Field:
    """A parameter as it can be typed."""

    field: str
    name: str
    meaning: str
    kind: Kind
    required: bool
    default: Any

    @property
    def short(self) -> str:
        return self.field.rstrip("_")


class Query(BaseModel):
    """The parameters of one question.

    `words` are the fields that a bare word can fill, in order; `project/env` needs no mention. `saves` is the field
    that a whole question fills, to the end of the line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: ClassVar[tuple[str, ...]] = ()
    saves: ClassVar[str] = ""

    @classmethod
    def fields(cls) -> tuple[Field, ...]:
        """The parameters in the order in which they are written."""
        return _fields(cls)

    def check(self) -> Iterator[str]:
        """What is wrong between the parameters, though each is right by itself."""
        yield from ()

    def instead(self) -> dict[str, Any]:
        """The values of the line that is offered where `check` finds something wrong."""
        return dict(self)

    def parameters(self, *left_out: str) -> tuple[tuple[str, str], ...]:
        """LaunchDarkly's query parameters, without those fields that are *left out* because they need more than to be
        written."""
        return tuple(
            (field.name, _sent(value))
            for field in self.fields()
            if field.name and field.field not in left_out and (value := getattr(self, field.field)) is not None
        )


@cache
def _fields(query: type[Query]) -> tuple[Field, ...]:
    return tuple(
        Field(name, parameter.name, parameter.meaning, _kind(query, name), info.is_required(), info.default)
        for name, info in query.model_fields.items()
        for parameter in info.metadata
        if isinstance(parameter, Parameter)
    )


def _kind(query: type[Query], name: str) -> Kind:
    """The kind of a field: pydantic has taken the type apart, so what it holds beside the type comes first."""
    info = query.model_fields[name]
    return next((part for part in info.metadata if hasattr(part, "read")), None) or kind_of(info.annotation)


def _sent(value: object) -> str:
    """A value as LaunchDarkly takes it: booleans in lower case, several joined by commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)
