"""Handle a request to a response_url, through which the bot responds to a command or a click.

Documented: five uses in thirty minutes; ephemeral by default; the bot need not be in the channel; `replace_original`
can't make a message public; `delete_original` does nothing after a command. Not documented, so either a field of
`Quirks` or a choice with a comment: what an error looks like, and what `replace_original` replaces after a command.
"""

from typing import Any

from bot.sandbox.slack.faults import Quirks
from bot.sandbox.slack.message import Message
from bot.sandbox.slack.request import ApiError
from bot.sandbox.slack.state import ResponseUrl, State
from bot.sandbox.slack.validation import validate_content

Json = dict[str, Any]

# Seen in the wild, documented nowhere: a URL that is used up or expired returns 404.
NOT_FOUND_ERRORS = ("expired_url", "used_url")


def use(state: State, quirks: Quirks, response_url: ResponseUrl, body: Json) -> None:
    """Use the URL once."""
    response_url.use(state.now())
    if body.get("delete_original"):
        if response_url.source:
            _delete_original(state, response_url, response_url.source)
        return
    post_response(state, quirks, response_url, body)


def post_response(state: State, quirks: Quirks, response_url: ResponseUrl, body: Json) -> Message:
    """Post or edit a message. An acknowledgement with a body does the same."""
    content = validate_content(body.get("text"), body.get("blocks"), body.get("metadata"), charts=state.charts)
    original = _message_to_replace(quirks, response_url) if body.get("replace_original") is True else None
    if original is not None:
        original.edit(content)
        message = original
    elif body.get("response_type") == "in_channel":
        channel = state.channels[response_url.channel]
        message = state.post(channel, content, thread_ts=str(body.get("thread_ts") or ""))
    else:
        message = state.post_ephemeral(response_url.user, state.channels[response_url.channel], content)
    response_url.messages.append(message)
    return message


def _message_to_replace(quirks: Quirks, response_url: ResponseUrl) -> Message | None:
    """Return what `replace_original` replaces: the message that was clicked, or the command's last response."""
    if response_url.source is not None:
        return None if response_url.source.deleted else response_url.source
    return response_url.latest if quirks.replaces_progress else None


def _delete_original(state: State, response_url: ResponseUrl, source: Message) -> None:
    state.delete(source)
    response_url.messages.append(source)


def error_response(quirks: Quirks, error: ApiError) -> tuple[int, str | Json]:
    """Return the status and body of an error."""
    if error.error in NOT_FOUND_ERRORS:
        return 404, error.error
    return (200, error.body) if quirks.errors_with_200 else (400, error.error)
