"""Lines typed in the embedded workspace, and what the bot says to them."""

from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.message import Message
from bot.slack.handler import PROGRESS_NOTICE

ANSWER_TIMEOUT_SECONDS = 30.0  # seconds, which an answer does not take


async def type_line(workspace: Slack, line: str, channel: str) -> Message:
    """The answer to a line."""
    return await wait_for_answer(workspace, await workspace.type(f"/insights {line}".strip(), channel=channel))


async def wait_for_answer(workspace: Slack, acknowledgement: Acknowledgement) -> Message:
    """The answer itself, and not the word that it is on its way."""
    return await workspace.answer(
        acknowledgement, lambda message: not message.text.startswith(PROGRESS_NOTICE.text), ANSWER_TIMEOUT_SECONDS
    )
