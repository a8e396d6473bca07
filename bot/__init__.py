"""A Slack bot over LaunchDarkly's engineering insights. A question is a line of text, and there is one door.

The rooms, in the order in which a question travels:

    cli.py          a door: the command line (`python -m bot`, or `insights-bot`)
    slack/          the other door: commands and buttons in, answers out
    app.py          the composition root: everything is made here, from settings
    orders/         one file an order: lines that change something of the bot's own
    schedules/      saved questions that are asked by the clock, and where their answers go
    answers.py      a line in, a message out; it never raises and never stays silent
    parser.py       a line ─► its name and arguments ─► Query; all mistakes at once, with the corrected line
    tokenizer.py    what keyboards and Slack do to a line, undone; the line taken apart into words
    endpoints/      one file a question: Query, Reply, View, fetch, show, and the record that joins them
    launchdarkly/   how LaunchDarkly speaks HTTP, and not one endpoint
    renderer.py     View + template ─► Message, of no more blocks than Slack takes
    template_tags.py the tags and holes of templates: what they become; Slack's limits enforced aloud
    notices.py      what is said when it is no answer: help, mistakes, failures
    message.py      what is sent: text, blocks, and what belongs below them
    text_fallback.py charts and tables drawn in characters, for where Slack's own blocks are refused
    mrkdwn.py       the one room that knows Slack's markup
    store/          what must survive a restart, in SQLite or PostgreSQL
    metrics.py      what is counted
    log.py          how is logged
    terminal.py     a message drawn in a terminal
    demo/           the whole bot in one process, whose clock and weather can be chosen
    doctor/         whether all is in place: a line each, with what to do
    manifest.py     what Slack is told of the app, for either mode
    settings.py     settings from the environment, read once, each with its meaning
    errors.py       the tree of deliberate failures, each with the sentence a person reads
    sandbox/        a LaunchDarkly and a Slack that live in this process

Imports go one way, from the doors down; `sandbox` stands beside them and imports nothing of the bot. Nothing below the
doors reads the environment or the clock. Wording stands in `templates/`, one file a question, of the same name.
"""

__version__ = "0.1.0"
