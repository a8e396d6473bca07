"""The app's manifest, which tells Slack what to make of it. `manifest.yml` is the one for Socket Mode.

What differs over HTTP stands in its comments, and so both are read, and printed, with all that is explained there.
No YAML is parsed here: the file is ours, and the tests parse both forms.
"""

import re
from pathlib import Path

PLACEHOLDER_URL = "https://your.host"
EVENTS_PATH = "/slack/events"

_URL = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[1-9]\d{0,4})?(/[A-Za-z0-9._~-]+)*", re.ASCII)
_LINE_OVER_HTTP = re.compile(r"^( +)# over HTTP: ", re.MULTILINE)
_VALUE_OVER_HTTP = re.compile(r"\w+ # over HTTP: (\w+)$", re.MULTILINE)
_SCOPE_SECTION = r"^    {}:.*\n((?: {{6}}- .+\n)+)"
_SCOPE = re.compile(r"^ +- (\S+) # (.+)$", re.MULTILINE)


def socket_mode_manifest() -> str:
    """The manifest for Socket Mode."""
    return _find_manifest().read_text(encoding="utf-8")


def http_manifest(url: str) -> str:
    """The manifest for a bot that Slack reaches at this address; one that Slack would not take is a ValueError."""
    url = url.rstrip("/").removesuffix(EVENTS_PATH)
    if not _URL.fullmatch(url):
        raise ValueError(f"Slack sends its requests to an address such as {PLACEHOLDER_URL}, and to nothing but https.")
    lines = _LINE_OVER_HTTP.sub(r"\1", socket_mode_manifest())
    return _VALUE_OVER_HTTP.sub(r"\1", lines).replace(PLACEHOLDER_URL, url)


def scopes() -> dict[str, str]:
    """What the bot may do in Slack, and what each is for."""
    return _read_scopes("bot")


def optional_scopes() -> dict[str, str]:
    """What the bot may do as well, if whoever installs it agrees, and what each is for."""
    return _read_scopes("bot_optional")


def _read_scopes(name: str) -> dict[str, str]:
    match = re.search(_SCOPE_SECTION.format(name), socket_mode_manifest(), re.MULTILINE)
    return dict(_SCOPE.findall(match[1])) if match else {}


def _find_manifest() -> Path:
    """Beside the package in a checkout, inside it in an installed wheel."""
    package_dir = Path(__file__).parent
    return next(path for path in (package_dir / "manifest.yml", package_dir.parent / "manifest.yml") if path.is_file())
