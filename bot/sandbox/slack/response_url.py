"""The address that comes with a command or a click, and what may be said through it.

Documented: five uses in thirty minutes; ephemeral unless told otherwise; the bot need not be in the channel;
`replace_original` cannot make a message public; `delete_original` does nothing after a command. Not documented, and so
either a switch or a choice that is named where it is made: how a refusal looks, and what `replace_original` replaces
after a command.
"""

from typing import Any

from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.faults import Habits
from bot.sandbox.slack.message import Message
from bot.sandbox.slack.response_urls import Chain
from bot.sandbox.slack.state import State
from bot.sandbox.slack.validation import judged

Json = dict[str, Any]

# Seen in the wild, documented nowhere: an address that is used up or too old is not found.
GONE = ("expired_url", "used_url")


def use(state: State, habits: Habits, chain: Chain, body: Json) -> None:
    """One use of the address."""
    chain.use(state.now())
    if body.get("delete_original"):
        if chain.source:
            _delete(state, chain, chain.source)
        return
    say(state, habits, chain, body)


def say(state: State, habits: Habits, chain: Chain, body: Json) -> Message:
    """What an acknowledgement with a body does too."""
    content = judged(body.get("text"), body.get("blocks"), body.get("metadata"), charts=state.charts)
    standing = _replaced(habits, chain) if body.get("replace_original") is True else None
    if standing is not None:
        standing.say(content)
        said = standing
    elif body.get("response_type") == "in_channel":
        channel = state.channels[chain.channel]
        said = state.post(channel, content, thread_ts=str(body.get("thread_ts") or ""))
    else:
        said = state.whisper(chain.user, state.channels[chain.channel], content)
    chain.said.append(said)
    return said


def _replaced(habits: Habits, chain: Chain) -> Message | None:
    """What `replace_original` replaces: what was clicked, or else what this command said last."""
    if chain.source is not None:
        return None if chain.source.deleted else chain.source
    return chain.latest if habits.replaces_progress else None


def _delete(state: State, chain: Chain, source: Message) -> None:
    state.delete(source)
    chain.said.append(source)


def refused(habits: Habits, refusal: Refused) -> tuple[int, str | Json]:
    """Status and body."""
    if refusal.error in GONE:
        return 404, refusal.error
    return (200, refusal.body) if habits.refuses_with_200 else (400, refusal.error)
