"""Saying something, changing it, taking it back."""

from typing import Any

from bot.sandbox.slack.credentials import BOT
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.message import Content, Message
from bot.sandbox.slack.request import Call
from bot.sandbox.slack.state import State
from bot.sandbox.slack.validation import judged
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]


def post_message(state: State, call: Call) -> Json:
    state.needs("chat:write")
    channel = _open_to_the_bot(state, call)
    message = state.post(channel, _content(state, call), thread_ts=call.text("thread_ts"))
    return {"channel": channel.id, "ts": message.ts, "message": message.told()}


def post_ephemeral(state: State, call: Call) -> Json:
    state.needs("chat:write")
    channel, user = _open_to_the_bot(state, call), call.needed("user")
    if user not in state.users:
        raise Refused("user_not_in_channel")
    message = state.whisper(user, channel, _content(state, call))
    message.thread_ts = call.text("thread_ts") or None
    return {"message_ts": message.ts}


def update(state: State, call: Call) -> Json:
    """What is not given stays: a text alone keeps the blocks, and an empty list takes them away."""
    state.needs("chat:write")
    message = _own(state, call, "cant_update_message")
    text, blocks, metadata = _said(call)
    told = {name for name in ("text", "blocks", "metadata") if call.arguments.get(name) is not None}
    if not told:
        raise Refused("no_text")
    old = message.content
    message.say(
        judged(
            text if "text" in told else old.text,
            blocks if "blocks" in told else old.blocks,
            metadata if "metadata" in told else old.metadata,
            charts=state.charts,
        )
    )
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.told()}


def delete(state: State, call: Call) -> Json:
    state.needs("chat:write")
    message = _own(state, call, "cant_delete_message")
    state.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(state: State, call: Call) -> Json:
    channel = state.channel(call.needed("channel"))
    message = state.message(channel, call.needed("message_ts"))
    if message is None:
        raise Refused("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"{state.team.url}archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def _open_to_the_bot(state: State, call: Call) -> Channel:
    """Where it may speak. A person's id stands for the conversation with that person."""
    name = call.needed("channel")
    channel = state.conversation_with(name) if name in state.users else state.channel(name)
    if channel.is_archived:
        raise Refused("is_archived")
    if not channel.is_member and "chat:write.public" not in state.scopes:
        raise Refused("not_in_channel")
    return channel


def _own(state: State, call: Call, otherwise: str) -> Message:
    """A message of the bot. Ephemeral ones are not found: they can be changed through their response_url only."""
    message = state.message(state.channel(call.needed("channel")), call.needed("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.bot != BOT:
        raise Refused(otherwise)
    return message


def _said(call: Call) -> tuple[Any, Any, Any]:
    metadata = call.decoded("metadata", "invalid_metadata_format")
    return call.arguments.get("text"), call.decoded("blocks", "invalid_blocks_format"), metadata


def _content(state: State, call: Call) -> Content:
    return judged(*_said(call), charts=state.charts)


METHODS = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update,
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
}
