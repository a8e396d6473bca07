"""The Slack surface: turns what Slack sends into lines, and sends the answers.

server.py          serves Slack's requests, health and metrics over HTTP, within limits; shuts down gracefully
request_checks.py  verifies Slack's signature, and rejects other requests
socket_mode.py     Socket Mode, with a watchdog for silent sockets
listeners.py       Bolt listeners: acknowledge, then start a background task
payloads.py        parses payloads into interactions and channel events, and drops those that Slack sends twice
messages.py        parses mentions and direct messages
handler.py         handles lines, the Share button, the modal, and channel events
announcer.py       keeps one message per schedule up to date
greeting.py        greets a channel once
joining.py         adds the bot to a public channel
unfurl.py          shows a flag's state below a link to it
home.py            the App Home: shows a person's own schedules and alerts, and does what is pressed there
home_view.py       what the App Home shows
health.py          how the bot is doing, for admins
line_form.py       the fields of the forms for schedules and alerts, and the line that they write
form_check.py      what is wrong with a form, by field
form_view.py       the modals of the forms: what they show, and what is filled in
form_modal.py      opens the forms, previews what they would do, and submits their lines
menu_options.py    the options of searched menus: projects, environments, applications, flags
ticket_modal.py    the modal that shows an answer as a ticket
buttons.py         share and refresh buttons, and the cache of the answers that they share
directory.py       looks up people, user groups and channels
responder.py       sends replies to the caller, through the response_url or without it
publisher.py       publishes messages into channels, and finds them again
block_fallback.py  plainer variants of a message that Slack rejected
client.py          Slack's Web API: clients, retries, and what its errors mean
diagnostics.py     checks Slack for the doctor
"""
