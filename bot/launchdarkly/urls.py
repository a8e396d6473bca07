"""Links to LaunchDarkly's own pages, and the cursors inside its `_links`."""

from urllib.parse import parse_qs, quote, urlencode, urlsplit


class AppUrls:
    """The pages a person can open. Insights has no documented address, so its answers link to the flags."""

    def __init__(self, host: str) -> None:
        self._host = host.rstrip("/")

    def flags(self, project: str, environment: str) -> str:
        """Return the address of a project's list of flags, with the environment selected."""
        params = urlencode({"env": environment, "selected-env": environment})
        return f"{self._host}/projects/{quote(project, safe='')}/flags?{params}"

    def flag(self, project: str, flag: str, environments: tuple[str, ...]) -> str:
        """Return the address of a flag's targeting, with a tab for each environment and the first one open."""
        params = [("env", environment) for environment in environments]
        query = urlencode([*params, *(("selected-env", environment) for environment in environments[:1])])
        return f"{self._host}/projects/{quote(project, safe='')}/flags/{quote(flag, safe='')}/targeting?{query}"

    def home(self) -> str:
        """Return the address of LaunchDarkly's start page."""
        return self._host


def cursor(href: str | None, name: str) -> str | None:
    """Return the cursor in a link.

    The link itself isn't followed: the API's own example omits the other parameters, and it may lead to another host.
    """
    try:
        values = parse_qs(urlsplit(href or "").query).get(name)
    except ValueError:  # not an address at all
        return None
    return values[0] if values else None
