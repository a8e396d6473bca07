"""Render what the viewer sees of the workspace as HTML fragments, with all text escaped."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, Undefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from bot.sandbox.slack import Message, Slack
from bot.sandbox.slack.state import View
from bot.sandbox.slack.workspace import Appearance, Channel
from bot.sandbox.web.completions import Completion
from bot.sandbox.web.data_blocks import chart, table
from bot.sandbox.web.demo_controls import TimeTravel
from bot.sandbox.web.mrkdwn import MrkdwnRenderer, is_safe_url

Json = Mapping[str, Any]

HTML_DIRECTORY = Path(__file__).parent / "html"
VIEWER_ID = "U1"


class CompiledTemplates(BytecodeCache):
    """Keeps compiled templates for the next page of this process."""

    def __init__(self) -> None:
        self._bytecode = dict[str, bytes]()

    def load_bytecode(self, bucket: Bucket) -> None:
        if bytecode := self._bytecode.get(bucket.key):
            bucket.bytecode_from_string(bytecode)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._bytecode[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


class Renderer:
    """Renders a workspace with the templates in `html/`."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._mrkdwn = MrkdwnRenderer(slack)
        self._rendered: dict[tuple[str, str], tuple[tuple[Appearance, int], str]] = {}
        self._templates = Environment(
            loader=FileSystemLoader(HTML_DIRECTORY),
            bytecode_cache=COMPILED,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "mrkdwn": self._mrkdwn.mrkdwn,
            "text": self._text,
            "run": self._mrkdwn.run,
            "plain": _plain,
            "chart": chart,
            "table": table,
        }
        self._templates.globals["zone"] = ZoneInfo(slack.users[VIEWER_ID].tz)
        self._templates.tests["linked"] = is_safe_url

    def page(self, **variables: Any) -> str:
        """Render the page, once per visit."""
        return self._render("page.html", **variables, app=_app_name(self._slack), channels=self._channels())

    def channels(self) -> str:
        """Render the list of channels."""
        return self._render("channels.html", app=_app_name(self._slack), channels=self._channels())

    def message(self, message: Message, thread: str, replies: int) -> str:
        """Render a message in a channel, or in a `thread`. It is cached for all pages until it changes."""
        cache_key = (message.appearance, replies)
        cached = self._rendered.get((message.ts, thread))
        if cached is None or cached[0] != cache_key:
            cached = self._rendered[message.ts, thread] = cache_key, self._message(message, thread, replies)
        return cached[1]

    def _message(self, message: Message, thread: str, replies: int) -> str:
        user = self._slack.users.get(message.user)
        kind = "ephemeral" if message.to else "own" if message.user == VIEWER_ID else ""
        blocks = {"blocks": message.blocks} if message.blocks else {}
        return self._render(
            "message.html",
            message=message,
            is_app=bool(message.bot or (user and user.is_bot)),
            name=user.real_name if user else message.user,
            kind=kind,
            thread=thread,
            blocks_with_ids=message.to_json().get("blocks", []),
            edited=bool(message.versions) and not message.to,
            replies=replies,
            payload=json.dumps({"text": message.text, **blocks}, indent=2, ensure_ascii=False),
            builder=quote(json.dumps(blocks), safe=""),
        )

    def view(self, view: View) -> str:
        """Render a modal."""
        return self._render("view.html", id=view.id, body=view.body, channels=self._channels())

    def suggestions(self, options: Sequence[Json], before: str) -> str:
        """Render the options that the bot suggests, each after what was chosen *before* in the same input."""
        return self._render("suggestions.html", options=options, before=before)

    def home(self, home: View) -> str:
        """Render the app's Home tab."""
        return self._render("home.html", id=home.id, body=home.body)

    def status(self, time_travel: TimeTravel) -> str:
        """Render the progress of a clock move."""
        return self._render(
            "status.html", busy=time_travel.busy, messages=time_travel.messages, error=time_travel.error
        )

    def completions(self, completions: Sequence[Completion]) -> str:
        """Render the completions of a line."""
        return self._render("completions.html", completions=completions)

    def _render(self, template: str, /, **variables: Any) -> str:
        return self._templates.get_template(template).render(variables)

    def _channels(self) -> list[dict[str, Any]]:
        return [_channel_json(self._slack, channel) for channel in visible_channels(self._slack)]

    def _text(self, text: Json) -> Markup | str:
        """Render a text object, mrkdwn or plain."""
        return self._mrkdwn.mrkdwn(text["text"]) if text["type"] == "mrkdwn" else _plain(text)


def _plain(text: Json | Undefined) -> str:
    """Return the text of a plain text object, empty if there is none."""
    return "" if isinstance(text, Undefined) else str(text["text"])


def visible_channels(slack: Slack) -> list[Channel]:
    """Return the visible channels by name; archived ones follow, direct messages come last."""
    visible = [one for one in slack.channels.values() if one.with_user in ("", VIEWER_ID)]
    return sorted(visible, key=lambda channel: (bool(channel.with_user), channel.is_archived, channel.name))


def _channel_json(slack: Slack, channel: Channel) -> dict[str, Any]:
    """Return what the page shows of a channel."""
    is_dm = bool(channel.with_user)
    name = _app_name(slack) if is_dm else channel.name
    sign = "🔒" if channel.is_private else "#"
    placeholder = f"Ask {name}: scores web/production" if is_dm else f"Message #{name}, or try /insights or @insights"
    return {
        "id": channel.id,
        "name": name,
        "sign": "●" if is_dm else "🗄" if channel.is_archived else sign,
        "title": name if is_dm else f"{sign} {name}",
        "about": _about(channel),
        "placeholder": "This channel is archived" if channel.is_archived else placeholder,
        "is_dm": is_dm,
        "archived": channel.is_archived,
    }


def _app_name(slack: Slack) -> str:
    return next((user.real_name for user in slack.users.values() if user.is_bot), "")


def _about(channel: Channel) -> str:
    if channel.is_archived:
        return "Archived"
    if channel.with_user:
        return "Direct message with the app"
    if not channel.is_member:
        return "Insights isn't in this channel. Add it with /invite"
    return "Shared with Quayside Partners" if channel.is_ext_shared else ""


def visible_messages(slack: Slack) -> list[Message]:
    """Return all visible messages, oldest first."""
    channel_messages = [message for channel in visible_channels(slack) for message in channel.messages]
    return sorted([*channel_messages, *slack.ephemeral.get(VIEWER_ID, [])], key=lambda message: message.ts)


def parent_ts(slack: Slack, message: Message) -> str:
    """Return the parent of a thread reply. Empty for other messages, and for a reply whose parent was deleted."""
    thread_ts = message.thread_ts
    return (
        thread_ts
        if thread_ts and thread_ts != message.ts and slack.message(slack.channels[message.channel], thread_ts)
        else ""
    )
