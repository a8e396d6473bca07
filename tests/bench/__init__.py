"""The benchmark, run by hand: `python -m tests.bench`, or with the names of some parts only.

All it says are ratios, measured side by side in one run; times would say more about the machine than about the bot.

    start.py           from the start of the process to the first answer
    parse.py           from bytes to a reply
    call.py            a whole call, alone and among many
    size.py            what is fetched of a flag
    render.py          from a view to a message
    acknowledge.py     from Slack's command to its acknowledgement
    answer.py          from Slack's command to its answer
    memory.py          what many answers leave behind
    first.py           from the start of the process to the first acknowledgement
    flood.py           an acknowledgement while strangers do their worst
    posting.py         a message into a channel
    load.py            a thousand channels that are due at once
    idle.py            nothing is due
    mixed.py           an hour of all at twice the peak
    database_growth.py the file of a year

    payloads.py        what LaunchDarkly sends, field for field
    replies.py         what the bot reads it into
    stub.py            a server on this machine that sends it
    race.py            contenders in turns
    alone.py           one process, its time and its memory
    baseline_dicts.py  the message of a question, written out in Python
    by_sdk.py          the same in the models of Slack's SDK
    commands.py        what Slack sends
    http_load.py       requests on raw connections
    served.py          an app in a process of its own
    fake_slack.py      the embedded Slack in one
    at_work.py         the whole bot in one
    clients.py         people who ask it
    bare_bolt.py       a Slack app by Bolt alone
    bare_starlette.py  one that only verifies
    stub_servers.py    a Slack and a LaunchDarkly that say the same to all, and count
    workers.py         the bot's own processes, and what they have to deliver
    bare_queue.py      the engine with empty jobs
    table.py           rows, goals, and how they are drawn
"""
