"""Slack embedded in this process, over real HTTP and real websockets, with one workspace.

    slack = Slack(now)                                    # `now` is its clock; workspace.py lists people and channels
    async with slack.serving() as api:                    # the Web API's URL, for AsyncWebClient(base_url=api)
        slack.request_url = "http://…/slack/events"       # where the bot listens; or let it open a socket
        typed = await slack.type("/insights scores")      # by user U1 in channel C1; the bot's acknowledgement
        message = await slack.answer(typed)               # the bot's response; `when=` selects one, no sleeping
        await slack.say("<@U0INSIGHTS> scores")           # a mention; also in a thread, or to the bot alone; also edit
        pressed = await slack.press(message, "Older")     # by label or action_id; also select, submit, close, act
        listed = await slack.suggest(view, "Flag", "new") # type in a menu whose options the bot suggests
        await slack.share_links(message)                  # to registered domains; draft_links while they are typed
        await slack.open_home(user="U1")                  # the app's Home tab, which the bot then publishes
        await slack.remove("C1")                          # also invite, archive, unarchive, delete_channel, event
        await slack.until(lambda: slack.channels["C1"].messages)
        changes = await slack.wait_for_change(changes)    # until something has changed again

Results are in `channels[…].messages`, `ephemeral[user]`, `views`, `homes` and `calls` (including uses of a
response_url); a message keeps its earlier `versions`. `message_gaps(channel)` returns the seconds between the bot's
messages.

To configure: `faults[method] = Fault(…)` for failures; `charts = False` for a workspace without the newer blocks;
`scopes`; `unfurl_domains`; `ack_timeout`; `quirks` for what Slack doesn't document; `socket.disconnect()`, `.reset()`,
`.freeze()`, `.ping()` and `.deaf = True` for connection problems. Tokens and the signing secret are in `credentials`.

It knows nothing of the bot. It doesn't support files, reactions, search, several workspaces or messages of other apps.
How Slack looks is up to the page (`bot/sandbox/web/`).

    server.py        Slack: what people do, and delivery to the bot
    channels.py      what can happen to a channel
    state.py         everything this Slack stores, and how it changes: also response URLs, triggers and views
    workspace.py     teams, users, channels and messages, and those that exist at the start
    elements.py      buttons and menus, found by label or action ID; a modal's inputs, filled in
    links.py         links to the app's domains, and what the bot shows for them
    payloads.py      slash commands, interactions and events in Slack's format
    webhook.py       delivery over HTTP, signed, and the bot's acknowledgement
    socket_mode.py   delivery over Socket Mode
    routes.py        the HTTP endpoints of Slack, and what a request to a response URL does
    methods.py       the Web API's methods
    request.py       a Web API call, parsed, with its messages and views checked, and Slack's error responses
    faults.py        fault injection, down to the TCP connection, and undocumented behavior to choose from
    credentials.py   tokens, the signing secret and the app's IDs
"""

from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.server import Slack
from bot.sandbox.slack.webhook import Acknowledgement, signature_headers
from bot.sandbox.slack.workspace import Content, Message

__all__ = ["Acknowledgement", "Content", "Fault", "Message", "Slack", "signature_headers"]
