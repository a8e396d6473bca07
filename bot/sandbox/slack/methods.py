"""The methods of Slack's Web API that a bot may call: a call in, its reply out, or an `ApiError`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.sandbox.slack.credentials import APP_ID, BOT_ID, BOT_USER_ID
from bot.sandbox.slack.links import unfurl_links
from bot.sandbox.slack.request import ApiError, Call, validate_content, validate_view
from bot.sandbox.slack.state import State, View
from bot.sandbox.slack.workspace import Channel, Content, Message

Json = dict[str, Any]
Method = Callable[[State, Call], Json]

MAX_OPEN_MODALS = 3
CHANNEL_KINDS = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}


# ----------------------------------------------------------------------------------------------------------------- chat


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
    if user not in state.users or not channel.has_member(state.users[user]):
        raise ApiError("user_not_in_channel")
    message = state.post_ephemeral(user, channel, _content(state, call))
    message.thread_ts = call.text("thread_ts") or None
    if message.thread_ts and not state.has_replies(channel, message.thread_ts):
        state.delete(message)  # Slack shows it only in an active thread
    return {"message_ts": message.ts}


def update_message(state: State, call: Call) -> Json:
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


def delete_message(state: State, call: Call) -> Json:
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


# -------------------------------------------------------------------------------------------------------- conversations


def channel_info(state: State, call: Call) -> Json:
    """Return a channel."""
    channel = state.channel(call.required("channel"))
    state.require_scope(f"{channel.kind}:read")
    return {"channel": channel.to_json()}


def channel_history(state: State, call: Call) -> Json:
    """Return a channel's messages, newest first, without the replies in threads."""
    channel = _readable_channel(state, call)
    top = [message for message in channel.messages if message.thread_ts in (None, message.ts)]
    return _page(call, [message for message in reversed(top) if _is_in_range(call, message)])


def thread_replies(state: State, call: Call) -> Json:
    """Return a thread: always its parent, then its replies, oldest first."""
    channel, ts = _readable_channel(state, call), call.required("ts")
    parent = state.message(channel, ts)
    if parent is None:
        raise ApiError("thread_not_found")
    thread = [message for message in channel.messages if message.thread_ts == ts and message is not parent]
    return _page(call, [parent, *(message for message in thread if _is_in_range(call, message))])


def join_channel(state: State, call: Call) -> Json:
    """Join a public channel. A private one takes an invitation, and being in it already is only a warning."""
    state.require_scope("channels:join")
    channel = state.channel(call.required("channel"))
    if channel.kind != "channels":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    if channel.is_member:
        warning = "already_in_channel"
        return {"channel": channel.to_json(), "warning": warning, "response_metadata": {"warnings": [warning]}}
    state.pending_events.append(state.add_bot(channel))
    return {"channel": channel.to_json()}


def open_conversation(state: State, call: Call) -> Json:
    """Open the direct message with a user; group direct messages aren't supported."""
    state.require_scope("im:write")
    if call.text("channel"):
        return {"channel": {"id": state.channel(call.text("channel")).id}}
    channel = state.open_dm(call.required("users"))
    return {"channel": channel.to_json() if call.flag("return_im") else {"id": channel.id}}


def _readable_channel(state: State, call: Call) -> Channel:
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
    """Return a page of messages."""
    start, end, metadata = _page_bounds(call, len(messages))
    return {"messages": _messages_json(call, messages[start:end]), "has_more": bool(metadata), **metadata}


def _page_bounds(call: Call, count: int) -> tuple[int, int, Json]:
    """Return where a page starts and ends. The cursor is an offset; like Slack's, clients must treat it as opaque."""
    limit, start = call.integer("limit", 100), _start_index(call.text("cursor"))
    if not 1 <= limit <= 999:
        raise ApiError("invalid_limit")
    end = start + limit
    return start, end, {"response_metadata": {"next_cursor": f"next:{end}"}} if count > end else {}


def _start_index(cursor: str) -> int:
    if not cursor:
        return 0
    if not cursor.removeprefix("next:").isdecimal():
        raise ApiError("invalid_cursor")
    return int(cursor.removeprefix("next:"))


def _messages_json(call: Call, messages: Iterable[Message]) -> list[Json]:
    whole_metadata = call.flag("include_all_metadata")
    return [message.to_json(whole_metadata=whole_metadata) for message in messages]


# ------------------------------------------------------------------- users, user groups, authentication and Socket Mode


def api_test(_: State, call: Call) -> Json:
    """Echo the arguments."""
    if call.text("error"):
        raise ApiError(call.text("error"), args=call.arguments)
    return {"args": call.arguments} if call.arguments else {}


