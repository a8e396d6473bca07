"""Parses Slack's payloads, and drops those that Slack sends twice: interactions (who sent a line, where) and events."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.access import is_direct_message
from bot.cache import BoundedCache
from bot.notices import CONFIRMED_PREFIX, JOIN_CHANNEL, RUN_COMMAND
from bot.store.store import Store

log = logging.getLogger(__name__)

ACTIONS = ("ask", "turn", "refresh", "share", RUN_COMMAND, "schedule", "alerts", "change", "ticket", JOIN_CHANNEL)
MENTION_SEPARATOR = "@"  # in an answer's key, before the timestamp of the mention that it belongs below
IN_LIST_SUFFIX = "-in-list"  # of the action of a button in the list of schedules

# Slack's event ─► its error code for posting in the channel since then; empty where the channel is open again.
CHANNEL_EVENTS = {
    "channel_left": "not_in_channel",
    "group_left": "not_in_channel",
    "channel_archive": "is_archived",
    "group_archive": "is_archived",
    "channel_deleted": "channel_not_found",
    "group_deleted": "channel_not_found",
    "channel_unarchive": "",
    "group_unarchive": "",
    "member_joined_channel": "",
}
DRAFT_CHANNEL = "COMPOSER"  # Slack's, for links that somebody is still typing
MAX_REMEMBERED_KEYS = 10_000  # far more payloads than arrive while Slack may still retry one


@dataclass(frozen=True, slots=True)
class Interaction:
    """A slash command, a mention, a direct message, a pressed button, a choice from a menu, or a submitted modal."""

    line: str
    user: str
    team: str  # where it happened
    home_team: str  # where the user is a member
    channel: str
    response_url: str
    trigger_id: str  # opens a modal
    dedup_key: str  # unique to the payload
    # ask, turn (a page, in place), refresh (in place), share, order (run a command), join, home (open the App Home),
    # or what opens a modal: schedule, alerts, change, ticket
    action: str = "ask"
    answer_key: str = ""  # of the answer to share
    only_for_user: bool = True  # whether only this user sees the message with the button
    pressed: bool = False  # a button or menu, rather than typed
    confirmed: bool = False  # the user confirmed what they were asked before
    list_response_url: str = ""  # of the list of schedules, if the button is in it
    message_ts: str = ""  # of the message with the button
    thread_ts: str = ""  # of the thread where it happened
    mention_ts: str = ""  # of the message that mentions the bot: everyone sees the answer, below that message
    direct: bool = False  # whether it happened in the direct messages with the bot
    home_page: int = 0  # the page of the App Home where it happened; 0 elsewhere

    @property
    def target_channel(self) -> str:
        """The channel that it is about: a direct message may offer to add the bot to another one."""
        return self.line if self.action == JOIN_CHANNEL else self.channel

    @property
    def shares(self) -> bool:
        """Whether everyone is to see the answer."""
        return self.action == "share" or bool(self.mention_ts)

    @property
    def answer_thread(self) -> str:
        """The thread that everyone sees the answer in; empty for the channel itself."""
        return self.thread_ts or self.mention_ts

    @property
    def in_place(self) -> bool:
        """Whether an answer replaces the message with the button."""
        return self.action == "refresh" or (self.action == "turn" and self.only_for_user)


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """What happened to a channel."""

    channel: str
    error_code: str  # Slack's, for posting in the channel since then; empty where it is open again
    joined: bool = False  # the bot was invited, or joined by itself
    is_shared: bool = False  # with another organization


@dataclass(frozen=True, slots=True)
class SharedLinks:
    """Links to registered domains in a posted message."""

    sharer: Interaction  # without a line
    urls: tuple[str, ...]
    unfurl_id: str
    source: str


def interaction_from_command(body: dict[str, Any], dedup_key: str) -> Interaction:
    """Parse a slash command."""
    return Interaction(
        line=body.get("text", ""),
        user=body["user_id"],
        team=body["team_id"],
        home_team=body["team_id"],
        channel=body["channel_id"],
        response_url=body["response_url"],
        trigger_id=body.get("trigger_id", ""),
        dedup_key=dedup_key,
    )


def parse_action(body: dict[str, Any], dedup_key: str) -> Interaction | None:
    """Parse a pressed button, or a choice from a menu. Return None for a button that only opens a URL."""
    element, user, team = body["actions"][0], body["user"], team_of(body)
    channel, container = (body.get("channel") or {}).get("id", ""), body.get("container") or {}
    choice = element.get("selected_option") or element
    action, _, key = element["action_id"].partition(":")
    is_ephemeral = bool(container.get("is_ephemeral"))
    is_direct = is_direct_message(channel) and not is_ephemeral
    confirmed, action = action.startswith(CONFIRMED_PREFIX), action.removeprefix(CONFIRMED_PREFIX)
    in_list, action = action.endswith(IN_LIST_SUFFIX), action.removesuffix(IN_LIST_SUFFIX)
    if action not in ACTIONS or "value" not in choice:
        return None
    return Interaction(
        line=choice["value"],
        user=user["id"],
        team=team,
        home_team=home_team_of(body),
        channel=channel,
        response_url=body.get("response_url") or "",
        trigger_id=body.get("trigger_id", ""),
        dedup_key=dedup_key,
        action=action,
        answer_key=key,
        only_for_user=is_ephemeral or is_direct,
        pressed=True,
        confirmed=confirmed,
        list_response_url=body.get("response_url") or "" if in_list else "",
        message_ts=str(container.get("message_ts") or ""),
        thread_ts=_thread_of(container),
        mention_ts=key.partition(MENTION_SEPARATOR)[2] if action == "share" else "",
        direct=is_direct,
    )


def _thread_of(container: dict[str, Any]) -> str:
    """Return the thread of a pressed message; empty for the message that begins a thread, which is in the channel."""
    thread_ts = str(container.get("thread_ts") or "")
    return "" if thread_ts == container.get("message_ts") else thread_ts


def team_of(body: dict[str, Any]) -> str:
    """Return the team where it happened. For an org-wide app, Slack may send only the user's team."""
    return str((body.get("team") or {}).get("id") or body["user"].get("team_id") or "")


