"""Options for the searched menus: LaunchDarkly's projects, environments, applications and flags, the nearest first.

Slack waits three seconds for them. A list that doesn't arrive in time is fetched in the background, for the next letter
that is typed; meanwhile, the last one that was known serves. Only projects that the settings allow are offered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from bot.access import AccessRules, Caller, authorize
from bot.cache import BoundedCache, FetchCache
from bot.errors import Failure, NotAllowed, NotFound
from bot.help import MAX_CHOICES, MAX_LABEL_CHARS
from bot.launchdarkly import LaunchDarkly
from bot.lines.param_types import is_key, is_one_edit_apart
from bot.messages import humanize
from bot.questions.catalog import CACHE_LIFETIME, Catalog, CatalogItem, Listing
from bot.slack.form_view import NO_CHOICE
from bot.slack.line_form import MAX_CHOSEN_CHARS, LineForm
from bot.slack.payloads import home_team_of, team_of

Option = dict[str, Any]
ListName = tuple[str, str]  # what is listed, and the project that it belongs to, if any

MAX_WAIT = 2.0  # seconds, of Slack's three
MAX_WAIT_WITH_LIST = 0.3  # seconds, if an older list is known
MAX_LISTS = 200
NAMES = {"project": "projects", "env": "environments", "flag": "flags", "app": "applications"}
IN_PROJECT = ("env", "flag")


@dataclass(frozen=True, slots=True)
class SearchedKey:
    """A key, its option, and what is searched: both key and name, in lower case."""

    key: str
    lower_key: str
    text: str
    option: Option


@dataclass(frozen=True)
class KeyList:
    """Keys to choose from, in LaunchDarkly's order."""

    keys: tuple[SearchedKey, ...]
    is_complete: bool = True

    @classmethod
    def of(cls, listing: Listing[Any]) -> "KeyList":
        items = [item for item in listing.items if is_key(item.key) and len(item.key) <= MAX_CHOSEN_CHARS]
        return cls(tuple(map(_searched_key, items)), not listing.capped)

    def search(self, typed: str) -> Sequence[SearchedKey]:
        """Return the nearest keys: those that contain a text, or whose names do, else those one letter off.

        A key that begins with the text is nearest, then one of whose words does.
        """
        word = typed.strip().lower()
        if not word:
            return self.keys
        nearness: tuple[list[SearchedKey], ...] = ([], [], [], [])
        for item in self.keys:
            if word in item.text:
                nearness[_distance(word, item)].append(item)
        nearness[0].sort(key=_length)
        found = list(chain(*nearness))
        return found or self._one_letter_off(word)

    def _one_letter_off(self, word: str) -> Sequence[SearchedKey]:
        """Return the keys that a typo may mean. Their first half is the same, or their second: check that first."""
        half = (len(word) - 1) // 2
        start, end = word[:half], word[len(word) - half :]
        similar = (item for item in self.keys if item.lower_key.startswith(start) or item.lower_key.endswith(end))
        return [
            item
            for item in similar
            if abs(len(word) - len(item.lower_key)) <= 1 and is_one_edit_apart(word, item.lower_key)
        ]


def _searched_key(item: CatalogItem) -> SearchedKey:
    name = (item.name or "").strip()
    return SearchedKey(item.key, item.key.lower(), f"{item.key}\n{name}".lower(), _option(item.key, item.key, name))


def _option(text: str, value: str, description: str = "") -> Option:
    option: Option = {"text": _plain_text(text), "value": value}
    return option | {"description": _plain_text(description)} if description not in ("", text) else option


def _plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": humanize.truncate_text(text, MAX_LABEL_CHARS), "emoji": False}


def _distance(word: str, item: SearchedKey) -> int:
    key = item.lower_key
    at = key.find(word)
    if at <= 0:
        return 3 if at else 0
    return 2 if key[at - 1].isalnum() else 1


def _length(item: SearchedKey) -> int:
    return len(item.lower_key)


