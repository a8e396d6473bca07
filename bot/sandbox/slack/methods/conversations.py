"""The `conversations` methods: channel info, history and threads, and opening a direct message."""

from collections.abc import Iterable
from typing import Any

from bot.sandbox.slack.message import Message
from bot.sandbox.slack.request import ApiError, Call
from bot.sandbox.slack.state import State
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]


def info(state: State, call: Call) -> Json:
    """Return a channel."""
    channel = state.channel(call.required("channel"))
    state.require_scope(f"{channel.kind}:read")
    return {"channel": channel.to_json()}


def history(state: State, call: Call) -> Json:
    """Return a channel's messages, newest first, without the replies in threads."""
    channel = _readable(state, call)
    top = [message for message in channel.messages if message.thread_ts in (None, message.ts)]
    return _page(call, [message for message in reversed(top) if _is_in_range(call, message)])


def replies(state: State, call: Call) -> Json:
    """Return a thread: always its parent, then its replies, oldest first."""
    channel, ts = _readable(state, call), call.required("ts")
    parent = state.message(channel, ts)
    if parent is None:
        raise ApiError("thread_not_found")
    thread = [message for message in channel.messages if message.thread_ts == ts and message is not parent]
    return _page(call, [parent, *(message for message in thread if _is_in_range(call, message))])


def open_conversation(state: State, call: Call) -> Json:
    """Open the direct message with a user; group direct messages aren't supported."""
    state.require_scope("im:write")
    if call.text("channel"):
        return {"channel": {"id": state.channel(call.text("channel")).id}}
    channel = state.open_dm(call.required("users"))
    return {"channel": channel.to_json() if call.flag("return_im") else {"id": channel.id}}


def _readable(state: State, call: Call) -> Channel:
    channel = state.channel(call.required("channel"))
    state.require_scope(f"{channel.kind}:history")
    if not channel.is_member:
        raise ApiError("not_in_channel")
    return channel


def _is_in_range(call: Call, message: Message) -> bool:
    oldest, latest = call.text("oldest") or "0", call.text("latest") or "inf"
    if message.ts in (oldest, latest):
        return call.flag("inclusive")
    try:
        return float(oldest) < float(message.ts) < float(latest)
    except ValueError:
        raise ApiError("invalid_ts_oldest" if oldest != "0" else "invalid_ts_latest") from None


def _page(call: Call, messages: list[Message]) -> Json:
    """Return a page of messages. The cursor is an offset; like Slack's, clients must treat it as opaque."""
    limit, start = call.integer("limit", 100), _start_index(call.text("cursor"))
    if not 1 <= limit <= 999:
        raise ApiError("invalid_limit")
    next_start = str(start + limit) if len(messages) > start + limit else ""
    metadata = {"response_metadata": {"next_cursor": f"next:{next_start}"}} if next_start else {}
    return {"messages": _messages_json(call, messages[start : start + limit]), "has_more": bool(next_start), **metadata}


def _start_index(cursor: str) -> int:
    if not cursor:
        return 0
    if not cursor.removeprefix("next:").isdecimal():
        raise ApiError("invalid_cursor")
    return int(cursor.removeprefix("next:"))


def _messages_json(call: Call, messages: Iterable[Message]) -> list[Json]:
    whole_metadata = call.flag("include_all_metadata")
    return [message.to_json(whole_metadata=whole_metadata) for message in messages]


METHODS = {
    "conversations.info": info,
    "conversations.history": history,
    "conversations.replies": replies,
    "conversations.open": open_conversation,
}
