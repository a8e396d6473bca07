"""The methods of Slack's Web API, one file per family. Each file's METHODS maps names to functions.

chat.py           post, update and delete messages; permalinks
conversations.py  channel info, history and replies; open a direct message
users.py          users and user groups, authentication, Socket Mode
views.py          modals and Home tabs
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.slack.methods import chat, conversations, users, views
from bot.sandbox.slack.request import Call
from bot.sandbox.slack.state import State

Method = Callable[[State, Call], dict[str, Any]]

METHODS: Mapping[str, Method] = {**users.METHODS, **chat.METHODS, **conversations.METHODS, **views.METHODS}
