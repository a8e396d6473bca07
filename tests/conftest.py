"""Shared by all tests: a bot to talk to, and the flag that rewrites generated files."""

from collections.abc import AsyncIterator

import pytest

from tests.conversation import Conversation, start_conversation
from tests.databases import database_fixture, databases_fixture, postgres_fixture  # noqa: F401 - fixtures for all
from tests.scheduler_harness import scheduler_factory_fixture, scheduler_fixture, shared_engine_fixture  # noqa: F401


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write anew what is made from the code, to be reviewed")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether to write what is made from the code: golden files, tables of the README, the manifest's hint."""
    return bool(request.config.getoption("--rewrite"))


@pytest.fixture
async def someone() -> AsyncIterator[Conversation]:
    """Start a conversation with a bot on the sandbox's LaunchDarkly."""
    async with start_conversation() as conversation:
        yield conversation
