"""The `chat` methods: post, update and delete messages, and link to them."""

from typing import Any

from bot.sandbox.slack.credentials import BOT_ID
from bot.sandbox.slack.message import Content, Message
from bot.sandbox.slack.request import ApiError, Call
from bot.sandbox.slack.state import State
from bot.sandbox.slack.validation import validate_content
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]


def post_message(state: State, call: Call) -> Json:
    """Post a message in a channel."""
    state.require_scope("chat:write")
    channel = _postable_channel(state, call)
    message = state.post(channel, _content(state, call), thread_ts=call.text("thread_ts"))
    return {"channel": channel.id, "ts": message.ts, "message": message.to_json()}


def post_ephemeral(state: State, call: Call) -> Json:
    """Post a message that only one user sees."""
    state.require_scope("chat:write")
    channel, user = _postable_channel(state, call), call.required("user")
    if user not in state.users:
        raise ApiError("user_not_in_channel")
    message = state.post_ephemeral(user, channel, _content(state, call))
    message.thread_ts = call.text("thread_ts") or None
    return {"message_ts": message.ts}


def update(state: State, call: Call) -> Json:
    """Update a message. A missing argument changes nothing: text alone keeps the blocks, an empty list removes them."""
    state.require_scope("chat:write")
    message = _own_message(state, call, "cant_update_message")
    text, blocks, metadata = _content_arguments(call)
    provided = {name for name in ("text", "blocks", "metadata") if call.arguments.get(name) is not None}
    if not provided:
        raise ApiError("no_text")
    old = message.content
    message.edit(
        validate_content(
            text if "text" in provided else old.text,
            blocks if "blocks" in provided else old.blocks,
            metadata if "metadata" in provided else old.metadata,
            charts=state.charts,
        )
    )
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.to_json()}


def delete(state: State, call: Call) -> Json:
    """Delete a message."""
    state.require_scope("chat:write")
    message = _own_message(state, call, "cant_delete_message")
    state.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(state: State, call: Call) -> Json:
    """Return the URL of a message."""
    channel = state.channel(call.required("channel"))
    message = state.message(channel, call.required("message_ts"))
    if message is None:
        raise ApiError("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"{state.team.url}archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def _postable_channel(state: State, call: Call) -> Channel:
    """Return the channel, if the bot may post there. A user's ID means the direct message with that user."""
    channel_id = call.required("channel")
    channel = state.open_dm(channel_id) if channel_id in state.users else state.channel(channel_id)
    if channel.is_archived:
        raise ApiError("is_archived")
    if not channel.is_member and "chat:write.public" not in state.scopes:
        raise ApiError("not_in_channel")
    return channel


def _own_message(state: State, call: Call, error: str) -> Message:
    """Return a message of the bot. Ephemeral ones aren't found, because only their response_url can change them."""
    message = state.message(state.channel(call.required("channel")), call.required("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if message.bot != BOT_ID:
        raise ApiError(error)
    return message


def _content_arguments(call: Call) -> tuple[Any, Any, Any]:
    metadata = call.decode_json("metadata", "invalid_metadata_format")
    return call.arguments.get("text"), call.decode_json("blocks", "invalid_blocks_format"), metadata


def _content(state: State, call: Call) -> Content:
    return validate_content(*_content_arguments(call), charts=state.charts)


METHODS = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update,
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
}
