"""Type lines in the sandbox workspace and wait for the bot's answers."""

from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.message import Message
from bot.slack.handler import PROGRESS_NOTICE

ANSWER_TIMEOUT_SECONDS = 30.0  # no answer takes this long


async def type_line(workspace: Slack, line: str, channel: str) -> Message:
    """Type a line and return its answer."""
    return await wait_for_answer(workspace, await workspace.type(f"/insights {line}".strip(), channel=channel))


async def wait_for_answer(workspace: Slack, acknowledgement: Acknowledgement) -> Message:
    """Return the answer, not the progress notice before it."""
    return await workspace.answer(
        acknowledgement, lambda message: not message.text.startswith(PROGRESS_NOTICE.text), ANSWER_TIMEOUT_SECONDS
    )
