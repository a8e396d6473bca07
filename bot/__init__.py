"""A Slack bot over LaunchDarkly's engineering insights: a line of text in, a message out.

Every surface submits a line: a slash command, a button, a modal, a schedule, the command line. The packages, from where
a line comes in to where its answer is put into words:

    slack/          slash commands, buttons and modals in, replies and posts out
    schedules/      schedules and watches: when each is due, asked once, delivered once
    answers.py      takes a line and a caller, and returns an answer
    suggestions.py  questions for a sentence in plain words
    access.py       who asks, and what they may do
    lines/          text to parsed line: parser, parameter types, times
    commands/       one file per command: lines that change something of the bot's own
    questions/      one file per question: its parameters, reply, view, and the record that joins them
    launchdarkly/   the client: requests, cache, backoff, errors, decoding; no endpoints
    store/          persistent state, in SQLite or PostgreSQL
    help.py         the first screen, and the pages of help
    notices.py      messages that aren't answers: mistakes, failures, confirmations
    messages/       messages, templates, Slack's markup, charts and tables as text, numbers and dates in words

What starts the bot, and what it runs with:

    cli.py          the command line (`python -m bot`, or `insights-bot`)
    app.py          the composition root: builds everything from settings
    core.py         builds what answers lines; the command line needs nothing else
    demo/           the whole bot in one process, with a clock and faults to choose from
    doctor/         checks an installation, without changing it
    sandbox/        a LaunchDarkly and a Slack that run in this process

What everything shares:

    settings.py     settings from the environment, each with its meaning
    cache.py        the caches that everything shares
    errors.py       failures the bot can explain, each with the sentence a person reads
    metrics.py      Prometheus metrics
    log.py          logging setup
    terminal.py     draws a message in a terminal
    manifest.py     the app manifest that Slack needs, for Socket Mode or HTTP

Imports go one way, from the surfaces down; pyproject.toml lists what may import what. The sandbox imports nothing from
the bot. The environment is read by settings alone, but for the proxies of Slack's library, and the clock by cli alone,
but for the age of Slack's signatures: everything else is given both. Wording is in templates/.
"""

import sys

# If rich is installed, httpx loads it for its own command line, which costs six megabytes. None blocks that import.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

__version__ = "0.1.0"
