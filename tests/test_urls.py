"""Addresses that lead to LaunchDarkly's pages and nowhere else, and cursors out of whatever stands in a link."""

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.launchdarkly import AppUrls, cursor

HOST = "https://app.launchdarkly.com"
KEYS = st.text(st.characters(codec="utf-8"), min_size=1)


@settings(deadline=None)
@given(KEYS, KEYS, st.lists(KEYS, max_size=3))
def test_no_key_can_bend_an_address(project: str, flag: str, environments: list[str]) -> None:
    address = AppUrls(f"{HOST}/").flag(project, flag, tuple(environments))
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == HOST
    assert [unquote(part) for part in parts.path.split("/")] == ["", "projects", project, "flags", flag, "targeting"]
    chosen = [("env", key) for key in environments] + [("selected-env", key) for key in environments[:1]]
    assert parse_qsl(parts.query, keep_blank_values=True) == chosen
    assert address.isascii()
    assert not set(address) & set("<>|\"'` \\*")  # what Slack or a reader could take for something else


@settings(deadline=None)
@given(KEYS, KEYS)
def test_a_list_of_flags_is_that_of_its_project_and_environment(project: str, environment: str) -> None:
    parts = urlsplit(AppUrls(HOST).flags(project, environment))
    assert [unquote(part) for part in parts.path.split("/")] == ["", "projects", project, "flags"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("env", environment), ("selected-env", environment)]


def test_home_is_the_host_without_a_slash() -> None:
    assert AppUrls(f"{HOST}/").home() == HOST


@pytest.mark.parametrize(
    ("href", "found"),
    [
        (None, None),
        ("", None),
        ("/api/v2/things", None),
        ("/api/v2/things?limit=5&after=abc", "abc"),
        ("https://evil.example/?after=abc", "abc"),
        ("/api/v2/things?after=a%2Fb%3D%3D&after=second", "a/b=="),
        ("/api/v2/things?after=", None),
        ("/api/v2/things?before=abc", None),
        ("?after=%ff", "\ufffd"),
        ("?after=a;b", "a;b"),
        ("http://[", None),
        ("http://[::1?after=a", None),
        ("//\u2100/?after=a", None),
        ("\x00?after=a\nb", "ab"),
    ],
)
def test_a_cursor_is_found_or_there_is_none(href: str | None, found: str | None) -> None:
    assert cursor(href, "after") == found


@settings(deadline=None)
@given(st.text())
def test_nothing_in_a_link_breaks_the_search(href: str) -> None:
    assert cursor(href, "after") is None or "after" in href
