"""Adds the bot to a public channel, when somebody presses *Add me to this channel*."""

from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.answers import Answer
from bot.errors import Failure, Rejected, TryLater
from bot.messages.message import Message
from bot.slack.client import AMBIGUOUS_CODES, RATE_LIMIT_CODES, RETRYABLE_CODES, SLACK_UNAVAILABLE, error_code

JOINED = "✅ I've joined <#{channel}>."
INVITE = "Ask someone in the channel to type `/invite @insights`."
REASONS = {
    "missing_scope": "I'm no longer allowed to join channels.",
    "channel_not_found": "The channel is private or gone, so I can't join it.",
    "method_not_supported_for_channel_type": "The channel is private, so I can't join it.",
    "is_archived": "The channel is archived.",
    "too_many_members": "The channel has as many members as Slack allows.",
}


@dataclass(frozen=True)
class ChannelJoiner:
    """Joins channels. Joining twice is as good as once, so the client may retry."""

    client: AsyncWebClient

    async def join(self, channel: str) -> Answer:
        """Join a channel; raise why it isn't possible. Who may ask for it was checked before."""
        try:
            await self.client.conversations_join(channel=channel)
        except SLACK_UNAVAILABLE as error:
            raise _failure(error) from None
        return Answer(Message.from_markup(JOINED.format(channel=channel)), name="join")


def _failure(error: Exception) -> Failure:
    code = error_code(error)[1] if isinstance(error, SlackApiError) else ""
    if not code or code in (*RATE_LIMIT_CODES, *AMBIGUOUS_CODES, *RETRYABLE_CODES):
        return TryLater("Slack couldn't add me to the channel.", "Press the button again in a minute.")
    return Rejected(REASONS.get(code, f"Slack doesn't let me join the channel ({code})."), INVITE)
