"""What must survive a restart, in SQLite or PostgreSQL, by the same code. It knows neither Slack nor LaunchDarkly.

store.py         the door: a database by its URL, brought up to date and opened
models.py        what is kept, as everybody else sees it
channel_defaults.py what a channel's questions leave out
schedules.py     saved questions, by channel and number
runs.py          the moments at which they were due, and what became of each
rate_limit.py    how much may begin in a minute, for all processes of a workspace
watch_state.py   what watches have seen and told
payloads.py      what Slack has sent, so that it is worked on once
snapshots.py     the numbers of past weeks
workspaces.py    which workspaces do not take charts
tables.py        the tables
upsert.py        a row is written, whether it is there or not
database.py      reading and writing, in bounded time
result.py        what came of a single statement
sqlite.py        what SQLite needs
postgresql.py    what PostgreSQL needs
process_lock.py  one process at a time works on the schedules of a SQLite file
write_probe.py   whether the database takes writes
errors.py        what a database says when something is wrong ─► a failure with a sentence
database_url.py  DATABASE_URL ─► where the database is
migrate.py       the tables are brought up to date, by one process at a time
migrations/      the steps of that, in order
inspection.py    what a start would find in a database, and do to it; nothing is written
"""

from bot.store.models import DefaultsChange as DefaultsChange
from bot.store.models import DueSchedule as DueSchedule
from bot.store.models import QueryKey as QueryKey
from bot.store.models import Run as Run
from bot.store.models import Schedule as Schedule
from bot.store.models import Snapshot as Snapshot
from bot.store.models import WatchState as WatchState

__all__ = ["DefaultsChange", "DueSchedule", "QueryKey", "Run", "Schedule", "Snapshot", "WatchState"]
