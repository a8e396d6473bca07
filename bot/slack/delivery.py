"""A message on its way to a person: what Slack refuses is said more plainly, and a closed way is gone around."""

import logging
from collections.abc import Callable
from datetime import datetime

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Failure
from bot.message import Message
from bot.metrics import Metrics
from bot.slack.incoming import Incoming
from bot.slack.response import Response, Said
from bot.store import Store

log = logging.getLogger(__name__)

NOT_THERE = ("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived")
NOT_SURE = Message.of("⚠️ Slack did not say whether the answer was posted. Look in the channel before you share again.")
NOT_POSTED = Message.of("⚠️ This was not posted in the channel: Slack's way back is closed. Ask again, and share that.")
WAY_OUT = "I am not in <#{channel}>, so this comes directly. To change that, type `/invite` and my name there."


class Delivery:
    """Knows the ways to people, and remembers which workspaces take no charts."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        store: Store,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._session = session
        self._store = store
        self._metrics = metrics
        self._now = now

    def back(self, incoming: Incoming) -> "Way":
        """The way back to whoever said something."""
        return Way(self, incoming, Response(incoming.response_url, self._session))

    async def takes_charts(self, team: str) -> bool:
        try:
            return not await self._store.workspaces.refuses_charts(team, self._now())
        except Failure:  # the answer matters more than how it looks
            return True

    async def remember_refusal(self, team: str) -> None:
        try:
            await self._store.workspaces.remember_refusal(team, self._now())
        except Failure:
            log.warning("it could not be remembered that the workspace takes no charts")

    async def privately(self, incoming: Incoming, message: Message) -> Said:
        """Without a response_url: as a message that only one person sees, else directly to that person."""
        try:
            await self._client.chat_postEphemeral(
                channel=incoming.channel, user=incoming.user, text=message.text, blocks=list(message.blocks)
            )
        except SlackApiError as refused:
            if refused.response.get("error") not in NOT_THERE:
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
        """Say it in the best form that Slack takes, or by another way.

        Where nobody knows whether it arrived, what all would see twice is not repeated, but told of; what one person
        sees is better seen twice than never."""
        said = await self._plainer_and_plainer(message, shared=shared, replace=replace)
        if said is Said.FAILED and shared:
            await self._response.say(NOT_SURE)
        elif said is Said.FAILED:
            said = await self._plainer_and_plainer(message, shared=False, replace=replace)
        if said is Said.GONE:
            said = await self._delivery.privately(self._incoming, NOT_POSTED if shared else message.plain())
            said = Said.GONE if shared else said
        return self._delivery.count(said)

    async def _plainer_and_plainer(self, message: Message, *, shared: bool, replace: bool) -> Said:
        forms = await self._forms(message)
        for form in forms:
            said = await self._response.say(form, shared=shared, replace=replace)
            if said is not Said.INVALID:
                break
        if len(forms) == 3 and form is forms[1] and said is Said.SENT:  # so it was the charts
            await self._delivery.remember_refusal(self._incoming.team)
        return said

    async def _forms(self, message: Message) -> list[Message]:
        """The message as it is, in characters, and as bare text: each says the same more plainly than the last."""
        plain, bare = message.plain(), Message(message.text, ())
        if plain.blocks == message.blocks:
            return [message, bare]
        return [message, plain, bare] if await self._delivery.takes_charts(self._incoming.team) else [plain, bare]
