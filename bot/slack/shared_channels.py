"""Which channels are shared with another organization, and what is asked before something is posted in one."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.lines.spec import LONGEST_LINE
from bot.questions.base import View
from bot.slack.client import told
from bot.slack.payloads import CONFIRMED
from bot.slack.users import UNKNOWN

log = logging.getLogger(__name__)

KNOWN_FOR, UNKNOWN_FOR = timedelta(minutes=5), timedelta(seconds=30)
MAX_CHANNELS = 1000  # that are remembered
PATIENCE = 2  # seconds


class ConfirmView(View):
    """What would be posted in a channel that another organization reads, and the button that does it."""

    line: str
    when: str
    command: str  # what the button carries; empty if that is too long for one
    action: str

    @property
    def notice(self) -> str:
        return "confirm_shared"


def confirm(does: str, command: str, line: str, when: str) -> ConfirmView:
    """Ask before a *command* posts the answer to a *line*. The button *does* it."""
    carried = command if len(command) <= LONGEST_LINE else ""
    return ConfirmView(line=line, when=when, command=carried, action=f"{CONFIRMED}{does}")


class SharedChannels:
    """Asks Slack, at most every few minutes, whether a channel is shared with another organization.

    Slack tells it of each channel that the bot is in, and of each public one. Where it doesn't, the last known answer
    holds, or else the channel counts as not shared: a question asked everywhere is soon answered without reading."""

    def __init__(self, client: AsyncWebClient, now: Callable[[], datetime], most: int = MAX_CHANNELS) -> None:
        """*most* is how many channels are remembered."""
        self._client = client
        self._now = now
        self._most = most
        self._known: OrderedDict[str, tuple[bool, datetime]] = OrderedDict()

    async def is_shared(self, channel: str) -> bool:
        """Whether people of another organization read this channel."""
        shared, until = self._known.get(channel, (False, self._now()))
        if until <= self._now():
            asked = await self._ask(channel)
            shared = shared if asked is None else asked
            self._remember(channel, shared, UNKNOWN_FOR if asked is None else KNOWN_FOR)
        return shared

    def _remember(self, channel: str, shared: bool, span: timedelta) -> None:
        self._known[channel] = shared, self._now() + span
        self._known.move_to_end(channel)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    async def _ask(self, channel: str) -> bool | None:
        try:
            async with asyncio.timeout(PATIENCE):
                found = (await self._client.conversations_info(channel=channel))["channel"]
            return bool(found.get("is_ext_shared"))
        except UNKNOWN as error:
            why = told(error)[1] if isinstance(error, SlackApiError) else ""
            log.warning("whether %s is shared is not known: %s", channel, why or type(error).__name__)
            return None
