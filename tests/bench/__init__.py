"""The benchmark, run by hand: `python -m tests.bench`, or with the names of some parts only.

It reports only ratios, measured side by side in one run; times would depend on the machine.

    start.py          from the start of the process to the first answer, or the first acknowledgement
    call.py           from bytes to a reply; a whole call, alone and among many
    messages.py       from a view to a message, also by hand and in the models of Slack's SDK; a post into a channel
    slash_command.py  from Slack's command to its acknowledgement, also during a flood, and to its answer; memory
    load.py           a thousand channels due at once; nothing due; an hour of mixed load at twice the peak
    footprint.py      bytes fetched for a flag, files that a line passes through, the size of a year's database file

    comparison.py     contenders measured in turns; rows, goals, and how they are printed
    payloads.py       what LaunchDarkly sends, field for field
    raw_http.py       requests on raw connections, and a server with fixed replies and request counts
    clients.py        signed slash commands, and clients that send them and await answers
    processes.py      apps, the sandbox's Slack, fixed replies, the whole bot and its workers, in separate processes

These are programs of their own, so that their start or memory can be measured:

    alone.py          runs a command, and measures its time and memory
    bare_bolt.py      a Slack app by Bolt alone
    bare_queue.py     the engine with empty jobs
"""