def auth_test(state: State, _: Call) -> Json:
    """Return whose token it is."""
    return {
        "url": state.team.url,
        "team": state.team.name,
        "user": state.users[BOT_USER_ID].name,
        "team_id": state.team.id,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(state: State, _: Call) -> Json:
    """Return a URL for a Socket Mode connection."""
    ticket = state.new_id("ticket-")
    state.tickets.add(ticket)
    return {"url": f"{state.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"}


def users_info(state: State, call: Call) -> Json:
    """Return a user."""
    state.require_scope("users:read")
    user = state.users.get(call.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user.to_json(call.at)}


def user_channels(state: State, call: Call) -> Json:
    """Return the channels that a person is in: private ones and direct messages only if the bot is in them, too."""
    kinds = [CHANNEL_KINDS[name] for name in (call.text("types") or "public_channel").split(",") if name != "mpim"]
    for kind in kinds:
        state.require_scope(f"{kind}:read")
    user = state.users.get(call.text("user") or BOT_USER_ID)
    if user is None:
        raise ApiError("user_not_found")
    channels = [
        channel
        for channel in state.channels.values()
        if channel.kind in kinds
        and (channel.is_member if user.is_bot else channel.has_member(user))
        and (channel.is_member or channel.kind == "channels")
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    start, end, metadata = _page_bounds(call, len(channels))
    return {"channels": [channel.to_json() for channel in channels[start:end]], **metadata}


def group_members(state: State, call: Call) -> Json:
    """Return the members of a user group."""
    state.require_scope("usergroups:read")
    members = state.groups.get(call.required("usergroup"))
    if members is None:
        raise ApiError("no_such_subteam")
    return {"users": list(members)}


# ------------------------------------------------------------------------------------------- views, which need no scope


def open_modal(state: State, call: Call) -> Json:
    """Open a modal."""
    return _add_view(state, _use_trigger(state, call), _view(call, "modal"))


def push_modal(state: State, call: Call) -> Json:
    """Open a modal on top of the open one, which reappears when this one is closed."""
    user = _use_trigger(state, call)
    open_modals = [view for view in state.views if view.open and view.user == user]
    if not open_modals:
        raise ApiError("not_found")
    if len(open_modals) >= MAX_OPEN_MODALS:
        raise ApiError("push_limit_reached")
    return _add_view(state, user, _view(call, "modal"))


def _use_trigger(state: State, call: Call) -> str:
    """Use up a trigger, and return its user."""
    trigger = state.triggers.get(call.required("trigger_id"))
    if trigger is None:
        raise ApiError("invalid_trigger_id")
    trigger.use(call.at)
    return trigger.user


def _add_view(state: State, user: str, view: Json) -> Json:
    created = state.create_view(user, view)
    state.views.append(created)
    return {"view": created.body}


def update_view(state: State, call: Call) -> Json:
    """Replace the contents of a view."""
    target = _find_view(state, call)
    _check_hash(call, target)
    state.set_view(target, _view(call, str(target.body["type"])))
    return {"view": target.body}


def publish_home(state: State, call: Call) -> Json:
    """Set a user's Home tab."""
    user = call.required("user_id")
    if user not in state.users:
        raise ApiError("user_not_found")
    view = _view(call, "home")
    home = state.homes.get(user)
    _check_hash(call, home)
    if home is None:
        state.homes[user] = home = state.create_view(user, view)
    else:
        state.set_view(home, view)
    return {"view": home.body}


def _view(call: Call, kind: str) -> Json:
    return validate_view(call.decode_json("view", "invalid_arguments"), kind)


def _check_hash(call: Call, target: View | None) -> None:
    """Raise Slack's error if a view has changed since the bot read its hash, or there is none."""
    if call.text("hash") and call.text("hash") != (target and target.body["hash"]):
        raise ApiError("hash_conflict")


def _find_view(state: State, call: Call) -> View:
    view_id = call.text("view_id") or call.required("external_id")
    views = [*state.views, *state.homes.values()]
    for view in views:
        if view.open and view_id in (view.id, view.body["external_id"]):
            return view
    raise ApiError("not_found")


METHODS: Mapping[str, Method] = {
    "api.test": api_test,
    "apps.connections.open": connections_open,
    "auth.test": auth_test,
    "chat.delete": delete_message,
    "chat.getPermalink": get_permalink,
    "chat.postEphemeral": post_ephemeral,
    "chat.postMessage": post_message,
    "chat.unfurl": unfurl_links,
    "chat.update": update_message,
    "conversations.history": channel_history,
    "conversations.info": channel_info,
    "conversations.join": join_channel,
    "conversations.open": open_conversation,
    "conversations.replies": thread_replies,
    "usergroups.users.list": group_members,
    "users.conversations": user_channels,
    "users.info": users_info,
    "views.open": open_modal,
    "views.publish": publish_home,
    "views.push": push_modal,
    "views.update": update_view,
}
