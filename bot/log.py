"""Logging setup: text in a terminal, JSON lines elsewhere. A record's `facts` are separate fields."""

import json
import logging
import sys
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """Format a record as a JSON object on one line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class ReadableFormatter(logging.Formatter):
    """Format a record as a line for people, followed by its facts."""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={fact!r}" for name, fact in getattr(record, "facts", {}).items() if fact != "")
        return f"{super().format(record)} {facts}".rstrip()


def configure_logging(level: str) -> None:
    """Log to standard error. Libraries log warnings and errors only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ReadableFormatter("%(asctime)s %(levelname)s %(message)s") if sys.stderr.isatty() else JsonFormatter()
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("bot").setLevel(level)
