"""The app's manifest, which tells Slack what to make of it. `manifest.yml` is the one for Socket Mode.

What differs over HTTP stands in its comments, and so both are read, and printed, with all that is explained there.
No YAML is parsed here: the file is ours, and the tests parse both forms.
"""

import re
from pathlib import Path

HOST = "https://your.host"
PATH = "/slack/events"

_ADDRESS = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[1-9]\d{0,4})?(/[A-Za-z0-9._~-]+)*", re.ASCII)
_LINE_OVER_HTTP = re.compile(r"^( +)# over HTTP: ", re.MULTILINE)
_SWITCH_OVER_HTTP = re.compile(r"\w+ # over HTTP: (\w+)$", re.MULTILINE)
_SCOPES = r"^    {}:.*\n((?: {{6}}- .+\n)+)"
_SCOPE = re.compile(r"^ +- (\S+) # (.+)$", re.MULTILINE)


def over_socket() -> str:
    """The manifest for Socket Mode."""
    return _find().read_text(encoding="utf-8")


def over_http(address: str) -> str:
    """The manifest for a bot that Slack reaches at this address; one that Slack would not take is a ValueError."""
    address = address.rstrip("/").removesuffix(PATH)
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"Slack sends its requests to an address such as {HOST}, and to nothing but https.")
    lines = _LINE_OVER_HTTP.sub(r"\1", over_socket())
    return _SWITCH_OVER_HTTP.sub(r"\1", lines).replace(HOST, address)


def scopes() -> dict[str, str]:
    """What the bot may do in Slack, and what each is for."""
    return _listed("bot")


def optional_scopes() -> dict[str, str]:
    """What the bot may do as well, if whoever installs it agrees, and what each is for."""
    return _listed("bot_optional")


def _listed(name: str) -> dict[str, str]:
    found = re.search(_SCOPES.format(name), over_socket(), re.MULTILINE)
    return dict(_SCOPE.findall(found[1])) if found else {}


def _find() -> Path:
    """Beside the package in a checkout, inside it in an installed wheel."""
    room = Path(__file__).parent
    return next(place for place in (room / "manifest.yml", room.parent / "manifest.yml") if place.is_file())
