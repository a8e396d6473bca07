"""Unfurls links to flags: link ─► line `flag KEY PROJECT/ENV` ─► compact blocks below the message.

Everyone in the channel sees them, so the sharer, the channel and the project must all be allowed. Nobody asked for
them, so whatever fails is only logged. https://docs.slack.dev/messaging/unfurling-links-in-messages
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Caller
from bot.answers import Answers
from bot.errors import Failure
from bot.lines.param_types import is_key
from bot.questions.catalog import MAIN_ENVIRONMENT
from bot.slack.client import SLACK_UNAVAILABLE, error_name
from bot.slack.handler import Callers
from bot.slack.payloads import SharedDeduplicator, SharedLinks

log = logging.getLogger(__name__)

MAX_UNFURLED_LINKS = 3  # of a message

Unfurl = dict[str, Any]


@dataclass(frozen=True)
class FlagLink:
    """What a link to a flag names."""

    flag: str
    project: str
    environment: str = ""

    def line(self, defaults: Mapping[str, str]) -> str:
        """Write the line that asks for the flag: in the default environment, if that is one of its project."""
        default_environment = defaults.get("env") if defaults.get("project") == self.project else ""
        return f"flag {self.flag} {self.project}/{default_environment or self.environment or MAIN_ENVIRONMENT}"


def parse_flag_link(url: str, host: str) -> FlagLink | None:
    """Return what a link to a flag on *host* names; None for any other link."""
    try:
        address = urlsplit(url.replace("&amp;", "&"))  # Slack escapes each & in an event's links
    except ValueError:
        return None
    if not host or address.hostname != host.lower():
        return None
    match [unquote(part) for part in address.path.split("/")[1:]]:
        case ["projects", project, "flags", flag, *_]:
            query = parse_qs(address.query)
            environment = (query.get("selected-env") or query.get("env") or [""])[0]
        case [project, environment, "features", flag, *_]:  # the older form
            pass
        case _:
            return None
    are_keys = is_key(flag) and is_key(project) and (not environment or is_key(environment))
    return FlagLink(flag, project, environment) if are_keys else None


@dataclass(frozen=True)
class Unfurler:
    """Unfurls the links to flags on one host. Without a host, it unfurls none."""

    host: str
    answers: Answers
    callers: Callers
    client: AsyncWebClient
    dedup: SharedDeduplicator

    async def handle(self, shared: SharedLinks) -> None:
        links = {url: link for url in shared.urls if (link := parse_flag_link(url, self.host))}
        if not links or not await self.dedup.add(shared.sharer.dedup_key):
            return
        try:
            unfurls = await self._unfurls(links, await self._caller(shared))
        except Failure as failure:
            log.info("didn't unfurl a link: %s", failure.summary)
            return
        if unfurls:
            await self._send(shared, unfurls)

    async def _caller(self, shared: SharedLinks) -> Caller:
        caller = await self.callers.resolve(shared.sharer)
        if caller.defaults_failure:  # without them, the state could be another environment's
            raise caller.defaults_failure
        return replace(caller, supports_menus=False)

    async def _unfurls(self, links: Mapping[str, FlagLink], caller: Caller) -> dict[str, Unfurl]:
        """Build what to show for the first links, each flag once."""
        urls: dict[str, str] = {}
        for url, link in links.items():
            urls.setdefault(link.line(caller.defaults), url)
        lines = list(urls)[:MAX_UNFURLED_LINKS]
        unfurls = await asyncio.gather(*(self._unfurl(line, caller) for line in lines))
        return {urls[line]: unfurl for line, unfurl in zip(lines, unfurls, strict=True) if unfurl}

    async def _unfurl(self, line: str, caller: Caller) -> Unfurl | None:
        try:
            message = await self.answers.summarize(line, caller, "flag_link")
        except Failure as failure:
            log.info("didn't unfurl %s: %s", line, failure.summary)
            return None
        return {"blocks": list(message.blocks)}

    async def _send(self, shared: SharedLinks, unfurls: dict[str, Unfurl]) -> None:
        try:
            await self.client.chat_unfurl(unfurl_id=shared.unfurl_id, source=shared.source, unfurls=unfurls)
        except SLACK_UNAVAILABLE as error:
            log.warning("couldn't unfurl a link: %s", error_name(error))
