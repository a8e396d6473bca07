"""The workspace drawn: fragments of HTML, in which everything was escaped that came from anywhere else."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup

from bot.sandbox.slack import Content, Message, Slack
from bot.sandbox.slack.response_urls import View
from bot.sandbox.web import visibility
from bot.sandbox.web.charts import chart
from bot.sandbox.web.completions import Completion
from bot.sandbox.web.mrkdwn import Pen, is_safe
from bot.sandbox.web.tables import table
from bot.sandbox.web.time_travel import Travel

Json = Mapping[str, Any]

HTML = Path(__file__).parent / "html"


class Drawing:
    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._pen = Pen(slack)
        self._kept: dict[tuple[str, str], tuple[tuple[Content, int], str]] = {}
        self._html = Environment(
            loader=FileSystemLoader(HTML),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._html.filters |= {
            "mrkdwn": self._pen.mrkdwn,
            "text": self._text,
            "run": self._pen.run,
            "plain": _plain,
            "chart": chart,
            "table": table,
        }
        self._html.globals["zone"] = ZoneInfo(slack.users[visibility.ME].tz)
        self._html.tests["linked"] = is_safe

    def page(self, **frame: Any) -> str:
        """The frame, written once for each visit."""
        return self._drawn("page.html", **frame, rooms=self._rooms())

    def rooms(self) -> str:
        return self._drawn("rooms.html", rooms=self._rooms())

    def message(self, said: Message, thread: str, replies: int) -> str:
        """In the channel, or in a *thread*. It is drawn once, however many pages and times it is told."""
        look = (said.content, replies)
        kept = self._kept.get((said.ts, thread))
        if kept is None or kept[0] != look:
            kept = self._kept[said.ts, thread] = look, self._message(said, thread, replies)
        return kept[1]

    def _message(self, said: Message, thread: str, replies: int) -> str:
        user = self._slack.users.get(said.user)
        look = "alone" if said.to else "mine" if said.user == visibility.ME else ""
        blocks = {"blocks": said.blocks} if said.blocks else {}
        return self._drawn(
            "message.html",
            said=said,
            is_app=bool(said.bot or (user and user.is_bot)),
            name=user.real_name if user else said.user,
            look=look,
            thread=thread,
            told=said.told().get("blocks", []),
            edited=bool(said.versions) and not said.to,
            replies=replies,
            payload=json.dumps({"text": said.text, **blocks}, indent=2, ensure_ascii=False),
            builder=quote(json.dumps(blocks), safe=""),
        )

    def view(self, shown: View) -> str:
        return self._drawn("view.html", id=shown.id, body=shown.body)

    def told(self, travel: Travel) -> str:
        return self._drawn("told.html", busy=travel.busy, said=travel.said, failed=travel.failed)

    def completions(self, found: Sequence[Completion]) -> str:
        return self._drawn("completions.html", completions=found)

    def _drawn(self, template: str, /, **given: Any) -> str:
        return self._html.get_template(template).render(given)

    def _rooms(self) -> list[visibility.Json]:
        return [visibility.told(self._slack, each) for each in visibility.channels(self._slack)]

    def _text(self, text: Json) -> Markup | str:
        """A text object of either kind."""
        return self._pen.mrkdwn(text["text"]) if text["type"] == "mrkdwn" else _plain(text)


def _plain(text: Json | Undefined) -> str:
    """A text object that is no markup, if there is one."""
    return "" if isinstance(text, Undefined) else str(text["text"])
