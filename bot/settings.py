"""The settings: read once from the environment and `.env`, frozen, each with its meaning."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import Misconfigured
from bot.launchdarkly import Limits


class Settings(BaseSettings):
    """Each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True)

    launchdarkly_access_token: SecretStr | None = Field(
        None,
        description="An access token with the Reader role, from LaunchDarkly ─► Settings ─► Authorization.",
    )
    launchdarkly_api_host: str = Field(
        "https://app.launchdarkly.com",
        pattern=r"^https?://([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(:[1-9]\d{0,4})?/?$",
        description="LaunchDarkly's address, without a path.",
    )
    default_place: str = Field(
        "",
        pattern=r"^$|^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$",
        description="The project/environment of a question that names none.",
    )
    time_zone: str = Field("UTC", description="The IANA time zone in which times are read and said.")
    connect_seconds: float = Field(3, gt=0, description="How long connecting to LaunchDarkly may take.")
    read_seconds: float = Field(12, gt=0, description="How long LaunchDarkly may be silent.")
    answer_seconds: float = Field(20, gt=0, description="How long an answer may take, with all attempts.")
    remembered_seconds: float = Field(30, ge=0, description="How long an answer serves for the same question.")

    @field_validator("launchdarkly_access_token")
    @classmethod
    def _not_an_sdk_key(cls, token: SecretStr | None) -> SecretStr | None:
        if (token and not (value := token.get_secret_value()).isascii()) or (token and any(c.isspace() for c in value)):
            raise ValueError("an access token has no spaces and no special characters")
        if token and value.startswith(("sdk-", "mob-")):
            raise ValueError(
                "that is an SDK key; an access token is needed (LaunchDarkly ─► Settings ─► Authorization)"
            )
        return token

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        zone(name)
        return name

    @property
    def limits(self) -> Limits:
        return Limits(self.connect_seconds, self.read_seconds, self.answer_seconds, remembered=self.remembered_seconds)

    @property
    def defaults(self) -> dict[str, str]:
        """What a line leaves out."""
        project, _, env = self.default_place.partition("/")
        return {"project": project, "env": env} if project else {}


def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; an IANA name such as Europe/Berlin is") from None


def read_settings(**given: Any) -> Settings:
    """The settings; a wrong one ends in one line that says which it is and why, without its value."""
    try:
        return Settings(**given)
    except ValidationError as wrong:
        error = wrong.errors(include_input=False, include_url=False)[0]
        name = str(error["loc"][0])
        todo = Settings.model_fields[name].description or ""
        raise Misconfigured(f"{name.upper()} is wrong: {error['msg'].removeprefix('Value error, ')}.", todo) from None
