"""The embedded Slack in a process of its own, for those who have to ask it who they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from starlette.types import ASGIApp

from bot.sandbox.slack import Slack
from tests.bench.served import served_app


@contextmanager
def fake_slack() -> Iterator[str]:
    """The address of its Web API."""
    with served_app(_slack) as port:
        yield f"http://127.0.0.1:{port}/api/"


def _slack() -> ASGIApp:
    return Slack(lambda: datetime.now(UTC))
