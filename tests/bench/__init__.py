"""The benchmark, run by hand: `python -m tests.bench`, or with the names of some parts only.

All it says are ratios, measured side by side in one run; times would say more about the machine than about the bot.

    start.py      from the start of the process to the first answer
    parse.py      from bytes to a reply
    call.py       a whole call, alone and among many
    size.py       what is fetched of a flag
    render.py     from a view to a message

    payloads.py   what LaunchDarkly sends, field for field
    replies.py    what the bot reads it into
    stub.py       a server on this machine that sends it
    race.py       contenders in turns
    alone.py      one process, its time and its memory
    by_hand.py    the message of a question, written out in Python
    by_sdk.py     the same in the models of Slack's SDK
    table.py      rows, goals, and how they are drawn
"""
