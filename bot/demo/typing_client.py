"""Lines typed in the embedded workspace, and what the bot says to them."""

from bot.sandbox.slack import Acknowledgement, Slack
from bot.sandbox.slack.message import Message
from bot.slack.handler import ASKING

LONGEST = 30.0  # seconds, which an answer does not take


async def said(workspace: Slack, line: str, channel: str) -> Message:
    """The answer to a line."""
    return await answer(workspace, await workspace.type(f"/insights {line}".strip(), channel=channel))


async def answer(workspace: Slack, to: Acknowledgement) -> Message:
    """The answer itself, and not the word that it is on its way."""
    return await workspace.answer(to, lambda message: not message.text.startswith(ASKING.text), LONGEST)
