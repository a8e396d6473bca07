"""Faults, brought about by hand: `python -m tests.faults`, or with the names of some parts only, and `--seeds 3`.

Real processes deliver what is due in the same minute, and something goes wrong meanwhile. Each line of the table says
what was sent, what was lost, what was posted twice, and how late the last of it was.

    killed.py          one of two replicas on PostgreSQL, or the only process on SQLite, from one moment to the next
    frozen.py          a replica that stands still past its lease
    database.py        PostgreSQL that is stopped, SQLite that is full
    slack.py           Slack refuses, or accepts and says nothing
    launchdarkly.py    LaunchDarkly is down, slow, or answers rubbish
    ending.py          a process that is told to end under load
    clock.py           a clock that is set back

    environment.py     what all of them are played on
    slack_proxy.py     the way of a process to Slack
    constrained_process.py the bot with another clock, or little room in its file
    table.py           rows, and how they are drawn
"""
