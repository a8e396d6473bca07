"""How long the bot waits before it asks again, without waiting."""

import pytest
from httpx import Headers
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.launchdarkly.backoff import LONGEST, WINDOW, asked_to_wait, pause
from tests.conversation import NOW

MS = int(NOW.timestamp() * 1000)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, WINDOW),
        ({"retry-after": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "86400"}, LONGEST),
        ({"Retry-After": "inf"}, LONGEST),
        ({"Retry-After": "nan"}, WINDOW),
        ({"Retry-After": ""}, WINDOW),
        ({"Retry-After": "soon"}, WINDOW),
        ({"Retry-After": "Fri, 20 Nov 2026 15:00:30 GMT"}, WINDOW),
        ({"Retry-After": "7", "X-Ratelimit-Reset": str(MS + 3000)}, 7),
        ({"Retry-After": "soon", "X-Ratelimit-Reset": str(MS + 3000)}, 3),
        ({"X-Ratelimit-Reset": str(MS + 2500)}, 2.5),
        ({"X-Ratelimit-Reset": str(MS - 60_000)}, 0),
        ({"X-Ratelimit-Reset": str(MS // 1000)}, 0),  # seconds, as one might think
        ({"X-Ratelimit-Reset": str(MS * 1000)}, LONGEST),
        ({"X-Ratelimit-Reset": "nan"}, WINDOW),
        ({"X-Ratelimit-Reset": "-inf"}, 0),
        ({"X-Ratelimit-Auth-Token-Reset": str(MS + 4000)}, 4),
        ({"X-Ratelimit-Reset": str(MS + 4000), "X-Ratelimit-Auth-Token-Reset": str(MS - 4000)}, 4),
        ({"X-Ratelimit-Reset": "x", "X-Ratelimit-Auth-Token-Reset": str(MS + 4000)}, 4),
    ],
)
def test_the_headers_say_how_long(headers: dict[str, str], seconds: float) -> None:
    assert asked_to_wait(Headers(headers), NOW) == pytest.approx(seconds)


@settings(deadline=None)
@given(
    st.sampled_from(["Retry-After", "X-Ratelimit-Reset", "X-Ratelimit-Auth-Token-Reset"]),
    st.text() | st.floats().map(str),
)
def test_no_header_makes_it_wait_for_ever_or_less_than_nothing(name: str, value: str) -> None:
    assert 0 <= asked_to_wait({name: value}, NOW) <= LONGEST


@pytest.mark.parametrize(
    ("attempt", "asked", "seconds"),
    [(1, None, 0.2), (2, None, 0.4), (3, None, 0.8), (1, 0, 0), (1, 0.01, 0.01), (2, 7, 7), (20, None, LONGEST)],
)
def test_a_pause_is_as_long_as_asked_and_a_little_longer(attempt: int, asked: float | None, seconds: float) -> None:
    pauses = {pause(attempt, asked) for _ in range(100)}
    assert seconds <= min(pauses)
    assert max(pauses) <= seconds + (0.1 * (1 + asked) if asked is not None else seconds / 2)
    assert len(pauses) > 1  # not everybody comes back at once


def test_the_first_pause_can_be_chosen_and_none_is_none() -> None:
    assert 1 <= pause(1, None, 1) <= 1.5
    assert 4 <= pause(3, None, 1) <= 6
    assert pause(3, None, 0) == 0
    assert pause(1, 7, 0) >= 7
