"""Shared by all tests: a bot to talk to, the flag that rewrites generated files, and what runs side by side."""

import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.conversation import Conversation, start_conversation
from tests.databases import (  # noqa: F401 - fixtures for all
    DATABASE_KINDS,
    database_fixture,
    databases_fixture,
    migrated_database_fixture,
    postgres_fixture,
)
from tests.sandbox_slack import client_fixture, clock_fixture, slack_fixture  # noqa: F401
from tests.scheduler_harness import scheduler_factory_fixture, scheduler_fixture, shared_engine_fixture  # noqa: F401

LONGEST_MODULES = {
    *("test_browser", "test_crashes", "test_demo", "test_demo_process", "test_install"),
    *("test_schedules", "test_server", "test_slack", "test_weekly_numbers"),
}

# How long an example takes is up to the machine, and to what else it does.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write anew what is made from the code, to be reviewed")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--rewrite") and config.getoption("numprocesses"):
        raise pytest.UsageError("--rewrite writes files that tests share: leave out -n.")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run a single module, or rewrite, in this process. Otherwise use two for each core: tests often wait."""
    only_one = len(config.args) == 1 and Path(config.args[0].partition("::")[0]).is_file()
    return 0 if only_one or config.getoption("--rewrite") else 2 * (os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each module in one process, for the fixtures that its tests share, and begin with the longest."""
    items.sort(key=lambda item: item.path.stem not in LONGEST_MODULES)
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what is imported and collected by now, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Test schedules on each kind of database, or on those that a module names."""
    if "databases" in metafunc.fixturenames:
        kinds = getattr(metafunc.module, "DATABASES", DATABASE_KINDS)
        metafunc.parametrize("databases", kinds, indirect=True, scope="module")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether to write what is made from the code: golden files, tables of the README, the manifest's hint."""
    return bool(request.config.getoption("--rewrite"))


@pytest.fixture
async def someone() -> AsyncIterator[Conversation]:
    """Start a conversation with a bot on the sandbox's LaunchDarkly."""
    async with start_conversation() as conversation:
        yield conversation