def home_team_of(body: dict[str, Any]) -> str:
    """Return the team where the user is a member."""
    return str(body["user"].get("team_id") or team_of(body))


def parse_channel_event(body: dict[str, Any]) -> ChannelEvent | None:
    """Parse what happened to a channel. Other people joining it are ignored."""
    event = body["event"]
    joined = event["type"] == "member_joined_channel"
    if joined and event.get("user") != installation_of(body)["user_id"]:
        return None
    is_shared = bool(body.get("is_ext_shared_channel", True))  # to be safe, if Slack doesn't say
    return ChannelEvent(event.get("channel", ""), CHANNEL_EVENTS[event["type"]], joined, is_shared)


def parse_shared_links(body: dict[str, Any]) -> SharedLinks | None:
    """Parse the links in a posted message. Drafts are ignored, and channels shared with another organization.

    https://docs.slack.dev/reference/events/link_shared
    """
    event, team = body["event"], installation_of(body)["team_id"]
    is_posted = event.get("source") == "conversations_history" and event["channel"] != DRAFT_CHANNEL
    if not is_posted or body.get("is_ext_shared_channel", True):  # to be safe, if Slack doesn't say
        return None
    sharer = Interaction(
        line="",
        user=event["user"],
        team=team,
        home_team=team,  # Slack doesn't send links that people of other organizations share
        channel=event["channel"],
        response_url="",
        trigger_id="",
        dedup_key=body["event_id"],
    )
    return SharedLinks(sharer, tuple(link["url"] for link in event["links"]), event["unfurl_id"], event["source"])


def installation_of(body: dict[str, Any]) -> dict[str, str]:
    """Return the team and the bot's user of the installation that an event was sent to: each event names one."""
    authorizations = body.get("authorizations") or [{}]
    return {
        "team_id": str(authorizations[0].get("team_id") or body.get("team_id") or ""),
        "user_id": str(authorizations[0].get("user_id") or ""),
    }


class Deduplicator:
    """The most recent keys that were seen in this process."""

    def __init__(self) -> None:
        self._seen = BoundedCache[str, bool](MAX_REMEMBERED_KEYS)

    def add(self, key: str) -> bool:
        """Add a key and return whether it is new. An empty key always is."""
        if key in self._seen:
            return False
        if key:
            self._seen.put(key, True)
        return True

    def __contains__(self, key: str) -> bool:
        return key in self._seen

    def discard(self, key: str) -> None:
        """Forget a key whose work failed, so that it may be tried again."""
        self._seen.discard(key)


class SharedDeduplicator:
    """The most recent payloads. The store adds those that other processes received, or this one before a restart."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._local = Deduplicator()
        self._store = store
        self._now = now

    async def add(self, key: str) -> bool:
        """Add a key and return whether it is new.

        If the store fails, the key counts as new: two answers are better than none.
        """
        if not self._local.add(key):
            return False
        try:
            return await self._store.payloads.record(key, self._now())
        except Exception as error:
            log.warning("couldn't check for a duplicate payload: %s", type(error).__name__)
            return True
