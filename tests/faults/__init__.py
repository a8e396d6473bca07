"""Fault injection, run by hand: `python -m tests.faults`, or with the names of some parts only, and `--seeds 3`.

Real processes deliver schedules due in the same minute while something fails. Each line of the table shows how many
messages were sent, lost and posted twice, and how late the last one was.

    killed.py          SIGKILL for one of two replicas on PostgreSQL, or the only process on SQLite
    frozen.py          a replica that is frozen past its lease
    database.py        PostgreSQL is stopped, SQLite is full
    slack.py           Slack refuses posts, or accepts them without responding
    launchdarkly.py    LaunchDarkly is down, slow, or sends invalid replies
    ending.py          SIGTERM under load
    clock.py           a clock that is set back

    environment.py     the setup that all scenarios share
    slack_proxy.py     a process's proxy to Slack
    constrained_process.py the bot with another clock, or a limited database file
    table.py           the table's rows, and how they are printed
"""
