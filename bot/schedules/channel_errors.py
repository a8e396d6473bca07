"""Slack's error codes for channels that are closed to the bot, each with an explanation and what to do about it.

https://docs.slack.dev/reference/methods/chat.postMessage lists the codes, including those that any method may return.
"""

_INVITE_HINT = "Type `/invite` and my name there."
_POLICY_HINT = "Ask an admin of the workspace to let me post there."
_REINSTALL_HINT = "Ask whoever runs me to install the app again, and to set its bot token."
CHANNEL_NOT_ALLOWED = "The settings do not let me answer in this channel."
MESSAGE_REJECTED = "Slack does not take the message ({})."
_NO_THREAD = "What belongs below a message cannot be posted there."

# Resolved by a token that Slack accepts.
TOKEN_CODES = (
    "account_inactive",
    "token_revoked",
    "token_expired",
    "invalid_auth",
    "not_authed",
    "not_allowed_token_type",
)

CHANNEL_CLOSED_REASONS = {
    "channel_not_found": f"The channel is gone, or it is private and I am not in it. In that case: {_INVITE_HINT}",
    "not_in_channel": f"I am not in the channel. {_INVITE_HINT}",
    "is_archived": "The channel is archived: un-archive it.",
    "messages_tab_disabled": "I may not write to people directly. Ask an admin to turn on the Messages tab of my app.",
    "restricted_action": f"A setting of the workspace keeps me from posting in the channel. {_POLICY_HINT}",
    "restricted_action_read_only_channel": f"The channel is read-only for me. {_POLICY_HINT}",
    "restricted_action_thread_only_channel": f"In the channel I may only answer in threads. {_POLICY_HINT}",
    "restricted_action_non_threadable_channel": f"The channel has no threads. {_NO_THREAD} {_POLICY_HINT}",
    "restricted_action_thread_locked": f"The thread is locked. {_NO_THREAD} Ask a workspace admin to unlock it.",
    "ekm_access_denied": "The admins of the workspace have suspended posting. Ask one of them when it may go on.",
    "access_denied": f"The workspace does not let me post there. {_POLICY_HINT}",
    "no_permission": f"The workspace does not let me post there. {_POLICY_HINT}",
    "accesslimited": "The workspace does not let me in from where I run. Ask an admin to allow my address.",
    "team_access_not_granted": "I am not allowed in that workspace. Ask an admin of the organisation to add me to it.",
    "enterprise_is_restricted": f"The organisation does not let me post there. {_POLICY_HINT}",
    "missing_scope": "I lack the right to post. Ask whoever runs me to install the app again, with all its scopes.",
    "account_inactive": f"The app has been removed from the workspace. {_REINSTALL_HINT}",
    "token_revoked": f"My token was revoked. {_REINSTALL_HINT}",
    "token_expired": f"My token has expired. {_REINSTALL_HINT}",
    "invalid_auth": f"Slack does not know my token. {_REINSTALL_HINT}",
    "not_authed": f"Slack sees no token of mine. {_REINSTALL_HINT}",
    "not_allowed_token_type": f"My token is of the wrong kind. {_REINSTALL_HINT}",
}


def is_channel_closed(code: str) -> bool:
    """Return whether this code means that a channel is gone or closed to the bot."""
    return code in CHANNEL_CLOSED_REASONS or code.startswith("restricted_action")


def explain_code(code: str) -> str:
    """Explain a code to a person. An unknown code is shown as it is."""
    explanation = CHANNEL_CLOSED_REASONS.get(code) or (
        CHANNEL_CLOSED_REASONS["restricted_action"] if is_channel_closed(code) else ""
    )
    return explanation or f"Slack does not let me post there ({code}). {_POLICY_HINT}"
