"""Slack's Web API, a file a family. Each file's METHODS says what its methods are called, and who answers."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.slack.methods import chat, conversations, users, views
from bot.sandbox.slack.request import Call
from bot.sandbox.slack.state import State

Method = Callable[[State, Call], dict[str, Any]]

METHODS: Mapping[str, Method] = {**users.METHODS, **chat.METHODS, **conversations.METHODS, **views.METHODS}
