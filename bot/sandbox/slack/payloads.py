"""The payloads that Slack sends to a bot, with the documented fields."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.sandbox.slack.credentials import APP_ID, BOT_USER_ID, VERIFICATION_TOKEN
from bot.sandbox.slack.elements import Element
from bot.sandbox.slack.state import ResponseUrl, State, View
from bot.sandbox.slack.workspace import Message, User

Json = dict[str, Any]


@dataclass(frozen=True)
class Payload:
    """A payload. Its kind is the type of a Socket Mode envelope: `slash_commands`, `interactive` or `events_api`."""

    kind: str
    body: Json
    retry: int = 0
    reason: str = ""

    def encode(self) -> tuple[str, bytes]:
        """Return the content type and body for HTTP."""
        if self.kind == "events_api":
            return "application/json", json.dumps(self.body).encode()
        form = {"payload": json.dumps(self.body)} if self.kind == "interactive" else self.body
        return "application/x-www-form-urlencoded", urlencode(form).encode()

    def to_envelope(self, envelope_id: str) -> Json:
        """Return the envelope for Socket Mode."""
        retry = {"retry_attempt": self.retry, "retry_reason": self.reason} if self.kind == "events_api" else {}
        accepts = {"accepts_response_payload": self.kind != "events_api"}
        return {"envelope_id": envelope_id, "type": self.kind, "payload": self.body, **accepts, **retry}

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers of a repeated delivery."""
        return {"X-Slack-Retry-Num": str(self.retry), "X-Slack-Retry-Reason": self.reason} if self.retry else {}


def slash_command(state: State, response_url: ResponseUrl) -> Payload:
    """Build the payload of a slash command."""
    command, _, text = response_url.line.partition(" ")
    user, channel = state.users[response_url.user], state.channels[response_url.channel]
    body = {
        "token": VERIFICATION_TOKEN,
        "team_id": user.team.id,
        "team_domain": user.team.domain,
        "channel_id": channel.id,
        "channel_name": channel.payload_name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": public_response_url(state, response_url),
        "trigger_id": state.issue_trigger(user.id),
    }
    return Payload("slash_commands", body)


def message_action(state: State, response_url: ResponseUrl, message: Message, action: Json) -> Payload:
    """Build the payload of a click in a message."""
    body = {
        **_interaction(state, "block_actions", state.users[response_url.user]),
        **_message_source(state, message),
        "state": {"values": {}},
        "response_url": public_response_url(state, response_url),
        "actions": [action],
    }
    return Payload("interactive", body)


def view_action(state: State, view: View, user: str, action: Json, values: Json) -> Payload:
    """Build the payload of a click in a modal or Home tab, which have no response_url. It has what is filled in."""
    source = {**_view_source(view), "view": {**view.body, "state": {"values": values}}}
    body = {**_interaction(state, "block_actions", state.users[user]), **source, "actions": [action]}
    return Payload("interactive", body)


def block_suggestion(state: State, on: Message | View, user: str, element: Element, typed: str) -> Payload:
    """Build the request for a menu's options. It has no trigger ID, no response_url, and no state of a view."""
    source = _view_source(on) if isinstance(on, View) else _message_source(state, on)
    body = _interaction(state, "block_suggestion", state.users[user])
    del body["trigger_id"]
    ids = {"action_id": element.action_id, "block_id": element.block_id}
    return Payload("interactive", {**body, **source, **ids, "value": typed})


def _message_source(state: State, message: Message) -> Json:
    """Return the fields that say in which message something happened. Slack leaves out an ephemeral one's content."""
    channel = state.channels[message.channel]
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return {
        "container": {**container, "is_ephemeral": bool(message.to)},
        "channel": {"id": channel.id, "name": channel.payload_name},
        **({} if message.to else {"message": message.to_json()}),
    }


def _view_source(view: View) -> Json:
    return {"container": {"type": "view", "view_id": view.id}, "view": view.body}


def view_submission(state: State, view: View, user: str, values: Json) -> Payload:
    """Build the payload of a submitted modal."""
    submitted = {**view.body, "state": {"values": values}}
    body = {**_interaction(state, "view_submission", state.users[user]), "view": submitted, "response_urls": []}
    return Payload("interactive", body)


def view_closed(state: State, view: View, user: str) -> Payload:
    """Build the payload of a modal that was closed without submitting it. It has no trigger ID."""
    body = _interaction(state, "view_closed", state.users[user])
    del body["trigger_id"]
    return Payload("interactive", {**body, "view": view.body, "is_cleared": False})


def message_event(state: State, message: Message) -> Json | None:
    """Build the event of a new message, or of an edited one that mentions the bot; None if the bot gets none.

    In its direct messages, the bot gets all messages, also its own. Elsewhere, it gets those that mention it, also
    when they are edited. https://docs.slack.dev/reference/events/app_mention
    """
    channel = state.channels[message.channel]
    if channel.with_user:
        return {**_message_fields(state, message), "channel_type": "im"} if "im:history" in state.scopes else None
    is_mention = f"<@{BOT_USER_ID}" in message.text and channel.is_member and "app_mentions:read" in state.scopes
    return {**_message_fields(state, message), "type": "app_mention"} if is_mention else None


def changed_event(state: State, message: Message, previous: Json, subtype: str) -> Json | None:
    """Build the event of a message in the bot's direct messages that was edited or deleted."""
    if "im:history" not in state.scopes:
        return None
    is_deleted = subtype == "message_deleted"
    change = {"deleted_ts": message.ts} if is_deleted else {"message": message.to_json()}
    event = {"type": "message", "subtype": subtype, "hidden": True, "ts": state.new_ts(), "previous_message": previous}
    return {**event, **change, "channel": message.channel, "channel_type": "im", "event_ts": state.new_ts()}


def _message_fields(state: State, message: Message) -> Json:
    """Return the fields of a message in an event. Those of people from elsewhere name their organization twice more."""
    team = state.users[message.user].team.id
    foreign = {} if team == state.team.id else {"user_team": team, "source_team": team}
    written = {} if message.bot else {"client_msg_id": f"client-{message.ts}"}
    return {**message.to_json(), **written, **foreign, "team": team, "channel": message.channel, "event_ts": message.ts}


def event_callback(state: State, event_id: str, event: Json, retry: int, reason: str) -> Payload:
    """Build the payload of an Events API event."""
    channel = state.channels.get(str(event.get("channel")))
    bot = {"enterprise_id": None, "team_id": state.team.id, "user_id": BOT_USER_ID, "is_bot": True}
    body = {
        "token": VERIFICATION_TOKEN,
        "team_id": state.team.id,
        "context_team_id": state.team.id,
        "context_enterprise_id": None,
        "api_app_id": APP_ID,
        "type": "event_callback",
        "event": event,
        "event_id": event_id,
        "event_time": int(state.now().timestamp()),
        "authorizations": [{**bot, "is_enterprise_install": False}],
        "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
    }
    return Payload("events_api", body, retry, reason)


def public_response_url(state: State, response_url: ResponseUrl) -> str:
    """Return the URL that the bot posts to."""
    return f"{state.url}/response/{response_url.id}"


def _interaction(state: State, kind: str, user: User) -> Json:
    """Return the fields of all interactions. `team` is the bot's team; the user's own is in `user`."""
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team.id},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "trigger_id": state.issue_trigger(user.id),
        "team": {"id": state.team.id, "domain": state.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }
