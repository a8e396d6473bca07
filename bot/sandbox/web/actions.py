"""What people do in the workspace, by mouse and keys. What came of it is told as news; here is only what went wrong."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.sandbox.slack import Acknowledgement, Content, Message
from bot.sandbox.slack.elements import CHOSEN_FROM, PRESSED, Element, elements
from bot.sandbox.slack.response_urls import View
from bot.sandbox.slack.validation import LONGEST
from bot.sandbox.slack.webhook import TIMEOUT
from bot.sandbox.slack.workspace import Channel
from bot.sandbox.web.completions import COMMAND
from bot.sandbox.web.protocol import Stage
from bot.sandbox.web.time_travel import Travel
from bot.sandbox.web.visibility import ME, messages

Json = dict[str, Any]
Deed = Callable[[Json], Awaitable[str]]
Found = TypeVar("Found")

THE_BOT = ("", "@insights", "insights")
ONLY_THE_BOT = "Here only @insights comes and goes."
NO_ROOM = "{word} works in channels, and this is a conversation of two."
NO_COMMAND = "{word} is no command here. There are /insights, /invite and /remove, in small letters."
ARCHIVED = "In an archived channel nobody says anything any more."
TOO_LONG = f"A message has {LONGEST:,} characters at most."
LATE = "{what} failed because the app did not respond."
FAILED = "{what} failed with the error “{error}”."


class Deeds:
    """Each answers with a sentence where something went wrong. What is gone is a LookupError that says so in one."""

    def __init__(self, stage: Stage, travel: Travel) -> None:
        self._stage = stage
        self._travel = travel
        self._slack = stage.slack

    def named(self, name: str) -> Deed:
        deeds: dict[str, Deed] = {
            "type": self.type,
            "act": self.act,
            "submit": self.submit,
            "close": self.close,
            "dismiss": self.dismiss,
            "charts": self.charts,
            "weather": self.weather,
            "next": self.next,
            "week": self.week,
        }
        return deeds[name]

    async def type(self, said: Json) -> str:
        channel, line = self._slack.channels[_word(said, "channel")], _word(said, "line").strip()
        word, rest = (*line.split(maxsplit=1), "", "")[:2]
        if channel.is_archived:
            return ARCHIVED
        if len(line) > LONGEST:
            return TOO_LONG
        if not word.startswith("/"):
            return await self._say(channel.id, line)
        if word == COMMAND:
            return _trouble(await self._slack.type(f"{word} {rest.strip()}".strip(), channel=channel.id), word)
        if word in ("/invite", "/remove"):
            return await self._move(word, rest.strip().lower(), channel)
        return NO_COMMAND.format(word=word)

    async def _move(self, word: str, whom: str, channel: Channel) -> str:
        """The bot is brought in, or thrown out, if it is the one."""
        if channel.with_user:
            return NO_ROOM.format(word=word)
        if whom not in THE_BOT:
            return ONLY_THE_BOT
        await (self._slack.invite if word == "/invite" else self._slack.remove)(channel.id, by=ME)
        return ""

    async def _say(self, channel: str, line: str) -> str:
        escaped = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if escaped:
            self._slack.post(self._slack.channels[channel], Content(escaped), user=ME)
            await self._slack.changed()
        return ""

    async def act(self, said: Json) -> str:
        on = self._message(_word(said, "message")) if said.get("message") else self._view(_word(said, "view"))
        element = _element(on, _word(said, "block"), _word(said, "action"))
        at = self._slack.new_ts()
        chosen = element.body["type"] in CHOSEN_FROM
        action = element.chosen(_word(said, "option"), at) if chosen else element.pressed(at)
        return _trouble(await self._slack.act(on, action, user=ME), f"“{element.label or 'That'}”")

    async def submit(self, said: Json) -> str:
        filled = _words(said, "values")
        view = self._view(_word(said, "view"))
        return _trouble(await self._slack.submit(view, filled, user=ME), "Sending this")

    async def close(self, said: Json) -> str:
        name = _word(said, "view")
        closing = [view for view in self._slack.views if view.id == name and view.open and view.user == ME]
        for view in closing:
            if acknowledged := await self._slack.close(view, user=ME):
                return _trouble(acknowledged, "Closing this")
        return ""  # closed, whoever did it

    async def dismiss(self, said: Json) -> str:
        message = self._message(_word(said, "message"))
        if not message.to:
            raise LookupError("Only what you alone can see can be dismissed.")
        self._slack.delete(message)
        await self._slack.changed()
        return ""

    async def charts(self, said: Json) -> str:
        if not isinstance(said["on"], bool):
            raise KeyError("on")
        self._slack.charts = said["on"]
        await self._slack.changed()
        return ""

    async def weather(self, said: Json) -> str:
        where, name = _word(said, "where"), _word(said, "name")
        self._stage.weathers[where][name]  # which there must be
        await self._stage.set_weather(where, name)
        await self._slack.changed()
        return ""

    async def next(self, _: Json) -> str:
        return await self._travel.next_slot()

    async def week(self, _: Json) -> str:
        return await self._travel.week()

    def _message(self, ts: str) -> Message:
        return _one([message for message in messages(self._slack) if message.ts == ts], "This message is gone.")

    def _view(self, name: str) -> View:
        views = [view for view in self._slack.views if view.id == name and view.open and view.user == ME]
        return _one(views, "This is closed already.")


def _word(said: Json, name: str) -> str:
    """What else than a word stands there is not there."""
    word = said[name]
    if not isinstance(word, str):
        raise KeyError(name)
    return word


def _words(said: Json, name: str) -> dict[str, str]:
    """Likewise, where there are several by their names."""
    words = said[name]
    if not isinstance(words, dict):
        raise KeyError(name)
    return {each: _word(words, each) for each in words}


def _element(on: Message | View, block: str, action: str) -> Element:
    blocks: Any = on.body["blocks"] if isinstance(on, View) else on.told().get("blocks", [])
    there = elements(list(blocks), (*PRESSED, *CHOSEN_FROM))
    found = [element for element in there if (element.block, element.action) == (block, action)]
    return _one(found, "This is not offered any more.")


def _one(found: list[Found], without: str) -> Found:
    if not found:
        raise LookupError(without)
    return found[0]


def _trouble(acknowledged: Acknowledgement, what: str) -> str:
    """As Slack says it."""
    if not acknowledged.error:
        return ""
    return (LATE if acknowledged.error == TIMEOUT else FAILED).format(what=what, error=acknowledged.error)
