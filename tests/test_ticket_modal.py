"""*Copy as a ticket*: a modal with the text of a ticket."""

from typing import Any

import pytest

from bot.sandbox.block_kit import view_violations
from bot.slack.ticket_modal import build_notice_modal, build_ticket_modal


@pytest.mark.parametrize("view", [build_ticket_modal("x" * 3000), build_notice_modal("Nothing is left to clean up.")])
def test_modal_is_valid(view: dict[str, Any]) -> None:
    assert view_violations(view) == []
