"""What a person does in the workspace. Actions return only errors; their results reach the page as events."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from bot.sandbox.slack import Acknowledgement, Message
from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.slack.elements import PRESSABLE_TYPES, SELECTABLE_TYPES, Element, NotOffered, find_elements
from bot.sandbox.slack.request import MAX_TEXT_LENGTH
from bot.sandbox.slack.state import View
from bot.sandbox.slack.webhook import TIMEOUT
from bot.sandbox.slack.workspace import Channel
from bot.sandbox.web.completions import COMMAND
from bot.sandbox.web.demo_controls import DemoControls, TimeTravel
from bot.sandbox.web.rendering import VIEWER_ID, visible_messages

Json = dict[str, Any]
Action = Callable[[Json], Awaitable[str]]
Item = TypeVar("Item")

MENTION = re.compile(r"(?<![\w@])@insights\b", re.IGNORECASE)
BOT_NAMES = ("", "@insights", "insights")
ONLY_BOT_MOVES = "Only @insights can be invited or removed here."
NOT_IN_THREADS = "{word} is not supported in threads. Sorry! Mention @insights instead."
CHANNELS_ONLY = "{word} only works in channels."
UNKNOWN_COMMAND = "{word} isn't a command here. Try /insights, /invite or /remove (lower case)."
CHANNEL_ARCHIVED = "This channel is archived."
TOO_LONG = f"Messages can have up to {MAX_TEXT_LENGTH:,} characters."
NOT_IN_LIST = "“{name}” isn't in the list. Choose one that is."
TIMED_OUT = "{what} failed because the app did not respond."
FAILED = "{what} failed with the error “{error}”."


class Actions:
    """The actions of the page. Each returns an error message, empty if it succeeded.

    Something that no longer exists raises a LookupError with a message, and an invalid request raises a KeyError.
    """

    def __init__(self, demo: DemoControls, time_travel: TimeTravel) -> None:
        self._demo = demo
        self._time_travel = time_travel
        self._slack = demo.slack

    def find(self, name: str) -> Action:
        """Return an action by its name in a request."""
        actions: dict[str, Action] = {
            "type": self.type,
            "act": self.act,
            "submit": self.submit,
            "close": self.close,
            "home": self.open_home,
            "dismiss": self.dismiss,
            "charts": self.set_charts,
            "fault": self.select_fault,
            "next": self.skip_to_next_run,
            "week": self.skip_week,
        }
        return actions[name]

    async def type(self, request: Json) -> str:
        """Post a message, or send a slash command, which Slack has none of in threads."""
        channel, line = self._slack.channels[_string(request, "channel")], _string(request, "line").strip()
        word, rest = (*line.split(maxsplit=1), "", "")[:2]
        if channel.is_archived:
            return CHANNEL_ARCHIVED
        if len(line) > MAX_TEXT_LENGTH:
            return TOO_LONG
        if not word.startswith("/"):
            return await self._post_message(channel, line, str(request.get("thread", "")))
        if request.get("thread"):
            return NOT_IN_THREADS.format(word=word)
        if word == COMMAND:
            return _error_text(await self._slack.type(f"{word} {rest.strip()}".strip(), channel=channel.id), word)
        if word in ("/invite", "/remove"):
            return await self._change_membership(word, rest.strip().lower(), channel)
        return UNKNOWN_COMMAND.format(word=word)

    async def _change_membership(self, word: str, target: str, channel: Channel) -> str:
        """Add or remove the bot, the only user that can be."""
        if channel.with_user:
            return CHANNELS_ONLY.format(word=word)
        if target not in BOT_NAMES:
            return ONLY_BOT_MOVES
        await (self._slack.invite if word == "/invite" else self._slack.remove)(channel.id, by=VIEWER_ID)
        return ""

    async def _post_message(self, channel: Channel, line: str, thread: str) -> str:
        """Post a message, perhaps in a thread. One that mentions the bot invites it, if it isn't there yet."""
        text = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text, mentions = MENTION.subn(f"<@{BOT_USER_ID}>", text)
        parent = self._message(thread) if thread else None
        invites = bool(mentions) and not channel.is_member
        if text:
            await self._slack.say(text, user=VIEWER_ID, channel=channel.id, thread=parent, invites=invites)
        return ""

    async def act(self, request: Json) -> str:
        """Press a button or select an option, in a message or a view."""
        on = (
            self._message(_string(request, "message"))
            if request.get("message")
            else self._view(_string(request, "view"))
        )
        element = _element(on, _string(request, "block"), _string(request, "action"))
        if isinstance(on, View):
            self._fill(on, _values(request))
        if element.input_block:
            option = _string(request, "option")
            acknowledgement = await self._slack.select(on, element.action_id, option, user=VIEWER_ID)
            return _error_text(acknowledgement, f"“{element.input_label}”")
        action_ts = self._slack.new_ts()
        is_menu = element.body["type"] in SELECTABLE_TYPES
        action = (
            element.select_action(_string(request, "option"), action_ts) if is_menu else element.press_action(action_ts)
        )
        return _error_text(await self._slack.act(on, action, user=VIEWER_ID), f"“{element.label or 'That'}”")

    async def submit(self, request: Json) -> str:
        """Submit a modal. What its menu doesn't offer is an error at that input."""
        values, view = _values(request), self._view(_string(request, "view"))
        try:
            return _error_text(await self._slack.submit(view, values, user=VIEWER_ID), "Sending this")
        except NotOffered as error:
            view.errors = {error.block_id: NOT_IN_LIST.format(name=error.name)}
            await self._slack.notify_change()
            return ""

    async def suggest(self, request: Mapping[str, str]) -> Sequence[Json]:
        """Return the options that the bot suggests for what is typed in a menu; none if it fails."""
        view, typed = self._view(request["view"]), request["typed"]
        suggested = await self._slack.suggest(view, request["action"], typed, user=VIEWER_ID)
        options: Sequence[Json] = suggested.response.get("options", [])
        return options if not suggested.error else []

    def _fill(self, view: View, values: Mapping[str, str | Sequence[str]]) -> None:
        """Fill in a modal's inputs, except those whose choice is still being typed."""
        for name, value in values.items():
            with suppress(LookupError):
                self._slack.fill(view, {name: value})

    async def close(self, request: Json) -> str:
        """Close a modal."""
        view_id = _string(request, "view")
        closing = [view for view in self._slack.views if view.id == view_id and view.open and view.user == VIEWER_ID]
        for view in closing:
            if acknowledgement := await self._slack.close(view, user=VIEWER_ID):
                return _error_text(acknowledgement, "Closing this")
        return ""  # also if it was closed already

    async def open_home(self, _: Json) -> str:
        """Open the app's Home tab. Slack shows nothing if the app doesn't respond to that event."""
        await self._slack.open_home(user=VIEWER_ID)
        return ""

    async def dismiss(self, request: Json) -> str:
        """Dismiss an ephemeral message."""
        message = self._message(_string(request, "message"))
        if not message.to:
            raise LookupError("You can only dismiss messages that are visible only to you.")
        self._slack.delete(message)
        await self._slack.notify_change()
        return ""

    async def set_charts(self, request: Json) -> str:
        """Choose whether the workspace accepts charts and data tables."""
        if not isinstance(request["on"], bool):
            raise KeyError("on")
        self._slack.charts = request["on"]
        await self._slack.notify_change()
        return ""

    async def select_fault(self, request: Json) -> str:
        """Select a fault preset for LaunchDarkly or Slack."""
        service, name = _string(request, "service"), _string(request, "name")
        self._demo.fault_presets[service][name]  # a KeyError if there is none
        await self._demo.select_fault(service, name)
        await self._slack.notify_change()
        return ""

    async def skip_to_next_run(self, _: Json) -> str:
        """Move the clock to the next run."""
        return await self._time_travel.skip_to_next_run()

    async def skip_week(self, _: Json) -> str:
        """Move the clock by a week."""
        return await self._time_travel.skip_week()

    def _message(self, ts: str) -> Message:
        return _first(
            [message for message in visible_messages(self._slack) if message.ts == ts], "This message no longer exists."
        )

    def _view(self, view_id: str) -> View:
        all_views = [*self._slack.views, *self._slack.homes.values()]
        views = [view for view in all_views if view.id == view_id and view.open and view.user == VIEWER_ID]
        return _first(views, "This is already closed.")


