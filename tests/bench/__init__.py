"""The benchmark, run by hand: `python -m tests.bench`, or with the names of some parts only.

It reports only ratios, measured side by side in one run; times would depend on the machine.

    start.py           from the start of the process to the first answer
    parse.py           from bytes to a reply
    call.py            a whole call, alone and among many
    size.py            bytes fetched for a flag
    render.py          from a view to a message
    acknowledge.py     from Slack's command to its acknowledgement
    answer.py          from Slack's command to its answer
    memory.py          memory after many answers
    first.py           from the start of the process to the first acknowledgement
    flood.py           an acknowledgement during a flood of hostile connections
    posting.py         a message into a channel
    load.py            a thousand channels due at once
    idle.py            nothing is due
    mixed.py           an hour of mixed load at twice the peak
    database_growth.py the size of a year's database file

    payloads.py        what LaunchDarkly sends, field for field
    replies.py         the bot's models of it
    stub.py            a server on this machine that sends it
    race.py            contenders measured in turns
    alone.py           one process's time and memory
    baseline_dicts.py  the message of a question, written out in Python
    by_sdk.py          the same in the models of Slack's SDK
    commands.py        signed slash commands
    http_load.py       requests on raw connections
    served.py          an app in a separate process
    fake_slack.py      the sandbox's Slack in a separate process
    at_work.py         the whole bot in a separate process
    clients.py         clients that send commands and await answers
    bare_bolt.py       a Slack app by Bolt alone
    bare_starlette.py  a Slack app that only verifies signatures
    stub_servers.py    a Slack and a LaunchDarkly with fixed replies and request counts
    workers.py         worker processes and their schedules
    bare_queue.py      the engine with empty jobs
    table.py           rows, goals, and how they are printed
"""
