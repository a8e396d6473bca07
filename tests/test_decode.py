"""What is read of LaunchDarkly's answers: numbers in any spelling, and nulls almost anywhere."""

from typing import Any

import msgspec
import pytest

from bot.launchdarkly import Reply, read
from bot.messages.humanize import value
from bot.questions import discover
from tests.misbehaving_server import Thing

REPLIES = {endpoint.name: endpoint.reply for endpoint in discover().values() if issubclass(endpoint.reply, Reply)}


@pytest.mark.parametrize("said", ["3", "3.0", "3e0", '"3"', '"3.0"'])
def test_a_whole_number_may_come_in_any_spelling(said: str) -> None:
    parts = read(Thing, b'{"name": "a", "parts": {"b": %s}}' % said.encode()).parts
    assert repr(parts) == "{'b': 3}"


@pytest.mark.parametrize(("said", "read_as"), [("3", "3"), ("3.5", "3.5"), ("-0", "0"), ('"3"', "3"), ("null", "None")])
def test_a_number_that_comes_whole_stays_whole(said: str, read_as: str) -> None:
    assert repr(read(Thing, b'{"name": "a", "amount": %s}' % said.encode()).amount) == read_as


def test_what_is_not_shown_may_be_anything() -> None:
    body = b'{"more": [1e999, {"name": 7}], "name": "a", "weight": null, "last": null}'
    assert read(Thing, body) == Thing(name="a")


@pytest.mark.parametrize("name", REPLIES)
def test_all_that_may_be_missing_may_be_null(name: str) -> None:
    optional = {
        f"{struct['title']}.{key}": kind
        for struct in _structs(name)
        for key, kind in struct["properties"].items()
        if key not in struct["required"] and key != "siblings"  # which LaunchDarkly does not send
    }
    assert not [
        place for place, kind in optional.items() if {"type": "null"} not in kind.get("anyOf", [{"type": "null"}])
    ]


@pytest.mark.parametrize("name", REPLIES)
def test_the_numbers_of_a_reply_have_bounds(name: str) -> None:
    """So that `"NaN"` and a number of a thousand digits are found where they are read: see `Whole` and `Real`."""
    numbers = [
        kind for struct in _structs(name) for kind in _kinds(struct) if kind.get("type") in ("integer", "number")
    ]
    assert numbers
    assert all({"minimum", "maximum"} <= set(kind) for kind in numbers)


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_lists_no_values(name: str) -> None:
    """Those of tomorrow would be unreadable, and what differs is told with its value."""
    assert not [kind for struct in _structs(name) for kind in _kinds(struct) if {"enum", "const"} & set(kind)]


def test_a_value_that_can_be_read_but_not_written_is_no_fault() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert value(deep) == "a value nested too deeply to be shown"


def _structs(name: str) -> list[dict[str, Any]]:
    """A reply and all that it holds, as JSON Schema says it."""
    return list(msgspec.json.schema(REPLIES[name])["$defs"].values())


def _kinds(schema: Any) -> list[dict[str, Any]]:
    """A schema and all schemas within it."""
    if not isinstance(schema, dict | list):
        return []
    parts = schema.values() if isinstance(schema, dict) else schema
    return [*([schema] if isinstance(schema, dict) else []), *(found for part in parts for found in _kinds(part))]