def _string(request: Json, name: str) -> str:
    """Return a field, or raise a KeyError if it is missing or not a string."""
    value = request[name]
    if not isinstance(value, str):
        raise KeyError(name)
    return value


def _values(request: Json) -> dict[str, str | list[str]]:
    """Return what is filled in a modal, or raise a KeyError if it isn't an object with strings or lists of them."""
    values = request["values"]
    if not isinstance(values, dict) or not all(map(_is_value, values.values())):
        raise KeyError("values")
    return values


def _is_value(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _element(on: Message | View, block: str, action: str) -> Element:
    blocks: Any = on.body["blocks"] if isinstance(on, View) else on.to_json().get("blocks", [])
    candidates = find_elements(list(blocks), (*PRESSABLE_TYPES, *SELECTABLE_TYPES))
    matching = [element for element in candidates if (element.block_id, element.action_id) == (block, action)]
    return _first(matching, "This option is no longer available.")


def _first(items: list[Item], error: str) -> Item:
    if not items:
        raise LookupError(error)
    return items[0]


def _error_text(acknowledgement: Acknowledgement, label: str) -> str:
    """Return the error message that Slack would show."""
    if not acknowledgement.error:
        return ""
    return (TIMED_OUT if acknowledgement.error == TIMEOUT else FAILED).format(what=label, error=acknowledgement.error)