class MenuOptions:
    """Answers Slack's requests for the options of a menu."""

    def __init__(self, launchdarkly: LaunchDarkly, rules: AccessRules, team: str, now: Callable[[], datetime]) -> None:
        self._launchdarkly = launchdarkly
        self._rules = rules
        self._team = team
        self._lists = FetchCache(CACHE_LIFETIME, now)
        self._latest = BoundedCache[ListName, KeyList](MAX_LISTS)

    async def suggest(self, body: dict[str, Any]) -> list[Option]:
        """Return the options for what is typed; nothing to people who may not ask."""
        name, typed = body["action_id"], body.get("value") or ""
        form = LineForm.model_validate_json(body["view"]["private_metadata"])
        if name not in NAMES or not self._may_ask(body, form.channel):
            return []
        project = form.project if name in IN_PROJECT else ""
        if name in IN_PROJECT and not project:
            return [_option("Choose a project first.", NO_CHOICE)]
        if not self._may_list(name, project):
            return []
        return await self._options(name, project, typed, body["user"]["id"])

    def _may_ask(self, body: dict[str, Any], channel: str) -> bool:
        user, is_external = body["user"]["id"], {team_of(body), home_team_of(body)} != {self._team}
        caller = Caller(ZoneInfo("UTC"), rules=self._rules, user=user, channel=channel, is_external=is_external)
        try:
            authorize(caller)
        except NotAllowed:
            return False
        return True

    def _may_list(self, name: str, project: str) -> bool:
        """Return whether a list may be shown. Applications belong to no project; projects are filtered one by one."""
        return name == "project" or self._rules.allows_project(project or None)

    async def _options(self, name: str, project: str, typed: str, user: str) -> list[Option]:
        try:
            keys = await self._list(name, project, user)
            found = [item for item in keys.search(typed) if name != "project" or self._rules.allows_project(item.key)]
            if name == "flag" and not keys.is_complete and len(found) < MAX_CHOICES and typed.strip():
                found += await self._search_flags(project, typed.strip(), user)
        except (Failure, TimeoutError) as failure:
            return [_option(_why_not(name, failure), NO_CHOICE)]
        options = {item.key: item.option for item in found[:MAX_CHOICES]}
        return list(options.values()) or [_option(_nothing_text(name, typed), NO_CHOICE)]

    async def _list(self, name: str, project: str, user: str) -> KeyList:
        """Return a list, or else the last one that was known."""
        latest = self._latest.get((name, project))
        try:
            async with asyncio.timeout(MAX_WAIT_WITH_LIST if latest else MAX_WAIT):
                return await self._lists.get_or_fetch((name, project), lambda: self._fetch(name, project, user))
        except (Failure, TimeoutError):
            if latest is None:
                raise
            return latest

    async def _fetch(self, name: str, project: str, user: str) -> KeyList:
        catalog = Catalog(self._launchdarkly.for_caller(user))
        fetch: dict[str, Callable[[], Awaitable[Listing[Any]]]] = {
            "project": catalog.projects,
            "env": lambda: catalog.environments(project),
            "flag": lambda: catalog.flags(project),
            "app": catalog.applications,
        }
        keys = KeyList.of(await fetch[name]())
        self._latest.put((name, project), keys)
        return keys

    async def _search_flags(self, project: str, typed: str, user: str) -> Sequence[SearchedKey]:
        """Let LaunchDarkly search, in a project with more flags than are listed."""
        catalog = Catalog(self._launchdarkly.for_caller(user))
        try:
            async with asyncio.timeout(MAX_WAIT_WITH_LIST):
                return KeyList.of(await catalog.search_flags(project, typed)).keys
        except (Failure, TimeoutError):
            return ()


def _why_not(name: str, failure: Failure | TimeoutError) -> str:
    """Say in one line why there are no options, and what to do."""
    match failure:
        case NotAllowed():
            why = "the token may not list them"
        case NotFound():
            why = "the project is gone"
        case _:
            why = "LaunchDarkly isn't answering"
    return f"No {NAMES[name]}: {why}. Type the keys instead."


def _nothing_text(name: str, typed: str) -> str:
    return (
        f"No {NAMES[name]} match “{humanize.truncate_text(typed.strip(), 40)}”." if typed else f"No {NAMES[name]} here."
    )
