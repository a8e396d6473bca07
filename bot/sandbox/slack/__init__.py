"""A Slack that lives in this process: over real HTTP and real websockets, with a workspace in it.

    slack = Slack(now)                                    # `now` is its clock; see workspace.py for who is there
    async with slack.served() as api:                     # the address of its Web API, for AsyncWebClient(base_url=api)
        slack.request_url = "http://…/slack/events"       # where the bot listens; or let it open a socket
        typed = await slack.type("/insights scores")      # by user U1 in channel C1; the bot's acknowledgement
        message = await slack.answer(typed)               # what it said then; `when=` picks one, no sleeping
        pressed = await slack.press(message, "Older")     # by label or action_id; select, submit, close, event, act too
        await slack.remove("C1")                          # also invite, archive, unarchive, delete_channel
        await slack.until(lambda: slack.channels["C1"].messages)
        seen = await slack.news(seen)                     # something has changed once more

What happened stands in `channels[…].messages`, `ephemeral[user]`, `views`, `homes` and `calls` (uses of a response_url
too); a message keeps its earlier `versions`. `gaps(channel)` are the seconds between the bot's messages.

What can be set: `weather[method] = Weather(…)` for failures; `charts = False` for a workspace without the newer
blocks; `scopes`, `patience`; `habits` for what Slack does not document; `socket.disconnect()`, `.reset()`, `.freeze()`,
`.ping()` and `.deaf = True` for its moods. Tokens and the signing secret are in `names`.

It knows nothing of the bot. It does not know: files, reactions, search, several workspaces, messages of other apps, and
how Slack looks: that is the page's (`bot/sandbox/web/`).
"""

from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.message import Content, Message
from bot.sandbox.slack.server import Slack
from bot.sandbox.slack.signing import signature_headers
from bot.sandbox.slack.webhook import Acknowledgement

__all__ = ["Acknowledgement", "Content", "Fault", "Message", "Slack", "signature_headers"]
