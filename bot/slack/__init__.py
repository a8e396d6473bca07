"""Slack, in and out. Whatever arrives becomes a line of text, and whatever is answered leaves through here.

run.py        the process: heard at once, answering as soon as it can, and closed in order
parts.py      what it is made of, apart from Slack
calls.py      how Slack is called
bolt.py       what Bolt hears (the command, the buttons, events), acknowledged before anything else
socket.py     Slack through a socket, which is replaced when it is deaf
web.py        Slack over HTTP, health and metrics
limits.py     limits on connections: how many, and how long each may take to send a request
health.py     whether Slack answers the bot, asked for now and then
guard.py      what reaches Bolt: requests that Slack signed
signature.py  Slack's signature of a request, and whether it is right
incoming.py   a payload of Slack's ─► who says which line, and where
moves.py      a payload of Slack's ─► which channel was lost or came back
modal.py      the modal in which a schedule is changed, and the line that comes of it
changing.py   the button that opens it
once.py       what Slack sends twice is heard once
porch.py      where those wait who come before the door is open
opening.py    the door, made of all that answers
door.py       a line said in Slack ─► its answer, delivered: the story of every command and button
reach.py      how far an order reaches from a channel
people.py     whose zone it is, who may ask what, who is in which group, and who is a guest of another house
buttons.py    what stands below an answer in Slack: share, refresh
shared_channels.py  which channels another organization reads, and what is asked before something is posted in one
shelf.py      answers kept for a while, so that what is shared is what was seen
delivery.py   a message on its way: what Slack refuses is said more plainly, a closed way is gone around
forms.py      the forms that a message may go out in, and which of them a workspace takes
posting.py    what schedules post through: in channels, under a key by which a message is found again
pace.py       one message after the other in a channel, and not too fast
outcome.py    what became of a call that would say something, and what is not known of it
response.py   one response_url: five uses, and what Slack says to each
checkup.py    what the doctor asks Slack
work.py       the answers under way: held, counted, and finished before the process ends
"""

from bot.slack.parts import Parts as Parts
from bot.slack.run import run as run
from bot.slack.run import running as running

__all__ = ["Parts", "run", "running"]
