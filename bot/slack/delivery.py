"""A message on its way to a person: what Slack refuses is said more plainly, and a closed way is gone around."""

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.message import Message
from bot.metrics import Metrics
from bot.slack.calls import told
from bot.slack.forms import Forms
from bot.slack.incoming import Incoming
from bot.slack.response import Response, Said

NOT_THERE = ("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived")
NOT_SURE = Message.of("⚠️ Slack did not say whether the answer was posted. Look in the channel before you share again.")
NOT_POSTED = Message.of("⚠️ This was not posted in the channel: Slack's way back is closed. Ask again, and share that.")
WAY_OUT = "I am not in <#{channel}>, so this comes directly. To change that, type `/invite` and my name there."


class Delivery:
    """Knows the ways to people."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        forms: Forms,
        metrics: Metrics,
    ) -> None:
        self.forms = forms
        self._client = client
        self._session = session
        self._metrics = metrics

    def back(self, incoming: Incoming) -> "Way":
        """The way back to whoever said something."""
        return Way(self, incoming, Response(incoming.response_url, self._session))

    async def publicly(self, incoming: Incoming, message: Message) -> Said:
        """Without a response_url: as a message of the bot's own, else to that person."""
        try:
            await self._client.chat_postMessage(
                channel=incoming.channel, **message.payload(), unfurl_links=False, unfurl_media=False
            )
        except SlackApiError:
            return await self.privately(incoming, message)
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
            return Said.FAILED
        return Said.SENT

    async def privately(self, incoming: Incoming, message: Message) -> Said:
        """Without a response_url: as a message that only one person sees, else directly to that person."""
        try:
            await self._client.chat_postEphemeral(
                channel=incoming.channel, user=incoming.user, text=message.text, blocks=list(message.blocks)
            )
        except SlackApiError as refused:
            if told(refused)[1] not in NOT_THERE:
                return Said.FAILED
            return await self._directly(incoming, message)
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
            return Said.FAILED
        return Said.SENT

    async def _directly(self, incoming: Incoming, message: Message) -> Said:
        """With the way out: in a channel that the bot is not in, it can answer for half an hour only."""
        way_out = Message.of(WAY_OUT.format(channel=incoming.channel))
        shown = [
            block for block in message.blocks if block["type"] != "actions"
        ]  # there is no channel here to share to
        try:
            await self._client.chat_postMessage(
                channel=incoming.user, text=message.text, blocks=[*way_out.blocks, *shown]
            )
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
            return Said.FAILED
        return Said.SENT

    def count(self, said: Said) -> Said:
        self._metrics.deliveries.labels(said).inc()
        return said


class Way:
    """The way back to one person."""

    def __init__(self, delivery: Delivery, incoming: Incoming, response: Response) -> None:
        self._delivery = delivery
        self._incoming = incoming
        self._response = response

    async def say(self, message: Message, *, shared: bool = False, replace: bool = False) -> Said:
        """Say it. Where a person confirmed something, that takes the place of the message that asked."""
        confirmed = self._incoming.confirmed
        said = await self._say(message, shared=shared, replace=replace or (confirmed and not shared))
        if confirmed and shared and said is Said.SENT:
            await self._response.delete()
        return said

    async def _say(self, message: Message, *, shared: bool, replace: bool) -> Said:
        """Say it in the best form that Slack takes, or by another way.

        Where nobody knows whether it arrived, what all would see twice is not repeated, but told of; what one person
        sees is better seen twice than never."""
        if shared and not self._incoming.response_url:
            return self._delivery.count(await self._delivery.publicly(self._incoming, message))
        said = await self._plainer_and_plainer(message, shared=shared, replace=replace)
        if said is Said.FAILED and shared:
            await self._response.say(NOT_SURE)
        elif said is Said.FAILED:
            said = await self._plainer_and_plainer(message, shared=False, replace=replace)
        if said is Said.GONE:
            said = await self._delivery.privately(self._incoming, NOT_POSTED if shared else message.plain())
            said = Said.GONE if shared else said
        return self._delivery.count(said)

    async def update(self, message: Message) -> None:
        """Replace the message that was pressed, in the best form that Slack takes; what is too old stays as it is."""
        await self._plainer_and_plainer(message, shared=False, replace=True)

    async def _plainer_and_plainer(self, message: Message, *, shared: bool, replace: bool) -> Said:
        forms, team = self._delivery.forms, self._incoming.team
        for form in await forms.of(message, team):
            said = await self._response.say(form.message, shared=shared, replace=replace)
            if said is Said.SENT:
                await forms.taken(form, team)
            if said is not Said.INVALID:
                break
        return said
