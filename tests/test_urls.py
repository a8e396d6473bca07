"""URLs that lead only to LaunchDarkly's pages, and cursors read from any link."""

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.base import AppUrls
from bot.questions.events.event import EventsLink

HOST = "https://app.launchdarkly.com"
KEYS = st.text(st.characters(codec="utf-8"), min_size=1)


@given(KEYS, KEYS, st.lists(KEYS, max_size=3))
def test_keys_cannot_change_the_urls_structure(project: str, flag: str, environments: list[str]) -> None:
    url = AppUrls(f"{HOST}/").flag(project, flag, tuple(environments))
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" == HOST
    assert [unquote(part) for part in parts.path.split("/")] == ["", "projects", project, "flags", flag, "targeting"]
    expected_query = [("env", key) for key in environments] + [("selected-env", key) for key in environments[:1]]
    assert parse_qsl(parts.query, keep_blank_values=True) == expected_query
    assert url.isascii()
    assert not set(url) & set("<>|\"'` \\*")  # characters that Slack or a reader could interpret


@given(KEYS, KEYS)
def test_flag_list_url_has_its_project_and_environment(project: str, environment: str) -> None:
    parts = urlsplit(AppUrls(HOST).flags(project, environment))
    assert [unquote(part) for part in parts.path.split("/")] == ["", "projects", project, "flags"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("env", environment), ("selected-env", environment)]


def test_home_url_has_no_trailing_slash() -> None:
    assert AppUrls(f"{HOST}/").home() == HOST


@pytest.mark.parametrize(
    ("href", "expected"),
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
def test_cursor_is_read_from_a_link(href: str | None, expected: str | None) -> None:
    assert EventsLink(href).cursor("after") == expected


@given(st.text())
def test_any_text_is_a_safe_link(href: str) -> None:
    assert EventsLink(href).cursor("after") is None or "after" in href
