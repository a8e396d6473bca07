"""A message on its way to a person: what Slack refuses is said more plainly, and a closed way is gone around."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.messages.message import Message
from bot.metrics import Metrics
from bot.schedules.publisher import Refused, Undelivered
from bot.slack.api_errors import judged
from bot.slack.block_fallback import PLAINER, Forms
from bot.slack.payloads import Incoming
from bot.slack.response_url import Response, Responses, Said

NOT_SURE = Message.of("⚠️ Slack did not say whether the answer was posted. Look in the channel before you share again.")
NOT_POSTED = Message.of("⚠️ I couldn't post this in the channel. Run it again, then share it.")
WAY_OUT = "I am not in <#{channel}>, so this comes directly. To change that, type `/invite` and my name there."


class Delivery:
    """Knows the ways to people."""

    def __init__(self, client: AsyncWebClient, responses: Responses, forms: Forms, metrics: Metrics) -> None:
        self.forms = forms
        self._client = client
        self._responses = responses
        self._metrics = metrics

    def back(self, incoming: Incoming) -> "Way":
        """The way back to whoever said something."""
        return Way(self, incoming, self._responses.at(incoming.response_url))

    async def publicly(self, incoming: Incoming, message: Message) -> Said:
        """Without a response_url: as a message of the bot's own, else to that person."""

        async def post(form: Message) -> None:
            await self._client.chat_postMessage(
                channel=incoming.channel, **form.payload(), unfurl_links=False, unfurl_media=False
            )

        return Said.SENT if await self._sent(post, message, incoming) else await self.privately(incoming, message)

    async def privately(self, incoming: Incoming, message: Message) -> Said:
        """Without a response_url: as a message that only one person sees, else directly to that person."""

        async def whisper(form: Message) -> None:
            await self._client.chat_postEphemeral(
                channel=incoming.channel, user=incoming.user, text=form.text, blocks=list(form.blocks)
            )

        async def write(form: Message) -> None:
            await self._client.chat_postMessage(channel=incoming.user, text=form.text, blocks=list(form.blocks))

        if await self._sent(whisper, message, incoming):
            return Said.SENT
        return Said.SENT if await self._sent(write, _direct(incoming, message), incoming) else Said.FAILED

    async def _sent(self, send: Callable[[Message], Awaitable[Any]], message: Message, incoming: Incoming) -> bool:
        """Send it in the best form that Slack takes by this way."""
        why = ""
        for form in await self.forms.of(message, incoming.team):
            try:
                with judged():
                    await send(form.message)
            except Refused as refused:
                why = refused.why
                if why not in PLAINER:
                    return False
            except Undelivered:
                return False
            else:
                await self.forms.taken(form, incoming.team, why)
                return True
        return False

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
        if said is Said.FAILED and not shared:
            said = await self._plainer_and_plainer(message, shared=False, replace=replace)
        if said is not Said.SENT and shared:
            await self._tell(NOT_SURE if said is Said.FAILED else NOT_POSTED)
        elif said is not Said.SENT:
            said = await self._delivery.privately(self._incoming, message.plain())
        return self._delivery.count(said)

    async def update(self, message: Message) -> None:
        """Replace the message that was pressed, in the best form that Slack takes; what is too old stays as it is."""
        await self._plainer_and_plainer(message, shared=False, replace=True)

    async def _tell(self, notice: Message) -> None:
        if await self._response.say(notice) is not Said.SENT:
            await self._delivery.privately(self._incoming, notice)

    async def _plainer_and_plainer(self, message: Message, *, shared: bool, replace: bool) -> Said:
        forms, team, why = self._delivery.forms, self._incoming.team, ""
        for form in await forms.of(message, team):
            said = await self._response.say(form.message, shared=shared, replace=replace)
            if said is Said.SENT:
                await forms.taken(form, team, why)
            if said is not Said.INVALID:
                break
            why = self._response.refused
        return said


def _direct(incoming: Incoming, message: Message) -> Message:
    """With the way out: in a channel that the bot is not in, it can answer for half an hour only."""
    way_out = Message.of(WAY_OUT.format(channel=incoming.channel))
    shown = [block for block in message.blocks if block["type"] != "actions"]  # there is no channel here to share to
    return Message(message.text, (*way_out.blocks, *shown))
