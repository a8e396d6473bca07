"""LaunchDarkly's own description of its API, as something to draw answers from.

It reads the part of OpenAPI 3.0 that the description uses, and draws hostile text for every string. The description is
not ours to ship: LAUNCHDARKLY_OPENAPI says where it lies, and what needs it skips without."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.hostile import STRINGS

PATH = os.environ.get("LAUNCHDARKLY_OPENAPI", "")
needed = pytest.mark.skipif(not PATH, reason="LAUNCHDARKLY_OPENAPI does not say where the API's description lies")

INTEGERS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 200) | st.integers(1_790_000_000_000, 1_800_000_000_000)
TEXTS = st.sampled_from(STRINGS) | st.text(max_size=30)
DEEPEST = 7


@cache
def description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(PATH).read_text())
    return found


def path(asked: str) -> str:
    """The path of the description that a request asks for."""
    known: list[str] = list(description()["paths"])
    return next(found for found in known if re.fullmatch(re.sub(r"{\w+}", "[^/]+", found), asked))


def answers(path: str) -> st.SearchStrategy[Any]:
    """Any answer that the description allows a GET of this path."""
    reference = description()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return _drawn(reference, 0)


def _drawn(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _named(schema["$ref"].rsplit("/", 1)[1], depth + 1)
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | TEXTS  # an enum of today may have grown by tomorrow
    if "allOf" in schema:
        return _drawn(schema["allOf"][0], depth)
    kinds = {
        "object": lambda: _object(schema, depth),
        "array": lambda: st.lists(_drawn(schema["items"], depth), max_size=0 if depth > DEEPEST else 4),
        "string": lambda: st.uuids().map(str) if schema.get("format") == "uuid" else TEXTS,
        "integer": lambda: INTEGERS,
        "number": lambda: st.floats(-(2.0**63), 2.0**63) | INTEGERS,
        "boolean": st.booleans,
    }
    return kinds[schema["type"]]() if "type" in schema else _anything()


@cache
def _named(name: str, depth: int) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _drawn(description()["components"]["schemas"][name], depth))


def _object(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    drawn = {name: _drawn(part, depth) for name, part in properties.items()}
    optional = {name: part | st.none() for name, part in drawn.items() if name not in required and depth <= DEEPEST}
    fixed = st.fixed_dictionaries({name: drawn[name] for name in required}, optional=optional)
    more = schema.get("additionalProperties")
    if not isinstance(more, dict) or depth > DEEPEST:
        return fixed
    extra = st.dictionaries(TEXTS, _drawn(more, depth) if more else _anything(), max_size=3)
    return st.builds(lambda a, b: {**b, **a}, fixed, extra)


def _anything() -> st.SearchStrategy[Any]:
    """A value of any kind: the value of a variation, say."""
    plain = st.none() | st.booleans() | INTEGERS | TEXTS
    return st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
    )
