"""`insights-bot run` under conditions that the starting process can change.

In its working directory, the file `clock` holds the offset of its clock in seconds, and `pages` the maximum number of
pages of its SQLite file (a setting of each connection). DBOS's own clock stays the real one.
"""

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from bot.app import run
from bot.log import configure_logging
from bot.settings import read_settings

CLOCK_FILE, PAGES_FILE = Path("clock"), Path("pages")
MODULE = (__spec__.name if __spec__ else __name__,)


def now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(_read(CLOCK_FILE) or 0))


def limit_pages(connection: Any, *_: object) -> None:
    """Apply the page limit to every connection."""
    if pages := _read(PAGES_FILE):
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {int(pages)}")
        cursor.close()


def _read(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only")
    event.listen(Pool, "checkout", limit_pages)
    settings = read_settings()
    configure_logging(settings.log_level)
    asyncio.run(run(settings, now, parser.parse_args().only))


if __name__ == "__main__":
    main()
