"""DATABASE_URL ─► DatabaseAddress. Errors never repeat the URL, because it holds a password."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import Misconfigured

EXPECTED_FORMS = "Write sqlite:///insights.db for a file, or postgresql://user:password@host:5432/name for PostgreSQL."
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
SECRET_PARAMS = ("password", "sslpassword")  # libpq takes them as parameters too


@dataclass(frozen=True)
class DatabaseAddress:
    """The location of the database."""

    url: URL

    @property
    def is_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def plain_url(self) -> str:
        """The URL with the password and without the driver, as other libraries expect it."""
        return self.url.set(drivername=self.url.get_backend_name()).render_as_string(hide_password=False)

    @property
    def file(self) -> Path:
        return Path(self.url.database or "").absolute()

    def redact(self, text: str) -> str:
        """Return a database's *text* without the password."""
        secrets = [self.url.password, *(self.url.query.get(name) for name in SECRET_PARAMS)]
        for secret in secrets:
            text = text.replace(str(secret), "•••") if secret else text
        return text


def parse_database_url(url: str) -> DatabaseAddress:
    """Parse a URL; `postgres://` is accepted too."""
    parsed = _parse(url.strip())
    if parsed.drivername not in DRIVERS:
        raise Misconfigured("DATABASE_URL must start with sqlite:/// or postgresql://.", EXPECTED_FORMS)
    parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    address = DatabaseAddress(parsed)
    if address.is_file:
        _check_file(parsed)
    return address


def _parse(url: str) -> URL:
    if url.partition("://")[2].partition(":")[2].count("@") > 1:  # the text after the first @ would become the host
        raise Misconfigured("DATABASE_URL has more than one @.", "Write an @ in the password as %40.")
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise Misconfigured("DATABASE_URL isn't a valid URL.", EXPECTED_FORMS) from None


def _check_file(url: URL) -> None:
    if url.host or url.query:
        raise Misconfigured(
            "DATABASE_URL for SQLite must be a path and nothing else.",
            "Write sqlite:///file.db, or sqlite:////folder/file.db for an absolute path.",
        )
    if url.database in (None, "", ":memory:"):
        raise Misconfigured(
            "DATABASE_URL must name a file: an in-memory database would be empty after each restart.",
            "Write sqlite:///insights.db, for example.",
        )
