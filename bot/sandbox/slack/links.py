"""Links to the domains that the app has registered: which ones Slack sends to the bot, and what it shows for them.

Slack tells an app about such links in all channels, even those that it isn't in, and while somebody types them. It says
nothing of those that an app or another organization posts.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.sandbox.slack.request import ApiError, Call, validate_unfurl
from bot.sandbox.slack.state import DRAFT_CHANNEL, SharedLinks, State
from bot.sandbox.slack.workspace import Json, Message

URL = re.compile(r"https?://[^\s<>|]+")
SOURCES = ("composer", "conversations_history")


def links_in_message(state: State, message: Message) -> SharedLinks | None:
    """Return the links in a posted message that Slack sends to the bot, if any."""
    if message.bot or message.to or state.users[message.user].team != state.team:
        return None
    return _share(state, message.text, message.user, message)


def links_in_draft(state: State, text: str, user: str) -> SharedLinks | None:
    """Return the links in a draft that Slack sends to the bot, if any."""
    return _share(state, text, user, None)


def _share(state: State, text: str, user: str, message: Message | None) -> SharedLinks | None:
    domains = {url: _registered_domain(state, url) for url in URL.findall(text)}
    domains = {url: domain for url, domain in domains.items() if domain}
    if not domains or "links:read" not in state.scopes:
        return None
    shared = SharedLinks(state.new_id(f"{user}-"), user, domains, message)
    state.shared_links.append(shared)
    return shared


def _registered_domain(state: State, url: str) -> str:
    """Return the registered domain that a URL belongs to, itself or as a subdomain; empty if there is none."""
    host = f".{urlsplit(url).hostname or ''}"
    return max((domain for domain in state.unfurl_domains if host.endswith(f".{domain}")), key=len, default="")


def link_event(state: State, shared: SharedLinks) -> Json:
    """Return the event that tells the bot about links."""
    message = shared.message
    thread = {"thread_ts": message.thread_ts} if message and message.thread_ts else {}
    return {
        "channel": shared.channel,
        "is_bot_user_member": message is None or state.channels[message.channel].is_member,
        "user": shared.user,
        "message_ts": shared.ts,
        "unfurl_id": shared.unfurl_id,
        "source": shared.source,
        "links": [{"url": url, "domain": domain} for url, domain in shared.domains.items()],
        **thread,
    }


def unfurl_links(state: State, call: Call) -> Json:
    """Show something for a link: below its message, or in a preview while it is typed."""
    state.require_scope("links:write")
    shared = _find_links(state, call)
    unfurls = call.decode_json("unfurls", "invalid_unfurls_format")
    if not unfurls:
        raise ApiError("missing_unfurls")
    if not isinstance(unfurls, Mapping):
        raise ApiError("invalid_unfurls_format")
    if not unfurls.keys() <= shared.domains.keys():
        raise ApiError("cannot_unfurl_url")
    shared.unfurls.update({url: validate_unfurl(unfurl) for url, unfurl in unfurls.items()})
    return {}


def _find_links(state: State, call: Call) -> SharedLinks:
    """Return the links that a bot names by their unfurl ID and source, or their channel and timestamp."""
    if call.text("unfurl_id") or call.text("source"):
        unfurl_id, source = _required(call, "unfurl_id"), _required(call, "source")
        if source not in SOURCES:
            raise ApiError("invalid_source")
        matching = [one for one in state.shared_links if (one.unfurl_id, one.source) == (unfurl_id, source)]
        return _first(matching, "invalid_unfurl_id")
    channel, ts = _required(call, "channel"), _required(call, "ts")
    if channel != DRAFT_CHANNEL and channel not in state.channels:
        raise ApiError("cannot_find_channel")
    return _first([one for one in state.shared_links if (one.channel, one.ts) == (channel, ts)], "cannot_unfurl_url")


def _required(call: Call, name: str) -> str:
    if not call.text(name):
        raise ApiError(f"missing_{name}")
    return call.text(name)


def _first(matching: list[SharedLinks], error: str) -> SharedLinks:
    if not matching:
        raise ApiError(error)
    return matching[0]
