"""Parses mentions and direct messages: which of them ask the bot something, and what.

Slack also sends the bot's own messages, those of other apps, and edits, also of a message that mentions the bot.
https://docs.slack.dev/reference/events/app_mention, https://docs.slack.dev/reference/events/message.im
"""

import re
from typing import Any

from bot.slack.payloads import Interaction, installation_of

Json = dict[str, Any]

MESSAGE_EVENTS = ("app_mention", "message")
ANSWERED_SUBTYPES = (None, "file_share", "thread_broadcast")  # all others aren't a message that a person wrote just now
APP_FIELDS = ("bot_id", "app_id", "bot_profile")


def parse_message(body: Json) -> Interaction | None:
    """Return what a person asks the bot with a message; None if it isn't a person, or not the bot."""
    event, installation = body["event"], installation_of(body)
    is_direct = event.get("channel_type") == "im"
    is_for_bot = is_direct or event["type"] == "app_mention"
    if not is_for_bot or not _is_written_by_person(event, installation["user_id"]):
        return None
    return Interaction(
        line=_line(event.get("text") or "", installation["user_id"]),
        user=event["user"],
        team=installation["team_id"],
        home_team=_home_team(body),
        channel=event["channel"],
        response_url="",
        trigger_id="",
        dedup_key=body["event_id"],
        thread_ts=event.get("thread_ts") or "",
        mention_ts="" if is_direct else event["ts"],
        direct=is_direct,
    )


def _is_written_by_person(event: Json, bot_user: str) -> bool:
    """Return whether a person wrote this just now. Slack sends an edited mention once more, as if it were new."""
    is_new = event.get("subtype") in ANSWERED_SUBTYPES and "edited" not in event
    is_app = any(event.get(name) for name in APP_FIELDS)
    return is_new and not is_app and event.get("user") not in (None, bot_user)


def _line(text: str, bot_user: str) -> str:
    """Return a text without the mention, wherever it stands, and without the marks of code."""
    without_mention = re.sub(rf"<@{re.escape(bot_user)}(\|[^>]*)?>", " ", text)
    return " ".join(without_mention.replace("`", " ").split()).lstrip(",:; ")


def _home_team(body: Json) -> str:
    """Return the team of which the author is a member. In a shared channel, one that isn't named counts as another."""
    event = body["event"]
    named = event.get("user_team") or event.get("team") or ""
    return named or ("" if body.get("is_ext_shared_channel") else installation_of(body)["team_id"])
