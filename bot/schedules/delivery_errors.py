"""The errors that a delivery can end in, and the explanations of Slack's codes.

    DeliveryError
    ├── RateLimited         nothing was posted; retry after a delay
    ├── Unavailable         nothing was posted; a retry may succeed
    ├── DeliveryUnknown     it may have been posted: search the channel before posting again
    ├── ChannelClosed       the channel is gone or closed to the bot (`explain_code` has the reasons and remedies)
    └── InvalidMessage      the message itself was rejected
    HistoryUnavailable      the channel can't be searched for a message

https://docs.slack.dev/reference/methods/chat.postMessage lists the codes, including those that any method may return.
"""

NOT_IN_CHANNEL = "I'm not in the channel."
_INVITE_HINT = "Invite me there with `/invite @insights`."
_POLICY_HINT = "Ask a workspace admin to let me post there."
_REINSTALL_HINT = "Ask the bot's operator to reinstall the app and update its bot token."
CHANNEL_NOT_ALLOWED = "The bot's settings don't allow this channel."
MESSAGE_REJECTED = "Slack rejected the message ({})."
_NO_THREAD = "I can't post thread replies there."

CHANNEL_CLOSED_REASONS = {
    "channel_not_found": f"The channel is gone, or it's private and I'm not in it. In that case: {_INVITE_HINT}",
    "not_in_channel": f"{NOT_IN_CHANNEL} {_INVITE_HINT}",
    "is_archived": "The channel is archived. Ask someone to unarchive it.",
    "messages_tab_disabled": "I can't send direct messages. Ask an admin to turn on the app's Messages tab.",
    "restricted_action": f"A workspace setting keeps me from posting in the channel. {_POLICY_HINT}",
    "restricted_action_read_only_channel": f"The channel is read-only for me. {_POLICY_HINT}",
    "restricted_action_thread_only_channel": f"I can only post in threads in that channel. {_POLICY_HINT}",
    "restricted_action_non_threadable_channel": f"The channel has no threads. {_NO_THREAD} {_POLICY_HINT}",
    "restricted_action_thread_locked": f"The thread is locked. {_NO_THREAD} Ask a workspace admin to unlock it.",
    "ekm_access_denied": "A workspace admin has suspended posting. Ask an admin when it resumes.",
    "access_denied": f"The workspace doesn't let me post there. {_POLICY_HINT}",
    "no_permission": f"The workspace doesn't let me post there. {_POLICY_HINT}",
    "accesslimited": "The workspace blocks the bot's network address. Ask an admin to allow it.",
    "team_access_not_granted": "I'm not allowed in that workspace. Ask an organization admin to add me.",
    "enterprise_is_restricted": f"The organization doesn't let me post there. {_POLICY_HINT}",
    "missing_scope": "I lack permission to post. Ask the bot's operator to reinstall the app with all its scopes.",
    "account_inactive": f"The app was removed from the workspace. {_REINSTALL_HINT}",
    "token_revoked": f"My token was revoked. {_REINSTALL_HINT}",
    "token_expired": f"My token has expired. {_REINSTALL_HINT}",
    "invalid_auth": f"Slack doesn't recognize my token. {_REINSTALL_HINT}",
    "not_authed": f"Slack received no token from me. {_REINSTALL_HINT}",
    "not_allowed_token_type": f"My token is the wrong type. {_REINSTALL_HINT}",
}


class DeliveryError(Exception):
    """A message was not delivered, or perhaps not."""


class RateLimited(DeliveryError):
    """Nothing was posted; retry after so many seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:g} s")
        self.retry_after = retry_after


class Unavailable(DeliveryError):
    """Nothing was posted; a retry may succeed."""


class DeliveryUnknown(DeliveryError):
    """It is unknown whether the message was posted."""


class ChannelClosed(DeliveryError):
    """The channel is gone or closed to the bot."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class InvalidMessage(DeliveryError):
    """The message was rejected, and would be again."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class HistoryUnavailable(Exception):
    """The channel can't be searched for a message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_channel_closed(code: str) -> bool:
    """Return whether this code means that a channel is gone or closed to the bot."""
    return code in CHANNEL_CLOSED_REASONS or code.startswith("restricted_action")


def explain_code(code: str) -> str:
    """Explain a code to a person. An unknown code is shown as it is."""
    explanation = CHANNEL_CLOSED_REASONS.get(code) or (
        CHANNEL_CLOSED_REASONS["restricted_action"] if is_channel_closed(code) else ""
    )
    return explanation or f"Slack doesn't let me post there ({code}). {_POLICY_HINT}"
