"""Decoding of LaunchDarkly's replies: numbers in any notation, and nulls almost anywhere."""

from typing import Any, get_args

import msgspec
import pytest

from bot.launchdarkly import Reply, read
from bot.messages.humanize import format_value
from bot.questions import discover
from tests.misbehaving_server import SampleReply

DECODED = {question.name: next(iter(get_args(question.reply)), question.reply) for question in discover().values()}
REPLIES = {name: reply for name, reply in DECODED.items() if issubclass(reply, Reply)}


@pytest.mark.parametrize("literal", ["3", "3.0", "3e0", '"3"', '"3.0"'])
def test_integer_is_accepted_in_any_notation(literal: str) -> None:
    parts = read(SampleReply, b'{"name": "a", "parts": {"b": %s}}' % literal.encode()).parts
    assert repr(parts) == "{'b': 3}"


@pytest.mark.parametrize(
    ("literal", "read_as"), [("3", "3"), ("3.5", "3.5"), ("-0", "0"), ('"3"', "3"), ("null", "None")]
)
def test_whole_number_stays_an_integer(literal: str, read_as: str) -> None:
    assert repr(read(SampleReply, b'{"name": "a", "amount": %s}' % literal.encode()).amount) == read_as


def test_unused_fields_may_be_anything() -> None:
    body = b'{"more": [1e999, {"name": 7}], "name": "a", "weight": null, "last": null}'
    assert read(SampleReply, body) == SampleReply(name="a")


@pytest.mark.parametrize("name", REPLIES)
def test_optional_fields_may_be_null(name: str) -> None:
    optional = {
        f"{struct['title']}.{key}": kind
        for struct in _structs(name)
        for key, kind in struct["properties"].items()
        if key not in struct["required"] and key != "siblings"  # LaunchDarkly doesn't send these
    }
    assert not [
        place for place, kind in optional.items() if {"type": "null"} not in kind.get("anyOf", [{"type": "null"}])
    ]


@pytest.mark.parametrize("name", REPLIES)
def test_numbers_of_a_reply_are_bounded(name: str) -> None:
    """Reject `"NaN"` and numbers of a thousand digits when decoding: see `Whole` and `Real`."""
    numbers = [
        kind for struct in _structs(name) for kind in _kinds(struct) if kind.get("type") in ("integer", "number")
    ]
    assert numbers
    assert all({"minimum", "maximum"} <= set(kind) for kind in numbers)


@pytest.mark.parametrize("name", REPLIES)
def test_reply_has_no_enums(name: str) -> None:
    """An enum could not decode values that LaunchDarkly adds later."""
    assert not [kind for struct in _structs(name) for kind in _kinds(struct) if {"enum", "const"} & set(kind)]


def test_too_deeply_nested_value_gets_a_placeholder() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert format_value(deep) == "a deeply nested value"


def _structs(name: str) -> list[dict[str, Any]]:
    """Yield the JSON Schemas of a reply and of all structs within it."""
    return list(msgspec.json.schema(REPLIES[name])["$defs"].values())


def _kinds(schema: Any) -> list[dict[str, Any]]:
    """Yield a schema and all schemas within it."""
    if not isinstance(schema, dict | list):
        return []
    parts = schema.values() if isinstance(schema, dict) else schema
    return [*([schema] if isinstance(schema, dict) else []), *(found for part in parts for found in _kinds(part))]
