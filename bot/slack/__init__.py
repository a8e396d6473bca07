"""Slack, in and out. Whatever arrives becomes a line of text, and whatever is answered leaves through here.

server.py     the process: heard at once, answering as soon as it can, and closed in order
dependencies.py what it is made of, apart from Slack
client.py     how Slack is called
listeners.py  what Bolt hears (the command, the buttons, events), acknowledged before anything else
socket_mode.py Slack through a socket, which is replaced when it is deaf
web.py        Slack over HTTP, health and metrics
connection_limits.py limits on connections: how many, and how long each may take to send a request
health.py     whether Slack answers the bot, asked for now and then
request_checks.py what reaches Bolt: requests that Slack signed
signature.py  Slack's signature of a request, and whether it is right
payloads.py   a payload of Slack's ─► who says which line, and where
channel_events.py a payload of Slack's ─► which channel was lost or came back
modal.py      the modal in which a schedule is changed, and the line that comes of it
schedule_modal.py the button that opens it
dedup.py      what Slack sends twice is heard once
startup_queue.py where those wait who come before the door is open
wiring.py     the door, made of all that answers
handler.py    a line said in Slack ─► its answer, delivered: the story of every command and button
channel_gateway.py how far an order reaches from a channel
users.py      whose zone it is, who may ask what, who is in which group, and who is a guest of another house
buttons.py    what stands below an answer in Slack: share, refresh
shared_channels.py  which channels another organization reads, and what is asked before something is posted in one
answer_cache.py answers kept for a while, so that what is shared is what was seen
responder.py  a message on its way: what Slack refuses is said more plainly, a closed way is gone around
block_fallback.py the forms that a message may go out in, and which of them a workspace takes
publisher.py  what schedules post through: in channels, under a key by which a message is found again
throttle.py   one message after the other in a channel, and not too fast
api_errors.py what became of a call that would say something, and what is not known of it
response_url.py one response_url: five uses, and what Slack says to each
diagnostics.py what the doctor asks Slack
background_tasks.py the answers under way: held, counted, and finished before the process ends
"""

from bot.slack.dependencies import Dependencies as Dependencies
from bot.slack.server import run as run
from bot.slack.server import running as running

__all__ = ["Dependencies", "run", "running"]
