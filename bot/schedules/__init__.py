"""Schedules: saved questions with a recurrence and a channel, and watches, which post alerts about changes.

recurrence.py         days, time and zone of a schedule, and how they are written
triggers.py           when schedules run: on a recurrence or as a watch, when next, what is due or missed
question_check.py     checks a schedule before it is saved: its limits and its question
views.py              schedules, their messages' footers, runs and watches as people read them

context.py            what the scheduler and its jobs work with, and the timing
runs.py               the life of a run: its states, and what leads from one to the next
scheduler.py          creates runs for due schedules, and collects the open ones
dbos_engine.py        the engine on DBOS: its workflows, queues, start and stop
query_job.py          asks a question once, for all runs that wait for its answer
answer_store.py       stored answers, and a cache of them
delivery_job.py       posts an answer with its footer into a channel, each part once
run_lifecycle.py      saves what happens to runs, and notifies owners of failures
channel_lifecycle.py  pauses and resumes the schedules of channels
publisher.py          the interface for posting
delivery_errors.py    the errors of a delivery, and Slack's codes explained

watch_job.py          observes a question once for all channels that watch it
watches.py            observes a question, and detects the changes that a watch alerts about

import_export.py      all schedules as table rows and as YAML, and their import from such a file
"""
