"""Produce the app manifest that Slack needs, for Socket Mode or HTTP.

`manifest.yml` is the one for Socket Mode; its comments hold what differs over HTTP, or with a host to unfurl. All forms
are printed with the file's explanations, so they are edited as text instead of YAML. The tests parse them.
"""

import re
from pathlib import Path

PLACEHOLDER_URL = "https://your.host"
EVENTS_PATH = "/slack/events"
PLACEHOLDER_HOST = "app.launchdarkly.com"
UNFURL_SCOPES = frozenset({"links:read", "links:write"})

_URL = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[1-9]\d{0,4})?(/[A-Za-z0-9._~-]+)*", re.ASCII)
_LINE_OVER_HTTP = re.compile(r"^( +)# over HTTP: ", re.MULTILINE)
_VALUE_OVER_HTTP = re.compile(r"\w+ # over HTTP: (\w+)$", re.MULTILINE)
_LINE_WITH_HOST = re.compile(r"^( +)# with UNFURL_HOST: ", re.MULTILINE)
_SCOPE_SECTION = r"^    {}:.*\n((?: {{6}}- .+\n)+)"
_SCOPE = re.compile(r"^ +- (\S+) # (.+)$", re.MULTILINE)


def socket_mode_manifest(unfurl_host: str = "") -> str:
    """Return the manifest for Socket Mode.

    A host is registered only if its links are unfurled: Slack asks one app about a link, which may be another one.
    """
    manifest = _find_manifest().read_text(encoding="utf-8")
    return _LINE_WITH_HOST.sub(r"\1", manifest).replace(PLACEHOLDER_HOST, unfurl_host) if unfurl_host else manifest


def http_manifest(url: str, unfurl_host: str = "") -> str:
    """Return the manifest for a bot that Slack reaches at *url*; raise ValueError for one that Slack would refuse."""
    url = url.rstrip("/").removesuffix(EVENTS_PATH)
    if not _URL.fullmatch(url):
        raise ValueError(f"Use an https address such as {PLACEHOLDER_URL}.")
    lines = _LINE_OVER_HTTP.sub(r"\1", socket_mode_manifest(unfurl_host))
    return _VALUE_OVER_HTTP.sub(r"\1", lines).replace(PLACEHOLDER_URL, url)


def scopes() -> dict[str, str]:
    """Return the required scopes, each with its purpose."""
    return _read_scopes("bot")


def optional_scopes() -> dict[str, str]:
    """Return the optional scopes, which the installer may decline, each with its purpose."""
    return _read_scopes("bot_optional")


def _read_scopes(name: str) -> dict[str, str]:
    match = re.search(_SCOPE_SECTION.format(name), socket_mode_manifest(), re.MULTILINE)
    return dict(_SCOPE.findall(match[1])) if match else {}


def _find_manifest() -> Path:
    """Find the manifest: beside the package in a checkout, inside it in an installed wheel."""
    package_dir = Path(__file__).parent
    return next(path for path in (package_dir / "manifest.yml", package_dir.parent / "manifest.yml") if path.is_file())
