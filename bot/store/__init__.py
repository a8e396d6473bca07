"""Persistent state, in SQLite or PostgreSQL, with the same code for both. It knows neither Slack nor LaunchDarkly.

store.py         opens a database by its URL, migrates it, holds the repositories, checks for writes
models.py        the records that other packages read
schedules.py     schedules, by channel and number, and the last change of each
announcements.py the message of each schedule in its channel
runs.py          runs of schedules, the answers they share, and the heartbeats of the workers
watch_state.py   what each watch has observed
workspaces.py    of each workspace: charts supported, channels and their defaults, payloads, deliveries, past weeks
tables.py        the tables
database.py      transactions and single statements, with a timeout; database errors ─► failures with a sentence
sqlite.py        connections to SQLite
sqlite_file.py   a SQLite file: write-ahead logging, and a lock: one process works on its schedules
postgresql.py    connections to PostgreSQL
database_url.py  DATABASE_URL ─► DatabaseAddress
migrate.py       brings the tables up to date, one process at a time
migrations/      the migrations, in order
inspection.py    what a start would find in a database, read-only
"""

from bot.store.models import Announcement as Announcement
from bot.store.models import ChangedSchedule as ChangedSchedule
from bot.store.models import DefaultsChange as DefaultsChange
from bot.store.models import DueSchedule as DueSchedule
from bot.store.models import LastChange as LastChange
from bot.store.models import QueryKey as QueryKey
from bot.store.models import Run as Run
from bot.store.models import RunState as RunState
from bot.store.models import Schedule as Schedule
from bot.store.models import ScheduleState as ScheduleState
from bot.store.models import Snapshot as Snapshot
from bot.store.models import WatchState as WatchState

__all__ = [
    "DefaultsChange",
    "DueSchedule",
    "QueryKey",
    "Run",
    "RunState",
    "Schedule",
    "ScheduleState",
    "Snapshot",
    "WatchState",
]
