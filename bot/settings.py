"""The settings: read once from the environment and `.env`, frozen, each with its meaning."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import Misconfigured

DAY = 86_400  # seconds: nobody means to wait longer


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
    slack_bot_token: SecretStr | None = Field(
        None, description="The bot token (xoxb-…): the app's page at Slack, OAuth & Permissions."
    )
    slack_app_token: SecretStr | None = Field(
        None, description="For Socket Mode: an app-level token (xapp-…) with connections:write, Basic Information."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="For HTTP: the signing secret, Basic Information. It proves that a request is from Slack."
    )
    slack_api_url: str = Field("https://slack.com/api/", pattern=r"^https?://.+/$", description="Slack's API.")
    database_url: str = Field(
        "sqlite:///insights-bot.db", description="SQLite in one process, or postgresql://… for several."
    )
    port: int = Field(3000, ge=0, le=65535, description="Where Slack's requests, health and metrics are served.")
    log_level: str = Field("INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", description="How much is logged.")
    allowed_channels: str = Field("", description="Ids of the channels that may ask, with commas; empty: all.")
    allowed_users: str = Field("", description="Ids of the people who may ask, with commas; empty: all.")
    allowed_projects: str = Field("", description="Keys of the projects that may be asked about; empty: all.")
    allowed_schedulers: str = Field(
        "", description="Ids of the people (U…) and groups (S…) who may change what comes by the clock; empty: all."
    )
    default_place: str = Field(
        "",
        pattern=r"^$|^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="The project/environment of a question that names none.",
    )
    time_zone: str = Field("UTC", description="The IANA time zone in which times are read and said.")
    connect_seconds: float = Field(3, gt=0, le=DAY, description="How long connecting to LaunchDarkly may take.")
    read_seconds: float = Field(12, gt=0, le=DAY, description="How long LaunchDarkly may be silent.")
    answer_seconds: float = Field(20, gt=0, le=DAY, description="How long an answer may take, with all attempts.")
    again_seconds: float = Field(
        0.2,
        ge=0,
        le=60,
        description="How long a failed request to LaunchDarkly waits for the next; later ones longer.",
    )
    remembered_seconds: float = Field(30, ge=0, le=DAY, description="How long one answer serves for the same question.")

    word_seconds: float = Field(
        1, gt=0, le=DAY, description="After how long a word says that the answer is on its way."
    )
    drain_seconds: float = Field(30, ge=0, le=DAY, description="How long the end waits for answers under way.")
    ping_seconds: float = Field(
        5, gt=0, le=DAY, description="How often Socket Mode checks that its socket is not deaf."
    )

    silence_seconds: float = Field(
        600, gt=0, le=DAY, description="After how long a silence Socket Mode replaces its socket."
    )

    window_seconds: float = Field(
        3600,
        gt=0,
        le=DAY,
        description="How late a digest may be delivered; after that it is left out, and that is said.",
    )
    spread_seconds: float = Field(
        60, ge=0, le=3600, description="Over how long those are spread that are due in the same minute."
    )
    lease_seconds: float = Field(
        300, gt=0, le=DAY, description="After how long the work of a process that is gone is taken up by another."
    )
    retry_seconds: float = Field(
        10, gt=0, le=DAY, description="How long a first failed delivery waits for the next attempt; later ones longer."
    )
    settle_seconds: float = Field(
        10, ge=0, le=DAY, description="How long a message that may be posted is looked for before it is posted again."
    )
    look_seconds: float = Field(5, gt=0, le=DAY, description="How often is looked what is due.")
    watch_seconds: float = Field(300, ge=30, le=DAY, description="How often a watch looks for something new.")
    storm_per_hour: int = Field(
        6, ge=1, le=1000, description="How many messages of a watch an hour may hold; what is more becomes one summary."
    )
    queue_seconds: float = Field(1, gt=0, le=60, description="How often a worker looks for work.")
    deliveries_at_once: int = Field(8, ge=1, le=1000, description="How many deliveries a process works on at once.")
    deliveries_per_minute: int = Field(
        200, ge=1, le=1_000_000, description="How many deliveries all processes together begin in a minute, at most."
    )
    gap_seconds: float = Field(1, ge=0, le=60, description="The time between two messages in one channel.")
    charts_seconds: float = Field(
        7 * DAY, ge=0, le=365 * DAY, description="How long a workspace that refused charts is spared them."
    )

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

    def check_slack(self, *, hears: bool = True) -> None:
        """What the bot in Slack cannot do without, also where it only works by the clock."""
        needed = ["launchdarkly_access_token", "slack_bot_token"]
        needed += ["slack_signing_secret"] if hears and not self.socket_mode else []
        if not hears and self.database_url.startswith("sqlite"):
            todo = "Let DATABASE_URL name one, or do all in one process: insights-bot run."
            raise Misconfigured("A worker of its own needs PostgreSQL.", todo)
        for name in needed:
            if getattr(self, name) is None:
                raise Misconfigured(f"{name.upper()} is not set.", meaning(name))

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached through a socket, and needs no address of ours."""
        return self.slack_app_token is not None

    def secret(self, name: str) -> str:
        """A secret in the clear, for the one place that needs it."""
        found: SecretStr | None = getattr(self, name)
        return found.get_secret_value() if found else ""

    def listed(self, name: str) -> frozenset[str]:
        """A setting that lists words."""
        return frozenset(word.strip() for word in getattr(self, name).split(",") if word.strip())

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
    settings, wrong = try_settings(**given)
    for failure in wrong.values():
        raise failure
    return settings


def try_settings(**given: Any) -> tuple[Settings, dict[str, Misconfigured]]:
    """The settings, and what is wrong with which of them; a wrong one stands at its default."""
    try:
        return Settings(**given), {}
    except UnicodeDecodeError:
        raise Misconfigured("The file .env is not UTF-8 text.", "Save it as such, or remove it.") from None
    except ValidationError as found:
        errors = found.errors(include_input=False, include_url=False)
    wrong = {str(error["loc"][0]): _misconfigured(str(error["loc"][0]), error["msg"]) for error in errors}
    return Settings(**given | {name: Settings.model_fields[name].default for name in wrong}), wrong


def meaning(name: str) -> str:
    """What a setting means, and where to get it."""
    return Settings.model_fields[name].description or ""


def _misconfigured(name: str, why: str) -> Misconfigured:
    return Misconfigured(f"{name.upper()} is wrong: {why.removeprefix('Value error, ')}.", meaning(name))
