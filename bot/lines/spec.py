"""Spec: the base record of questions and commands, which writes their lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from bot.lines.params import ParamField, Params
from bot.lines.tokenizer import quote_value

# Slack's limit of a button's value: https://docs.slack.dev/reference/block-kit/block-elements/button-element
MAX_BUTTON_LINE_CHARS = 2000

ParamsT = TypeVar("ParamsT", bound=Params)


@dataclass(frozen=True, kw_only=True)
class Spec(Generic[ParamsT]):
    """A question or a command: its name, summary, examples and parameters."""

    is_question: ClassVar[bool] = False
    name: str
    summary: str
    examples: tuple[str, ...]
    params: type[ParamsT]

    def line(self, values: Mapping[str, Any]) -> str:
        """Write the line for these values. A missing required value appears in capitals, to be filled in."""
        fields = {field.field_name: field for field in self.params.fields()}
        texts = {name: _format_value(field, values.get(name)) for name, field in fields.items()}
        saved_line = texts.pop(self.params.question_field, "")
        project_env = (
            [f"{texts.pop('project')}/{texts.pop('env')}"] if texts.get("project") and texts.get("env") else []
        )
        positional = [text for name in self.params.positional if name != "env" and (text := texts.pop(name, ""))]
        options = [f"{fields[name].short_name}={quote_value(text)}" for name, text in texts.items() if text]
        return " ".join([self.name, *positional, *project_env, *options, *filter(None, [saved_line])])

    def button_line(self, values: ParamsT | Mapping[str, Any]) -> str:
        """Write the line for a button; empty if it exceeds what a button can carry."""
        line = self.line(dict(values))
        return line if len(line) <= MAX_BUTTON_LINE_CHARS else ""


def _format_value(field: ParamField, value: Any) -> str:
    if value is None:
        return field.short_name.upper() if field.required else ""
    return "" if value == field.default else field.param_type.write(value)


AnySpec = Spec[Any]
