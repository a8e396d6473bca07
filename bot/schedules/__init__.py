"""Schedules: saved questions with a recurrence and a channel, and watches, which post alerts about changes.

triggers.py         when schedules run, on a recurrence or as a watch: when next, what is due or missed, what it covers
question_check.py   checks a schedule before it is saved: its limits and its question
views.py            schedules, their messages' footers and runs as people read them

runs.py             every transition of a run: its states, events and effects, drawn
lifecycle.py        pauses and resumes the schedules of channels, and notifies owners
context.py          what the scheduler and its jobs work with: stored answers, the publisher, the timing
heartbeat.py        this process's heartbeat, stored while it works, without which it sends nothing
failover.py         finds processes whose heartbeat has stopped, and ends their leases
scheduler.py        creates runs for due schedules, collects the open ones, and saves what happens to them
dbos_engine.py      the engine on DBOS: its workflows, queues, start and stop
query_job.py        asks a question once, for all runs that wait for its answer
delivery_job.py     posts an answer with its footer into a channel, each part once
delivery_errors.py  the errors of a delivery, and Slack's codes explained

watch_job.py        observes a question once for all channels that watch it, and alerts each about changes
change_detection.py compares what a watch observes with what it observed before
incidents.py        finds incidents in that: a flag that is off and on again is one change, or a reply to an alert
alerts.py           the alerts of a watch and the replies to them, as people read them

import_export.py    all schedules as table rows and as YAML, and their import from such a file
"""
