"""Hypothesis strategies for replies, from LaunchDarkly's OpenAPI description.

It reads the part of OpenAPI 3.0 that the description uses, and draws hostile text for every string. The description
may not be redistributed: LAUNCHDARKLY_OPENAPI names its file, and tests that need it are skipped without it."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.hostile import HOSTILE_STRINGS

OPENAPI_PATH = os.environ.get("LAUNCHDARKLY_OPENAPI", "")
requires_openapi = pytest.mark.skipif(
    not OPENAPI_PATH, reason="LAUNCHDARKLY_OPENAPI does not say where the API's description lies"
)

INTEGERS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 200) | st.integers(1_790_000_000_000, 1_800_000_000_000)
TEXTS = st.sampled_from(HOSTILE_STRINGS) | st.text(max_size=30)
MAX_DEPTH = 7


@cache
def openapi_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(OPENAPI_PATH).read_text())
    return document


def matching_path(request_path: str) -> str:
    """Return the description's path that matches a request."""
    templates: list[str] = list(openapi_document()["paths"])
    return next(template for template in templates if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), request_path))


def replies(path: str) -> st.SearchStrategy[Any]:
    """Draw any reply that the description allows for a GET of this path."""
    schema = openapi_document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return _strategy(schema, 0)


def _strategy(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _ref_strategy(schema["$ref"].rsplit("/", 1)[1], depth + 1)
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | TEXTS  # LaunchDarkly may add values to an enum
    if "allOf" in schema:
        return _strategy(schema["allOf"][0], depth)
    kinds = {
        "object": lambda: _object_strategy(schema, depth),
        "array": lambda: st.lists(_strategy(schema["items"], depth), max_size=0 if depth > MAX_DEPTH else 4),
        "string": lambda: st.uuids().map(str) if schema.get("format") == "uuid" else TEXTS,
        "integer": lambda: INTEGERS,
        "number": lambda: st.floats(-(2.0**63), 2.0**63) | INTEGERS,
        "boolean": st.booleans,
    }
    return kinds[schema["type"]]() if "type" in schema else _any_value()


@cache
def _ref_strategy(name: str, depth: int) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _strategy(openapi_document()["components"]["schemas"][name], depth))


def _object_strategy(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    strategies = {name: _strategy(part, depth) for name, part in properties.items()}
    optional = {
        name: part | st.none() for name, part in strategies.items() if name not in required and depth <= MAX_DEPTH
    }
    fixed = st.fixed_dictionaries({name: strategies[name] for name in required}, optional=optional)
    additional = schema.get("additionalProperties")
    if not isinstance(additional, dict) or depth > MAX_DEPTH:
        return fixed
    extra = st.dictionaries(TEXTS, _strategy(additional, depth) if additional else _any_value(), max_size=3)
    return st.builds(lambda a, b: {**b, **a}, fixed, extra)


def _any_value() -> st.SearchStrategy[Any]:
    """Draw a value of any type, such as a variation's."""
    plain = st.none() | st.booleans() | INTEGERS | TEXTS
    return st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
    )
