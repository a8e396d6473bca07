"""The schedules: saved questions that are asked by the clock, and posted where that was ordered.

recurrence.py on which days, at which time of which zone: as people write it, and as it is said
time_of_day.py times of day as people write them
timezones.py the zones of the world as people write them
next_run.py  which moment follows, and what is due: pure, with the present as an argument

dbos_engine.py   the engine, opened and at work; it and the next know DBOS, and no other file does
workflows.py     what it does: ask, look, deliver, keep house
context.py       what that works with, and how long it waits
scheduler.py     what is due ─► slots, which are offered until they are closed
query_job.py     a question is asked once, for all who want its answer at that moment
answer_store.py  its answer as the store keeps it, and what is at hand of that
delivery_job.py  the answer ─► one channel, each part once
overlap.py       how much of a digest repeats the one before
trigger.py       when a schedule speaks: on a cadence, or whenever there is something new
limits.py        what a schedule may be
question_check.py its question is asked once before it is saved
watch_job.py     a watch looks: once for all channels that watch the same
watches/         what can be watched, and what is seen there
change_detection.py what is seen against what was told
footer.py        what stands below a message that comes by itself
run_lifecycle.py a slot is closed; a channel is lost, and comes back
publisher.py     the way into channels, and what may become of a delivery
channel_errors.py why a channel is closed to the bot, with the way back
views.py         a schedule and a slot as people read them
schedule_export.py all schedules as rows and as YAML, for operators
schedule_import.py schedules from such a file, checked like typed lines
plain_yaml.py    YAML that somebody wrote, read in bounded time
"""
