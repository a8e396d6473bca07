"""What all tests share: a bot to talk to, and the flag that rewrites what is made from the code."""

from collections.abc import AsyncIterator

import pytest

from tests.conversation import Talk, talk
from tests.databases import a_database, a_postgres, some_databases  # noqa: F401 - fixtures for all
from tests.scheduler_harness import a_desk, a_room, some_desks  # noqa: F401


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write anew what is made from the code, to be reviewed")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite"))


@pytest.fixture
async def someone() -> AsyncIterator[Talk]:
    """Someone who talks to a bot with the embedded LaunchDarkly below it."""
    async with talk() as found:
        yield found
