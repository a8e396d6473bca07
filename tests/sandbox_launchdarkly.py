"""A client of the LaunchDarkly sandbox, and the checks of its replies that several tests share."""

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday afternoon
MS = int(NOW.timestamp()) * 1000
HEADERS = {"Authorization": TOKEN, "LD-API-Version": "beta"}
NOT_FOUND = (404, {"code": "not_found", "message": "Invalid resource identifier"})

Json = dict[str, Any]
Param = str | int | list[str]
Complaints = Callable[[str, httpx.Response], list[str]]


@asynccontextmanager
async def sandbox(
    now: datetime = NOW, faults: FaultInjector | None = None, *, only_rfc3339: bool = False, only_millis: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    app = launchdarkly(lambda: now, faults=faults, only_rfc3339=only_rfc3339, only_millis=only_millis)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=HEADERS) as client:
        yield client


async def get_json(client: httpx.AsyncClient, path: str, **params: Param) -> Json:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    reply: Json = answer.json()
    return reply


async def error_of(client: httpx.AsyncClient, path: str, **params: Param) -> tuple[int, Json]:
    answer = await client.get(path, params=params)
    return answer.status_code, answer.json()


async def reasons(client: httpx.AsyncClient, path: str, **params: Param) -> dict[str, str]:
    status, body = await error_of(client, path, **params)
    assert (status, body["code"], body["message"]) == (400, "invalid_request", "validation failed")
    return {error["attribute"]: error["reason"] for error in body["errors"]}


@pytest.fixture(scope="session")
def complaints() -> Complaints:
    """Compare a reply with LaunchDarkly's description of the API, and list the differences."""
    described = os.environ.get("LAUNCHDARKLY_OPENAPI")
    if not described:
        pytest.skip("LAUNCHDARKLY_OPENAPI names no API description to compare the sandbox with")
    description = json.loads(Path(described).read_text(encoding="utf-8"))
    validator = import_module("jsonschema").Draft202012Validator

    def complain(path: str, answer: httpx.Response) -> list[str]:
        template = next(known for known in description["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", known), path))
        declared = description["paths"][template]["get"]["responses"][str(answer.status_code)]
        schema = declared["content"]["application/json"]["schema"] | {"components": description["components"]}
        errors = validator(schema, format_checker=validator.FORMAT_CHECKER).iter_errors(answer.json())
        return [f"{answer.url}: {error.json_path} {error.message}" for error in errors]

    return complain


async def assert_described(
    client: httpx.AsyncClient, complaints: Complaints, options: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """Every path answers each set of parameters as the API description says."""
    for path, choices in options.items():
        for params in choices:
            answer = await client.get(path, params=params)
            assert answer.status_code == 200
            assert complaints(path, answer) == []
