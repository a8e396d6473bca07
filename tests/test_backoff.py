"""The backoff before a retry, computed without waiting."""

import pytest
from httpx import Headers
from hypothesis import given
from hypothesis import strategies as st

from bot.launchdarkly.request import MAX_WAIT_SECONDS, WINDOW_SECONDS, backoff_delay, retry_after
from tests.conversation import NOW

MS = int(NOW.timestamp() * 1000)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, WINDOW_SECONDS),
        ({"retry-after": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "86400"}, MAX_WAIT_SECONDS),
        ({"Retry-After": "inf"}, MAX_WAIT_SECONDS),
        ({"Retry-After": "nan"}, WINDOW_SECONDS),
        ({"Retry-After": ""}, WINDOW_SECONDS),
        ({"Retry-After": "soon"}, WINDOW_SECONDS),
        ({"Retry-After": "Fri, 20 Nov 2026 15:00:30 GMT"}, WINDOW_SECONDS),
        ({"Retry-After": "7", "X-Ratelimit-Reset": str(MS + 3000)}, 7),
        ({"Retry-After": "soon", "X-Ratelimit-Reset": str(MS + 3000)}, 3),
        ({"X-Ratelimit-Reset": str(MS + 2500)}, 2.5),
        ({"X-Ratelimit-Reset": str(MS - 60_000)}, 0),
        ({"X-Ratelimit-Reset": str(MS // 1000)}, 0),  # in seconds, not milliseconds
        ({"X-Ratelimit-Reset": str(MS * 1000)}, MAX_WAIT_SECONDS),
        ({"X-Ratelimit-Reset": "nan"}, WINDOW_SECONDS),
        ({"X-Ratelimit-Reset": "-inf"}, 0),
        ({"X-Ratelimit-Auth-Token-Reset": str(MS + 4000)}, 4),
        ({"X-Ratelimit-Reset": str(MS + 4000), "X-Ratelimit-Auth-Token-Reset": str(MS - 4000)}, 4),
        ({"X-Ratelimit-Reset": "x", "X-Ratelimit-Auth-Token-Reset": str(MS + 4000)}, 4),
    ],
)
def test_retry_delay_is_read_from_the_headers(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(Headers(headers), NOW) == pytest.approx(seconds)


@given(
    st.sampled_from(["Retry-After", "X-Ratelimit-Reset", "X-Ratelimit-Auth-Token-Reset"]),
    st.text() | st.floats().map(str),
)
def test_retry_delay_is_never_negative_or_unbounded(name: str, value: str) -> None:
    assert 0 <= retry_after({name: value}, NOW) <= MAX_WAIT_SECONDS


@pytest.mark.parametrize(
    ("attempt", "asked", "seconds"),
    [
        (1, None, 0.2),
        (2, None, 0.4),
        (3, None, 0.8),
        (1, 0, 0),
        (1, 0.01, 0.01),
        (2, 7, 7),
        (20, None, MAX_WAIT_SECONDS),
    ],
)
def test_backoff_is_as_long_as_requested_plus_jitter(attempt: int, asked: float | None, seconds: float) -> None:
    pauses = {backoff_delay(attempt, asked) for _ in range(100)}
    assert seconds <= min(pauses)
    assert max(pauses) <= seconds + (0.1 * (1 + asked) if asked is not None else seconds / 2)
    assert len(pauses) > 1  # with jitter


def test_base_delay_is_configurable_and_zero_disables_backoff() -> None:
    assert 1 <= backoff_delay(1, None, 1) <= 1.5
    assert 4 <= backoff_delay(3, None, 1) <= 6
    assert backoff_delay(3, None, 0) == 0
    assert backoff_delay(1, 7, 0) >= 7
