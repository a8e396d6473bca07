"""Sends replies to the caller, in plainer variants or by other means where Slack rejects the first attempt."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.messages.message import Message
from bot.metrics import Metrics
from bot.schedules.publisher import DeliveryError, InvalidMessage
from bot.slack.api_errors import translate_errors
from bot.slack.block_fallback import FALLBACK_ERROR_CODES, BlockFallback
from bot.slack.payloads import Interaction
from bot.slack.response_url import Delivered, ResponseUrl, ResponseUrls

UNCONFIRMED_NOTICE = Message.from_markup(
    "⚠️ Slack did not say whether the answer was posted. Look in the channel before you share again."
)
NOT_POSTED_NOTICE = Message.from_markup("⚠️ I couldn't post this in the channel. Run it again, then share it.")
DM_HINT = "I am not in <#{channel}>, so this comes directly. To change that, type `/invite` and my name there."


class Responders:
    """Creates responders, and sends what a response_url can't."""

    def __init__(
        self, client: AsyncWebClient, response_urls: ResponseUrls, fallback: BlockFallback, metrics: Metrics
    ) -> None:
        self.fallback = fallback
        self._client = client
        self._response_urls = response_urls
        self._metrics = metrics

    def respond_to(self, interaction: Interaction) -> "Responder":
        """Return a responder for the person behind an interaction."""
        return Responder(self, interaction, self._response_urls.get(interaction.response_url))

    async def send_public(self, interaction: Interaction, message: Message) -> Delivered:
        """Post into the channel without a response_url. If that fails, send to the caller alone."""

        async def post(variant: Message) -> None:
            await self._client.chat_postMessage(
                channel=interaction.channel, **variant.payload(), unfurl_links=False, unfurl_media=False
            )

        if await self._send_with_fallback(post, message, interaction):
            return Delivered.SENT
        return await self.send_private(interaction, message)

    async def send_private(self, interaction: Interaction, message: Message) -> Delivered:
        """Send an ephemeral message without a response_url. If that fails, send a direct message."""

        async def send_ephemeral(variant: Message) -> None:
            await self._client.chat_postEphemeral(
                channel=interaction.channel, user=interaction.user, text=variant.text, blocks=list(variant.blocks)
            )

        async def send_dm(variant: Message) -> None:
            await self._client.chat_postMessage(
                channel=interaction.user, text=variant.text, blocks=list(variant.blocks)
            )

        if await self._send_with_fallback(send_ephemeral, message, interaction):
            return Delivered.SENT
        dm_sent = await self._send_with_fallback(send_dm, _as_direct_message(interaction, message), interaction)
        return Delivered.SENT if dm_sent else Delivered.FAILED

    async def _send_with_fallback(
        self, send: Callable[[Message], Awaitable[Any]], message: Message, interaction: Interaction
    ) -> bool:
        """Send the first variant that Slack accepts. Return whether there was one."""
        code = ""
        for variant in await self.fallback.variants(message, interaction.team):
            try:
                with translate_errors():
                    await send(variant.message)
            except InvalidMessage as error:
                code = error.code
                if code not in FALLBACK_ERROR_CODES:
                    return False
            except DeliveryError:
                return False
            else:
                await self.fallback.accepted(variant, interaction.team, code)
                return True
        return False

    def record(self, status: Delivered) -> Delivered:
        """Count a delivery, and return its status."""
        self._metrics.deliveries.labels(status).inc()
        return status


class Responder:
    """Replies to one interaction."""

    def __init__(self, responders: Responders, interaction: Interaction, response_url: ResponseUrl) -> None:
        self._responders = responders
        self._interaction = interaction
        self._response_url = response_url

    async def send(self, message: Message, *, shared: bool = False, replace: bool = False) -> Delivered:
        """Send a message. After a confirmation, it takes the place of the message that asked for it."""
        confirmed = self._interaction.confirmed
        status = await self._send(message, shared=shared, replace=replace or (confirmed and not shared))
        if confirmed and shared and status is Delivered.SENT:
            await self._response_url.delete()
        return status

    async def _send(self, message: Message, *, shared: bool, replace: bool) -> Delivered:
        """Send through the response_url, or without it if that fails.

        If it is unknown whether a shared message was posted, don't retry, since everybody would see it twice; tell the
        caller instead. A private message is retried: twice is better than never.
        """
        if shared and not self._interaction.response_url:
            return self._responders.record(await self._responders.send_public(self._interaction, message))
        status = await self._send_with_fallback(message, shared=shared, replace=replace)
        if status is Delivered.FAILED and not shared:
            status = await self._send_with_fallback(message, shared=False, replace=replace)
        if status is not Delivered.SENT and shared:
            await self._send_notice(UNCONFIRMED_NOTICE if status is Delivered.FAILED else NOT_POSTED_NOTICE)
        elif status is not Delivered.SENT:
            status = await self._responders.send_private(self._interaction, message.with_text_fallback())
        return self._responders.record(status)

    async def update(self, message: Message) -> None:
        """Replace the message that was pressed. If its response_url has expired, it stays as it is."""
        await self._send_with_fallback(message, shared=False, replace=True)

    async def _send_notice(self, notice: Message) -> None:
        if await self._response_url.send(notice) is not Delivered.SENT:
            await self._responders.send_private(self._interaction, notice)

    async def _send_with_fallback(self, message: Message, *, shared: bool, replace: bool) -> Delivered:
        fallback, team, code = self._responders.fallback, self._interaction.team, ""
        for variant in await fallback.variants(message, team):
            status = await self._response_url.send(variant.message, shared=shared, replace=replace)
            if status is Delivered.SENT:
                await fallback.accepted(variant, team, code)
            if status is not Delivered.INVALID:
                break
            code = self._response_url.error_code
        return status


def _as_direct_message(interaction: Interaction, message: Message) -> Message:
    """Add why this is a direct message: outside its channels, the bot can reply only while a response_url is valid."""
    dm_hint = Message.from_markup(DM_HINT.format(channel=interaction.channel))
    blocks = [block for block in message.blocks if block["type"] != "actions"]  # no channel to share to
    return Message(message.text, (*dm_hint.blocks, *blocks))
