"""`insights-bot run` under conditions that the one who starts it may change.

In the folder in which it runs, `clock` holds how many seconds its clock is off, and `pages` how many pages its file may
have (of each connection SQLite knows that by itself). The engine's own clock, within DBOS, stays the real one.
"""

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from bot.app import run
from bot.log import start_logging
from bot.settings import read_settings

CLOCK, PAGES = Path("clock"), Path("pages")
MODULE = (__spec__.name if __spec__ else __name__,)


def now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(_said(CLOCK) or 0))


def no_more_room(connection: Any, *_: object) -> None:
    """Whoever gets a connection gets one that knows."""
    if pages := _said(PAGES):
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {int(pages)}")
        cursor.close()


def _said(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--only")
    event.listen(Pool, "checkout", no_more_room)
    chosen = read_settings()
    start_logging(chosen.log_level)
    asyncio.run(run(chosen, now, reader.parse_args().only))


if __name__ == "__main__":
    main()
