"""Fault injection, run by hand: `python -m tests.faults`; `--help` lists its parts and options.

Real processes deliver schedules due in the same minute while something fails. Each line of the table shows how many
messages were sent, lost and posted twice, and how late the last one was.

    scenarios.py            what fails: a process, a database, Slack, LaunchDarkly or a clock
    environment.py          the setup that all scenarios share, a proxy to Slack, and the table's rows
    constrained_process.py  the bot with another clock, or a limited database file
"""
