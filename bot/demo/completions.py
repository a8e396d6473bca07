"""Completions for a line, from the registry of questions and commands: names, arguments and values."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.app import build_registry
from bot.lines.param_types import ListOf
from bot.lines.params import ParamField
from bot.lines.spec import AnySpec
from bot.notices import usage_line
from bot.sandbox.launchdarkly.company import Company

EXAMPLE_TIMES = ("1d", "7d", "2w", "yesterday", "monday")
EXAMPLE_DURATIONS = ("6h", "1d", "1w")
EXAMPLE_VALUES = {  # by the beginning of a parameter type's hint
    "yes or no": ("yes", "no"),
    "7d": EXAMPLE_TIMES,
    "a length": EXAMPLE_DURATIONS,
}


def completions(company: Company | None) -> list[Mapping[str, Any]]:
    """Return the completions of each question and command, with the keys of a *company* if it is known."""
    keys = _keys(company) if company else {}
    return [_completion(spec, keys) for spec in build_registry().values()]


def _completion(spec: AnySpec, keys: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    fields = [field for field in spec.params.fields() if field.field_name != spec.params.question_field]
    return {
        "name": spec.name,
        "summary": spec.summary,
        "usage": usage_line(spec),
        "examples": list(spec.examples),
        "arguments": [
            {"name": field.short_name, "help": field.description, "values": list(_values(field, keys))}
            for field in fields
        ],
    }


def _values(field: ParamField, keys: Mapping[str, Sequence[str]]) -> Sequence[str]:
    param_type = field.param_type.item_type if isinstance(field.param_type, ListOf) else field.param_type
    choices: Sequence[str] = getattr(param_type, "words", ())
    examples = next((values for start, values in EXAMPLE_VALUES.items() if param_type.hint.startswith(start)), ())
    return choices or examples or keys.get(field.short_name, ())


def _keys(company: Company) -> dict[str, list[str]]:
    environments = [one.key for project in company.projects for one in project.environments]
    return {
        "project": [project.key for project in company.projects],
        "env": list(dict.fromkeys(environments)),
        "app": [application.key for application in company.applications],
        "flag": [flag.key for flag in company.flags if not flag.archived],
    }
