"""The benchmark, run by hand: `python -m tests.bench`, or with the names of some parts only.

It reports only ratios, measured side by side in one run; times would depend on the machine.

    start.py            from the start of the process to the first answer, or the first acknowledgement
    call.py             from bytes to a reply; a whole call, alone and among many
    size.py             bytes fetched for a flag
    render.py           from a view to a message, also written out in Python and in the models of Slack's SDK
    acknowledge.py      from Slack's command to its acknowledgement, also during a flood of hostile connections
    answer.py           from Slack's command to its answer; memory after many answers
    posting.py          a message into a channel
    load.py             a thousand channels due at once; nothing due; an hour of mixed load at twice the peak
    database_growth.py  the size of a year's database file

    race.py             contenders measured in turns
    table.py            rows, goals, and how they are printed
    payloads.py         what LaunchDarkly sends, field for field
    raw_http.py         requests on raw connections, and a server with fixed replies and request counts
    servers.py          an app, the sandbox's Slack, and a Slack and a LaunchDarkly with fixed replies
    clients.py          signed slash commands, and clients that send them and await answers
    running_bot.py      the whole bot in a separate process
    workers.py          worker processes and their schedules

These are programs of their own, so that their start or memory can be measured:

    alone.py            runs a command, and measures its time and memory
    bare_bolt.py        a Slack app by Bolt alone
    bare_queue.py       the engine with empty jobs
"""
