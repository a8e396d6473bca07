"""The Slack surface: turns what Slack sends into lines, and sends the answers.

server.py             runs the process: starts, serves, shuts down
dependencies.py       what the server gets from `bot/app.py`
wiring.py             builds the handler, and connects commands to the channel and the scheduler
startup_queue.py      holds interactions that arrive before start-up has finished
web.py                the web app: Slack's requests over HTTP, health and metrics
connection_limits.py  limits how many connections there are, and how long each may wait
request_checks.py     verifies Slack's signature, and rejects other requests
socket_mode.py        Socket Mode, with a watchdog for silent sockets
listeners.py          Bolt listeners: acknowledge, then start a background task
background_tasks.py   tracks the answers in progress
payloads.py           parses payloads into interactions and channel events
dedup.py              drops payloads that Slack sends twice
handler.py            answers a line and sends the answer
access.py             who may use the bot, where, and for which projects
users.py              looks up time zones and user groups
shared_channels.py    detects channels shared with another organization
buttons.py            share and refresh buttons, and the cache of the answers that they share
modal.py              builds and parses the modal that changes a schedule
schedule_modal.py     opens and validates that modal
responder.py          sends replies to the caller, through the response_url or without it
publisher.py          publishes messages into channels, and finds them again
throttle.py           enforces Slack's rate limit per channel
block_fallback.py     plainer variants of a message that Slack rejected
client.py             Slack's Web API: client and retries
api_errors.py         maps Slack API errors to delivery errors
diagnostics.py        checks Slack for the doctor
"""

from bot.slack.dependencies import Dependencies as Dependencies
from bot.slack.server import run as run
from bot.slack.server import running as running

__all__ = ["Dependencies", "run", "running"]
