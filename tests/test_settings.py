"""Settings are read once, and a wrong one is said in words."""

import pytest
from pydantic import ValidationError

from bot.errors import Misconfigured
from bot.settings import Settings, read_settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"launchdarkly_access_token": "mob-1"}, "LAUNCHDARKLY_ACCESS_TOKEN is wrong: that is an SDK key"),
        ({"launchdarkly_access_token": "api 1"}, "an access token has no spaces"),
        ({"launchdarkly_access_token": "api-ü"}, "an access token has no spaces and no special characters"),
        ({"launchdarkly_api_host": "ftp://x"}, "LAUNCHDARKLY_API_HOST is wrong"),
        ({"launchdarkly_api_host": "https://x/api"}, "LAUNCHDARKLY_API_HOST is wrong"),
        ({"default_place": "web"}, "DEFAULT_PLACE is wrong"),
        ({"time_zone": "../../etc/passwd"}, "TIME_ZONE is wrong"),
        ({"answer_seconds": 0}, "ANSWER_SECONDS is wrong"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(given: dict[str, object], said: str) -> None:
    with pytest.raises(Misconfigured) as stopped:
        read_settings(_env_file=None, **given)
    assert said in stopped.value.what
    assert "mob-1" not in stopped.value.what
    assert stopped.value.todo


def test_a_setting_cannot_be_changed() -> None:
    found = read_settings(_env_file=None)
    with pytest.raises(ValidationError):
        found.time_zone = "Europe/Berlin"  # type: ignore[misc]  # that is the point


def test_the_token_is_not_shown_with_the_settings() -> None:
    found = read_settings(_env_file=None, launchdarkly_access_token="api-hidden")  # noqa: S106 - it opens nothing
    assert "api-hidden" not in repr(found)
    assert "api-hidden" not in str(found.model_dump())


def test_a_default_place_is_what_a_line_leaves_out() -> None:
    assert read_settings(_env_file=None, default_place="web/production").defaults == {
        "project": "web",
        "env": "production",
    }
    assert read_settings(_env_file=None, default_place="").defaults == {}


def test_every_setting_has_a_meaning() -> None:
    assert all(field.description for field in Settings.model_fields.values())
