"""What a line can be completed with, from the register of all that can be typed: names, arguments, and their values."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.app import register
from bot.lines.param_types import Several
from bot.lines.params import Field
from bot.lines.spec import AnySpoken
from bot.notices import usage
from bot.sandbox.launchdarkly.company import Company

MOMENTS = ("1d", "7d", "2w", "yesterday", "monday")
LENGTHS = ("6h", "1d", "1w")
SAID = {"yes or no": ("yes", "no"), "7d": MOMENTS, "a length": LENGTHS}  # by how a kind says what it allows


def completions(company: Company | None) -> list[Mapping[str, Any]]:
    """Each question and order. Of a *company* that is known, its keys are offered as well."""
    keys = _keys(company) if company else {}
    return [_completion(spoken, keys) for spoken in register().values()]


def _completion(spoken: AnySpoken, keys: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    fields = [field for field in spoken.query.fields() if field.field != spoken.query.saves]
    return {
        "name": spoken.name,
        "summary": spoken.summary,
        "usage": usage(spoken),
        "examples": list(spoken.examples),
        "arguments": [
            {"name": field.short, "help": field.meaning, "values": list(_values(field, keys))} for field in fields
        ],
    }


def _values(field: Field, keys: Mapping[str, Sequence[str]]) -> Sequence[str]:
    kind = field.kind.kind if isinstance(field.kind, Several) else field.kind
    words: Sequence[str] = getattr(kind, "words", ())
    said = next((values for start, values in SAID.items() if kind.allowed.startswith(start)), ())
    return words or said or keys.get(field.short, ())


def _keys(company: Company) -> dict[str, list[str]]:
    environments = [one.key for project in company.projects for one in project.environments]
    return {
        "project": [project.key for project in company.projects],
        "env": list(dict.fromkeys(environments)),
        "app": [application.key for application in company.applications],
        "flag": [flag.key for flag in company.flags if not flag.archived],
    }
