"""Settings are read once, and an invalid one is explained in plain words."""

import re

import pytest
from pydantic import ValidationError

from bot.errors import InvalidSettings
from bot.settings import GROUPS, Settings, read_settings, try_read_settings


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"launchdarkly_access_token": "mob-1"}, "LAUNCHDARKLY_ACCESS_TOKEN must be an access token, not an SDK key."),
        ({"launchdarkly_access_token": "api 1"}, "LAUNCHDARKLY_ACCESS_TOKEN must have no spaces"),
        ({"launchdarkly_access_token": "api-ü"}, "must have no spaces and no special characters."),
        ({"launchdarkly_api_host": "ftp://x"}, "LAUNCHDARKLY_API_HOST must be an address without a path, for example"),
        ({"launchdarkly_api_host": "https://x/api"}, "LAUNCHDARKLY_API_HOST must be an address without a path"),
        ({"unfurl_host": "https://x.example"}, "UNFURL_HOST must be a host's name, for example app"),
        ({"slack_api_url": "https://x"}, "SLACK_API_URL must be an address that ends in a slash, for example"),
        ({"log_level": "LOUD"}, "LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR."),
        ({"default_project": "web"}, "DEFAULT_PROJECT must look like project/environment, for example web/production."),
        ({"time_zone": "../../etc/passwd"}, "TIME_ZONE must be an IANA time zone, for example Europe/Berlin."),
        ({"answer_timeout_seconds": 0}, "ANSWER_TIMEOUT_SECONDS must be a number above 0, up to 86400."),
        ({"answer_timeout_seconds": "soon"}, "ANSWER_TIMEOUT_SECONDS must be a number above 0, up to 86400."),
        ({"channel_message_interval_seconds": 61}, "CHANNEL_MESSAGE_INTERVAL_SECONDS must be a number from 0 to 60."),
        ({"port": 3000.5}, "PORT must be a whole number from 0 to 65535."),
    ],
)
def test_invalid_setting_is_named_without_its_value(values: dict[str, object], expected: str) -> None:
    with pytest.raises(InvalidSettings) as error:
        read_settings(_env_file=None, **values)
    [problem] = error.value.problems
    assert expected in problem.summary
    assert "mob-1" not in problem.summary
    assert problem.todo


def test_all_invalid_settings_are_reported_at_once() -> None:
    with pytest.raises(InvalidSettings) as error:
        read_settings(_env_file=None, default_project="web", port=-1, time_zone="Mars/Olympus")
    lines = error.value.summary.splitlines()
    assert [line.split()[0] for line in lines] == ["DEFAULT_PROJECT", "TIME_ZONE", "PORT"]


def test_no_error_shows_a_regular_expression() -> None:
    _, problems = try_read_settings(_env_file=None, **dict.fromkeys(Settings.model_fields, "\n"))
    assert {"default_project", "log_level", "slack_api_url", "launchdarkly_api_host", "port"} <= problems.keys()
    assert not re.search(r"pattern|[\^$\\]", "".join(problem.summary for problem in problems.values()))


def test_settings_are_immutable() -> None:
    settings = read_settings(_env_file=None)
    with pytest.raises(ValidationError):
        settings.time_zone = "Europe/Berlin"  # type: ignore[misc]  # the test needs the error


def test_token_is_not_in_the_settings_repr() -> None:
    settings = read_settings(_env_file=None, launchdarkly_access_token="api-hidden")  # noqa: S106 - not a real token
    assert "api-hidden" not in repr(settings)
    assert "api-hidden" not in str(settings.model_dump())


def test_default_project_fills_omitted_parameters() -> None:
    assert read_settings(_env_file=None, default_project="web/production").defaults == {
        "project": "web",
        "env": "production",
    }
    assert read_settings(_env_file=None, default_project="").defaults == {}


def test_every_setting_has_a_description_and_one_group() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert [name for group in GROUPS for name in group.model_fields] == [*Settings.model_fields]
