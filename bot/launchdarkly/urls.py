"""Addresses in LaunchDarkly's own pages, and the cursors inside its `_links`."""

from urllib.parse import parse_qs, quote, urlencode, urlsplit


class AppUrls:
    """The pages a person can open. Insights has no documented address of its own, so its answers lead to the flags."""

    def __init__(self, host: str) -> None:
        self._host = host.rstrip("/")

    def flags(self, project: str, environment: str) -> str:
        """The project's list of flags, with the environment chosen."""
        params = urlencode({"env": environment, "selected-env": environment})
        return f"{self._host}/projects/{quote(project, safe='')}/flags?{params}"

    def flag(self, project: str, flag: str, environments: tuple[str, ...]) -> str:
        """The targeting of one flag, with a tab for each environment, the first one open."""
        params = [("env", environment) for environment in environments]
        query = urlencode([*params, *(("selected-env", environment) for environment in environments[:1])])
        return f"{self._host}/projects/{quote(project, safe='')}/flags/{quote(flag, safe='')}/targeting?{query}"

    def home(self) -> str:
        """Where everybody starts."""
        return self._host


def cursor(href: str | None, name: str) -> str | None:
    """The cursor in a link, which itself is not followed: the API's own example repeats none of the other parameters,
    and a link may lead to another host."""
    try:
        values = parse_qs(urlsplit(href or "").query).get(name)
    except ValueError:  # not an address at all
        return None
    return values[0] if values else None
