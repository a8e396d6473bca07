"""The record that makes a line something that can be typed, shared by questions and commands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from bot.lines.params import Field, Query
from bot.lines.tokenizer import quoted

LONGEST_LINE = 2000  # what a button can carry

Q = TypeVar("Q", bound=Query)


@dataclass(frozen=True, kw_only=True)
class Spoken(Generic[Q]):
    """What can be typed: a question, or a command."""

    is_question: ClassVar[bool] = False
    name: str
    summary: str
    examples: tuple[str, ...]
    query: type[Q]

    def line(self, values: Mapping[str, Any]) -> str:
        """The line that says these values. What must be there and is not stands in capitals, to be filled in."""
        fields = {field.field: field for field in self.query.fields()}
        said = {name: _said(field, values.get(name)) for name, field in fields.items()}
        asks = said.pop(self.query.saves, "")
        place = [f"{said.pop('project')}/{said.pop('env')}"] if said.get("project") and said.get("env") else []
        bare = [word for name in self.query.words if name != "env" and (word := said.pop(name, ""))]
        named = [f"{fields[name].short}={quoted(word)}" for name, word in said.items() if word]
        return " ".join([self.name, *bare, *place, *named, *filter(None, [asks])])

    def way(self, values: Q | Mapping[str, Any]) -> str:
        """The line that a button asks; nothing where that is more than one can carry."""
        line = self.line(dict(values))
        return line if len(line) <= LONGEST_LINE else ""


def _said(field: Field, value: Any) -> str:
    if value is None:
        return field.short.upper() if field.required else ""
    return "" if value == field.default else field.kind.write(value)


AnySpoken = Spoken[Any]
