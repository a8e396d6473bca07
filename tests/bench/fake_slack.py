"""The sandbox's Slack in a separate process, for bots that call auth.test."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from starlette.types import ASGIApp

from bot.sandbox.slack import Slack
from tests.bench.served import served_app


@contextmanager
def fake_slack() -> Iterator[str]:
    """Run it within the block, and return its Web API's URL."""
    with served_app(_slack) as port:
        yield f"http://127.0.0.1:{port}/api/"


def _slack() -> ASGIApp:
    return Slack(lambda: datetime.now(UTC))
